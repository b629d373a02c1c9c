"""Messages to the bus, in order, from a bounded queue: the switch never waits for NATS."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Iterable

from services.switchlink.metrics import SwitchlinkMetrics
from shared.bus.port import Bus, BusError
from shared.contracts.message import Event
from shared.runtime.logs import get_logger

log = get_logger(__name__)

BATCH = 500
RETRY_SECONDS = 0.25
GATHER_SECONDS = 0.025
"""At most one batch in so long: the first message goes at once, and in a rush its followers go together.

What somebody waits for (a caller in a queue, an agent's phone) is put as urgent and goes at once, with all before it.
"""


class Publisher:
    """A component. ``put`` never blocks; while NATS is away messages wait, and beyond ``capacity`` the oldest go.

    What goes is live state, which ``node.reconciled`` makes good; call records travel another way.
    """

    name = "publisher"

    def __init__(self, bus: Bus, metrics: SwitchlinkMetrics, *, capacity: int = 100_000) -> None:
        self._bus = bus
        self._metrics = metrics
        self._capacity = capacity
        self._queue: deque[Event] = deque()
        metrics.waiting.set_function(lambda: len(self._queue))
        self._filled = asyncio.Event()
        self._due = asyncio.Event()
        self._emptied = asyncio.Event()
        self._emptied.set()
        self._task: asyncio.Task[None] | None = None
        self._streams_ready = False
        self.overflowed = False
        """Whether messages were dropped since this was last set to false: the node should be reconciled then."""

    def put(self, messages: Iterable[Event], *, urgent: bool = False) -> None:
        """Add messages to the queue; ``urgent``: for no others to gather behind them."""
        self._queue.extend(messages)
        while len(self._queue) > self._capacity:
            self._queue.popleft()
            self._metrics.dropped.inc()
            self.overflowed = True
        if self._queue:
            self._filled.set()
            self._emptied.clear()
        if urgent:
            self._due.set()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="publisher")

    async def stop(self) -> None:
        """Publish what is left if the bus takes it within two seconds, then end."""
        if self._task is None:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._emptied.wait(), 2)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._filled.wait()
            batch = [self._queue[i] for i in range(min(BATCH, len(self._queue)))]
            self._due.clear()
            timer = asyncio.get_running_loop().call_later(GATHER_SECONDS, self._due.set)
            try:
                if await self._publish(batch):
                    self._drop(batch)
                if len(self._queue) < BATCH:
                    await self._due.wait()
            finally:
                timer.cancel()

    async def _publish(self, batch: list[Event]) -> bool:
        try:
            if not self._streams_ready:
                await self._bus.ensure_streams()
                self._streams_ready = True
            await self._bus.publish_many(batch)
        except BusError as error:
            self._streams_ready = False  # they may be gone: a NATS that lost its disk comes back empty
            log.warning("bus does not take messages; they wait", waiting=len(self._queue), reason=str(error))
            await asyncio.sleep(RETRY_SECONDS)
            return False
        for name, count in Counter(message.name for message in batch).items():
            self._metrics.messages.labels(name).inc(count)
        return True

    def _drop(self, batch: list[Event]) -> None:
        """Take the published ones off; some may already have gone by overflow."""
        published = {message.message_id for message in batch}
        while self._queue and self._queue[0].message_id in published:
            self._queue.popleft()
        if not self._queue:
            self._filled.clear()
            self._emptied.set()
