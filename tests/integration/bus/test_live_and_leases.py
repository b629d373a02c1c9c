"""Snapshots for screens, and the right to be the only one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.bus.encoding import encode
from shared.bus.memory import MemoryBus
from shared.bus.nats import NatsBus
from shared.contracts.calls import CallCreated
from shared.contracts.directory import NumberChanged
from tests.support.bus_messages import OTHER_TENANT, TENANT, Inbox, QueueBoard, answered, created, number
from tests.support.bus_world import World
from tests.support.nats_server import until

AnyBus = MemoryBus | NatsBus


async def test_watcher_sees_its_own_tenants_snapshots_in_order(world: World, bus: AnyBus) -> None:
    screen = await world.bus("console")
    inbox = Inbox()
    await screen.watch(QueueBoard, TENANT, inbox)
    await bus.publish_live(QueueBoard(tenant_id=OTHER_TENANT, queue="sales", waiting=99))
    for waiting in range(20):
        await bus.publish_live(QueueBoard(tenant_id=TENANT, queue="sales", waiting=waiting))
    assert [board.waiting for board in await inbox.wait(20)] == list(range(20))


async def test_watcher_that_fails_goes_on_with_the_next_snapshot(bus: AnyBus) -> None:
    inbox = Inbox()

    async def fail_once(board: QueueBoard) -> None:
        if board.waiting == 0:
            raise RuntimeError("no")
        await inbox(board)

    await bus.watch(QueueBoard, None, fail_once)
    for waiting in range(2):
        await bus.publish_live(QueueBoard(queue="sales", waiting=waiting))
    assert [board.waiting for board in await inbox.wait()] == [1]


async def test_who_follows_some_events_hears_those_of_the_tenant_in_order_whatever_their_class(
    world: World, bus: AnyBus
) -> None:
    onlooker = await world.bus("acd")
    followed, numbers, platform = Inbox(), Inbox(), Inbox()
    await onlooker.follow_events(TENANT, [CallCreated, NumberChanged], followed)
    await onlooker.follow_events(TENANT, [NumberChanged], numbers)
    await onlooker.follow_events(None, [CallCreated], platform)
    await bus.publish_encoded([replace(encode(created("unreadable")), body=b"[]")])
    await bus.publish(created("elsewhere").model_copy(update={"tenant_id": OTHER_TENANT}))
    told = [event for count in range(10) for event in (created(f"call-{count}"), number())]
    await bus.publish_many([event for one in told for event in (one, answered("call-0"))])
    assert await followed.wait(20) == told
    assert await numbers.wait(10) == told[1::2]
    assert platform.messages == []


async def test_nobody_needs_to_watch(bus: AnyBus) -> None:
    await bus.publish_live(QueueBoard(queue="sales"))


async def test_one_holder_at_a_time(bus: AnyBus) -> None:
    first, second = bus.lease("queue-sales", "acd-1", 30), bus.lease("queue-sales", "acd-2", 30)
    assert await first.acquire()
    assert not await second.acquire()
    assert (first.held, second.held) == (True, False)
    assert await second.holder() == "acd-1"


async def test_leases_of_different_names_are_apart(bus: AnyBus) -> None:
    assert await bus.lease("queue-sales", "acd-1", 30).acquire()
    assert await bus.lease("queue-support", "acd-2", 30).acquire()


async def test_released_lease_is_free_at_once_with_a_greater_fence(bus: AnyBus) -> None:
    first, second = bus.lease("queue-sales", "acd-1", 30), bus.lease("queue-sales", "acd-2", 30)
    await first.acquire()
    await first.renew()
    fence = first.fence
    await first.release()
    assert not first.held
    assert await second.holder() is None
    assert await second.acquire()
    assert second.fence > fence


async def test_fence_stays_while_a_lease_is_renewed(bus: AnyBus) -> None:
    lease = bus.lease("queue-sales", "acd-1", 30)
    await lease.acquire()
    fence = lease.fence
    assert await lease.renew()
    assert await lease.acquire()
    assert lease.fence == fence


async def test_lease_of_a_dead_holder_goes_to_the_next(world: World, bus: AnyBus) -> None:
    dying = await world.bus("dying")
    old, new = dying.lease("queue-sales", "acd-1", 1), bus.lease("queue-sales", "acd-2", 30)
    assert await old.acquire()
    await dying.abort()
    taken = False
    while not taken:
        taken = await new.acquire()
    assert not old.held
    assert new.fence > old.fence


async def test_holder_that_slept_through_its_lease_has_lost_it(bus: AnyBus) -> None:
    slow, quick = bus.lease("queue-sales", "acd-1", 1), bus.lease("queue-sales", "acd-2", 30)
    await slow.acquire()
    await until(lambda: not slow.held)
    while not await quick.acquire():
        pass
    assert not await slow.renew()
    assert not await slow.acquire()
    await slow.release()
    assert await slow.holder() == "acd-2"


async def test_lease_shorter_than_the_server_can_count_is_refused(bus: AnyBus) -> None:
    with pytest.raises(ValueError, match="at least one second"):
        bus.lease("queue-sales", "acd-1", 0.5)
