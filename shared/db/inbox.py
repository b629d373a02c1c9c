"""Makes a consumer idempotent: remembers, in the transaction of the work itself, which messages it has done."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text

from shared.db.engine import Session

KEEP: Final = timedelta(days=7)
"""Longer than any stream keeps its messages, so that nothing is forgotten that may still be delivered again."""

_REMEMBER = text("INSERT INTO inbox (consumer, message_id) VALUES (:consumer, :message_id) ON CONFLICT DO NOTHING")
_FORGET = text("DELETE FROM inbox WHERE received_at < clock_timestamp() - :keep")


async def first_time(session: Session, message_id: UUID, consumer: str) -> bool:
    """Whether this consumer has not done this message yet; from now on it has, if the transaction commits.

    Of two transactions with the same message the second waits for the first: it gets false when that one commits, and
    true when it rolls back.
    """
    result = await session.execute(_REMEMBER, {"consumer": consumer, "message_id": message_id})
    return bool(result.rowcount == 1)


async def forget_old(session: Session, keep: timedelta = KEEP) -> int:
    """Delete entries older than ``keep``; returns how many."""
    result = await session.execute(_FORGET, {"keep": keep})
    return int(result.rowcount)
