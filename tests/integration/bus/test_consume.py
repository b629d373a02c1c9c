"""Durable consumers: at least once, in order within a call, whatever fails or dies."""

from __future__ import annotations

import asyncio
import dataclasses

from shared.bus.encoding import encode
from shared.bus.memory import MemoryBus
from shared.bus.nats import NatsBus
from shared.bus.port import Poison
from shared.contracts.calls import CallAnswered, CallCreated, CallHungUp
from shared.contracts.catalogue import CALLS
from shared.contracts.message import Event
from shared.runtime.metrics import Metrics
from tests.support.bus_messages import Inbox, answered, created, hung_up
from tests.support.bus_world import World

AnyBus = MemoryBus | NatsBus
SHORT = (0.02,)


async def test_two_processes_share_the_work_of_one_durable(world: World, bus: AnyBus) -> None:
    other = await world.bus("other")
    inbox = Inbox()
    for each in (bus, other):
        await each.consume("records", CALLS, [CallCreated], inbox, max_in_flight=4)
    events = [created(f"call-{place}") for place in range(50)]
    await bus.publish_many(events)
    got = await inbox.wait(50)
    assert sorted(event.call_id for event in got) == sorted(event.call_id for event in events)


async def test_each_durable_gets_every_event(bus: AnyBus) -> None:
    records, recordings = Inbox(), Inbox()
    await bus.consume("records", CALLS, [CallCreated], records)
    await bus.consume("recordings", CALLS, [CallCreated], recordings)
    await bus.publish(created("call-1"))
    assert await records.wait() == await recordings.wait()


async def test_only_the_classes_asked_for_arrive(bus: AnyBus) -> None:
    inbox = Inbox()
    await bus.consume("records", CALLS, [CallCreated, CallHungUp], inbox)
    await bus.publish_many([created("call-1"), answered("call-1"), hung_up("call-1")])
    assert [type(event) for event in await inbox.wait(2)] == [CallCreated, CallHungUp]


async def test_event_is_handled_again_when_the_handler_fails(bus: AnyBus) -> None:
    inbox = Inbox()

    async def fail_twice(event: CallCreated) -> None:
        await inbox(event)
        if len(inbox.messages) < 3:
            raise RuntimeError("the database is away")

    await bus.consume("records", CALLS, [CallCreated], fail_twice, backoff_seconds=SHORT)
    event = created("call-1")
    await bus.publish(event)
    assert await inbox.wait(3) == [event] * 3
    await bus.publish(created("call-2"))
    assert [message.call_id for message in await inbox.wait(4)] == ["call-1"] * 3 + ["call-2"]


async def test_later_events_of_the_same_subject_wait_for_the_failing_one(bus: AnyBus) -> None:
    inbox, failures = Inbox(), iter([True, True, False])

    async def fail_twice(event: CallCreated) -> None:
        if event.caller_number == "1" and next(failures):
            raise RuntimeError("not yet")
        await inbox(event)

    await bus.consume("records", CALLS, [CallCreated], fail_twice, backoff_seconds=SHORT)
    await bus.publish_many([created("call-1", caller_number="1"), created("call-1", caller_number="2")])
    assert [event.caller_number for event in await inbox.wait(2)] == ["1", "2"]


async def test_other_calls_pass_a_call_that_fails(bus: AnyBus) -> None:
    inbox = Inbox()

    async def fail_for_one(event: CallCreated) -> None:
        if event.call_id == "bad":
            raise RuntimeError("never")
        await inbox(event)

    await bus.consume("records", CALLS, [CallCreated], fail_for_one, backoff_seconds=(60,))
    await bus.publish_many([created("bad"), *(created(f"call-{place}") for place in range(200))])
    assert len(await inbox.wait(200)) == 200


async def test_unreadable_event_is_dropped_and_counted(world: World) -> None:
    metrics = Metrics("test")
    bus = await world.bus(metrics=metrics)
    await bus.ensure_streams()
    inbox = Inbox()
    await bus.consume("records", CALLS, [CallCreated], inbox)
    await bus.publish_encoded([dataclasses.replace(encode(created("call-1")), body=b'{"call_id": 7')])
    await bus.publish(created("call-1"))
    await inbox.wait()
    assert b'bus_consumed_total{consumer="records",result="poison"} 1.0' in metrics.render()
    assert len(inbox.messages) == 1


