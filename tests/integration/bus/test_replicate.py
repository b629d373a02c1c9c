"""Replicated tables: the last state of every entity, then every change."""

from __future__ import annotations

import asyncio
import dataclasses
from uuid import uuid4

import pytest

from shared.bus.encoding import encode
from shared.bus.memory import MemoryBus
from shared.bus.nats import NatsBus
from shared.bus.port import BusTimeout
from shared.contracts.directory import NumberChanged, TenantChanged
from tests.support.bus_messages import Inbox, number
from tests.support.bus_world import World

AnyBus = MemoryBus | NatsBus


async def test_replica_starts_with_the_last_state_of_each_entity(bus: AnyBus) -> None:
    entity, other = uuid4(), number()
    await bus.publish_many([number(entity, 1), other, number(entity, 2), number(entity, 3)])
    inbox = Inbox()
    replica = await bus.replicate([NumberChanged], inbox)
    await replica.caught_up(5)
    assert [(event.id, event.revision) for event in inbox.messages] == [(other.id, 1), (entity, 3)]


async def test_replica_follows_live_changes_in_order_up_to_the_last(bus: AnyBus) -> None:
    """Of changes in quick succession the stream may keep only the last."""
    entity, inbox, last = uuid4(), Inbox(), asyncio.Event()

    async def apply(event: NumberChanged) -> None:
        await inbox(event)
        if event.revision == 49:
            last.set()

    await bus.publish(number(entity, 1))
    await (await bus.replicate([NumberChanged], apply)).caught_up(5)
    await bus.publish_many([number(entity, revision) for revision in range(2, 50)])
    async with asyncio.timeout(5):
        await last.wait()
    revisions = [event.revision for event in inbox.messages]
    assert revisions[0] == 1
    assert revisions == sorted(set(revisions))


async def test_every_process_gets_everything(world: World, bus: AnyBus) -> None:
    other = await world.bus("other")
    inboxes = [Inbox(), Inbox()]
    for each, inbox in zip((bus, other), inboxes, strict=True):
        await each.replicate([NumberChanged], inbox)
    await bus.publish(number())
    assert await inboxes[0].wait() == await inboxes[1].wait()


async def test_removed_entity_stays_as_a_tombstone(bus: AnyBus) -> None:
    entity, inbox = uuid4(), Inbox()
    await bus.publish_many([number(entity, 1), number(entity, 2, removed=True)])
    await (await bus.replicate([NumberChanged], inbox)).caught_up(5)
    assert [(event.revision, event.removed) for event in inbox.messages] == [(2, True)]


async def test_empty_table_is_complete_at_once(bus: AnyBus) -> None:
    told = Inbox()
    replica = await bus.replicate([NumberChanged], Inbox(), on_ready=lambda: told.messages.append("ready"))
    await replica.caught_up(5)
    await bus.publish(number())
    assert told.messages == ["ready"]


async def test_only_the_tables_asked_for_are_replicated(bus: AnyBus) -> None:
    tenant = TenantChanged(
        id=uuid4(), revision=1, slug="a", display_name="A", domain="a.example", country="IR", time_zone="UTC"
    )
    await bus.publish_many([tenant, number()])
    inbox = Inbox()
    await (await bus.replicate([TenantChanged], inbox)).caught_up(5)
    assert [event.slug for event in inbox.messages] == ["a"]


async def test_a_change_that_fails_is_applied_again_before_the_next(bus: AnyBus) -> None:
    first, second, inbox, failures = number(), number(), Inbox(), iter([True, True, False, False])

    async def apply(event: NumberChanged) -> None:
        if next(failures):
            raise RuntimeError("not yet")
        await inbox(event)

    replica = await bus.replicate([NumberChanged], apply, backoff_seconds=(0.01,))
    await replica.caught_up(5)
    await bus.publish_many([first, second])
    assert await inbox.wait(2) == [first, second]


async def test_unreadable_state_is_passed_over(bus: AnyBus) -> None:
    await bus.publish_encoded([dataclasses.replace(encode(number()), body=b"{}")])
    readable, inbox = number(), Inbox()
    await bus.publish(readable)
    await (await bus.replicate([NumberChanged], inbox)).caught_up(5)
    assert inbox.messages == [readable]


async def test_unreadable_state_alone_does_not_keep_a_replica_waiting(bus: AnyBus) -> None:
    await bus.publish_encoded([dataclasses.replace(encode(number()), body=b"{}")])
    replica = await bus.replicate([NumberChanged], Inbox())
    await replica.caught_up(5)
    assert replica.is_caught_up


async def test_replica_of_a_stream_that_is_missing_is_not_complete(world: World) -> None:
    bus = await world.bus()
    inbox = Inbox()
    replica = await bus.replicate([NumberChanged], inbox)
    with pytest.raises(BusTimeout):
        await replica.caught_up(0.1)
    await bus.ensure_streams()
    await replica.caught_up(5)
    await bus.publish(number())
    assert len(await inbox.wait()) == 1


async def test_stopped_replica_gets_nothing_more(bus: AnyBus) -> None:
    stopped, running = Inbox(), Inbox()
    replica = await bus.replicate([NumberChanged], stopped)
    await bus.replicate([NumberChanged], running)
    await replica.stop()
    await bus.publish(number())
    await running.wait()
    await asyncio.sleep(0)
    assert stopped.messages == []
