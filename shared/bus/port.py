"""What a service may do with the bus, whichever implementation stands behind it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from uuid import UUID

from shared.contracts.catalogue import STREAMS, StreamSpec
from shared.contracts.message import Command, Encoded, Event, Live, Reply

E = TypeVar("E", bound=Event)
C = TypeVar("C", bound=Command)
L = TypeVar("L", bound=Live)

EventHandler = Callable[[E], Awaitable[None]]
CommandHandler = Callable[[C], Awaitable[Reply | None]]
LiveHandler = Callable[[L], Awaitable[None]]
BodyHandler = Callable[[bytes], Awaitable[None]]

PUBLISH_TIMEOUT_SECONDS = 5.0
REQUEST_TIMEOUT_SECONDS = 2.0
BACKOFF_SECONDS = (0.2, 1.0, 5.0, 15.0, 30.0)
"""Waits before a failed message is handled again; the last one repeats."""


class BusError(Exception):
    """Something on the bus went wrong."""


class BusUnavailable(BusError):
    """NATS could not be reached, or did not acknowledge, within the deadline.

    Whether a message was taken is unknown; publishing it again is safe.
    """


class MessageRefused(BusError):
    """The message can never be taken (it is too large, for example): sending it again is of no use."""


class NoResponder(BusError):
    """Nobody serves this command at all. Nothing was done."""


class BusTimeout(BusError):
    """No answer within the deadline: the outcome is unknown (for key ``any``: most likely nobody has the call)."""


class ConnectionLost(BusTimeout):
    """The connection ended while an answer was awaited: none will come, and the outcome is unknown."""


class ServerTooOld(BusError):
    """The NATS server lacks features that Seda relies on; older ones ignore them without a word."""


class Poison(BusError):
    """Raised by a handler for an event that can never be handled: it is dropped and counted, not repeated."""


@dataclass(frozen=True, slots=True)
class StreamsReady:
    """Result of ``ensure_streams``.

    Args:
        created: streams that did not exist before this call.
        identity: of each stream, a text that changes when the stream was lost and made anew. Who replicates a table
            remembers the identity it last published everything to, and publishes all again when it differs.
    """

    created: frozenset[str]
    identity: Mapping[str, str]


class Subscription(Protocol):
    """A running consumer, replica, watch or served command."""

    async def stop(self) -> None:
        """Take nothing more, finish what is being handled, give back the rest. Safe to repeat."""
        ...


class Replica(Subscription, Protocol):
    """A running replicated table."""

    @property
    def is_caught_up(self) -> bool:
        """Whether everything that stood in the stream at the start has been handled."""
        ...

    async def caught_up(self, timeout: float | None = None) -> None:
        """Wait until ``is_caught_up``.

        Raises:
            BusTimeout: not within ``timeout`` seconds.
        """
        ...


class Lease(Protocol):
    """The right of one holder at a time to do something, for a limited time.

    ``held`` turns false by the local clock no later than the lease ends on the server, so an owner that was cut off
    stops by itself. ``fence`` grows from holder to holder: write it with what you do, and refuse smaller ones.
    """

    @property
    def held(self) -> bool: ...

    @property
    def fence(self) -> int: ...

    async def acquire(self) -> bool:
        """Take the lease if it is free (or already ours); true when it is ours now.

        Raises:
            BusUnavailable: NATS cannot be reached.
        """
        ...

    async def renew(self) -> bool:
        """Make it last another ``ttl_seconds``; false when it is no longer ours.

        Raises:
            BusUnavailable: NATS cannot be reached; ``held`` says whether the lease still stands.
        """
        ...

    async def release(self) -> None:
        """Give it up at once, if it is ours."""
        ...

    async def holder(self) -> str | None:
        """Who holds it now."""
        ...


class Bus(Protocol):
    """The bus. A component: ``start`` it before use, ``stop`` it at the end."""

    name: str

    @property
    def connected(self) -> bool: ...

    async def start(self) -> None:
        """Connect. Returns without a connection after a few seconds; it then comes by itself.

        Raises:
            ServerTooOld: the server is too old to be relied on.
        """
        ...

    async def stop(self) -> None:
        """Stop all subscriptions in good order, then disconnect."""
        ...

    async def ping(self) -> None:
        """Return when NATS answers.

        Raises:
            BusUnavailable: it does not, within two seconds.
        """
        ...

    async def ensure_streams(self, streams: Sequence[StreamSpec] = STREAMS) -> StreamsReady:
        """Create the streams, or bring them up to date. Whoever comes first does it; anybody may."""
        ...

    async def publish(self, event: Event, *, timeout: float = PUBLISH_TIMEOUT_SECONDS) -> None:
        """Publish an event; return when its stream has it. A repetition of the same ``message_id`` is taken once.

        Raises:
            BusUnavailable: no acknowledgement within ``timeout`` seconds.
            MessageRefused: its stream will never take it.
        """
        ...

    async def publish_many(self, events: Sequence[Event], *, timeout: float = PUBLISH_TIMEOUT_SECONDS) -> None:
        """Publish events in order, with acknowledgements under way in parallel.

        Raises:
            BusUnavailable: no acknowledgement for ``timeout`` seconds on end; any part may have been taken.
            MessageRefused: some will never be taken; all the others were.
        """
        ...

    async def publish_encoded(self, events: Sequence[Encoded], *, timeout: float = PUBLISH_TIMEOUT_SECONDS) -> None:
        """As ``publish_many``, for events that were encoded earlier."""
        ...

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
        """Handle every event of these classes at least once; processes naming the same ``durable`` share the work.

        An event is done when ``handler`` returns. When it raises, it is handled again after ``backoff_seconds``, for
        ever; what can never be handled raises ``Poison``. Events of one subject (tenant and key) are handled one after
        the other, in order, also across such failures; different subjects side by side, up to ``max_in_flight``.
        When a process dies, what it had goes to the others ``ack_wait_seconds`` later, so order and uniqueness hold
        only within one process: be idempotent on ``message_id``.
        """
        ...

    async def replicate(
        self,
        events: Sequence[type[E]],
        handler: EventHandler[E],
        *,
        on_ready: Callable[[], None] | None = None,
        stream: StreamSpec | None = None,
        backoff_seconds: Sequence[float] = BACKOFF_SECONDS,
    ) -> Replica:
        """Follow replicated tables: the last event of every subject, then every new one, one at a time, in order.

        Every caller gets all. ``handler`` is called again until it succeeds; it must ignore a ``revision`` that is not
        newer than what it holds. ``on_ready`` is called once, when all that stood in the stream has been handled.
        """
        ...

    async def request(self, command: Command, *, timeout: float = REQUEST_TIMEOUT_SECONDS) -> Reply:
        """Send a command and return the reply, of the class that the command names.

        Raises:
            NoResponder: nobody serves it.
            BusTimeout: no reply within ``timeout`` seconds; at once, as ``ConnectionLost``, when the connection ends.
            BusUnavailable: NATS was not reachable within ``timeout`` seconds; nothing was sent.
            MessageRefused: the command is too large; nothing was sent.
        """
        ...

    async def serve(
        self,
        command: type[C],
        handler: CommandHandler[C],
        *,
        key: str | None = None,
        queue: str | None = None,
        max_in_flight: int = 256,
    ) -> Subscription:
        """Carry out commands of a class: those sent to ``key``, or to all keys.

        Within a ``queue`` group one member gets each command; without, everybody does. Commands are handled side by
        side. A handler that returns nothing stays silent; one that raises is answered for with code ``internal``.
        """
        ...

    async def publish_live(self, live: Live) -> None:
        """Send a snapshot to who watches now. Lost when NATS is away: the next one replaces it."""
        ...

    async def watch(self, live: type[L], tenant_id: UUID | None, handler: LiveHandler[L]) -> Subscription:
        """Be told every snapshot of this class and tenant (none: the platform's own)."""
        ...

    async def follow(self, tenant_id: UUID | None, handler: BodyHandler) -> Subscription:
        """Be handed every event of a tenant (none: of the platform) from now on, as its JSON, at most once.

        For those who only look on; who must not miss one uses ``consume``.
        """
        ...

    async def follow_events(
        self, tenant_id: UUID | None, events: Sequence[type[E]], handler: EventHandler[E]
    ) -> Subscription:
        """The same for the events of these classes, in the order in which they came, whichever class each is of.

        Others are told apart by their subjects, unread. What cannot be read is logged, and missed.
        """
        ...

    def lease(self, name: str, holder: str, ttl_seconds: float) -> Lease:
        """A lease by name, not yet acquired. ``ttl_seconds``: 1 or more."""
        ...
