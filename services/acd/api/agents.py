"""``/v1/agents``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.acd.api.context import (
    AgentOrReader,
    AgentReader,
    AgentWriter,
    HereNow,
    Paging,
    apply,
    check_may_see,
    named,
    page_of,
    room_for,
    row_to_change,
    row_to_show,
    user_of,
)
from services.acd.errors import (
    AgentSignedIn,
    AgentUnknown,
    PhoneNotAllowed,
    PhoneUnreachable,
    RoutingNotReady,
    TenantsNotRead,
    TooManyRows,
    UserHasAgent,
)
from services.acd.models import AgentRow, MembershipRow
from services.acd.schemas.agents import AgentCreate, AgentUpdate, AgentView, ServedQueue
from services.acd.schemas.fields import PHONE_PATTERN
from shared.http.auth import TenantQuery, tenant_of
from shared.http.errors import NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.pages import InvalidCursor, Page
from shared.http.revisions import IfMatch, IfMatchInvalid, tag
from shared.telephony.safe_text import SafeName

router = APIRouter(prefix="/v1/agents", tags=["agents"], route_class=IdempotentRoute)


ABOUT_PHONES = (PhoneNotAllowed, PhoneUnreachable, RoutingNotReady)


@router.post("", status_code=201, responses=posts(NotFound, UserHasAgent, TooManyRows, TenantsNotRead, *ABOUT_PHONES))
async def create_agent(
    *,
    body: AgentCreate,
    principal: AgentWriter,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> AgentView:
    """Make an agent, who serves no queue yet."""
    row = AgentRow(tenant_id=here.tenant(principal, tenant_id), **_columns(dict(body)))
    await here.ways.check(row.tenant_id, body.phone)
    async with here.changes.open(row.tenant_id) as change:
        await room_for(change.store, AgentRow)
        await change.store.add(row)
        change.tell_agent(row)
    tag(response, row)
    return _view(row, ())


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_agents(
    *,
    principal: AgentReader,
    here: HereNow,
    paging: Paging,
    display_name: Annotated[SafeName | None, Query(description="only agents of this name")] = None,
    phone: Annotated[
        str | None, Query(pattern=PHONE_PATTERN, max_length=30, description="only agents at this phone")
    ] = None,
    user_id: Annotated[UUID | None, Query(description="only the agent who is this user")] = None,
    tenant_id: TenantQuery = None,
) -> Page[AgentView]:
    """Agents, oldest first."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        rows, cursor = await page_of(store, AgentRow, paging, display_name=display_name, phone=phone, user_id=user_id)
        served = await store.memberships([row.id for row in rows])
    return Page[AgentView](items=[_view(row, served[row.id]) for row in rows], next_cursor=cursor)


@router.get("/me", responses=problems(NotFound))
async def show_myself(principal: AgentOrReader, here: HereNow, response: Response) -> AgentView:
    """The agent who asks."""
    user_id = user_of(principal)
    if user_id is None or principal.tenant_id is None:
        raise AgentUnknown("you are no agent")
    async with here.changes.reading(principal.tenant_id) as store:
        row = await store.agent_of_user(user_id)
        if row is None:
            raise AgentUnknown("you are no agent")
        served = await store.memberships([row.id])
    tag(response, row)
    return _view(row, served[row.id])


@router.get("/{agent_id}", responses=problems(NotFound))
async def show_agent(
    agent_id: UUID, principal: AgentOrReader, here: HereNow, response: Response, tenant_id: TenantQuery = None
) -> AgentView:
    """One agent."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        row = await row_to_show(store, AgentRow, agent_id)
        check_may_see(principal, row)
        served = await store.memberships([agent_id])
    tag(response, row)
    return _view(row, served[agent_id])


@router.patch(
    "/{agent_id}", responses=problems(NotFound, UserHasAgent, PreconditionFailed, IfMatchInvalid, *ABOUT_PHONES)
)
async def update_agent(
    *,
    agent_id: UUID,
    body: AgentUpdate,
    principal: AgentWriter,
    here: HereNow,
    response: Response,
    if_match: IfMatch,
    tenant_id: TenantQuery = None,
) -> AgentView:
    """Change an agent; what is not given stays. Skills are given whole."""
    tenant = tenant_of(principal, tenant_id)
    if "phone" in body.model_fields_set:
        await here.ways.check(tenant, body.phone)
    async with here.changes.open(tenant) as change:
        row = await row_to_change(change.store, AgentRow, agent_id, body.revision, if_match)
        apply(row, _columns(named(body)))
        await change.store.flush()
        change.tell_agent(row)
        served = await change.store.memberships([agent_id])
    tag(response, row)
    return _view(row, served[agent_id])


@router.delete("/{agent_id}", status_code=204, responses=problems(NotFound, AgentSignedIn))
async def delete_agent(agent_id: UUID, principal: AgentWriter, here: HereNow, tenant_id: TenantQuery = None) -> None:
    """Remove an agent who is not at work; the history stays."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as change:
        row = await row_to_change(change.store, AgentRow, agent_id)
        state = await change.store.state(agent_id)
        if state is not None and state.status != "offline":
            raise AgentSignedIn(f"the agent is {state.status}; sign out first")
        await change.store.forget_state(agent_id)
        await change.store.remove(row)
        change.tell_agent(row, removed=True)


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """As the table keeps them."""
    return {**values, "phone": str(values["phone"])} if "phone" in values else values


def _view(row: AgentRow, served: Iterable[MembershipRow]) -> AgentView:
    return AgentView.model_validate({**row.model_dump(), "queues": [ServedQueue.model_validate(one) for one in served]})
