"""Sends what the outbox holds: each committed message at least once, and those of one entity in order.

Many processes of a service may run a relay; an advisory lock of the schema makes one of them the sender, and another
takes over when its connection ends. The sender wakes on NOTIFY, so a message leaves within milliseconds of its
commit.

A message is deleted after the bus has acknowledged it. Should the sender die in between, the next one sends it again
under the same message id, which the stream drops within its window of duplicates and consumers drop later
(``shared.db.inbox``).

A message that the bus refuses for good is set aside in the outbox with the reason, logged and counted; it holds up
nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

import psycopg

from shared.bus.port import BusError, BusUnavailable
from shared.contracts.message import Encoded
from shared.db.engine import Database
from shared.db.ordering import channel_of, order_key
from shared.runtime.logs import get_logger
from shared.runtime.metrics import Metrics

log = get_logger(__name__)

_TAKE_LEAD: Final = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_READ: Final = "SELECT id, subject, message_id, body, headers FROM outbox WHERE refused IS NULL ORDER BY id LIMIT %s"
_DELETE: Final = "DELETE FROM outbox WHERE id = ANY(%s)"
_SET_ASIDE: Final = "UPDATE outbox SET refused = %s WHERE id = %s"
_WAITING: Final = """
SELECT count(*) FILTER (WHERE refused IS NULL), count(refused),
       coalesce(extract(epoch FROM clock_timestamp() - min(created_at) FILTER (WHERE refused IS NULL)), 0)
FROM outbox
"""

_FIRST_RETRY_SECONDS: Final = 0.05
_LAST_RETRY_SECONDS: Final = 1.0
_MEASURED_EVERY_SECONDS: Final = 1.0
"""The outbox is looked through for that, which is not done after every message."""

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


class EncodedPublisher(Protocol):
    """The part of the bus that a relay needs."""

    async def publish_encoded(self, messages: Sequence[Encoded]) -> None:
        """Return when every message is acknowledged; raise when one is not, whatever happened to the others."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the outbox."""

    number: int
    message: Encoded


class OutboxRelay:
    """Component that empties the outbox of a schema for as long as it runs.

    Args:
        database: as the service's own role.
        bus: takes the messages.
        metrics: counts them when given.
        batch: rows read at once, 1 or more.
        standby_seconds: how often one that is not the sender tries to become it, and how often the sender looks
            without being woken.
        grace_seconds: how long ``stop`` may take.
    """

    name = "outbox relay"

    def __init__(
        self,
        database: Database,
        bus: EncodedPublisher,
        metrics: Metrics | None = None,
        *,
        batch: int = 500,
        standby_seconds: float = 1.0,
        grace_seconds: float = 2.0,
    ) -> None:
        self._database = database
        self._bus = bus
        self._batch = batch
        self._standby_seconds = standby_seconds
        self._grace_seconds = grace_seconds
        self._stopping = False
        self._measured = float("-inf")
        self._meters = _Meters(metrics) if metrics else None
        self._task: asyncio.Task[None] | None = None
        self.sending = False
        """Whether this relay is the sender of its schema."""

    async def start(self) -> None:
        """Begin; the database may still be away."""
        self._stopping = False
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """Send what is committed, for at most ``grace_seconds``; what is not acknowledged then stays in the outbox."""
        if self._task is None:
            return
        self._stopping = True
        if self.sending:
            with suppress(Exception):
                async with asyncio.timeout(self._grace_seconds):
                    await self._wake()
                    await self._task
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    async def _wake(self) -> None:
        async with await self._database.connect() as connection:
            await connection.execute("SELECT pg_notify(%s, '')", [channel_of(self._database.schema)])

    async def _run(self) -> None:
        pause = _Pause()
        while not self._stopping:
            try:
                async with await self._database.connect() as connection:
                    self._connected(True)
                    await self._serve(connection, pause)
            except Exception as error:  # whatever ended the connection, the messages stay and a new one follows
                self._connected(False)
                pause.failed(log, "outbox relay lost the database", error)
            finally:
                self.sending = False
            await pause.wait()

    def _connected(self, there: bool) -> None:
        if self._meters:
            self._meters.connected.set(int(there))
            self._measured = float("-inf")
            if not there:  # another process may be the sender now, which tells what waits
                self._meters.measure(0, 0, 0.0)

    async def _serve(self, connection: Connection, pause: _Pause) -> None:
        await connection.execute("SET seda.scope = 'platform'")
        # A deletion that a crash of the server undoes is like one that a crash of the relay never did: sent again.
        await connection.execute("SET synchronous_commit = off")
        lead = f"seda.outbox.{self._database.schema}"
        while not await _value(connection, _TAKE_LEAD, lead):  # noqa: ASYNC110 -- another process holds it
            await asyncio.sleep(self._standby_seconds)
        await connection.execute(f"LISTEN {channel_of(self._database.schema)}")
        self.sending = True
        pause.worked(log, "outbox relay is the sender")
        while True:
            was_stopping = self._stopping  # what was committed before that is read from here on
            await self._drain(connection)
            if was_stopping:
                return
            if self._stopping:
                continue
            async for _ in connection.notifies(timeout=self._standby_seconds, stop_after=1):
                pass

    async def _drain(self, connection: Connection) -> None:
        pause = _Pause()
        while True:
            rows = await self._read(connection)
            sent: list[int] = []
            try:
                for turn in turns(rows):
                    await self._send(connection, turn, sent)
                    pause.worked(log, "outbox relay sends again")
                await self._delete(connection, sent)
            except psycopg.Error:
                raise
            except Exception as error:  # the bus is away; nothing later of the same entity was sent
                pause.failed(log, "outbox relay cannot send", error)
                await self._delete(connection, sent)
                await self._measure(connection)
                if self._stopping:
                    return
                await pause.wait()
                continue
            if len(rows) < self._batch:
                if asyncio.get_running_loop().time() - self._measured >= _MEASURED_EVERY_SECONDS:
                    await self._measure(connection)
                return

    async def _send(self, connection: Connection, turn: Sequence[Waiting], sent: list[int]) -> None:
        try:
            await self._bus.publish_encoded([row.message for row in turn])
        except BusUnavailable:
            raise
        except BusError as refusal:
            if len(turn) == 1:
                await self._set_aside(connection, turn[0], refusal)
            else:  # find the one that is refused
                for row in turn:
                    await self._send(connection, [row], sent)
            return
        sent += [row.number for row in turn]

    async def _delete(self, connection: Connection, sent: list[int]) -> None:
        """What a crash leaves here was sent, and is sent again: the stream knows it by its id."""
        if sent:
            await connection.execute(_DELETE, [sent])
        if self._meters:
            self._meters.sent.inc(len(sent))

    async def _set_aside(self, connection: Connection, row: Waiting, refusal: BusError) -> None:
        await connection.execute(_SET_ASIDE, [str(refusal), row.number])
        log.error(
            "message refused for good", subject=row.message.subject, id=row.message.message_id, reason=str(refusal)
        )

    async def _read(self, connection: Connection) -> list[Waiting]:
        cursor = await connection.execute(_READ, [self._batch])
        return [
            Waiting(number, Encoded(subject, bytes(body), message_id, headers))
            for number, subject, message_id, body, headers in await cursor.fetchall()
        ]

    async def _measure(self, connection: Connection) -> None:
        self._measured = asyncio.get_running_loop().time()
        if self._meters:
            cursor = await connection.execute(_WAITING)
            waiting, refused, age = await cursor.fetchone() or (0, 0, 0)
            self._meters.measure(waiting, refused, float(age))


