"""``/v1/outbound-rules``: what may be called, and by which trunks."""

from __future__ import annotations

from typing import Annotated
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
from services.routing.domain.index import serves
from services.routing.errors import NotReadyYet, PrefixTaken, TooManyRows, TrunkUnknown
from services.routing.models import OutboundRuleRow
from services.routing.schemas.outbound_rules import OutboundRuleCreate, OutboundRuleUpdate, OutboundRuleView
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.pages import InvalidCursor, Page
from shared.http.tokens import Principal

router = APIRouter(prefix="/v1/outbound-rules", tags=["outbound rules"], route_class=IdempotentRoute)

Reader = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="routes:read"))]
Writer = Annotated[Principal, Depends(require("tenant_admin", scope="routes:write"))]


@router.post("", status_code=201, responses=posts(NotFound, PrefixTaken, TooManyRows, TrunkUnknown, NotReadyYet))
async def create_outbound_rule(
    *,
    body: OutboundRuleCreate,
    principal: Writer,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> OutboundRuleView:
    """Make a rule. The one with the longest prefix of a number counts."""
    tenant = tenant_of(principal, tenant_id)
    _check_trunks(here, tenant, body.trunk_ids)
    row = OutboundRuleRow(tenant_id=tenant, **body.model_dump())
    async with here.changes.open(tenant) as store:
        await room_for(store, OutboundRuleRow)
        await store.add(row)
    tag(response, row)
    return OutboundRuleView.model_validate(row)


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_outbound_rules(
    principal: Reader, here: HereNow, paging: Paging, tenant_id: TenantQuery = None
) -> Page[OutboundRuleView]:
    """Outbound rules, oldest first."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        rows, cursor = await page_of(store, OutboundRuleRow, paging)
    return Page[OutboundRuleView](items=[OutboundRuleView.model_validate(row) for row in rows], next_cursor=cursor)


@router.get("/{rule_id}", responses=problems(NotFound))
async def show_outbound_rule(
    rule_id: UUID, principal: Reader, here: HereNow, response: Response, tenant_id: TenantQuery = None
) -> OutboundRuleView:
    """One rule."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        row = await row_to_show(store, OutboundRuleRow, rule_id)
    tag(response, row)
    return OutboundRuleView.model_validate(row)


@router.patch("/{rule_id}", responses=problems(NotFound, PrefixTaken, PreconditionFailed, TrunkUnknown, NotReadyYet))
async def update_outbound_rule(
    *,
    rule_id: UUID,
    body: OutboundRuleUpdate,
    principal: Writer,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
) -> OutboundRuleView:
    """Change a rule; what is not given stays."""
    tenant = tenant_of(principal, tenant_id)
    wanted = named(body)
    _check_trunks(here, tenant, body.trunk_ids)
    async with here.changes.open(tenant) as store:
        row = await row_to_change(store, OutboundRuleRow, rule_id, wanted.pop("revision", None))
        for name, value in wanted.items():
            setattr(row, name, value)
        await store.flush()
    tag(response, row)
    return OutboundRuleView.model_validate(row)


@router.delete("/{rule_id}", status_code=204, responses=problems(NotFound))
async def delete_outbound_rule(rule_id: UUID, principal: Writer, here: HereNow, tenant_id: TenantQuery = None) -> None:
    """Remove a rule."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        await store.remove(await row_to_change(store, OutboundRuleRow, rule_id))


def _check_trunks(here: Here, tenant_id: UUID, trunk_ids: list[UUID]) -> None:
    here.tenant(tenant_id)
    trunks = here.replica.config.trunks
    for place, trunk_id in enumerate(trunk_ids):
        trunk = trunks.get(trunk_id)
        if trunk is None or not serves(trunk, tenant_id):
            raise TrunkUnknown(field=f"trunk_ids.{place}")
