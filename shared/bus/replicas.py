"""Replicated tables: the last event of every subject, then every new one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Generic
from uuid import uuid4

from nats.aio.msg import Msg

from shared.bus.connection import Connection
from shared.bus.encoding import TRACEPARENT, Decoder
from shared.bus.lanes import until_handled
from shared.bus.measures import Measures
from shared.bus.port import BusTimeout, E, EventHandler, Poison
from shared.bus.pulling import Pull, PullLost
from shared.contracts.catalogue import StreamSpec
from shared.runtime.logs import get_logger
from shared.runtime.tracing import use_traceparent

log = get_logger(__name__)

_CAPACITY = 2000
_NANOSECONDS = 1_000_000_000
_FORGOTTEN_AFTER_SECONDS = 60


class ReplicaConsumer(Generic[E]):
    """Reads a compacted stream in order from a nameless consumer of its own, and resumes where it was."""

    def __init__(
        self,
        connection: Connection,
        measures: Measures,
        stream: StreamSpec,
        decoder: Decoder[E],
        handler: EventHandler[E],
        *,
        on_ready: Callable[[], None] | None,
        backoff_seconds: Sequence[float],
    ) -> None:
        self._connection = connection
        self._measures = measures
        self._stream = stream
        self._decoder = decoder
        self._handler = handler
        self._on_ready = on_ready
        self._backoff_seconds = backoff_seconds
        self._name = f"replica-{uuid4().hex[:12]}"
        self._stopping = asyncio.Event()
        self._ready = asyncio.Event()
        self._waiting: deque[tuple[Msg, bool]] = deque()
        self._arrived = asyncio.Event()
        self._identity: str | None = None
        self._taken_sequence = 0
        self._expected = 1
        self._to_replay = 0
        self._worker: asyncio.Task[None] | None = None
        self._pull = Pull(
            connection,
            self._name,
            prepare=self._prepare,
            take=self._take,
            room=lambda: _CAPACITY - len(self._waiting),
            batch=_CAPACITY,
        )

    @property
    def is_caught_up(self) -> bool:
        return self._ready.is_set()

    async def caught_up(self, timeout: float | None = None) -> None:
        """Wait until all that stood in the stream at the start has been handled.

        Raises:
            BusTimeout: not within ``timeout`` seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._ready.wait()
        except TimeoutError:
            raise BusTimeout(f"the replica of {self._stream.name} is not complete") from None

    def start(self) -> None:
        """Begin in the background."""
        self._worker = asyncio.create_task(self._work_off())
        self._pull.start()

    async def stop(self) -> None:
        """End after the event that is being handled."""
        self._stopping.set()
        self._arrived.set()
        await self._pull.stop()
        if self._worker is not None:
            await asyncio.gather(self._worker, return_exceptions=True)

    async def abort(self) -> None:
        """End at once."""
        if self._worker is not None:
            self._worker.cancel()
        await self.stop()

    async def _prepare(self) -> str:
        """A new consumer that goes on after what was taken, or from the start when the stream is another one."""
        info = await self._connection.call(f"STREAM.INFO.{self._stream.name}")
        if info["created"] != self._identity or info["state"]["last_seq"] < self._taken_sequence:
            self._identity = info["created"]
            self._taken_sequence = 0
        name = f"{self._name}-{uuid4().hex[:6]}"
        request = {"stream_name": self._stream.name, "config": self._config(name)}
        made = await self._connection.call(f"CONSUMER.CREATE.{self._stream.name}.{name}", request)
        self._expected = 1
        self._to_replay = made.get("num_pending", 0)
        if self._to_replay == 0 and not self._waiting:
            self._complete()
        return f"{self._stream.name}.{name}"

    def _config(self, name: str) -> dict[str, Any]:
        start: dict[str, Any] = {"deliver_policy": "last_per_subject"}
        if self._taken_sequence:
            start = {"deliver_policy": "by_start_sequence", "opt_start_seq": self._taken_sequence + 1}
        return {
            **start,
            "name": name,
            "replay_policy": "instant",
            "ack_policy": "none",
            "filter_subjects": self._decoder.patterns,
            "inactive_threshold": _FORGOTTEN_AFTER_SECONDS * _NANOSECONDS,
            "mem_storage": True,
            "num_replicas": 1,
        }

    def _take(self, msg: Msg) -> None:
        meta = msg.metadata
        if meta.sequence.consumer != self._expected:
            raise PullLost(f"expected message {self._expected}, got {meta.sequence.consumer}")
        self._expected += 1
        self._taken_sequence = meta.sequence.stream
        is_last = meta.num_pending == 0 or meta.sequence.consumer >= self._to_replay
        self._waiting.append((msg, is_last))
        self._arrived.set()

    async def _work_off(self) -> None:
        while True:
            self._arrived.clear()
            while self._waiting and not self._stopping.is_set():
                msg, is_last = self._waiting.popleft()
                await self._handle(msg)
                if is_last:
                    self._complete()
                if len(self._waiting) * 2 <= _CAPACITY:
                    self._pull.made_room()
            if self._stopping.is_set():
                return
            await self._arrived.wait()

    async def _handle(self, msg: Msg) -> None:
        try:
            event = self._decoder.decode(msg.subject, msg.data)
        except Poison as error:
            self._measures.consumed(self._stream.name, "poison")
            log.error("unreadable event passed over", stream=self._stream.name, reason=str(error))
            return

        async def work() -> None:
            with use_traceparent((msg.headers or {}).get(TRACEPARENT)):
                await self._handler(event)

        outcome = await until_handled(
            self._stream.name,
            work,
            self._backoff_seconds,
            self._stopping,
            lambda: self._measures.consumed(self._stream.name, "failed"),
        )
        self._measures.consumed(self._stream.name, outcome.value)

    def _complete(self) -> None:
        if self._ready.is_set():
            return
        self._ready.set()
        if self._on_ready is not None:
            self._on_ready()
