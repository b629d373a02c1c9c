"""``/v1/queues``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.acd.api.context import (
    HereNow,
    Paging,
    QueueReader,
    QueueWriter,
    apply,
    named,
    page_of,
    room_for,
    row_to_change,
    row_to_show,
)
from services.acd.errors import (
    ClosedLeadsNowhere,
    KeyTakenTwice,
    OverflowsIntoItself,
    QueueHasCallers,
    QueueSlugTaken,
    TenantsNotRead,
    TooManyRows,
)
from services.acd.models import QueueRow
from services.acd.schemas.queues import QueueCreate, QueueUpdate, QueueView
from shared.http.auth import TenantQuery, tenant_of
from shared.http.errors import NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.pages import InvalidCursor, Page
from shared.http.revisions import IfMatch, IfMatchInvalid, tag
from shared.telephony.ids import Slug
from shared.telephony.schedule_fields import ScheduleFields

router = APIRouter(prefix="/v1/queues", tags=["queues"], route_class=IdempotentRoute)


@router.post(
    "",
    status_code=201,
    responses=posts(
        NotFound, QueueSlugTaken, TooManyRows, OverflowsIntoItself, ClosedLeadsNowhere, KeyTakenTwice, TenantsNotRead
    ),
)
async def create_queue(
    *,
    body: QueueCreate,
    principal: QueueWriter,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> QueueView:
    """Make a queue."""
    tenant = here.tenant(principal, tenant_id)
    row = QueueRow(tenant_id=tenant, **_columns(dict(body), partial(here.tenants.zone_name, tenant)))
    _check_overflow(row)
    async with here.changes.open(row.tenant_id) as change:
        await room_for(change.store, QueueRow)
        await change.store.add(row)
        change.tell_queue(row)
    tag(response, row)
    return QueueView.model_validate(row)


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_queues(
    *,
    principal: QueueReader,
    here: HereNow,
    paging: Paging,
    slug: Annotated[Slug | None, Query(description="only the queue of this slug")] = None,
    tenant_id: TenantQuery = None,
) -> Page[QueueView]:
    """Queues, oldest first."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        rows, cursor = await page_of(store, QueueRow, paging, slug=slug)
    return Page[QueueView](items=[QueueView.model_validate(row) for row in rows], next_cursor=cursor)


@router.get("/{queue_id}", responses=problems(NotFound))
async def show_queue(
    queue_id: UUID, principal: QueueReader, here: HereNow, response: Response, tenant_id: TenantQuery = None
) -> QueueView:
    """One queue."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        row = await row_to_show(store, QueueRow, queue_id)
    tag(response, row)
    return QueueView.model_validate(row)


@router.patch(
    "/{queue_id}",
    responses=problems(
        NotFound,
        QueueSlugTaken,
        PreconditionFailed,
        IfMatchInvalid,
        OverflowsIntoItself,
        ClosedLeadsNowhere,
        KeyTakenTwice,
        TenantsNotRead,
    ),
)
async def update_queue(
    *,
    queue_id: UUID,
    body: QueueUpdate,
    principal: QueueWriter,
    here: HereNow,
    response: Response,
    if_match: IfMatch,
    tenant_id: TenantQuery = None,
) -> QueueView:
    """Change a queue; what is not given stays. It holds from the next caller on, and for those in line."""
    tenant = here.tenant(principal, tenant_id)
    async with here.changes.open(tenant) as change:
        row = await row_to_change(change.store, QueueRow, queue_id, body.revision, if_match)
        apply(row, _columns(named(body), partial(here.tenants.zone_name, tenant)))
        _check_overflow(row)
        await change.store.flush()
        change.tell_queue(row)
    tag(response, row)
    return QueueView.model_validate(row)


@router.delete("/{queue_id}", status_code=204, responses=problems(NotFound, QueueHasCallers))
async def delete_queue(queue_id: UUID, principal: QueueWriter, here: HereNow, tenant_id: TenantQuery = None) -> None:
    """Remove a queue nobody is in; what leads to it leads nowhere from then on."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as change:
        row = await row_to_change(change.store, QueueRow, queue_id)
        if await change.store.is_in_use(queue_id):
            raise QueueHasCallers("disable the queue, and wait until nobody is in it")
        members = [agent.id for _, agent in await change.store.members(queue_id)]
        for agent in await change.store.lock_agents(members):
            await change.store.remove_membership(queue_id, agent.id)
            change.serves_otherwise(agent)
        await change.store.remove(row)
        change.tell_queue(row, removed=True)


def _columns(values: dict[str, Any], zone: Callable[[], str]) -> dict[str, Any]:
    """As the table keeps them; hours without a time zone are by the tenant's clock."""
    kept = dict(values)
    if "overflow" in kept:
        kept["overflow"] = [step.model_dump(mode="json", exclude_none=True) for step in kept["overflow"]]
    if "announcements" in kept:
        kept["announcements"] = kept["announcements"].model_dump(mode="json")
    if "leave_keys" in kept:
        kept["leave_keys"] = {key: str(destination) for key, destination in kept["leave_keys"].items()}
    if (hours := kept.get("hours")) is not None:
        kept["hours"] = _in_zone(hours, zone)
    if "callback" in kept:
        calls = kept["callback"].hours
        kept["callback"] = kept["callback"].model_dump(mode="json")
        kept["callback"]["hours"] = None if calls is None else _in_zone(calls, zone)
    if "strategy" in kept:
        kept["strategy"] = kept["strategy"].value
    return kept


def _in_zone(hours: ScheduleFields, zone: Callable[[], str]) -> dict[str, Any]:
    return hours.model_dump(mode="json") | {"time_zone": hours.time_zone or zone()}


def _check_overflow(row: QueueRow) -> None:
    for place, step in enumerate(row.overflow):
        if step["destination"] == f"queue:{row.slug}":
            raise OverflowsIntoItself(field=f"overflow.{place}.destination")
    for key, destination in row.leave_keys.items():
        if destination == f"queue:{row.slug}":
            raise OverflowsIntoItself(field=f"leave_keys.{key}")
    if row.callback.get("key") in row.leave_keys:
        raise KeyTakenTwice(field="callback.key")
    if row.hours is not None and not any(step["when"] == "closed" for step in row.overflow):
        raise ClosedLeadsNowhere(field="hours")
