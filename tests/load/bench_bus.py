"""How fast the bus is on this machine: ``python -m tests.load.bench_bus``."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import uvloop

from deploy.local.nats import EmbeddedNats
from shared.bus.encoding import encode
from shared.bus.nats import NatsBus
from shared.contracts.calls import CallCreated
from shared.contracts.catalogue import CALLS
from shared.contracts.directory import NumberChanged
from shared.contracts.message import Event
from shared.contracts.switch import HangUp, SwitchReply

EVENTS = 30_000
SINGLE = 2_000
REQUESTS = 5_000
ENTITIES = 20_000


def _call(place: int) -> CallCreated:
    return CallCreated(
        node_id="node-1",
        core_id=str(uuid4()),
        call_id=f"call-{place}",
        leg_id=str(uuid4()),
        leg_direction="inbound",
        tenant_id=uuid4(),
        caller_number="+989121234567",
        called_number="+982112345678",
        extension="101",
        extension_id=str(uuid4()),
        device_id=str(uuid4()),
        trunk_id=str(uuid4()),
        caller_name="x" * 60,
    )


async def _rate(count: int, work: Callable[[], Awaitable[object]]) -> dict[str, float]:
    """Operations a second by the wall, and by this process's own CPU time (what one core of its own would give)."""
    wall, cpu = time.perf_counter(), time.process_time()
    await work()
    return {
        "per_second": round(count / (time.perf_counter() - wall)),
        "per_cpu_second": round(count / (time.process_time() - cpu)),
    }


async def _publishing(bus: NatsBus) -> dict[str, object]:
    encoded = [encode(_call(place)) for place in range(EVENTS)]
    events = [_call(place) for place in range(EVENTS)]
    singles = [_call(place) for place in range(SINGLE)]

    async def one_by_one() -> None:
        for event in singles:
            await bus.publish(event)

    return {
        "body_bytes": len(encoded[0].body),
        "publish_encoded": await _rate(EVENTS, lambda: bus.publish_encoded(encoded, timeout=30)),
        "publish_many": await _rate(EVENTS, lambda: bus.publish_many(events, timeout=30)),
        "publish_one_at_a_time": await _rate(SINGLE, one_by_one),
    }


async def _consuming(bus: NatsBus) -> dict[str, object]:
    total, done = 2 * EVENTS + SINGLE, asyncio.Event()

    def counting(until: int) -> Callable[[Event], Awaitable[None]]:
        seen = 0
        done.clear()

        async def count(_: Event) -> None:
            nonlocal seen
            seen += 1
            if seen == until:
                done.set()

        return count

    async def consume() -> None:
        subscription = await bus.consume("bench", CALLS, [CallCreated], counting(total), max_in_flight=256)
        await done.wait()
        await subscription.stop()

    async def replicate() -> None:
        replica = await bus.replicate([NumberChanged], counting(ENTITIES))
        await replica.caught_up()

    await bus.publish_many(
        [NumberChanged(id=uuid4(), revision=1, e164="+98", tenant_id=uuid4()) for _ in range(ENTITIES)]
    )
    return {"consume": await _rate(total, consume), "replay": await _rate(ENTITIES, replicate)}


async def _requesting(bus: NatsBus) -> dict[str, object]:
    async def answer(_: HangUp) -> SwitchReply:
        return SwitchReply()

    await bus.serve(HangUp, answer, key="node-1")

    async def ask(count: int) -> None:
        for _ in range(count):
            await bus.request(HangUp(node_id="node-1", leg_id="leg"))

    async def at_once() -> None:
        await asyncio.gather(*(ask(REQUESTS // 50) for _ in range(50)))

    return {
        "request_one_at_a_time": await _rate(REQUESTS // 5, lambda: ask(REQUESTS // 5)),
        "request_50_at_a_time": await _rate(REQUESTS, at_once),
    }


async def _run() -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedNats(Path(folder))
        server.start()
        bus = NatsBus(server.url, "bench")
        try:
            await bus.start()
            await bus.ensure_streams()
            return {**await _publishing(bus), **await _consuming(bus), **await _requesting(bus)}
        finally:
            await bus.stop()
            server.kill()


def run() -> dict[str, object]:
    """Measure on a server of its own. Client and server share the machine's cores."""
    return uvloop.run(_run())


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
