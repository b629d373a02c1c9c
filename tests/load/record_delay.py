"""From hang-up to the call's record over REST, while calls go on at a steady rate.

The hang-up is the switch's own time in the record (``ended_at``); visible is when a client that keeps asking first gets
the whole call, both legs. Both clocks are this machine's. How often the client asks is part of the figure.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tests.load.bench_platform import pairs
from tests.load.row import Row, at_most
from tests.load.samples import percentile
from tests.load.sipp import Round, Sipp
from tests.support.freeswitch_node import find_freeswitch
from tests.support.platform import LivePlatform

RATE = 20
SECONDS = 20
PHONES = 20
HOLD_MS = 200
ASK_SECONDS = 0.1
PAGE = 100
PATIENCE_SECONDS = 15
MOST_SECONDS = 1
WHAT = f"hang-up to record visible over REST at {RATE} calls/s, p99"


@dataclass(slots=True)
class Watcher:
    """Somebody who looks at the newest records again and again."""

    platform: LivePlatform
    delays: dict[str, float] = field(default_factory=dict)
    """Call -> seconds from its end until it was seen."""

    async def watch(self) -> None:
        while True:
            began = time.monotonic()
            await self.look()
            await asyncio.sleep(max(0.0, ASK_SECONDS - (time.monotonic() - began)))

    async def look(self) -> None:
        page = await self.platform.client.get(
            "reporting", "/v1/call-records", tenant_id=self.platform.tenant_id, limit=PAGE
        )
        now = time.time()
        for record in page["items"]:
            if record["leg_count"] >= 2 and record["call_id"] not in self.delays:
                self.delays[record["call_id"]] = now - datetime.fromisoformat(record["ended_at"]).timestamp()


def run() -> list[Row]:
    """Measure, or say what is missing."""
    if find_freeswitch() is None or not Sipp.available():
        return [at_most(WHAT, None, "s", MOST_SECONDS, "needs FreeSWITCH and SIPp on this machine")]
    return asyncio.run(_run())


async def _run() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="seda-bench-") as folder:
        home = Path(folder)
        async with LivePlatform(home, real=True) as platform:
            sipp = Sipp(home / "sipp", platform.sip, await pairs(platform, PHONES))
            async with sipp.phones():
                await sipp.call(rate=10, calls=PHONES, hold_ms=0)
                watcher = Watcher(platform)
                await _until(watcher, PHONES)
                return rows(await _watched(watcher, sipp), watcher)


async def _watched(watcher: Watcher, sipp: Sipp) -> Round:
    known = list(watcher.delays)  # of the calls that warmed up
    watching = asyncio.create_task(watcher.watch())
    try:
        done = await sipp.call(rate=RATE, calls=RATE * SECONDS, hold_ms=HOLD_MS)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    await _until(watcher, done.counts.succeeded + len(known))
    for call_id in known:
        watcher.delays.pop(call_id, None)
    return done


async def _until(watcher: Watcher, calls: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(watcher.delays) < calls and time.monotonic() < deadline:
        await watcher.look()
        await asyncio.sleep(ASK_SECONDS)


def rows(done: Round, watcher: Watcher) -> list[Row]:
    """What was seen."""
    delays = list(watcher.delays.values())
    if not delays:
        return [at_most(WHAT, float("inf"), "s", MOST_SECONDS, "no record was seen")]
    detail = (
        f"p50 {percentile(delays, 50):.2f} s, longest {max(delays):.2f} s; {len(delays)} calls;"
        f" asked every {ASK_SECONDS * 1000:.0f} ms"
    )
    missing = done.counts.succeeded - len(delays)
    return [
        at_most(WHAT, percentile(delays, 99), "s", MOST_SECONDS, detail),
        at_most("calls that failed, or whose record was not seen", missing + done.counts.failed, "", 0),
    ]
