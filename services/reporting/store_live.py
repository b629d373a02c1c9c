"""Queries of the live view: who waits, how the day went, what agents do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, case, delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from services.reporting.domain.live import SERVICE_LEVEL_SECONDS, AgentNow, Ended
from services.reporting.models import AgentOtherCallRow, AgentStatusRow, QueueEntryRow
from shared.contracts.acd import AgentOtherCallChanged, AgentStatusChanged, QueueEvent, QueueJoined, QueueLeft
from shared.db.engine import Database, Session
from shared.runtime.clock import Clock

ENTRIES: Table = QueueEntryRow.__table__  # type: ignore[attr-defined]
STATUSES: Table = AgentStatusRow.__table__  # type: ignore[attr-defined]
OTHER_CALLS: Table = AgentOtherCallRow.__table__  # type: ignore[attr-defined]


def _put_later(table: Table, key: str, moment: str) -> Any:
    """Insert a row, or write it over the one that has its key, unless that is from a later moment."""
    statement = insert(table)
    written = {column.name: statement.excluded[column.name] for column in table.c if column.name != key}
    newer = table.c[moment] <= statement.excluded[moment]
    return statement.on_conflict_do_update(index_elements=[key], set_=written, where=newer)


_PUT_ENTRY = _put_later(ENTRIES, "entry_id", "told_at")
_PUT_STATUS = _put_later(STATUSES, "agent_id", "since")
_PUT_OTHER_CALL = _put_later(OTHER_CALLS, "agent_id", "told_at")


KEEP: Final = timedelta(days=7)
"""Nothing older is in a view: a tenant's day is 25 hours at most, and a callback waits for days."""


def forget_entries(clock: Clock) -> Callable[[Session], Awaitable[int]]:
    """The chore of deleting times in line that ended long ago, or of whose end nobody told."""

    async def forget(session: Session) -> int:
        moment = func.coalesce(ENTRIES.c.left_at, ENTRIES.c.told_at)
        return int((await session.execute(delete(ENTRIES).where(moment < clock.now() - KEEP))).rowcount)

    return forget


class LiveStore:
    """Writes over all tenants, reads of one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, events: Sequence[QueueEvent | AgentStatusChanged | AgentOtherCallChanged]) -> None:
        """Take events in, in their order; again is safe, and a late one changes nothing."""
        entries = {e.entry_id: _entry(e) for e in events if isinstance(e, QueueJoined | QueueLeft)}
        statuses: dict[UUID, dict[str, Any]] = {}
        other_calls: dict[UUID, dict[str, Any]] = {}
        for event in sorted(events, key=lambda event: event.occurred_at):
            if isinstance(event, AgentStatusChanged):
                statuses[event.agent_id] = _status(event)
            elif isinstance(event, AgentOtherCallChanged):
                other_calls[event.agent_id] = _other_call(event)
        async with self._database.platform() as session:
            for statement, rows in ((_PUT_ENTRY, entries), (_PUT_STATUS, statuses), (_PUT_OTHER_CALL, other_calls)):
                if rows:  # in one order, so that two writers never wait for each other
                    await session.execute(statement, [row for _, row in sorted(rows.items())])

    async def waiting(self, tenant_id: UUID) -> dict[UUID, tuple[int, datetime]]:
        """Of each queue in which somebody waits: how many, and since when the one who waits longest."""
        query = (
            select(ENTRIES.c.queue_id, func.count(), func.min(ENTRIES.c.joined_at))
            .where(ENTRIES.c.tenant_id == tenant_id, ENTRIES.c.left_at.is_(None))
            .group_by(ENTRIES.c.queue_id)
        )
        async with self._database.tenant(tenant_id) as session:
            return {queue_id: (count, since) for queue_id, count, since in await session.execute(query)}

    async def ended(self, tenant_id: UUID, since: datetime) -> dict[UUID, list[Ended]]:
        """Of each queue, how the times in line ended that ended at or after a moment."""
        waited = ENTRIES.c.waited_seconds
        in_time = func.count(case((waited <= SERVICE_LEVEL_SECONDS, 1)))
        query = (
            select(ENTRIES.c.queue_id, ENTRIES.c.outcome, func.count(), in_time, func.sum(waited))
            .where(ENTRIES.c.tenant_id == tenant_id, ENTRIES.c.left_at >= since)
            .group_by(ENTRIES.c.queue_id, ENTRIES.c.outcome)
        )
        found: dict[UUID, list[Ended]] = {}
        async with self._database.tenant(tenant_id) as session:
            for queue_id, outcome, callers, timely, seconds in await session.execute(query):
                found.setdefault(queue_id, []).append(Ended(outcome, callers, timely, seconds))
        return found

    async def statuses(self, tenant_id: UUID) -> dict[UUID, AgentNow]:
        """What agents do of whom anything was heard, without their names."""
        query = (
            select(AgentStatusRow, AgentOtherCallRow.is_on)
            .join(AgentOtherCallRow, col(AgentOtherCallRow.agent_id) == col(AgentStatusRow.agent_id), isouter=True)
            .where(col(AgentStatusRow.tenant_id) == tenant_id)
        )
        async with self._database.tenant(tenant_id) as session:
            return {
                row.agent_id: AgentNow(
                    row.agent_id,
                    status=row.status,
                    since=row.since,
                    pause_reason=row.pause_reason,
                    queue_id=row.queue_id,
                    entry_id=row.entry_id,
                    on_other_call=bool(is_on),
                )
                for row, is_on in await session.exec(query)
            }


def _entry(event: QueueJoined | QueueLeft) -> dict[str, Any]:
    left = event if isinstance(event, QueueLeft) else None
    return {
        "entry_id": event.entry_id,
        "tenant_id": event.tenant_id,
        "queue_id": event.queue_id,
        "joined_at": event.joined_at,
        "told_at": event.occurred_at,
        "left_at": left.left_at if left else None,
        "outcome": left.outcome if left else None,
        "waited_seconds": left.waited_seconds if left else 0.0,
        "agent_id": left.agent_id if left else None,
    }


def _status(event: AgentStatusChanged) -> dict[str, Any]:
    return {
        "agent_id": event.agent_id,
        "tenant_id": event.tenant_id,
        "status": event.status,
        "since": event.occurred_at,
        "pause_reason": event.pause_reason,
        "queue_id": event.queue_id,
        "entry_id": event.entry_id,
    }


def _other_call(event: AgentOtherCallChanged) -> dict[str, Any]:
    return {
        "agent_id": event.agent_id,
        "tenant_id": event.tenant_id,
        "told_at": event.occurred_at,
        "is_on": event.on,
    }
