"""Queries of queues' contacts that have ended: each is kept once, and counted by queue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import select

from services.reporting.domain.contacts import PLACES, PassedTo, passed_to
from services.reporting.models import QueueContactRow
from shared.contracts.acd import QueueContactEnded
from shared.db.engine import Database

CONTACTS: Table = QueueContactRow.__table__  # type: ignore[attr-defined]
_PUT: Final = insert(CONTACTS).on_conflict_do_nothing(index_elements=["entry_id"])
_NAMES: Final[dict[PassedTo, str]] = {"agent": "to_agent", "queue": "to_queue", "extension": "to_extension"}


class ContactStore:
    """Writes over all tenants, reads of one."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, events: Sequence[QueueContactEnded]) -> None:
        """Keep contacts; again is safe."""
        rows = {event.entry_id: _row(event) for event in events}
        async with self._database.platform() as session:
            await session.execute(_PUT, [row for _, row in sorted(rows.items())])

    async def by_queue(
        self,
        tenant_id: UUID,
        since: datetime,
        until: datetime,
        *,
        queue_id: UUID | None = None,
        agent_id: UUID | None = None,
    ) -> list[dict[str, Any]]:
        """Of each queue, what became of its contacts that ended from ``since`` to before ``until``.

        Args:
            queue_id, agent_id: only of this queue, only of this agent; none: of all.
        """
        rows = CONTACTS.c
        query = (
            select(*_figures())
            .where(rows.tenant_id == tenant_id, rows.ended_at >= since, rows.ended_at < until)
            .group_by(rows.queue_id)
            .order_by("slug", rows.queue_id)
        )
        if queue_id is not None:
            query = query.where(rows.queue_id == queue_id)
        if agent_id is not None:
            query = query.where(rows.agent_id == agent_id)
        async with self._database.tenant(tenant_id) as session:
            return [dict(row) for row in (await session.execute(query)).mappings()]


def _figures() -> list[ColumnElement[Any]]:
    rows = CONTACTS.c
    transferred = rows.ended == "transferred"

    def count(condition: ColumnElement[bool], name: str) -> ColumnElement[int]:
        return func.count().filter(condition).label(name)

    return [
        rows.queue_id,
        func.max(rows.queue).label("slug"),
        func.count().label("contacts"),
        func.sum(rows.talk_seconds).label("talk_seconds"),
        func.sum(rows.hold_seconds).label("hold_seconds"),
        count(rows.hold_seconds > 0, "held"),
        count(rows.consults > 0, "consulted"),
        func.sum(rows.consults).label("consults"),
        count(transferred, "transferred"),
        count(transferred & ~rows.warm, "blind"),
        count(transferred & rows.warm, "warm"),
        *(count(rows.passed_to == place, _NAMES.get(place, place)) for place in PLACES),
        count(rows.ended == "put_back", "put_back"),
        count(rows.ended == "switch_lost", "switch_lost"),
    ]


def _row(event: QueueContactEnded) -> dict[str, Any]:
    return {
        "entry_id": event.entry_id,
        "tenant_id": event.tenant_id,
        "queue_id": event.queue_id,
        "queue": event.queue,
        "agent_id": event.agent_id,
        "ended_at": event.occurred_at,
        "ended": event.ended,
        "passed_to": passed_to(event.ended, event.destination),
        "warm": event.ended == "transferred" and event.warm,
        "consults": event.consults,
        "talk_seconds": event.talk_seconds,
        "hold_seconds": event.hold_seconds,
    }
