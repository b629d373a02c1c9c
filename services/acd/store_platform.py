"""Queries over all tenants, in platform transactions: what is told again, and what is forgotten."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import delete, select

from services.acd.models import AgentHistoryRow, AgentRow, EntryRow, MembershipRow, QueueRow
from shared.db.engine import Session

M = TypeVar("M", QueueRow, AgentRow)
MEMBERSHIP: Any = MembershipRow
HISTORY: Any = AgentHistoryRow
ENTRY: Any = EntryRow


async def every(session: Session, model: type[M], *, after: UUID | None, limit: int) -> list[M]:
    """Rows of all tenants past ``after``, by id, in a platform transaction; nobody changes them until its end."""
    id_of: Any = model.id
    query = select(model).order_by(id_of).limit(limit)
    if after is not None:
        query = query.where(id_of > after)
    return list((await session.execute(query.with_for_update(read=True))).scalars())


async def queues_of(session: Session, agent_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, ...]]:
    """The queues that each of these agents of any tenant serves, in a platform transaction."""
    query = select(MEMBERSHIP.agent_id, MEMBERSHIP.queue_id).where(MEMBERSHIP.agent_id.in_(agent_ids))
    found: dict[UUID, tuple[UUID, ...]] = {}
    for agent_id, queue_id in await session.execute(query.order_by(MEMBERSHIP.queue_id)):
        found[agent_id] = (*found.get(agent_id, ()), queue_id)
    return found


async def forget_before(session: Session, instant: datetime) -> int:
    """Delete what ended before ``instant``, in a platform transaction; returns how many rows."""
    statements = (
        delete(AgentHistoryRow).where(HISTORY.ended_at < instant),
        delete(EntryRow).where(ENTRY.left_at < instant),
    )
    return sum([int((await session.execute(one)).rowcount) for one in statements])
