"""``GET /v1/agents/{agent_id}/history`` and ``.../attendance``: what an agent did."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.acd.api.context import AgentOrReader, HereNow, Paging, check_may_see, row_to_show
from services.acd.domain.attendance import Span
from services.acd.domain.attendance import attendance as attendance_of
from services.acd.domain.model import AgentStatus
from services.acd.errors import AgentUnknown, TenantsNotRead
from services.acd.models import AgentRow
from services.acd.schemas.agents import AttendanceView, PastStatusView
from shared.http.auth import TenantQuery, tenant_of
from shared.http.errors import NotFound, problems
from shared.http.pages import InvalidCursor, Page

router = APIRouter(prefix="/v1/agents/{agent_id}", tags=["agents at work"])

Day = Annotated[
    date, Query(ge=date(2000, 1, 1), le=date(2999, 12, 31), description="by the tenant's calendar, such as 2026-03-21")
]


@router.get("/history", responses=problems(NotFound, AgentUnknown, InvalidCursor))
async def show_history(
    *, agent_id: UUID, principal: AgentOrReader, here: HereNow, paging: Paging, tenant_id: TenantQuery = None
) -> Page[PastStatusView]:
    """Statuses that ended, the latest first."""
    before = paging.after((datetime, UUID))
    if before is not None and before[0].tzinfo is None:
        raise InvalidCursor(field="cursor")
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        check_may_see(principal, await row_to_show(store, AgentRow, agent_id))
        rows = await store.history_page(agent_id, limit=paging.limit, before=before)
    shown, cursor = paging.page(rows, lambda row: (row.since, row.id))
    return Page[PastStatusView](items=[PastStatusView.model_validate(row) for row in shown], next_cursor=cursor)


@router.get("/attendance", responses=problems(NotFound, AgentUnknown, TenantsNotRead))
async def show_attendance(
    *, agent_id: UUID, day: Day, principal: AgentOrReader, here: HereNow, tenant_id: TenantQuery = None
) -> AttendanceView:
    """What an agent's day went into, and its contacts, until now if it is today; from the tenant's midnight on."""
    tenant = tenant_of(principal, tenant_id)
    zone = here.tenants.zone(tenant)
    begin = datetime.combine(day, time(), zone)
    end = datetime.combine(day + timedelta(days=1), time(), zone)
    async with here.changes.reading(tenant) as store:
        check_may_see(principal, await row_to_show(store, AgentRow, agent_id))
        rows = await store.history_between(agent_id, begin, end)
        state = await store.state(agent_id)
        contacts = await store.contacts_between(agent_id, begin, end)
    spans = [Span(AgentStatus(row.status), row.since, row.ended_at, row.pause_reason) for row in rows]
    if state is not None:
        until = max(here.clock.now(), state.since)
        spans.append(Span(AgentStatus(state.status), state.since, until, state.pause_reason))
    found = attendance_of(spans, begin, end)
    return AttendanceView.model_validate(
        {
            **{name: getattr(found, name) for name in AttendanceView.model_fields if hasattr(found, name)},
            "agent_id": agent_id,
            "begin": begin,
            "end": end,
            **contacts,
        }
    )
