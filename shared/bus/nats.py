"""The bus on NATS with JetStream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol
from uuid import UUID

from nats.errors import Error

from shared.bus import snapshots
from shared.bus.connection import Connection
from shared.bus.consumers import ConsumerSpec, DurableConsumer
from shared.bus.encoding import Decoder, encode
from shared.bus.leases import KeyLease
from shared.bus.measures import Measures
from shared.bus.port import (
    BACKOFF_SECONDS,
    PUBLISH_TIMEOUT_SECONDS,
    REQUEST_TIMEOUT_SECONDS,
    BodyHandler,
    BusUnavailable,
    C,
    CommandHandler,
    E,
    EventHandler,
    L,
    Lease,
    LiveHandler,
    Replica,
    StreamsReady,
    Subscription,
)
from shared.bus.publishing import Publisher
from shared.bus.replicas import ReplicaConsumer
from shared.bus.requests import CommandServer, Requester
from shared.bus.snapshots import MessageHandler, Watch, as_they_are, live_pattern, looking_on, reading
from shared.bus.streams import ensure_streams
from shared.contracts.catalogue import STATE, STREAMS, StreamSpec
from shared.contracts.message import Command, Encoded, Event, Live, Reply, events_of, token
from shared.runtime.logs import get_logger
from shared.runtime.metrics import Metrics

log = get_logger(__name__)

_PING_SECONDS = 2.0


class _Part(Protocol):
    async def stop(self) -> None: ...

    async def abort(self) -> None: ...


class NatsBus:
    """A ``Bus``.

    Args:
        url: ``nats://user:password@host:port``, several separated by commas.
        name: the service: names its connection and its private inboxes.
        metrics: where to count; none: nowhere.
        replicas: copies of every stream in a cluster (1 to 5).
        start_timeout: seconds that ``start`` waits for NATS, and ``consume`` for its consumer.
    """

    def __init__(
        self,
        url: str,
        name: str,
        metrics: Metrics | None = None,
        *,
        replicas: int = 1,
        start_timeout: float = 5.0,
    ) -> None:
        self.name = "bus"
        self._replicas = replicas
        self._start_timeout = start_timeout
        self._measures = Measures(metrics)
        self._connection = Connection(url, token(name), self._measures, start_timeout=start_timeout)
        self._publisher = Publisher(self._connection, self._measures)
        self._requester = Requester(self._connection, self._measures)
        self._parts: list[_Part] = []

    @property
    def connected(self) -> bool:
        return self._connection.connected

    async def start(self) -> None:
        await self._connection.attach(self._publisher.attach)
        await self._connection.start()

    async def stop(self) -> None:
        parts, self._parts = self._parts, []
        for error in await asyncio.gather(*(part.stop() for part in parts), return_exceptions=True):
            if isinstance(error, Exception):
                log.warning("a subscription did not stop cleanly", reason=str(error) or type(error).__name__)
        await self._connection.stop()

    async def abort(self) -> None:
        """Vanish as a killed process does: nothing is finished and nothing given back. For tests of recovery."""
        await self._connection.stop(drain=False)
        parts, self._parts = self._parts, []
        await asyncio.gather(*(part.abort() for part in parts), return_exceptions=True)

    async def ping(self) -> None:
        try:
            client = await self._connection.wait_connected(_PING_SECONDS)
            await client.rtt(timeout=_PING_SECONDS)  # type: ignore[arg-type]
        except (Error, OSError) as error:
            raise BusUnavailable("NATS does not answer") from error

    async def ensure_streams(self, streams: Sequence[StreamSpec] = STREAMS) -> StreamsReady:
        return await ensure_streams(self._connection, streams, self._replicas)

    async def publish(self, event: Event, *, timeout: float = PUBLISH_TIMEOUT_SECONDS) -> None:
        await self._publisher.publish([encode(event)], timeout)

    async def publish_many(self, events: Sequence[Event], *, timeout: float = PUBLISH_TIMEOUT_SECONDS) -> None:
        await self._publisher.publish([encode(event) for event in events], timeout)

    async def publish_encoded(self, events: Sequence[Encoded], *, timeout: float = PUBLISH_TIMEOUT_SECONDS) -> None:
        await self._publisher.publish(events, timeout)

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
        spec = ConsumerSpec(durable, stream, max_in_flight, ack_wait_seconds, tuple(backoff_seconds))
        consumer = DurableConsumer(self._connection, self._measures, spec, Decoder(events), handler)
        self._parts.append(consumer)
        await consumer.start(self._start_timeout)
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
        replica = ReplicaConsumer(
            self._connection,
            self._measures,
            stream or STATE,
            Decoder(events),
            handler,
            on_ready=on_ready,
            backoff_seconds=tuple(backoff_seconds),
        )
        self._parts.append(replica)
        replica.start()
        return replica

    async def request(self, command: Command, *, timeout: float = REQUEST_TIMEOUT_SECONDS) -> Reply:
        return await self._requester.request(command, timeout)

    async def serve(
        self,
        command: type[C],
        handler: CommandHandler[C],
        *,
        key: str | None = None,
        queue: str | None = None,
        max_in_flight: int = 256,
    ) -> Subscription:
        server = CommandServer(
            self._connection,
            self._measures,
            command,
            handler,
            key=key,
            queue=queue,
            max_in_flight=max_in_flight,
        )
        self._parts.append(server)
        await server.start()
        return server

    async def publish_live(self, live: Live) -> None:
        await snapshots.publish_live(self._connection, live)

    async def watch(self, live: type[L], tenant_id: UUID | None, handler: LiveHandler[L]) -> Subscription:
        return await self._watch(live_pattern(live, tenant_id), reading(live, handler))

    async def follow(self, tenant_id: UUID | None, handler: BodyHandler) -> Subscription:
        return await self._watch(events_of(tenant_id), as_they_are(handler))

    async def follow_events(
        self, tenant_id: UUID | None, events: Sequence[type[E]], handler: EventHandler[E]
    ) -> Subscription:
        # One subscription, however many classes: of several, the client hands over each in a task of its own.
        decoder = Decoder(events)
        subject = events_of(tenant_id, decoder.prefixes)
        return await self._watch(subject, looking_on(decoder, handler), decoder.prefixes)

    async def _watch(self, subject: str, handler: MessageHandler, prefixes: Sequence[str] = ()) -> Subscription:
        watch = Watch(self._connection, subject, handler, prefixes)
        self._parts.append(watch)
        await watch.start()
        return watch

    def lease(self, name: str, holder: str, ttl_seconds: float) -> Lease:
        return KeyLease(self._connection, name, holder, ttl_seconds, replicas=self._replicas)
