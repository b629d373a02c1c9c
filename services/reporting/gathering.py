"""Events gathered for a moment and written together; whoever handed one in waits until it is in the database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Gathering(Generic[T]):
    """A component, or a part of one.

    Args:
        name: of its task.
        write: writes events in their order, all or none; what it raises is raised by ``take`` of each.
        seconds: from the first event until what came by then is written.
        most: events at a time.
    """

    def __init__(self, name: str, write: Callable[[list[T]], Awaitable[None]], *, seconds: float, most: int) -> None:
        self.name = name
        self._write = write
        self._seconds = seconds
        self._most = most
        self._queue: asyncio.Queue[tuple[T, asyncio.Future[None]]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """End at once: what is not written is delivered again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def take(self, event: T) -> None:
        """Have one event written. Raises what ``write`` raised; the event is then delivered again."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._queue.put((event, written))
        await written

    async def _run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            await asyncio.sleep(self._seconds)
            while not self._queue.empty() and len(batch) < self._most:
                batch.append(self._queue.get_nowait())
            failure = await self._failure([event for event, _ in batch])
            for _, written in batch:
                if written.done():
                    continue
                if failure is None:
                    written.set_result(None)
                else:
                    written.set_exception(failure)

    async def _failure(self, events: list[T]) -> Exception | None:
        """Write; what went wrong is for each event's own delivery to deal with."""
        try:
            await self._write(events)
        except Exception as error:
            return error
        return None
