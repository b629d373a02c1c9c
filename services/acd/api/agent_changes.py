"""``POST /v1/agents/{agent_id}/...``: what an agent does, changed by the agent or by who leads."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from services.acd.api.context import (
    AgentOrLeader,
    AgentOrReader,
    Here,
    HereNow,
    check_may_change,
    check_may_see,
    is_self,
    leads,
    row_to_show,
)
from services.acd.errors import AgentUnknown, FloorDeadline, FloorNotReady, IllegalChange
from services.acd.models import AgentRow
from services.acd.schemas.agents import AgentNow, ChangeBody, ExtendBody, PauseBody
from shared.contracts.acd import ChangeAgent
from shared.http.auth import TenantQuery, tenant_of
from shared.http.errors import Forbidden, NotFound, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.tokens import Principal

router = APIRouter(prefix="/v1/agents/{agent_id}", tags=["agents at work"], route_class=IdempotentRoute)

CHANGING = posts(NotFound, AgentUnknown, IllegalChange, FloorNotReady, FloorDeadline)


@router.post("/sign-in", responses=CHANGING)
async def sign_in(
    *,
    agent_id: UUID,
    principal: AgentOrLeader,
    here: HereNow,
    body: ChangeBody | None = None,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> AgentNow:
    """Begin to work: available for callers."""
    return await _change(here, principal, tenant_id, agent_id, action="sign_in", body=body)


@router.post("/sign-out", responses=CHANGING)
async def sign_out(
    *,
    agent_id: UUID,
    principal: AgentOrLeader,
    here: HereNow,
    body: ChangeBody | None = None,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> AgentNow:
    """Go; while talking, once that is over."""
    return await _change(here, principal, tenant_id, agent_id, action="sign_out", body=body)


@router.post("/pause", responses=CHANGING)
async def pause(
    *,
    agent_id: UUID,
    body: PauseBody,
    principal: AgentOrLeader,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> AgentNow:
    """Pause; while talking, once that is over."""
    more = {"pause_reason": body.reason, "seconds": body.seconds}
    return await _change(here, principal, tenant_id, agent_id, action="pause", body=body, **more)


@router.post("/unpause", responses=CHANGING)
async def unpause(
    *,
    agent_id: UUID,
    principal: AgentOrLeader,
    here: HereNow,
    body: ChangeBody | None = None,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> AgentNow:
    """End a pause, or take back one that is to follow."""
    return await _change(here, principal, tenant_id, agent_id, action="unpause", body=body)


@router.post("/wrap-up-done", responses=CHANGING)
async def wrap_up_done(
    *,
    agent_id: UUID,
    principal: AgentOrLeader,
    here: HereNow,
    body: ChangeBody | None = None,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> AgentNow:
    """End wrap-up before its time."""
    return await _change(here, principal, tenant_id, agent_id, action="wrap_up_done", body=body)


@router.post("/wrap-up-extend", responses=CHANGING)
async def wrap_up_extend(
    *,
    agent_id: UUID,
    body: ExtendBody,
    principal: AgentOrLeader,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> AgentNow:
    """Need more wrap-up."""
    return await _change(here, principal, tenant_id, agent_id, action="wrap_up_extend", body=body, seconds=body.seconds)


@router.get("/status", responses=problems(NotFound, AgentUnknown))
async def show_status(
    agent_id: UUID, principal: AgentOrReader, here: HereNow, tenant_id: TenantQuery = None
) -> AgentNow:
    """What an agent does, as it is stored."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        agent = await row_to_show(store, AgentRow, agent_id)
        check_may_see(principal, agent)
        state = await store.state(agent_id)
    if state is None:
        return AgentNow(agent_id=agent_id, status="offline")
    following = "offline" if state.leaving else "paused" if state.next_pause else None
    return AgentNow.model_validate({**state.model_dump(), "next": following})


async def _change(
    here: Here,
    principal: Principal,
    tenant_id: UUID | None,
    agent_id: UUID,
    *,
    action: str,
    body: ChangeBody | PauseBody | ExtendBody | None,
    **more: Any,
) -> AgentNow:
    tenant = here.tenant(principal, tenant_id)
    async with here.changes.reading(tenant) as store:
        agent = await row_to_show(store, AgentRow, agent_id)
    check_may_change(principal, agent)
    command = ChangeAgent(
        tenant_id=tenant,
        agent_id=agent_id,
        action=action,
        forced=_forced(principal, agent, body.forced if body is not None else None),
        by=principal.subject,
        **more,
    )
    return await here.asking.show(command, AgentNow)


def _forced(principal: Principal, agent: AgentRow, wanted: bool | None) -> bool:
    """Raises Forbidden: only who leads can force."""
    if wanted and not leads(principal):
        raise Forbidden("only who leads can force what an agent does")
    return not is_self(principal, agent) if wanted is None else wanted
