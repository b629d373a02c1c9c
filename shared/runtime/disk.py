"""How much room a disk has."""

from __future__ import annotations

import asyncio
import math
import shutil
from pathlib import Path

from prometheus_client import Gauge


class FreeSpace:
    """A component that shows the free bytes of a folder's disk; NaN while the disk does not say.

    Looked at in a thread, one at a time: a network's file system that is away answers nobody for minutes.
    """

    name = "free space"

    def __init__(self, gauge: Gauge, folder: Path, *, every_seconds: float = 30.0) -> None:
        self._gauge = gauge
        self._folder = folder
        self._every_seconds = every_seconds
        self._task: asyncio.Task[None] | None = None
        gauge.set(math.nan)

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            look = asyncio.ensure_future(asyncio.to_thread(free_bytes, self._folder))
            while not (await asyncio.wait({look}, timeout=self._every_seconds))[0]:
                self._gauge.set(math.nan)
            self._gauge.set(look.result())
            await asyncio.sleep(self._every_seconds)


def free_bytes(folder: Path) -> float:
    """Free bytes of the disk a folder is on, or will be on once it is made; NaN when it cannot be told."""
    try:
        return float(shutil.disk_usage(folder).free)
    except FileNotFoundError:
        return math.nan if folder == folder.parent else free_bytes(folder.absolute().parent)
    except OSError:
        return math.nan
