"""``/v1/tenants``."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.directory.announcements import tenant_changed
from services.directory.api.context import (
    Paging,
    Search,
    ServicesHere,
    SourceAddress,
    actor,
    apply,
    row_to_change,
    row_to_show,
    rows_to_list,
)
from services.directory.api.idempotent import IdempotentRoute, posts
from services.directory.changes import snapshot
from services.directory.errors import (
    DomainAmbiguous,
    DomainTaken,
    PlatformOnly,
    SlugTaken,
    TenantNotEmpty,
)
from services.directory.models import Tenant
from services.directory.schemas.fields import named
from services.directory.schemas.tenants import OWN_FIELDS, TenantCreate, TenantUpdate, TenantView
from shared.http.auth import require
from shared.http.errors import NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.pages import InvalidCursor, Page
from shared.http.revisions import IfMatch, IfMatchInvalid, tag
from shared.http.tokens import Principal
from shared.telephony.ids import Slug

router = APIRouter(prefix="/v1/tenants", tags=["tenants"], route_class=IdempotentRoute)

Reader = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", "agent", scope="tenants:read"))
]
Writer = Annotated[Principal, Depends(require("tenant_admin", scope="tenants:write"))]


@router.post("", status_code=201, responses=posts(PlatformOnly, SlugTaken, DomainTaken, DomainAmbiguous))
async def create_tenant(
    *,
    body: TenantCreate,
    principal: Writer,
    here: ServicesHere,
    address: SourceAddress,
    response: Response,
    _key: IdempotencyKey = None,
) -> TenantView:
    """Make a tenant. For the platform's administrators."""
    _platform_only(principal)
    tenant = Tenant(**body.model_dump())
    async with here.changes.open(None, actor(principal, address)) as change:
        if await change.store.domains_alike(tenant.domain):
            raise DomainAmbiguous()
        await change.store.add(tenant)
        change.note("tenant.created", tenant, None, snapshot(tenant))
        change.announce(tenant_changed(tenant))
        shown = TenantView.model_validate(tenant)
        change.answers(shown, revision=tenant.revision)
    tag(response, tenant)
    return shown


@router.get("", responses=problems(InvalidCursor))
async def list_tenants(
    *,
    principal: Reader,
    here: ServicesHere,
    paging: Paging,
    q: Search = None,
    slug: Annotated[Slug | None, Query(description="only the tenant of this slug")] = None,
) -> Page[TenantView]:
    """Tenants by slug; people of a tenant see their own."""
    async with here.changes.reading(principal.tenant_id) as store:
        rows, cursor = await rows_to_list(store, Tenant, paging, q=q, slug=slug)
    return Page[TenantView](items=[TenantView.model_validate(row) for row in rows], next_cursor=cursor)


@router.get("/{tenant_id}", responses=problems(NotFound))
async def show_tenant(*, tenant_id: UUID, principal: Reader, here: ServicesHere, response: Response) -> TenantView:
    """One tenant."""
    async with here.changes.reading(principal.tenant_id) as store:
        tenant = await row_to_show(store, Tenant, tenant_id)
    tag(response, tenant)
    return TenantView.model_validate(tenant)


@router.patch("/{tenant_id}", responses=problems(NotFound, PlatformOnly, PreconditionFailed, IfMatchInvalid))
async def update_tenant(
    *,
    tenant_id: UUID,
    body: TenantUpdate,
    principal: Writer,
    here: ServicesHere,
    address: SourceAddress,
    revision: IfMatch,
    response: Response,
) -> TenantView:
    """Change a tenant. Its own administrators may change its name, time zone and language."""
    wanted = named(body)
    async with here.changes.open(principal.tenant_id, actor(principal, address)) as change:
        tenant = await row_to_change(change.store, Tenant, tenant_id, revision, body.revision)
        if principal.tenant_id is not None and not OWN_FIELDS.issuperset(wanted):
            raise PlatformOnly(field=min(set(wanted) - OWN_FIELDS))
        before = snapshot(tenant)
        apply(tenant, wanted)
        await change.store.flush()
        if tenant.revision != before["revision"]:
            change.note("tenant.updated", tenant, before, snapshot(tenant))
            change.announce(tenant_changed(tenant))
    tag(response, tenant)
    return TenantView.model_validate(tenant)


@router.delete(
    "/{tenant_id}",
    status_code=204,
    responses=problems(NotFound, PlatformOnly, PreconditionFailed, TenantNotEmpty, IfMatchInvalid),
)
async def delete_tenant(
    *, tenant_id: UUID, principal: Writer, here: ServicesHere, address: SourceAddress, revision: IfMatch
) -> None:
    """Remove a tenant that has nothing any more. To shut a tenant out at once, disable it."""
    _platform_only(principal)
    async with here.changes.open(None, actor(principal, address)) as change:
        tenant = await row_to_change(change.store, Tenant, tenant_id, revision)
        await change.store.remove(tenant)
        change.note("tenant.removed", tenant, snapshot(tenant), None)
        change.announce(tenant_changed(tenant, removed=True))


def _platform_only(principal: Principal) -> None:
    if principal.tenant_id is not None:
        raise PlatformOnly()
