"""Queries about flows. A `FlowStore` sees one tenant; ``load_all`` is the platform's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from services.ivr.errors import CONFLICTS
from services.ivr.models import CallStateRow, FlowRow, FlowVersionRow
from shared.db.engine import Session
from shared.db.errors import constraint_name

FLOW: Any = FlowRow
VERSION: Any = FlowVersionRow
STATE: Any = CallStateRow


class FlowStore:
    """Queries of one tenant in one transaction, opened for that tenant."""

    def __init__(self, session: Session, tenant_id: UUID) -> None:
        self.session = session
        self.tenant_id = tenant_id

    async def get(self, flow_id: UUID, *, lock: bool = False) -> FlowRow | None:
        """A flow, locked until the end of the transaction on request."""
        query = select(FlowRow).where(FLOW.id == flow_id, FLOW.tenant_id == self.tenant_id)
        found: FlowRow | None = (
            await self.session.execute(query.with_for_update() if lock else query)
        ).scalar_one_or_none()
        return found

    async def page(self, *, limit: int, after: tuple[Any, ...] | None, slug: str | None = None) -> list[FlowRow]:
        """Up to ``limit`` + 1 flows past ``after``, by id; with a slug only that one."""
        query = select(FlowRow).where(FLOW.tenant_id == self.tenant_id)
        if slug is not None:
            query = query.where(FLOW.slug == slug)
        if after is not None:
            query = query.where(tuple_(FLOW.id) > after)
        return list((await self.session.execute(query.order_by(FLOW.id).limit(limit + 1))).scalars())

    async def count(self) -> int:
        """How many flows the tenant has."""
        query = select(func.count()).select_from(FlowRow).where(FLOW.tenant_id == self.tenant_id)
        return int((await self.session.execute(query)).scalar_one())

    async def add(self, row: FlowRow | FlowVersionRow) -> None:
        """Insert a row now. Raises the Conflict of the constraint it breaks."""
        self.session.add(row)
        await self.flush()

    async def remove(self, row: FlowRow) -> None:
        """Delete a flow with its versions now."""
        await self.session.delete(row)
        await self.flush()

    async def flush(self) -> None:
        """Write what changed. Raises the Conflict of the constraint it breaks."""
        try:
            await self.session.flush()
        except IntegrityError as error:
            known = CONFLICTS.get(constraint_name(error) or "")
            if known is None:
                raise
            raise known() from error

    async def versions(self, flow_id: UUID) -> list[FlowVersionRow]:
        """Every version of a flow, the newest first."""
        query = select(FlowVersionRow).where(VERSION.flow_id == flow_id, VERSION.tenant_id == self.tenant_id)
        return list((await self.session.execute(query.order_by(VERSION.version.desc()))).scalars())

    async def version(self, flow_id: UUID, version: int) -> FlowVersionRow | None:
        """One version of a flow."""
        query = select(FlowVersionRow).where(
            VERSION.flow_id == flow_id, VERSION.tenant_id == self.tenant_id, VERSION.version == version
        )
        found: FlowVersionRow | None = (await self.session.execute(query)).scalar_one_or_none()
        return found

    async def published(self) -> list[tuple[FlowRow, FlowVersionRow | None]]:
        """Every flow with its published version."""
        return await _with_versions(self.session, [FLOW.tenant_id == self.tenant_id])

    async def save_state(self, leg_id: UUID, sealed: bytes, now: datetime) -> None:
        """Keep where a call is."""
        values = {"tenant_id": self.tenant_id, "sealed": sealed, "saved_at": now}
        statement = insert(CallStateRow).values(leg_id=leg_id, **values)
        await self.session.execute(statement.on_conflict_do_update(index_elements=["leg_id"], set_=values))

    async def state(self, leg_id: UUID) -> bytes | None:
        """Where a call was."""
        query = select(STATE.sealed).where(STATE.leg_id == leg_id, STATE.tenant_id == self.tenant_id)
        found: bytes | None = (await self.session.execute(query)).scalar_one_or_none()
        return found


async def load_all(session: Session) -> Sequence[tuple[FlowRow, FlowVersionRow | None]]:
    """Every tenant's flows with their published versions, in a platform transaction."""
    return await _with_versions(session, [])


async def forget_states_before(session: Session, instant: datetime) -> int:
    """Delete states of calls that must be over, in a platform transaction; returns how many."""
    return int((await session.execute(delete(CallStateRow).where(STATE.saved_at < instant))).rowcount)


async def _with_versions(session: Session, where: list[Any]) -> list[tuple[FlowRow, FlowVersionRow | None]]:
    joined = (VERSION.flow_id == FLOW.id) & (VERSION.version == FLOW.published_version)
    query = select(FlowRow, FlowVersionRow).outerjoin(FlowVersionRow, joined).where(*where)
    return [(flow, version) for flow, version in await session.execute(query)]
