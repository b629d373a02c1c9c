"""The bus in memory, for tests: the same semantics as on NATS, proved by the same tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from pydantic import ValidationError

from shared.bus.encoding import TRACEPARENT, Decoder, check_size, encode, trace_headers
from shared.bus.lanes import is_cancelled
from shared.bus.measures import Measures
from shared.bus.memory_broker import CoreSubscription, HeldLease, MemoryBroker
from shared.bus.memory_consumers import MemoryConsumer, MemoryReplica
from shared.bus.port import (
    BACKOFF_SECONDS,
    PUBLISH_TIMEOUT_SECONDS,
    REQUEST_TIMEOUT_SECONDS,
    BodyHandler,
    BusTimeout,
    BusUnavailable,
    C,
    CommandHandler,
    E,
    EventHandler,
    L,
    Lease,
    LiveHandler,
    MessageRefused,
    NoResponder,
    Replica,
    StreamsReady,
    Subscription,
)
from shared.bus.requests import internal_failure, read_reply, unreadable
from shared.bus.snapshots import MessageHandler, as_they_are, live_pattern, looking_on, reading
from shared.contracts.catalogue import STATE, STREAMS, StreamSpec
from shared.contracts.message import Command, Encoded, Event, Live, Reply, events_of, token
from shared.runtime.logs import get_logger
from shared.runtime.metrics import Metrics
from shared.runtime.tracing import use_traceparent

log = get_logger(__name__)

MAX_PAYLOAD_BYTES = 4 * 1024 * 1024
"""As the servers are set up: a request with 500 call records must fit."""


class _Part(Protocol):
    async def stop(self) -> None: ...

    async def abort(self) -> None: ...


class MemoryBus:
    """A ``Bus`` without a server.

    Args:
        broker: what several buses share to talk to each other; none: a broker of its own.
        name: the service.
        metrics: where to count; none: nowhere.
    """

    def __init__(self, broker: MemoryBroker | None = None, name: str = "test", metrics: Metrics | None = None) -> None:
        self.name = "bus"
        self.service = token(name)
        self.broker = broker or MemoryBroker()
        self._measures = Measures(metrics)
        self._started = False
        self._parts: list[_Part] = []

    @property
    def connected(self) -> bool:
        return self._started and self.broker.up

    def published(self, event: type[E]) -> list[E]:
        """Every event of a class that streams have taken, in order. For assertions."""
        decoder = Decoder([event])
        prefix = f"{event.prefix()}."
        return [decoder.decode(m.subject, m.body) for m in self.broker.published if m.subject.startswith(prefix)]

    async def start(self) -> None:
        self._started = True

    async def stop(self) -> None:
        parts, self._parts = self._parts, []
        await asyncio.gather(*(part.stop() for part in parts))
        self._started = False

    async def abort(self) -> None:
        """Vanish as a killed process does: nothing is finished and nothing given back."""
        self._started = False
        parts, self._parts = self._parts, []
        await asyncio.gather(*(part.abort() for part in parts))

    async def ping(self) -> None:
        if not self.connected:
            raise BusUnavailable("the bus is down")

    async def ensure_streams(self, streams: Sequence[StreamSpec] = STREAMS) -> StreamsReady:
        await self._reachable(PUBLISH_TIMEOUT_SECONDS)
        created = [spec for spec in streams if spec.name not in self.broker.streams]
        for spec in created:
            self.broker.make_stream(spec)
        identity = {spec.name: self.broker.streams[spec.name].identity for spec in streams}
        return StreamsReady(frozenset(spec.name for spec in created), identity)

    async def publish(self, event: Event, *, timeout: float = PUBLISH_TIMEOUT_SECONDS) -> None:
        await self.publish_encoded([encode(event)], timeout=timeout)

    async def publish_many(self, events: Sequence[Event], *, timeout: float = PUBLISH_TIMEOUT_SECONDS) -> None:
        await self.publish_encoded([encode(event) for event in events], timeout=timeout)

    async def publish_encoded(self, events: Sequence[Encoded], *, timeout: float = PUBLISH_TIMEOUT_SECONDS) -> None:
        deadline = asyncio.get_running_loop().time() + timeout
        refusal: MessageRefused | None = None
        for event in events:
            await self._reachable(timeout)
            try:
                check_size(event.body, event.headers, MAX_PAYLOAD_BYTES)
            except MessageRefused as error:
                refusal = error
                continue
            while not self.broker.store(event):
                if asyncio.get_running_loop().time() >= deadline:
                    raise BusUnavailable(f"no stream takes {event.subject}")
                await asyncio.sleep(min(0.05, timeout))
            self.broker.send(event.subject, event.body, event.headers)  # a stream listens; so may others
        await asyncio.sleep(0)
        if refusal is not None:
            raise refusal

    async def consume(
        self,
        durable: str,
        stream: StreamSpec,
        events: Sequence[type[E]],
        handler: EventHandler[E],
        *,
        max_in_flight: int = 64,
        ack_wait_seconds: float = 30.0,
        backoff_seconds: Sequence[float] = BACKOFF_SECONDS,
    ) -> Subscription:
        consumer = MemoryConsumer(
            self.broker,
            token(durable),
            stream,
            Decoder(events),
            handler,
            measures=self._measures,
            max_in_flight=max_in_flight,
            ack_wait_seconds=ack_wait_seconds,
            backoff_seconds=backoff_seconds,
        )
        self._parts.append(consumer)
        await consumer.start()
        return consumer

    async def replicate(
        self,
        events: Sequence[type[E]],
        handler: EventHandler[E],
        *,
        on_ready: Callable[[], None] | None = None,
        stream: StreamSpec | None = None,
        backoff_seconds: Sequence[float] = BACKOFF_SECONDS,
    ) -> Replica:
        replica = MemoryReplica(
            self.broker,
            stream or STATE,
            Decoder(events),
            handler,
            on_ready=on_ready,
            backoff_seconds=backoff_seconds,
        )
        self._parts.append(replica)
        replica.start()
        return replica

    async def request(self, command: Command, *, timeout: float = REQUEST_TIMEOUT_SECONDS) -> Reply:
        await self._reachable(timeout)
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def respond(body: bytes) -> None:
            if not answer.done():
                answer.set_result(body)

        subject, body = command.subject(), command.encode()
        check_size(body, {}, MAX_PAYLOAD_BYTES)
        if not self.broker.send(subject, body, trace_headers(), respond):
            raise NoResponder(f"nobody serves {subject}")
        try:
            async with asyncio.timeout(timeout):
                body = await answer
        except TimeoutError:
            raise BusTimeout(f"no reply to {subject} within {timeout} s") from None
        return read_reply(command, body)

    async def serve(
        self,
        command: type[C],
        handler: CommandHandler[C],
        *,
        key: str | None = None,
        queue: str | None = None,
        max_in_flight: int = 256,
    ) -> Subscription:
        free = asyncio.Semaphore(max_in_flight)

        async def answer(
            _: str, body: bytes, headers: Mapping[str, str], respond: Callable[[bytes], None] | None
        ) -> None:
            async with free:
                with use_traceparent(headers.get(TRACEPARENT)):
                    try:
                        reply = await handler(command.decode(body))
                    except ValidationError as error:
                        reply = unreadable(command, error)
                    except (Exception, asyncio.CancelledError) as error:
                        if is_cancelled(error):
                            raise
                        reply = internal_failure(command, error)
            if reply is not None and respond is not None and self.broker.up:
                respond(reply.model_dump_json().encode())

        return self._subscribe(f"{command.prefix()}.{'*' if key is None else token(key)}", answer, queue)

    async def publish_live(self, live: Live) -> None:
        if self.connected:
            self.broker.send(live.subject(), live.encode(), {})

    async def watch(self, live: type[L], tenant_id: UUID | None, handler: LiveHandler[L]) -> Subscription:
        return self._watch(live_pattern(live, tenant_id), reading(live, handler))

    async def follow(self, tenant_id: UUID | None, handler: BodyHandler) -> Subscription:
        return self._watch(events_of(tenant_id), as_they_are(handler))

    async def follow_events(
        self, tenant_id: UUID | None, events: Sequence[type[E]], handler: EventHandler[E]
    ) -> Subscription:
        decoder = Decoder(events)
        return self._watch(events_of(tenant_id, decoder.prefixes), looking_on(decoder, handler))

    def _watch(self, pattern: str, handler: MessageHandler) -> Subscription:
        turn = asyncio.Lock()

        async def show(subject: str, body: bytes, _: Mapping[str, str], __: Callable[[bytes], None] | None) -> None:
            async with turn:
                try:
                    await handler(subject, body)
                except Exception:
                    log.exception("snapshot not handled", subject=pattern)

        return self._subscribe(pattern, show, None)

    def lease(self, name: str, holder: str, ttl_seconds: float) -> Lease:
        return MemoryLease(self.broker, token(name), holder, ttl_seconds)

    def _subscribe(self, pattern: str, work: _Work, queue: str | None) -> Subscription:
        part = _CorePart(self.broker, pattern, work, queue)
        self._parts.append(part)
        return part

    async def _reachable(self, timeout: float) -> None:
        try:
            async with asyncio.timeout(timeout):
                await self.broker.reachable.wait()
        except TimeoutError:
            raise BusUnavailable("the bus is down") from None


class _Work(Protocol):
    async def __call__(
        self, subject: str, body: bytes, headers: Mapping[str, str], respond: Callable[[bytes], None] | None, /
    ) -> None: ...


class _CorePart:
    """A served command or a watch: each message in a task of its own."""

    def __init__(self, broker: MemoryBroker, pattern: str, work: _Work, queue: str | None) -> None:
        self._broker = broker
        self._work = work
        self._tasks: set[asyncio.Task[None]] = set()
        self._subscription = CoreSubscription(pattern, self._deliver, queue)
        broker.subscriptions.append(self._subscription)

    def _deliver(
        self, subject: str, body: bytes, headers: Mapping[str, str], respond: Callable[[bytes], None] | None
    ) -> None:
        task = asyncio.ensure_future(self._work(subject, body, headers, respond))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _leave(self) -> None:
        if self._subscription in self._broker.subscriptions:
            self._broker.subscriptions.remove(self._subscription)

    async def stop(self) -> None:
        self._leave()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def abort(self) -> None:
        self._leave()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class MemoryLease:
    """A ``Lease`` by the event loop's clock."""

    def __init__(self, broker: MemoryBroker, name: str, holder: str, ttl_seconds: float) -> None:
        if ttl_seconds < 1:
            raise ValueError("a lease lasts at least one second")
        self._broker = broker
        self._name = name
        self._holder = holder
        self._ttl_seconds = ttl_seconds
        self._mine: HeldLease | None = None
        self._fence = 0

    @property
    def held(self) -> bool:
        return self._mine is not None and asyncio.get_running_loop().time() < self._mine.until

    @property
    def fence(self) -> int:
        return self._fence

    async def acquire(self) -> bool:
        if self.held and await self.renew():
            return True
        if self._current() is not None:
            return False
        self._mine = HeldLease(self._holder, self._end(), next(self._broker.sequence))
        self._broker.leases[self._name] = self._mine
        self._fence = self._mine.sequence
        return True

    async def renew(self) -> bool:
        current = self._current()
        if self._mine is None or current is not self._mine:
            self._mine = None
            return False
        self._mine.until = self._end()
        return True

    async def release(self) -> None:
        if self._mine is not None and self._current() is self._mine:
            del self._broker.leases[self._name]
        self._mine = None

    async def holder(self) -> str | None:
        current = self._current()
        return current.holder if current else None

    def _end(self) -> float:
        return asyncio.get_running_loop().time() + self._ttl_seconds

    def _current(self) -> HeldLease | None:
        if not self._broker.up:
            raise BusUnavailable("the bus is down")
        found = self._broker.leases.get(self._name)
        if found is None or asyncio.get_running_loop().time() >= found.until:
            return None
        return found
