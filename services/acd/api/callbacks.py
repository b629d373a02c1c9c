"""``/v1/callbacks``: callers who hung up and keep their place in line."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.acd.api.context import FloorReader, FloorWriter, Here, HereNow, Paging
from services.acd.domain.callbacks import CallbackState
from services.acd.errors import (
    CallbackUnknown,
    CallerNotWaiting,
    FloorDeadline,
    FloorNotReady,
    IllegalChange,
    QueueUnknown,
)
from services.acd.models import EntryRow, QueueRow
from services.acd.schemas.floor import CallbackView, CallerNow, MoveBody
from shared.contracts.acd import ChangeWaiting
from shared.http.auth import TenantQuery, tenant_of
from shared.http.errors import NotFound, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.pages import InvalidCursor, Page
from shared.http.tokens import Principal

router = APIRouter(prefix="/v1/callbacks", tags=["callbacks"], route_class=IdempotentRoute)

CHANGING = posts(NotFound, CallbackUnknown, IllegalChange, FloorNotReady, FloorDeadline)


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_callbacks(
    *,
    principal: FloorReader,
    here: HereNow,
    paging: Paging,
    queue_id: Annotated[UUID | None, Query(description="only of this queue")] = None,
    state: Annotated[CallbackState | None, Query(description="only these; waiting: in line")] = None,
    tenant_id: TenantQuery = None,
) -> Page[CallbackView]:
    """Who is or was to be called back, in the order in which they joined."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        rows = await store.callbacks(limit=paging.limit, after=paging.after((UUID,)), queue_id=queue_id, state=state)
    shown, cursor = paging.page(rows, lambda row: (row.id,))
    return Page[CallbackView](items=[_view(row) for row in shown], next_cursor=cursor)


@router.post("/{entry_id}/cancel", responses=CHANGING)
async def cancel_callback(
    *, entry_id: UUID, principal: FloorWriter, here: HereNow, tenant_id: TenantQuery = None, _key: IdempotencyKey = None
) -> CallerNow:
    """Take a callback out of the line; a call that is being made to the customer ends."""
    return await _change(here, principal, tenant_id, entry_id, "cancel_callback")


@router.post("/{entry_id}/move", responses={**CHANGING, **problems(QueueUnknown)})
async def move_callback(
    *,
    entry_id: UUID,
    body: MoveBody,
    principal: FloorWriter,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CallerNow:
    """Have another queue's agents call; the time waited so far counts."""
    async with here.changes.reading(here.tenant(principal, tenant_id)) as store:
        if await store.get(QueueRow, body.queue_id) is None:
            raise QueueUnknown(field="queue_id")
    return await _change(here, principal, tenant_id, entry_id, "move", queue_id=body.queue_id)


async def _change(
    here: Here,
    principal: Principal,
    tenant_id: UUID | None,
    entry_id: UUID,
    action: str,
    *,
    queue_id: UUID | None = None,
) -> CallerNow:
    tenant = here.tenant(principal, tenant_id)
    command = ChangeWaiting(tenant_id=tenant, entry_id=entry_id, action=action, queue_id=queue_id, by=principal.subject)
    try:
        return await here.asking.show(command, CallerNow)
    except CallerNotWaiting as error:
        raise CallbackUnknown(error.detail) from error


def _view(row: EntryRow) -> CallbackView:
    names = ("queue_id", "caller_number", "caller_name", "language", "joined_at", "priority", "agent_id", "callback")
    return CallbackView.model_validate({"entry_id": row.id, **{name: getattr(row, name) for name in names}})