async def test_event_that_a_handler_calls_hopeless_is_dropped(bus: AnyBus) -> None:
    inbox = Inbox()

    async def refuse(event: CallCreated) -> None:
        await inbox(event)
        if len(inbox.messages) == 1:
            raise Poison("violates a constraint")

    await bus.consume("records", CALLS, [CallCreated], refuse, backoff_seconds=SHORT)
    await bus.publish_many([created("call-1", caller_number="1"), created("call-1", caller_number="2")])
    assert [event.caller_number for event in await inbox.wait(2)] == ["1", "2"]


async def test_what_a_killed_process_had_goes_to_another(world: World, bus: AnyBus) -> None:
    doomed = await world.bus("doomed")
    started, inbox = asyncio.Event(), Inbox()

    async def hang(_: Event) -> None:
        started.set()
        await asyncio.Event().wait()

    await doomed.consume("records", CALLS, [CallCreated], hang, ack_wait_seconds=1)
    event = created("call-1")
    await bus.publish(event)
    await started.wait()
    await doomed.abort()
    await bus.consume("records", CALLS, [CallCreated], inbox, ack_wait_seconds=1)
    assert await inbox.wait() == [event]


async def test_stopping_process_finishes_its_event_and_gives_back_the_rest_at_once(world: World, bus: AnyBus) -> None:
    leaving = await world.bus("leaving")
    started, finish, finished, inbox = asyncio.Event(), asyncio.Event(), Inbox(), Inbox()

    async def wait(event: Event) -> None:
        started.set()
        await finish.wait()
        await finished(event)

    await leaving.consume("records", CALLS, [CallCreated], wait, ack_wait_seconds=60)
    await bus.publish_many([created("call-1", caller_number=str(place)) for place in range(5)])
    await started.wait()
    stopping = asyncio.create_task(leaving.stop())
    await asyncio.sleep(0)
    finish.set()
    await stopping
    await bus.consume("records", CALLS, [CallCreated], inbox, max_in_flight=1, ack_wait_seconds=60)
    done = [event.caller_number for event in finished.messages]
    rest = [event.caller_number for event in await inbox.wait(5 - len(done))]
    assert done == ["0"]
    assert sorted(rest) == ["1", "2", "3", "4"]


async def test_long_work_is_not_given_to_another_meanwhile(world: World, bus: AnyBus) -> None:
    other = await world.bus("other")
    inbox, marker = Inbox(), Inbox()

    async def work_long(event: CallCreated) -> None:
        await inbox(event)
        await asyncio.sleep(2)
        await marker(event)

    for each in (bus, other):
        await each.consume("records", CALLS, [CallCreated], work_long, ack_wait_seconds=0.6)
    await bus.publish(created("call-1"))
    await marker.wait()
    assert len(inbox.messages) == 1


async def test_no_more_than_the_limit_is_in_work_at_once(bus: AnyBus) -> None:
    at_once, most, inbox = 0, 0, Inbox()

    async def count(event: CallCreated) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        await inbox(event)

    await bus.consume("records", CALLS, [CallCreated], count, max_in_flight=3)
    await bus.publish_many([created(f"call-{place}") for place in range(100)])
    await inbox.wait(100)
    assert most == 3


async def test_consumer_waits_for_a_stream_that_is_not_there_yet(world: World) -> None:
    bus = await world.bus()
    inbox = Inbox()
    consuming = asyncio.create_task(bus.consume("records", CALLS, [CallCreated], inbox))
    await asyncio.sleep(0)
    await bus.ensure_streams()
    await consuming
    await bus.publish(created("call-1"))
    assert len(await inbox.wait()) == 1


async def test_consumer_may_ask_for_more_classes_after_an_upgrade(world: World, bus: AnyBus) -> None:
    old, new = Inbox(), Inbox()
    before = await bus.consume("records", CALLS, [CallCreated], old)
    await bus.publish(created("call-1"))
    await old.wait()
    await before.stop()
    await bus.consume("records", CALLS, [CallCreated, CallAnswered], new)
    await bus.publish(answered("call-1"))
    assert [type(event) for event in await new.wait()] == [CallAnswered]
