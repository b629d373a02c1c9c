"""Events reach their streams: once, in order, or the sender is told."""

from __future__ import annotations

import dataclasses

import pytest

from shared.bus.encoding import encode
from shared.bus.memory import MemoryBus
from shared.bus.nats import NatsBus
from shared.bus.port import BusUnavailable, MessageRefused
from shared.contracts.calls import CallCreated, CallHungUp
from shared.contracts.catalogue import CALLS
from tests.support.bus_messages import Inbox, created, hang_up, hung_up
from tests.support.bus_world import World

AnyBus = MemoryBus | NatsBus


async def test_published_event_reaches_a_consumer_that_comes_later(bus: AnyBus) -> None:
    event = created("call-1", caller_number="101")
    await bus.publish(event)
    inbox = Inbox()
    await bus.consume("records", CALLS, [CallCreated], inbox)
    assert await inbox.wait() == [event]


async def test_repeated_message_is_taken_once(bus: AnyBus) -> None:
    first, last = created("call-1"), created("call-2")
    await bus.publish(first)
    await bus.publish(first)
    await bus.publish_many([first, first])
    await bus.publish(last)
    inbox = Inbox()
    await bus.consume("records", CALLS, [CallCreated], inbox, max_in_flight=1)
    assert await inbox.wait(2) == [first, last]


async def test_many_events_arrive_in_the_order_they_were_published(bus: AnyBus) -> None:
    events = [created(f"call-{place}") for place in range(1500)]
    await bus.publish_many(events)
    inbox = Inbox()
    await bus.consume("records", CALLS, [CallCreated], inbox, max_in_flight=1)
    got = await inbox.wait(200)
    assert [event.call_id for event in got] == [event.call_id for event in events[: len(got)]]


async def test_every_one_of_many_events_is_stored(bus: AnyBus) -> None:
    await bus.publish_many([created(f"call-{place}") for place in range(2500)])
    inbox = Inbox()
    await bus.consume("records", CALLS, [CallCreated], inbox, max_in_flight=500)
    got = await inbox.wait(2500)
    assert len({event.call_id for event in got}) == 2500


async def test_an_event_encoded_earlier_arrives_like_any_other(bus: AnyBus) -> None:
    event = created("call-1")
    await bus.publish_encoded([encode(event), encode(event)])
    await bus.publish(event)
    await bus.publish(hung_up("call-1"))
    inbox = Inbox()
    await bus.consume("records", CALLS, [CallCreated, CallHungUp], inbox)
    assert [type(message) for message in await inbox.wait(2)] == [CallCreated, CallHungUp]


async def test_publishing_nothing_is_nothing(bus: AnyBus) -> None:
    await bus.publish_many([])


async def test_sender_is_told_when_no_stream_takes_its_event(world: World) -> None:
    bus = await world.bus()
    with pytest.raises(BusUnavailable):
        await bus.publish(created("call-1"), timeout=0.3)


async def test_a_command_does_not_go_into_a_stream(bus: AnyBus) -> None:
    with pytest.raises(TypeError, match="hang_up travels as request"):
        await bus.publish(hang_up())  # type: ignore[arg-type]


async def test_event_that_is_too_large_is_refused_and_the_others_go_through(bus: AnyBus) -> None:
    fits, huge = created("call-1"), created("call-2", caller_name="x" * 5_000_000)
    with pytest.raises(MessageRefused, match="more than the 4194304"):
        await bus.publish_many([huge, fits])
    inbox = Inbox()
    await bus.consume("records", CALLS, [CallCreated], inbox)
    assert await inbox.wait() == [fits]
    assert bus.connected


async def test_event_that_just_does_not_fit_with_its_headers_does_not_cost_the_connection(bus: AnyBus) -> None:
    encoded = encode(created("call-1"))
    brim = dataclasses.replace(encoded, body=b"x" * (4 * 1024 * 1024 - 20))
    with pytest.raises(MessageRefused):
        await bus.publish_encoded([dataclasses.replace(brim, headers={"note": "y" * 40})])
    assert bus.connected


async def test_command_that_is_too_large_is_refused(bus: AnyBus) -> None:
    with pytest.raises(MessageRefused):
        await bus.request(hang_up(leg_id="x" * 5_000_000))
