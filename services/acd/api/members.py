"""``/v1/queues/{queue_id}/agents``: who serves a queue."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter

from services.acd.api.context import HereNow, Paging, QueueReader, QueueWriter, row_to_change, row_to_show
from services.acd.models import AgentRow, MembershipRow, QueueRow
from services.acd.schemas.queues import MemberPut, MemberView
from shared.http.auth import TenantQuery, tenant_of
from shared.http.errors import NotFound, problems
from shared.http.pages import InvalidCursor, Page
from shared.telephony.destinations import parse_destination

router = APIRouter(prefix="/v1/queues/{queue_id}/agents", tags=["queues"])


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_members(
    *, queue_id: UUID, principal: QueueReader, here: HereNow, paging: Paging, tenant_id: TenantQuery = None
) -> Page[MemberView]:
    """Who serves a queue, by the order in which agents were made."""
    after = paging.after((UUID,))
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        await row_to_show(store, QueueRow, queue_id)
        rows = await store.members(queue_id, limit=paging.limit, after=after)
    shown, cursor = paging.page(rows, lambda row: (row[1].id,))
    return Page[MemberView](items=[_view(*row) for row in shown], next_cursor=cursor)


@router.put("/{agent_id}", responses=problems(NotFound))
async def put_member(
    *,
    queue_id: UUID,
    agent_id: UUID,
    body: MemberPut,
    principal: QueueWriter,
    here: HereNow,
    tenant_id: TenantQuery = None,
) -> MemberView:
    """Have an agent serve a queue, or serve it at another level."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as change:
        await row_to_change(change.store, QueueRow, queue_id)
        agent = await row_to_change(change.store, AgentRow, agent_id)
        member = await change.store.put_membership(queue_id, agent_id, level=body.level, position=body.position)
        change.serves_otherwise(agent)
    return _view(member, agent)


@router.delete("/{agent_id}", status_code=204, responses=problems(NotFound))
async def remove_member(
    queue_id: UUID, agent_id: UUID, principal: QueueWriter, here: HereNow, tenant_id: TenantQuery = None
) -> None:
    """Have an agent no longer serve a queue; a contact goes on."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as change:
        await row_to_show(change.store, QueueRow, queue_id)
        agent = await row_to_change(change.store, AgentRow, agent_id)
        if not await change.store.remove_membership(queue_id, agent_id):
            raise NotFound("the agent does not serve this queue")
        change.serves_otherwise(agent)


def _view(member: MembershipRow, agent: AgentRow) -> MemberView:
    return MemberView(
        agent_id=agent.id,
        display_name=agent.display_name,
        phone=parse_destination(agent.phone),
        level=member.level,
        position=member.position,
    )
