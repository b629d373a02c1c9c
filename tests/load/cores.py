"""Who runs on which core: what is measured gets one for itself, who asks gets another."""

from __future__ import annotations

import contextlib
import os

import psutil


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
