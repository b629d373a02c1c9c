"""The trace goes where the message goes."""

from __future__ import annotations

from shared.bus.encoding import encode
from shared.bus.memory import MemoryBus
from shared.bus.nats import NatsBus
from shared.contracts.calls import CallCreated
from shared.contracts.catalogue import CALLS
from shared.contracts.directory import NumberChanged
from shared.contracts.switch import HangUp, SwitchReply
from shared.runtime.tracing import current_traceparent, new_traceparent, use_traceparent
from tests.support.bus_messages import Inbox, created, hang_up, number

AnyBus = MemoryBus | NatsBus


async def test_event_carries_the_trace_it_was_published_in(bus: AnyBus) -> None:
    seen, trace = Inbox(), new_traceparent()

    async def handle(_: object) -> None:
        await seen(current_traceparent())

    await bus.consume("records", CALLS, [CallCreated], handle)
    await bus.replicate([NumberChanged], handle)
    with use_traceparent(trace):
        await bus.publish(created("call-1"))
        await bus.publish(number())
    assert await seen.wait(2) == [trace, trace]


async def test_outbox_keeps_the_trace_of_who_wrote_it(bus: AnyBus) -> None:
    seen, trace = Inbox(), new_traceparent()

    async def handle(_: object) -> None:
        await seen(current_traceparent())

    with use_traceparent(trace):
        kept = encode(created("call-1"))
    await bus.publish_encoded([kept])
    await bus.consume("records", CALLS, [CallCreated], handle)
    assert await seen.wait() == [trace]


async def test_command_is_carried_out_in_its_senders_trace(bus: AnyBus) -> None:
    async def answer(_: HangUp) -> SwitchReply:
        return SwitchReply(result=current_traceparent() or "")

    await bus.serve(HangUp, answer, key="n1")
    trace = new_traceparent()
    with use_traceparent(trace):
        reply = await bus.request(hang_up())
    assert isinstance(reply, SwitchReply)
    assert reply.result == trace


async def test_work_without_a_trace_stays_without(bus: AnyBus) -> None:
    seen = Inbox()

    async def handle(_: object) -> None:
        await seen(current_traceparent())

    await bus.consume("records", CALLS, [CallCreated], handle)
    await bus.publish(created("call-1"))
    assert await seen.wait() == [None]
