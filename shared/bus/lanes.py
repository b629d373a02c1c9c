"""Work in order within a lane, side by side between lanes, and again until it succeeds."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from enum import Enum
from typing import Generic, TypeVar

from shared.bus.port import Poison
from shared.bus.waiting import first_of
from shared.runtime.logs import get_logger

log = get_logger(__name__)

T = TypeVar("T")


class Outcome(Enum):
    """How the work on a message ended."""

    HANDLED = "handled"
    POISON = "poison"
    GIVEN_BACK = "given_back"


async def until_handled(
    name: str,
    work: Callable[[], Awaitable[None]],
    backoff_seconds: Sequence[float],
    stopping: asyncio.Event,
    failed: Callable[[], None],
) -> Outcome:
    """Do ``work`` again until it succeeds, is found hopeless (``Poison``), or ``stopping`` is set between attempts."""
    attempt = 0
    while not stopping.is_set():
        try:
            await work()
            return Outcome.HANDLED
        except Poison as error:
            log.error("message dropped", consumer=name, reason=str(error))
            return Outcome.POISON
        except (Exception, asyncio.CancelledError) as error:
            if is_cancelled(error):
                raise
            wait = backoff_seconds[min(attempt, len(backoff_seconds) - 1)]
            log.warning(
                "message not handled; again later",
                consumer=name,
                reason=str(error) or type(error).__name__,
                wait_seconds=wait,
                exc_info=attempt == 0,
            )
            failed()
            attempt += 1
            await first_of(stopping.wait(), timeout=wait)
    return Outcome.GIVEN_BACK


def is_cancelled(error: BaseException) -> bool:
    """Whether this task is to end; a handler that awaited something cancelled only failed."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and (task is None or task.cancelling() > 0)


class Lanes(Generic[T]):
    """Runs ``work`` on items: one after the other within a lane, lanes side by side."""

    def __init__(self, work: Callable[[T], Awaitable[None]]) -> None:
        self._work = work
        self._lanes: dict[str, deque[T]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.size = 0

    def put(self, lane: str, item: T) -> None:
        """Queue an item behind what its lane holds."""
        self.size += 1
        waiting = self._lanes.get(lane)
        if waiting is not None:
            waiting.append(item)
            return
        self._lanes[lane] = deque([item])
        task = asyncio.create_task(self._run(lane))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, lane: str) -> None:
        waiting = self._lanes[lane]
        try:
            while waiting:
                item = waiting.popleft()
                try:
                    await self._work(item)
                finally:
                    self.size -= 1
        finally:
            del self._lanes[lane]

    async def finished(self) -> None:
        """Wait until every lane is empty."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def cancel(self) -> None:
        """End all work where it stands."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
