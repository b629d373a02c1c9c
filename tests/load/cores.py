"""Who runs on which core: what is measured gets one for itself, who asks gets another."""

from __future__ import annotations

import asyncio
import contextlib
import os
from typing import Final

import psutil

QUIET_PERCENT: Final = 25.0
"""Of all cores; what a platform without calls takes on the smallest machine, and something for the machine itself."""
LOOK_SECONDS: Final = 0.5
QUIET_WITHIN_SECONDS: Final = 30.0


def separate(process: psutil.Process) -> str:
    """Put a process on one core; return a ``taskset`` list of the others (of that one if there is no other)."""
    cores = sorted(os.sched_getaffinity(0))
    process.cpu_affinity(cores[:1])
    return ",".join(map(str, cores[1:] or cores))


def one_and_others() -> tuple[int, list[int]]:
    """A core for what is measured, and the others (the same if there is only one)."""
    first, *others = sorted(os.sched_getaffinity(0))
    return first, others or [first]


def keep_to(pid: int, cores: list[int]) -> None:
    """Let every thread a process has now, and those that they start, run on these cores only."""
    for thread in psutil.Process(pid).threads():
        with contextlib.suppress(ProcessLookupError):
            os.sched_setaffinity(thread.id, cores)


def cpu_seconds(process: psutil.Process) -> float:
    """CPU time a process has used, with the children it has waited for."""
    times = process.cpu_times()
    return float(times.user + times.system)


async def at_rest() -> None:
    """Wait until the machine has little to do: what was begun before is over, whoever still worked on it.

    A machine that is busy with something else is measured as it is, after half a minute.
    """
    psutil.cpu_percent(None)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(QUIET_WITHIN_SECONDS):
            while True:
                await asyncio.sleep(LOOK_SECONDS)  # what is looked at is how busy it was since the last look
                if psutil.cpu_percent(None) < QUIET_PERCENT:
                    return