def turns(rows: Sequence[Waiting]) -> Iterator[list[Waiting]]:
    """Split rows so that no turn holds two of one entity, in order.

    The messages of one turn travel side by side, and some may arrive while others fail. A later message of an entity
    must not overtake an earlier one that has to be sent again, so it waits for the next turn.
    """
    left = list(rows)
    while left:
        seen: set[str] = set()
        turn: list[Waiting] = []
        later: list[Waiting] = []
        for row in left:
            key = order_key(row.message.subject)
            (later if key in seen else turn).append(row)
            seen.add(key)
        yield turn
        left = later


class _Meters:
    def __init__(self, metrics: Metrics) -> None:
        self.sent = metrics.counter("outbox_sent_total", "messages of the outbox acknowledged by the bus")
        self.waiting = metrics.gauge("outbox_waiting", "messages in the outbox that are not sent yet")
        self.refused = metrics.gauge("outbox_refused", "messages set aside because the bus refused them for good")
        self.oldest_seconds = metrics.gauge("outbox_oldest_seconds", "age of the oldest message in the outbox")
        self.connected = metrics.gauge("database_connected", "1 while connected to PostgreSQL")

    def measure(self, waiting: int, refused: int, oldest_seconds: float) -> None:
        self.waiting.set(waiting)
        self.refused.set(refused)
        self.oldest_seconds.set(oldest_seconds)


class _Pause:
    """Waits longer with every failure in a row, and logs the first and the end of a series only."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def failed(self, logger: Any, what: str, error: Exception) -> None:
        if not self._seconds:
            logger.warning(what, reason=f"{type(error).__name__}: {error}")
        self._seconds = min(max(self._seconds * 2, _FIRST_RETRY_SECONDS), _LAST_RETRY_SECONDS)

    def worked(self, logger: Any, what: str) -> None:
        if self._seconds:
            logger.info(what)
        self._seconds = 0.0

    async def wait(self) -> None:
        await asyncio.sleep(self._seconds)


async def _value(connection: Connection, query: str, *arguments: Any) -> Any:
    cursor = await connection.execute(query, arguments)
    row = await cursor.fetchone()
    return row[0] if row else None
