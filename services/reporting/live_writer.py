"""Events of queues and agents into the tables of the live view, many in one transaction."""

from __future__ import annotations

import asyncio

from services.reporting.store_live import LiveStore
from shared.contracts.acd import AgentStatusChanged, QueueEvent, QueueJoined, QueueLeft
from shared.contracts.message import Event

SHOWN: tuple[type[Event], ...] = (QueueJoined, QueueLeft, AgentStatusChanged)
BATCH = 1000
GATHER_SECONDS = 0.2
"""With ``LOOK_SECONDS`` of the live view far less than the second that it may be old."""

LiveEvent = QueueEvent | AgentStatusChanged


class LiveWriter:
    """A component. ``take`` returns once the event is in the database."""

    name = "live writer"

    def __init__(self, store: LiveStore) -> None:
        self._store = store
        self._queue: asyncio.Queue[tuple[LiveEvent, asyncio.Future[None]]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="write what is live")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def take(self, event: LiveEvent) -> None:
        """Write one event. Raises what the database raised; the event is then delivered again."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._queue.put((event, written))
        await written

    async def _run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            await asyncio.sleep(GATHER_SECONDS)
            while not self._queue.empty() and len(batch) < BATCH:
                batch.append(self._queue.get_nowait())
            try:
                await self._store.take([event for event, _ in batch])
            except Exception as error:  # each event's own delivery deals with it
                failure: Exception | None = error
            else:
                failure = None
            for _, written in batch:
                if written.done():
                    continue
                if failure is None:
                    written.set_result(None)
                else:
                    written.set_exception(failure)
