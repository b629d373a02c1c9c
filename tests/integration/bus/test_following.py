"""Tables followed by a process that starts before the bus, and stops in order."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from shared.bus.following import Following
from shared.bus.memory import MemoryBus
from shared.bus.nats import NatsBus
from shared.contracts.directory import NumberChanged, TenantChanged
from tests.support.bus_messages import Inbox, number
from tests.support.bus_world import World

AnyBus = MemoryBus | NatsBus


async def test_what_stood_in_the_streams_is_here_before_it_is_said_to_be(bus: AnyBus) -> None:
    entity = uuid4()
    await bus.publish_many([number(entity, 1), number(entity, 2), number()])
    numbers, tenants = Inbox(), Inbox()
    heard: list[str] = []
    following = Following(
        bus, "numbers", ([NumberChanged], numbers), ([TenantChanged], tenants), then=lambda: heard.append("all here")
    )
    assert not following.is_caught_up
    await following.start()
    await asyncio.wait_for(following.caught_up(), 5)
    assert following.is_caught_up
    assert (len(numbers.messages), tenants.messages) == (2, [])
    assert heard == ["all here"]
    await following.stop()


async def test_a_process_that_starts_before_the_bus_follows_once_it_is_there(world: World, bus: AnyBus) -> None:
    await bus.publish(number())
    await world.go_down()
    inbox = Inbox()
    following = Following(bus, "numbers", ([NumberChanged], inbox))
    await following.start()
    assert not following.is_caught_up
    await world.come_up()
    await asyncio.wait_for(following.caught_up(), 20)
    assert len(inbox.messages) == 1
    await following.stop()


async def test_stopping_while_the_bus_is_away_waits_for_nobody(world: World, bus: AnyBus) -> None:
    await world.go_down()
    following = Following(bus, "numbers", ([NumberChanged], Inbox()))
    await following.start()
    await asyncio.wait_for(following.stop(), 2)
    await world.come_up()


async def test_nothing_is_taken_in_after_the_stop(bus: AnyBus) -> None:
    inbox, after = Inbox(), Inbox()
    following, other = [Following(bus, "numbers", ([NumberChanged], box)) for box in (inbox, after)]
    await following.start()
    await following.caught_up()
    await following.stop()
    await bus.publish(number())
    await other.start()
    await other.caught_up()
    assert (len(inbox.messages), len(after.messages)) == (0, 1)
    await other.stop()
