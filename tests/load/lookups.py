"""Directory and dialplan lookups a second on one core, and how long one takes at 200 a second.

The real process, pinned to one core, with 10,000 extensions in memory; asked by another process on another core as
mod_xml_curl asks: real questions, a new connection each time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from itertools import islice
from pathlib import Path

from tests.load import bench_dialplan, bench_directory
from tests.load.cores import cpu_seconds, separate
from tests.load.http_load import Result
from tests.load.row import Row, at_least, at_most
from tests.load.samples import percentile

LEAST_PER_SECOND = 1_500
MOST_MS = 10
STEADY_PER_SECOND, STEADY_SECONDS = 200, 15
FLOOD, AT_ONCE, WARM_UP = 20_000, 8, 2_000
QUESTIONS = 2_000


def run() -> list[Row]:
    """Both services, one after the other."""
    return asyncio.run(_run())


async def _run() -> list[Row]:
    dialplan = bench_dialplan.bodies()
    questions = [bench_dialplan.wire(body) for body in islice(dialplan, QUESTIONS)]
    return [
        *await _measure("directory", bench_directory.service, bench_directory.messages()),
        *await _measure("dialplan", bench_dialplan.service, questions),
    ]


async def _measure(what: str, service: type[AbstractAsyncContextManager], questions: Sequence[bytes]) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "questions.json"
        file.write_text(json.dumps([message.decode("latin-1") for message in questions]))
        async with service(Path(folder)) as (port, process):
            ask = partial(_load, separate(process), port, file)
            await ask("flood", WARM_UP, AT_ONCE)
            before = cpu_seconds(process)
            flood = await ask("flood", FLOOD, AT_ONCE)
            used = cpu_seconds(process) - before
            calm = await ask("steady", STEADY_PER_SECOND * STEADY_SECONDS, STEADY_PER_SECOND)
    return [_rate(what, flood, used), *_latency(what, calm)]


async def _load(cores: str, port: int, file: Path, manner: str, *counts: int) -> Result:
    command = ["taskset", "-c", cores, sys.executable, "-m", "tests.load.http_load", str(port), str(file)]
    asker = await asyncio.create_subprocess_exec(*command, manner, *map(str, counts), stdout=asyncio.subprocess.PIPE)
    output, _ = await asker.communicate()
    return Result(**json.loads(output))


def _rate(what: str, flood: Result, used: float) -> Row:
    detail = (
        f"{used / flood.seconds:.0%} of its core, {len(flood.latencies_ms) / used:,.0f} per second of CPU;"
        f" the asker used {flood.own_cpu_seconds / flood.seconds:.0%} of another"
    )
    return at_least(f"{what} lookups on one core", flood.per_second, "/s", LEAST_PER_SECOND, detail)


def _latency(what: str, calm: Result) -> list[Row]:
    p50 = percentile(calm.latencies_ms, 50)
    detail = f"p50 {p50:.2f} ms, {len(calm.latencies_ms):,} lookups, from when each was due"
    return [
        at_most(
            f"{what} lookup at {STEADY_PER_SECOND}/s, p99", percentile(calm.latencies_ms, 99), "ms", MOST_MS, detail
        ),
        at_most(f"{what} lookups that failed", calm.bad, "", 0),
    ]
