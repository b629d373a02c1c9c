"""How many callers in menus one ivr process on one core holds: 300 on a real FreeSWITCH, 1,000 on the simulator.

ivr is kept to one core. FreeSWITCH is not: 300 calls with RTP cost it more than a core by themselves, so it takes what
it needs, of ivr's core as well; the simulator gets the other cores. Callers come until all are up, press a key every
few seconds and hang up after the last. Nothing may be lost: every call ends with ``flow.left`` by the caller's own
hang-up, and every key that was sent is one that a menu took.

The simulator carries no sound: of it, ivr gets the same connections, commands and events. It runs at the wall's speed;
that it kept up is shown by how late it was: the time from the first call to the last hang-up over what was planned.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.load import ivr_bench
from tests.load.cores import one_and_others
from tests.load.ivr_bench import IvrBench, Program
from tests.load.ivr_callers import EVERY_MS, call_and_press, keys_of
from tests.load.ivr_simulated import SimulatedSwitch
from tests.load.row import Row, at_least, at_most
from tests.load.samples import percentile

REAL_CALLS, REAL_RATE, REAL_KEYS = 300, 25, 7
SIMULATED_CALLS, SIMULATED_RATE, SIMULATED_KEYS = 1000, 40, 10
MOST_MB = 400
MEGABYTE = 1_000_000
WHAT = "calls in menus at once on one process on one core, {}"


@dataclass(slots=True)
class Watched:
    """What the process said of itself, second by second."""

    most_calls: int = 0
    most_bytes: int = 0
    keys: int = 0
    hung_up: int = 0
    cpu: float = 0.0
    seconds: float = 0.0
    own_ms: list[float] = field(default_factory=list)
    late_seconds: float = 0.0

    async def look(self, program: Program) -> None:
        """Take its figures."""
        figures = await program.figures()
        self.most_calls = max(self.most_calls, figures["calls"])
        self.most_bytes = max(self.most_bytes, figures["rss"])
        self.keys, self.hung_up, self.cpu = figures["keys"], figures["hung_up"], figures["cpu"]
        self.own_ms += [seconds * 1000 for seconds in figures["steps"]]


def run() -> list[Row]:
    """Measure on both switches; the real one if it is there."""
    missing = ivr_bench.missing()
    real = (
        [at_least(WHAT.format("FreeSWITCH"), None, "calls", REAL_CALLS, missing)]
        if missing
        else rows("FreeSWITCH", REAL_CALLS, REAL_KEYS, asyncio.run(_real()))
    )
    return real + rows("simulator", SIMULATED_CALLS, SIMULATED_KEYS, asyncio.run(_simulated()))


def rows(switch: str, calls: int, keys: int, seen: Watched) -> list[Row]:
    """What was watched on one switch."""
    late = f"; the simulator was {seen.late_seconds:.1f} s late at the end" if switch == "simulator" else ""
    own = f"own share of a step p50 {percentile(seen.own_ms, 50):.1f}, p99 {percentile(seen.own_ms, 99):.1f} ms"
    cpu = f"{seen.cpu:.1f} s of CPU in {seen.seconds:.0f} s"
    lost = abs(calls - seen.hung_up) + abs(calls * keys - seen.keys)
    told = f"{seen.hung_up} of {calls} calls to their end, {seen.keys} of {calls * keys} keys"
    return [
        at_least(WHAT.format(switch), seen.most_calls, "calls", calls, f"{cpu}; {own}{late}"),
        at_most(f"calls and keys lost with {calls} calls in menus, {switch}", lost, "", 0, told),
        at_most(f"memory with {calls} calls in menus, {switch}", seen.most_bytes / MEGABYTE, "MB", MOST_MB),
    ]


async def _real() -> Watched:
    core, _ = one_and_others()
    with tempfile.TemporaryDirectory(prefix="seda-bench-") as name:
        folder = Path(name)
        async with (
            IvrBench(folder) as bench,
            ivr_bench.ivr(folder, core=core) as program,
            _watching(program) as seen,
        ):
            await call_and_press(bench, program, calls=REAL_CALLS, rate=REAL_RATE, keys=REAL_KEYS)
    return seen


async def _simulated() -> Watched:
    core, others = one_and_others()
    rng = random.Random(3)
    low, high = (ms / 1000 for ms in EVERY_MS)
    every = (low + high) / 2
    life = high + every * SIMULATED_KEYS
    with tempfile.TemporaryDirectory(prefix="seda-bench-") as name:
        folder = Path(name)
        async with (
            ivr_bench.ivr(folder, most_calls=SIMULATED_CALLS + 10, core=core) as program,
            SimulatedSwitch(folder, program, others) as switch,
            _watching(program) as seen,
        ):
            began = time.monotonic()
            for place in range(SIMULATED_CALLS):
                first = rng.uniform(low, high)
                script = {
                    "digits": keys_of(SIMULATED_KEYS),
                    "digits_after": first,
                    "digits_every": every,
                    "hangup_after": first + every * SIMULATED_KEYS,
                }
                await asyncio.sleep(began + place / SIMULATED_RATE - time.monotonic())
                await switch.call(f"+98912{place:07}", script)
            planned = SIMULATED_CALLS / SIMULATED_RATE + life
            await switch.quiet()
            seen.late_seconds = max(0.0, time.monotonic() - began - planned)
    return seen


@asynccontextmanager
async def _watching(program: Program) -> AsyncIterator[Watched]:
    """Looks at a process every second, and once when all is over."""
    seen = Watched()
    await seen.look(program)
    first_cpu, began = seen.cpu, time.monotonic()
    over = asyncio.Event()

    async def look() -> None:
        while not over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(over.wait(), 1)
            await seen.look(program)

    looking = asyncio.create_task(look())
    try:
        yield seen
    finally:
        over.set()
        await looking
        seen.cpu -= first_cpu
        seen.seconds = time.monotonic() - began
