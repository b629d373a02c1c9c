"""``/v1/inbound-routes``: where a public number's calls go, by the hour."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from services.routing.api.context import (
    Here,
    HereNow,
    Paging,
    named,
    page_of,
    room_for,
    row_to_change,
    row_to_show,
    tag,
)
from services.routing.errors import NotReadyYet, NumberNotOwned, RouteExists, TooManyRows
from services.routing.models import InboundRouteRow
from services.routing.schemas.inbound_routes import (
    EntryFields,
    InboundRouteCreate,
    InboundRouteUpdate,
    InboundRouteView,
)
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.pages import InvalidCursor, Page
from shared.http.tokens import Principal

router = APIRouter(prefix="/v1/inbound-routes", tags=["inbound routes"], route_class=IdempotentRoute)

Reader = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="routes:read"))]
Writer = Annotated[Principal, Depends(require("tenant_admin", scope="routes:write"))]


@router.post("", status_code=201, responses=posts(NotFound, RouteExists, TooManyRows, NumberNotOwned, NotReadyYet))
async def create_inbound_route(
    *,
    body: InboundRouteCreate,
    principal: Writer,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> InboundRouteView:
    """Make a route for a number. It replaces the number's plain destination."""
    tenant = tenant_of(principal, tenant_id)
    if body.number_id not in here.tenant(tenant).numbers:
        raise NumberNotOwned(field="number_id")
    row = InboundRouteRow(
        tenant_id=tenant,
        number_id=body.number_id,
        entries=_entries(here, tenant, body.entries),
        otherwise=str(body.otherwise) if body.otherwise else None,
    )
    async with here.changes.open(tenant) as store:
        await room_for(store, InboundRouteRow)
        await store.add(row)
    tag(response, row)
    return _view(here, row)


@router.get("", responses=problems(NotFound, InvalidCursor, NotReadyYet))
async def list_inbound_routes(
    principal: Reader, here: HereNow, paging: Paging, tenant_id: TenantQuery = None
) -> Page[InboundRouteView]:
    """Inbound routes, oldest first."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        rows, cursor = await page_of(store, InboundRouteRow, paging)
    return Page[InboundRouteView](items=[_view(here, row) for row in rows], next_cursor=cursor)


@router.get("/{route_id}", responses=problems(NotFound))
async def show_inbound_route(
    route_id: UUID, principal: Reader, here: HereNow, response: Response, tenant_id: TenantQuery = None
) -> InboundRouteView:
    """One inbound route."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        row = await row_to_show(store, InboundRouteRow, route_id)
    tag(response, row)
    return _view(here, row)


@router.patch("/{route_id}", responses=problems(NotFound, PreconditionFailed, NotReadyYet))
async def update_inbound_route(
    *,
    route_id: UUID,
    body: InboundRouteUpdate,
    principal: Writer,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
) -> InboundRouteView:
    """Change a route; what is not given stays."""
    tenant = tenant_of(principal, tenant_id)
    wanted = named(body)
    async with here.changes.open(tenant) as store:
        row = await row_to_change(store, InboundRouteRow, route_id, wanted.get("revision"))
        if "entries" in wanted:
            row.entries = _entries(here, tenant, body.entries)
        if "otherwise" in wanted:
            row.otherwise = str(body.otherwise) if body.otherwise else None
        await store.flush()
    tag(response, row)
    return _view(here, row)


@router.delete("/{route_id}", status_code=204, responses=problems(NotFound))
async def delete_inbound_route(route_id: UUID, principal: Writer, here: HereNow, tenant_id: TenantQuery = None) -> None:
    """Remove a route; the number's plain destination counts again."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        await store.remove(await row_to_change(store, InboundRouteRow, route_id))


def _entries(here: Here, tenant_id: UUID, entries: list[EntryFields]) -> list[dict[str, Any]]:
    """As the table keeps them, each schedule with its time zone."""
    tenant = here.tenant(tenant_id).tenant
    assert tenant is not None  # noqa: S101 -- Here.tenant has seen to it
    kept = [entry.model_dump(mode="json") for entry in entries]
    for entry in kept:
        if entry["schedule"] and not entry["schedule"]["time_zone"]:
            entry["schedule"]["time_zone"] = tenant.time_zone
    return kept


def _view(here: Here, row: InboundRouteRow) -> InboundRouteView:
    numbers = here.replica.config.tenant(row.tenant_id).numbers
    number = numbers.get(row.number_id)
    return InboundRouteView.model_validate({**row.model_dump(), "e164": number.e164 if number else None})
