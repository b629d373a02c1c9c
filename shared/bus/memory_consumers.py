"""Consumers of the memory bus."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic

from shared.bus.encoding import TRACEPARENT, Decoder
from shared.bus.lanes import Lanes, Outcome, until_handled
from shared.bus.measures import Measures
from shared.bus.memory_broker import Durable, MemoryBroker, Stored
from shared.bus.port import BusTimeout, E, EventHandler, Poison
from shared.bus.waiting import first_of
from shared.contracts.catalogue import StreamSpec
from shared.runtime.tracing import use_traceparent


class MemoryConsumer(Generic[E]):
    """A process's share of a durable consumer."""

    def __init__(
        self,
        broker: MemoryBroker,
        name: str,
        spec: StreamSpec,
        decoder: Decoder[E],
        handler: EventHandler[E],
        *,
        measures: Measures,
        max_in_flight: int,
        ack_wait_seconds: float,
        backoff_seconds: Sequence[float],
    ) -> None:
        self.ack_wait_seconds = ack_wait_seconds
        self._measures = measures
        self._broker = broker
        self._name = name
        self._spec = spec
        self._decoder = decoder
        self._handler = handler
        self._max_in_flight = max_in_flight
        self._backoff_seconds = backoff_seconds
        self._stopping = asyncio.Event()
        self._held: dict[int, Stored] = {}
        self._durable: Durable | None = None
        self._lanes: Lanes[Stored] = Lanes(self._work)
        self._joining: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join at once when the stream is there, else as soon as it is."""
        if self._spec.name in self._broker.streams:
            self._join()
        else:
            self._joining = asyncio.create_task(self._join_later())

    def room(self) -> int:
        return self._max_in_flight - len(self._held)

    def take(self, message: Stored) -> None:
        self._held[message.sequence] = message
        self._lanes.put(message.subject, message)

    async def stop(self) -> None:
        """Finish what is being handled and give back the rest."""
        self._stopping.set()
        self._leave(died=False, held=[])
        await self._lanes.finished()

    async def abort(self) -> None:
        """End at once; what was in work is delivered again later."""
        self._stopping.set()
        self._leave(died=True, held=list(self._held.values()))
        await self._lanes.cancel()

    def _join(self) -> None:
        self._durable = self._broker.streams[self._spec.name].durable(self._name, self._decoder.patterns)
        self._durable.members.append(self)
        self._durable.dispatch()

    async def _join_later(self) -> None:
        await self._broker.stream(self._spec.name)
        self._join()

    def _leave(self, *, died: bool, held: list[Stored]) -> None:
        if self._joining is not None:
            self._joining.cancel()
        if self._durable is not None:
            self._durable.leave(self, held, died=died)

    async def _work(self, message: Stored) -> None:
        outcome = await self._handle(message)
        await self._broker.reachable.wait()
        self._held.pop(message.sequence, None)
        assert self._durable is not None  # noqa: S101 -- messages come from it
        if outcome is Outcome.GIVEN_BACK:
            self._durable.give_back(message)
        else:
            self._durable.done(message)

    async def _handle(self, message: Stored) -> Outcome:
        try:
            event = self._decoder.decode(message.subject, message.body)
        except Poison:
            self._measures.consumed(self._name, "poison")
            return Outcome.POISON

        async def work() -> None:
            with use_traceparent(message.headers.get(TRACEPARENT)):
                await self._handler(event)

        outcome = await until_handled(
            self._name,
            work,
            self._backoff_seconds,
            self._stopping,
            lambda: self._measures.consumed(self._name, "failed"),
        )
        if outcome is not Outcome.GIVEN_BACK:
            self._measures.consumed(self._name, outcome.value)
        return outcome


class MemoryReplica(Generic[E]):
    """Follows a compacted stream."""

    def __init__(
        self,
        broker: MemoryBroker,
        spec: StreamSpec,
        decoder: Decoder[E],
        handler: EventHandler[E],
        *,
        on_ready: Callable[[], None] | None,
        backoff_seconds: Sequence[float],
    ) -> None:
        self._broker = broker
        self._spec = spec
        self._decoder = decoder
        self._handler = handler
        self._on_ready = on_ready
        self._backoff_seconds = backoff_seconds
        self._ready = asyncio.Event()
        self._stopping = asyncio.Event()
        self._waiting: deque[Stored] = deque()
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_caught_up(self) -> bool:
        return self._ready.is_set()

    async def caught_up(self, timeout: float | None = None) -> None:
        try:
            async with asyncio.timeout(timeout):
                await self._ready.wait()
        except TimeoutError:
            raise BusTimeout(f"the replica of {self._spec.name} is not complete") from None

    def start(self) -> None:
        """Begin in the background."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End after the event that is being handled."""
        self._stopping.set()
        self._arrived.set()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def abort(self) -> None:
        """End at once."""
        if self._task is not None:
            self._task.cancel()
        await self.stop()

    async def _run(self) -> None:
        await first_of(self._broker.stream(self._spec.name), self._stopping.wait())
        if self._stopping.is_set():
            return
        stream = self._broker.streams[self._spec.name]
        self._waiting.extend(stream.replay(self._decoder.patterns, after=0))
        stream.followers.append(self._follow)
        try:
            await self._work_off(len(self._waiting))
        finally:
            stream.followers.remove(self._follow)

    def _follow(self, message: Stored) -> None:
        self._waiting.append(message)
        self._arrived.set()

    async def _work_off(self, to_replay: int) -> None:
        while True:
            self._arrived.clear()
            while self._waiting and to_replay and not self._stopping.is_set():
                await self._handle(self._waiting.popleft())
                to_replay -= 1
            if to_replay == 0:
                self._complete()
            while self._waiting and not self._stopping.is_set():
                await self._handle(self._waiting.popleft())
            if self._stopping.is_set():
                return
            await self._arrived.wait()

    async def _handle(self, message: Stored) -> None:
        await self._broker.reachable.wait()
        try:
            event = self._decoder.decode(message.subject, message.body)
        except Poison:
            return  # not a class that was asked for, or unreadable

        async def work() -> None:
            with use_traceparent(message.headers.get(TRACEPARENT)):
                await self._handler(event)

        await until_handled(self._spec.name, work, self._backoff_seconds, self._stopping, lambda: None)

    def _complete(self) -> None:
        if not self._ready.is_set():
            self._ready.set()
            if self._on_ready is not None:
                self._on_ready()
