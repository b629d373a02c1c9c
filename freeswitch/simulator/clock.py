"""The simulator's time: the wall's, the wall's made faster, or stepped by hand in tests."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    """Something due later."""

    def cancel(self) -> None:
        """Make it not happen."""


class Clock(Protocol):
    """Time as the simulated switch sees it."""

    def now(self) -> int:
        """Microseconds since 1970."""

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        """Run `callback` after `seconds` of simulated time."""

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of simulated time."""


class WallClock:
    """Real time, `speed` times as fast: at 10, a call of a minute takes six seconds."""

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be above 0, not {speed}")
        self.speed = speed
        self._wall_start = time.time()
        self._start = time.monotonic()

    def now(self) -> int:
        return int((self._wall_start + (time.monotonic() - self._start) * self.speed) * 1e6)

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        return asyncio.get_running_loop().call_later(seconds / self.speed, callback)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed)


class _Step:
    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class SteppedClock:
    """Time that moves only when told to: `await clock.advance(30)` runs everything due in order."""

    def __init__(self, start: int = 1_800_000_000_000_000) -> None:
        self._now = start
        self._due: list[tuple[int, int, _Step]] = []
        self._order = itertools.count()

    def now(self) -> int:
        return self._now

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Timer:
        step = _Step(callback)
        heapq.heappush(self._due, (self._now + int(seconds * 1e6), next(self._order), step))
        return step

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)

        timer = self.call_later(seconds, wake)
        try:
            await woken
        finally:
            timer.cancel()

    async def advance(self, seconds: float) -> None:
        """Move `seconds` on; each due timer runs at its own moment and what it wakes runs before the next."""
        end = self._now + int(seconds * 1e6)
        await self._settle()
        while self._due and self._due[0][0] <= end:
            self._now, _, step = heapq.heappop(self._due)
            if step.callback is not None:
                step.callback()
                await self._settle()
        self._now = end
        await self._settle()

    async def _settle(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)
