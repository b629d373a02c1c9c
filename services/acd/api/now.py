"""``/v1/floor`` and who waits: what the owner of the queues sees now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter

from services.acd.api.context import FloorReader, FloorWriter, Here, HereNow, row_to_show
from services.acd.errors import CallerNotWaiting, FloorDeadline, FloorNotReady, IllegalChange, QueueUnknown
from services.acd.models import QueueRow
from services.acd.schemas.floor import CallerNow, FloorNow, MoveBody, PrioritiseBody, SendBody, WaitingView
from shared.contracts.acd import ChangeWaiting, ShowFloor
from shared.http.auth import TenantQuery
from shared.http.errors import NotFound, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.tokens import Principal

router = APIRouter(prefix="/v1", tags=["floor"], route_class=IdempotentRoute)

STEERING = posts(NotFound, CallerNotWaiting, IllegalChange, FloorNotReady, FloorDeadline)


@router.get("/floor", responses=problems(NotFound, FloorNotReady, FloorDeadline))
async def show_floor(principal: FloorReader, here: HereNow, tenant_id: TenantQuery = None) -> FloorNow:
    """Queues, callers and agents at this moment."""
    tenant = here.tenant(principal, tenant_id)
    try:
        return await here.asking.show(ShowFloor(tenant_id=tenant), FloorNow)
    except FloorNotReady:
        async with here.changes.reading(tenant) as store:
            if await store.has_floor():
                raise
    return FloorNow(at=here.clock.now(), queues=[], talking=[], agents=[])  # nobody owns what is not there


@router.get("/queues/{queue_id}/waiting", responses=problems(NotFound, FloorNotReady, FloorDeadline))
async def list_waiting(
    queue_id: UUID, principal: FloorReader, here: HereNow, tenant_id: TenantQuery = None
) -> WaitingView:
    """Who waits in a queue, next first."""
    tenant = here.tenant(principal, tenant_id)
    async with here.changes.reading(tenant) as store:
        await row_to_show(store, QueueRow, queue_id)
    shown = await here.asking.show(ShowFloor(tenant_id=tenant, queue_id=queue_id), FloorNow)
    queue = next((one for one in shown.queues if one.queue_id == queue_id), None)
    if queue is None:
        raise FloorNotReady("the owner of the queues has not read this queue yet", headers={"Retry-After": "1"})
    return WaitingView.model_validate({**dict(queue), "at": shown.at, "items": queue.waiting})


@router.post("/waiting/{entry_id}/move", responses={**STEERING, **problems(QueueUnknown)})
async def move(
    *,
    entry_id: UUID,
    body: MoveBody,
    principal: FloorWriter,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallerNow:
    """Move a caller into another queue; the time waited so far counts."""
    tenant = here.tenant(principal, tenant_id)
    async with here.changes.reading(tenant) as store:
        if await store.get(QueueRow, body.queue_id) is None:
            raise QueueUnknown(field="queue_id")
    return await _change(here, principal, tenant, entry_id, "move", queue_id=body.queue_id)


@router.post("/waiting/{entry_id}/prioritise", responses=STEERING)
async def prioritise(
    *,
    entry_id: UUID,
    body: PrioritiseBody,
    principal: FloorWriter,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallerNow:
    """Give a caller another priority."""
    tenant = here.tenant(principal, tenant_id)
    return await _change(here, principal, tenant, entry_id, "prioritise", priority=body.priority)


@router.post("/waiting/{entry_id}/front", responses=STEERING)
async def move_to_front(
    *,
    entry_id: UUID,
    principal: FloorWriter,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallerNow:
    """Let a caller be the next of the queue, before every priority; who is moved there later goes before."""
    return await _change(here, principal, here.tenant(principal, tenant_id), entry_id, "front")


@router.post("/waiting/{entry_id}/send", responses=STEERING)
async def send(
    *,
    entry_id: UUID,
    body: SendBody,
    principal: FloorWriter,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallerNow:
    """Take a caller out of the line and send them somewhere."""
    tenant = here.tenant(principal, tenant_id)
    return await _change(here, principal, tenant, entry_id, "send", destination=str(body.destination))


async def _change(
    here: Here, principal: Principal, tenant_id: UUID, entry_id: UUID, action: str, **more: Any
) -> CallerNow:
    command = ChangeWaiting(tenant_id=tenant_id, entry_id=entry_id, action=action, by=principal.subject, **more)
    return await here.asking.show(command, CallerNow)
