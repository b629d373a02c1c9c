"""``/v1/ring-groups``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.routing.api.context import Here, HereNow, Paging, page_of, room_for, row_to_change, row_to_show, tag
from services.routing.api.context import named as given
from services.routing.errors import ExtensionUnknown, NotReadyYet, RingGroupSlugTaken, TooManyRows
from services.routing.models import RingGroupRow
from services.routing.schemas.ring_groups import MemberFields, RingGroupCreate, RingGroupUpdate, RingGroupView
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.pages import InvalidCursor, Page
from shared.http.tokens import Principal
from shared.telephony.ids import Slug

router = APIRouter(prefix="/v1/ring-groups", tags=["ring groups"], route_class=IdempotentRoute)

Reader = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="routes:read"))]
Writer = Annotated[Principal, Depends(require("tenant_admin", scope="routes:write"))]


@router.post(
    "",
    status_code=201,
    responses=posts(NotFound, RingGroupSlugTaken, TooManyRows, ExtensionUnknown, NotReadyYet),
)
async def create_ring_group(
    *,
    body: RingGroupCreate,
    principal: Writer,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> RingGroupView:
    """Make a ring group."""
    tenant = tenant_of(principal, tenant_id)
    _check_members(here, tenant, body.members)
    row = RingGroupRow(tenant_id=tenant, **_columns(body.model_dump()))
    async with here.changes.open(tenant) as store:
        await room_for(store, RingGroupRow)
        await store.add(row)
    tag(response, row)
    return RingGroupView.model_validate(row)


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_ring_groups(
    principal: Reader,
    here: HereNow,
    paging: Paging,
    slug: Annotated[Slug | None, Query(description="only the ring group of this slug")] = None,
    tenant_id: TenantQuery = None,
) -> Page[RingGroupView]:
    """Ring groups, oldest first."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        rows, cursor = await page_of(store, RingGroupRow, paging, slug=slug)
    return Page[RingGroupView](items=[RingGroupView.model_validate(row) for row in rows], next_cursor=cursor)


@router.get("/{ring_group_id}", responses=problems(NotFound))
async def show_ring_group(
    ring_group_id: UUID, principal: Reader, here: HereNow, response: Response, tenant_id: TenantQuery = None
) -> RingGroupView:
    """One ring group."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        row = await row_to_show(store, RingGroupRow, ring_group_id)
    tag(response, row)
    return RingGroupView.model_validate(row)


@router.patch(
    "/{ring_group_id}",
    responses=problems(NotFound, RingGroupSlugTaken, PreconditionFailed, ExtensionUnknown, NotReadyYet),
)
async def update_ring_group(
    *,
    ring_group_id: UUID,
    body: RingGroupUpdate,
    principal: Writer,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
) -> RingGroupView:
    """Change a ring group; what is not given stays."""
    tenant = tenant_of(principal, tenant_id)
    wanted = given(body)
    _check_members(here, tenant, body.members)
    async with here.changes.open(tenant) as store:
        row = await row_to_change(store, RingGroupRow, ring_group_id, wanted.pop("revision", None))
        for name, value in _columns(wanted).items():
            setattr(row, name, value)
        await store.flush()
    tag(response, row)
    return RingGroupView.model_validate(row)


@router.delete("/{ring_group_id}", status_code=204, responses=problems(NotFound))
async def delete_ring_group(
    ring_group_id: UUID, principal: Writer, here: HereNow, tenant_id: TenantQuery = None
) -> None:
    """Remove a ring group; what leads to it leads nowhere from then on."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        await store.remove(await row_to_change(store, RingGroupRow, ring_group_id))


def _check_members(here: Here, tenant_id: UUID, members: Iterable[MemberFields]) -> None:
    known = here.tenant(tenant_id).by_number
    for place, member in enumerate(members):
        if member.extension not in known:
            raise ExtensionUnknown(f"no extension {member.extension}", field=f"members.{place}.extension")


def _columns(values: dict[str, object]) -> dict[str, object]:
    """As the table keeps them."""
    kept = dict(values)
    if kept.get("no_answer") is not None:
        kept["no_answer"] = str(kept["no_answer"])
    if "members" in kept:
        kept["members"] = [
            one if isinstance(one, dict) else one.model_dump()  # type: ignore[attr-defined]
            for one in kept["members"]  # type: ignore[attr-defined]
        ]
    return kept
