"""Messages written in the transaction of the change they tell of, so that both happen or neither does.

``shared.db.relay`` sends them. Messages about the same entity leave in the order in which their transactions were
committed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zlib import crc32

import orjson
from sqlalchemy import text

from shared.contracts.message import Encoded, Event
from shared.db.engine import Database, Session
from shared.db.ordering import channel_of, order_key
from shared.db.pipeline import Statement
from shared.db.relay import OutboxRelay
from shared.runtime.tracing import current_traceparent

__all__ = ["Outbox", "OutboxRelay", "encode"]

MAX_BODY_BYTES: Final = 900_000
"""NATS refuses a message over 1 MB, headers included; one that can never be sent must not get in."""

_ORDER_LOCKS: Final = 64

# Numbers are given out before the commit, so without these locks a transaction could commit a lower number later than
# another one's higher number for the same entity. Few buckets, because a bulk import names thousands of entities and
# the server's lock table is small; ordered, so that two transactions never wait for each other.
# Who commits a NOTIFY holds a lock of the whole server until the commit is done (async.c: PreCommit_Notify): it must
# wait for no disk, so it is committed early, and sessions wait for the disk afterwards (``shared.db.engine``).
_LOCK_AND_NOTIFY = text(
    "SELECT set_config('synchronous_commit', 'off', true), pg_notify(:channel, ''),"
    " count(pg_advisory_xact_lock(:space, bucket))"
    " FROM (SELECT unnest(cast(:buckets AS int[])) AS bucket) AS wanted"
)
_INSERT = text(
    "INSERT INTO outbox (subject, message_id, body, headers)"
    " SELECT subject, message_id, body, headers::jsonb FROM unnest("
    "cast(:subjects AS text[]), cast(:message_ids AS text[]), cast(:bodies AS bytea[]), cast(:headers AS text[]))"
    " WITH ORDINALITY AS new (subject, message_id, body, headers, position) ORDER BY position"
)


class Outbox:
    """Where a service's transactions leave their messages."""

    def __init__(self, database: Database) -> None:
        self._channel = channel_of(database.schema)
        self._space = _hash31(f"seda.outbox.order.{database.schema}")

    async def add(self, session: Session, *messages: Event) -> None:
        """Leave messages to be sent once the transaction is committed. Changes of the session are flushed first.

        Best called once, as the last thing of a transaction: from here to the commit, others with messages about the
        same entities wait.

        Raises:
            ValueError: a message is larger than the bus takes; nothing was added.
        """
        await self.add_encoded(session, *(encode(message) for message in messages))

    async def add_encoded(self, session: Session, *messages: Encoded) -> None:
        """The same for messages that are already encoded."""
        statements = self._statements(messages)
        if statements:
            await session.flush()  # the rows' own locks come first, then the order of their messages
            session.commits_early()
        for statement, values in statements:
            await session.execute(statement, values)

    def statements(self, *messages: Event) -> list[Statement]:
        """The same as the last statements of a pipeline; none for no message. Raises ValueError as ``add``."""
        return self._statements([encode(message) for message in messages])

    def _statements(self, messages: Sequence[Encoded]) -> list[Statement]:
        if not messages:
            return []
        for message in messages:
            if len(message.body) > MAX_BODY_BYTES:
                raise ValueError(f"{message.subject}: {len(message.body)} bytes; the bus takes {MAX_BODY_BYTES}")
        buckets = sorted({_hash31(order_key(message.subject)) % _ORDER_LOCKS for message in messages})
        rows = {
            "subjects": [message.subject for message in messages],
            "message_ids": [message.message_id for message in messages],
            "bodies": [message.body for message in messages],
            "headers": [orjson.dumps(dict(message.headers)).decode() for message in messages],
        }
        return [
            (_LOCK_AND_NOTIFY, {"channel": self._channel, "space": self._space, "buckets": buckets}),
            (_INSERT, rows),
        ]


def encode(event: Event) -> Encoded:
    """An event as it travels, with the trace context of the work that caused it."""
    traceparent = current_traceparent()
    headers = {"traceparent": traceparent} if traceparent else {}
    return Encoded(event.subject(), event.encode(), str(event.message_id), headers)


def _hash31(value: str) -> int:
    """The same in every process, unlike Python's own."""
    return crc32(value.encode()) & 0x7FFFFFFF
