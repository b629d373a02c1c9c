"""Queries about what agents did: statuses and contacts that are over."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_

from services.acd.models import AgentHistoryRow, EntryRow
from shared.db.engine import Session

HISTORY: Any = AgentHistoryRow
ENTRY: Any = EntryRow


class PastStore:
    """What was, of one tenant, in one transaction opened for that tenant."""

    def __init__(self, session: Session, tenant_id: UUID) -> None:
        self.session = session
        self.tenant_id = tenant_id

    async def history_page(
        self, agent_id: UUID, *, limit: int, before: tuple[Any, ...] | None
    ) -> list[AgentHistoryRow]:
        """Up to ``limit`` + 1 statuses that ended, the latest first, before ``(since, id)``."""
        query = select(AgentHistoryRow).where(HISTORY.tenant_id == self.tenant_id, HISTORY.agent_id == agent_id)
        if before is not None:
            query = query.where(tuple_(HISTORY.since, HISTORY.id) < before)
        query = query.order_by(HISTORY.since.desc(), HISTORY.id.desc()).limit(limit + 1)
        return list((await self.session.execute(query)).scalars())

    async def contacts_between(self, agent_id: UUID, begin: datetime, end: datetime) -> dict[str, Any]:
        """An agent's contacts that began from ``begin`` to before ``end``: how many, how they ended, and hold time."""
        query = select(
            func.count().label("contacts"),
            func.count().filter(ENTRY.ended == "transferred").label("transferred"),
            func.count().filter(ENTRY.ended == "put_back").label("put_back"),
            func.coalesce(func.sum(ENTRY.consults), 0).label("consults"),
            func.coalesce(func.sum(ENTRY.held_seconds), 0.0).label("hold_seconds"),
        ).where(
            ENTRY.tenant_id == self.tenant_id,
            ENTRY.agent_id == agent_id,
            ENTRY.answered_at >= begin,
            ENTRY.answered_at < end,
        )
        return dict((await self.session.execute(query)).one()._mapping)

    async def history_between(self, agent_id: UUID, begin: datetime, end: datetime) -> list[AgentHistoryRow]:
        """An agent's statuses that touch the time from ``begin`` to before ``end``, oldest first."""
        query = select(AgentHistoryRow).where(
            HISTORY.tenant_id == self.tenant_id,
            HISTORY.agent_id == agent_id,
            HISTORY.since < end,
            HISTORY.ended_at >= begin,
        )
        return list((await self.session.execute(query.order_by(HISTORY.since, HISTORY.id))).scalars())
