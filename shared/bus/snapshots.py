"""Live snapshots, and events as they happen: at most once, to whoever watches now."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error
from pydantic import ValidationError

from shared.bus.client import ListeningClient
from shared.bus.connection import Connection
from shared.bus.encoding import Decoder
from shared.bus.port import BodyHandler, BusUnavailable, E, EventHandler, L, LiveHandler, Poison
from shared.contracts.message import PLATFORM, Live
from shared.runtime.logs import get_logger

log = get_logger(__name__)

_UNREAD_SNAPSHOTS = 1000

MessageHandler = Callable[[str, bytes], Awaitable[None]]
"""Takes in a subject and what came on it."""


def live_pattern(live: type[Live], tenant_id: UUID | None) -> str:
    """The subject of a tenant's snapshots of one class."""
    return f"seda.live.{tenant_id or PLATFORM}.{live.name}.*"


async def publish_live(connection: Connection, live: Live) -> None:
    """Send a snapshot; without a connection it is dropped."""
    try:
        await connection.client.publish(live.subject(), live.encode())
    except (Error, BusUnavailable):
        log.debug("snapshot dropped: not connected", subject=live.subject())


def reading(live: type[L], handler: LiveHandler[L]) -> MessageHandler:
    """A handler of snapshots as a handler of messages."""

    async def read(_: str, body: bytes) -> None:
        await handler(live.decode(body))

    return read


def as_they_are(handler: BodyHandler) -> MessageHandler:
    """A handler of JSON as a handler of messages."""

    async def hand_on(_: str, body: bytes) -> None:
        await handler(body)

    return hand_on


def looking_on(decoder: Decoder[E], handler: EventHandler[E]) -> MessageHandler:
    """A handler of some events as a handler of messages, among which there are others."""

    async def look(subject: str, body: bytes) -> None:
        if not decoder.knows(subject):
            return
        try:
            event = decoder.decode(subject, body)
        except Poison as error:
            log.warning("a message cannot be read", subject=subject, reason=str(error)[:500])
        else:
            await handler(event)

    return look


class Watch:
    """Hands each message of a subject to a handler, in order; a handler that raises is logged and misses that one.

    Args:
        prefixes: of events the handler wants; others are not even unpacked. None: it wants everything.
    """

    def __init__(
        self, connection: Connection, subject: str, handler: MessageHandler, prefixes: Sequence[str] = ()
    ) -> None:
        self._connection = connection
        self._subject = subject
        self._handler = handler
        self._wanted = frozenset(prefix.encode() for prefix in prefixes)
        self._subscription: Subscription | None = None
        self._stopped = False

    async def start(self) -> None:
        """Watch from now on, or from the moment the connection comes."""
        await self._connection.attach(self._attach)

    async def stop(self) -> None:
        """Watch no more."""
        self._connection.detach(self._attach)
        self._stopped = True
        subscription, self._subscription = self._subscription, None
        if subscription is not None:  # also without a connection: the client would subscribe again with the next
            with contextlib.suppress(Error, OSError):
                await subscription.unsubscribe()

    async def abort(self) -> None:
        """End at once."""
        await self.stop()

    async def _attach(self, client: ListeningClient) -> None:
        subscription = await client.subscribe(self._subject, cb=self._arrived, pending_msgs_limit=_UNREAD_SNAPSHOTS)
        if self._wanted:
            client.want_only(subscription, self._wanted)
        if self._stopped:  # meanwhile
            await subscription.unsubscribe()
            return
        self._subscription = subscription
        await client.flush()

    async def _arrived(self, msg: Msg) -> None:
        try:
            await self._handler(msg.subject, msg.data)
        except ValidationError:
            log.warning("unreadable snapshot", subject=msg.subject)
        except Exception:
            log.exception("snapshot not handled", subject=msg.subject)
