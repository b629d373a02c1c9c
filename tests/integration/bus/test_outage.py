"""NATS is killed and comes back: nothing acknowledged is lost, and everything goes on by itself."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest

from shared.bus.memory import MemoryBus
from shared.bus.nats import NatsBus
from shared.bus.port import BusUnavailable
from shared.contracts.calls import CallCreated
from shared.contracts.catalogue import CALLS
from shared.contracts.directory import NumberChanged
from shared.contracts.switch import HangUp, SwitchReply
from tests.support.bus_messages import TENANT, Inbox, QueueBoard, created, hang_up, number
from tests.support.bus_world import World
from tests.support.nats_server import until

AnyBus = MemoryBus | NatsBus


async def test_sender_is_told_by_its_deadline_that_the_bus_is_away(world: World, bus: AnyBus) -> None:
    await world.go_down()
    assert not bus.connected
    with pytest.raises(BusUnavailable):
        await bus.publish(created("call-1"), timeout=0.2)
    with pytest.raises(BusUnavailable):
        await bus.publish_many([created("call-1")], timeout=0.2)
    with pytest.raises(BusUnavailable):
        await bus.request(hang_up(), timeout=0.2)
    await bus.publish_live(QueueBoard(queue="sales"))


async def test_publishing_waits_for_the_bus_to_come_back(world: World, bus: AnyBus) -> None:
    inbox, event = Inbox(), created("call-1")
    await bus.consume("records", CALLS, [CallCreated], inbox)
    await world.go_down()
    publishing = asyncio.create_task(bus.publish(event, timeout=30))
    asking = asyncio.create_task(bus.request(hang_up(), timeout=30))
    await asyncio.sleep(0)
    await bus_serves(bus)
    await world.come_up()
    await publishing
    assert await inbox.wait() == [event]
    assert (await asking).ok


async def bus_serves(bus: AnyBus) -> None:
    """Hang-ups are carried out from now on."""

    async def answer(_: HangUp) -> SwitchReply:
        return SwitchReply()

    await bus.serve(HangUp, answer, key="n1")


async def test_who_stopped_during_an_outage_is_asked_and_told_nothing_after_it(world: World, bus: AnyBus) -> None:
    """As an owner in acd does that loses its lease with NATS, and takes over anew once NATS is back."""
    heard: list[bytes] = []

    async def never(_: HangUp) -> SwitchReply:
        raise AssertionError("asked after it stopped")

    async def hear(body: bytes) -> None:
        heard.append(body)

    former = [await bus.serve(HangUp, never, key="n1", queue="owners"), await bus.follow(TENANT, hear)]
    await world.go_down()
    for subscription in former:
        await subscription.stop()
    await world.come_up()

    async def answer(_: HangUp) -> SwitchReply:
        return SwitchReply()

    await bus.serve(HangUp, answer, key="n1", queue="owners")
    assert all([(await bus.request(hang_up(), timeout=30)).ok for _ in range(20)])
    inbox = Inbox()
    await bus.consume("records", CALLS, [CallCreated], inbox)
    await bus.publish(created("call-1"), timeout=30)
    await inbox.wait()
    assert heard == []


async def test_everything_resumes_by_itself(world: World, bus: AnyBus) -> None:
    other = await world.bus("other")
    events, states, boards = Inbox(), Inbox(), Inbox()
    await other.consume("records", CALLS, [CallCreated], events)
    replica = await other.replicate([NumberChanged], states)
    await other.watch(QueueBoard, TENANT, boards)
    await bus_serves(other)
    lease = bus.lease("queue-sales", "acd-1", 60)
    await lease.acquire()
    await replica.caught_up(5)
    for outage in range(1, 3):
        await world.go_down()
        await world.come_up()
        await until(lambda: bus.connected and other.connected)
        await bus.ping()
        await bus.publish(created(f"call-{outage}"))
        await bus.publish(number())
        await bus.publish_live(QueueBoard(tenant_id=TENANT, queue="sales"))
        assert (await bus.request(hang_up())).ok
        assert [event.call_id for event in await events.wait(outage)][-1] == f"call-{outage}"
        assert len(await states.wait(outage)) == outage
        assert len(await boards.wait(outage)) == outage
        assert await lease.renew()


async def test_replica_misses_no_change_across_an_outage(world: World, bus: AnyBus) -> None:
    entity, inbox = uuid4(), Inbox()
    follower = await world.bus("follower")
    await bus.publish(number(entity, 1))
    await (await follower.replicate([NumberChanged], inbox)).caught_up(5)
    await world.go_down()
    publishing = asyncio.create_task(bus.publish_many([number(entity, 2), number()], timeout=30))
    await world.come_up()
    await publishing
    seen = await inbox.wait(3)
    assert [event.revision for event in seen if event.id == entity] == [1, 2]


async def test_work_begun_before_the_outage_is_done_once(world: World, bus: AnyBus) -> None:
    inbox, started, finish = Inbox(), asyncio.Event(), asyncio.Event()

    async def work(event: CallCreated) -> None:
        started.set()
        await finish.wait()
        await inbox(event)

    await bus.consume("records", CALLS, [CallCreated], work, ack_wait_seconds=1)
    await bus.publish(created("call-1"))
    await started.wait()
    await world.go_down()
    finish.set()
    await inbox.wait()
    await world.come_up()
    await bus.publish(created("call-2"), timeout=30)
    assert [event.call_id for event in await inbox.wait(2)] == ["call-1", "call-2"]


async def test_consumer_and_replica_begun_during_an_outage_start_after_it(world: World, bus: AnyBus) -> None:
    events, states = Inbox(), Inbox()
    await bus.publish(created("call-1"))
    await bus.publish(number())
    await world.go_down()
    consuming = asyncio.create_task(bus.consume("records", CALLS, [CallCreated], events))
    replica = await bus.replicate([NumberChanged], states)
    await world.come_up()
    await consuming
    await replica.caught_up(10)
    assert len(await events.wait()) == len(await states.wait()) == 1
