"""``/v1/trunks``."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.directory.announcements import trunk_changed
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
    seen_tenant,
)
from services.directory.api.idempotent import IdempotentRoute, posts
from services.directory.changes import snapshot
from services.directory.domain.trunks import incompleteness
from services.directory.errors import TrunkIncomplete
from services.directory.models import Tenant, Trunk
from services.directory.schemas.fields import named
from services.directory.schemas.trunks import TrunkCreate, TrunkUpdate, TrunkView
from shared.http.auth import TenantQuery, require
from shared.http.errors import NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.pages import InvalidCursor, Page
from shared.http.revisions import IfMatch, IfMatchInvalid, tag
from shared.http.tokens import Principal
from shared.telephony.safe_text import SafeName

router = APIRouter(prefix="/v1/trunks", tags=["trunks"], route_class=IdempotentRoute)

Reader = Annotated[Principal, Depends(require("tenant_admin", "manager", scope="trunks:read"))]
Writer = Annotated[Principal, Depends(require("tenant_admin", scope="trunks:write"))]


@router.post("", status_code=201, responses=posts(NotFound, TrunkIncomplete))
async def create_trunk(
    *,
    body: TrunkCreate,
    principal: Writer,
    here: ServicesHere,
    address: SourceAddress,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> TrunkView:
    """Make a trunk: of a tenant, or (by an administrator of the platform who names none) for all tenants."""
    owner = seen_tenant(principal, tenant_id)
    values = body.model_dump(exclude={"secret"})
    sealed = here.secrets.seal(body.secret) if body.secret else None
    trunk = Trunk(tenant_id=owner, secret_encrypted=sealed, **values)
    _check(trunk)
    async with here.changes.open(owner, actor(principal, address)) as change:
        if owner is not None:
            await row_to_show(change.store, Tenant, owner)
        await change.store.add(trunk)
        change.note("trunk.created", trunk, None, snapshot(trunk))
        change.announce(trunk_changed(trunk))
        shown = _view(trunk)
        change.answers(shown, revision=trunk.revision)
    tag(response, trunk)
    return shown


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_trunks(
    *,
    principal: Reader,
    here: ServicesHere,
    paging: Paging,
    tenant_id: TenantQuery = None,
    q: Search = None,
    display_name: Annotated[SafeName | None, Query(description="only trunks of this name")] = None,
) -> Page[TrunkView]:
    """Trunks in the order they were made. A tenant sees its own."""
    async with here.changes.reading(seen_tenant(principal, tenant_id)) as store:
        rows, cursor = await rows_to_list(store, Trunk, paging, q=q, display_name=display_name)
    return Page[TrunkView](items=[_view(row) for row in rows], next_cursor=cursor)


@router.get("/{trunk_id}", responses=problems(NotFound))
async def show_trunk(*, trunk_id: UUID, principal: Reader, here: ServicesHere, response: Response) -> TrunkView:
    """One trunk."""
    async with here.changes.reading(principal.tenant_id) as store:
        trunk = await row_to_show(store, Trunk, trunk_id)
    tag(response, trunk)
    return _view(trunk)


@router.patch("/{trunk_id}", responses=problems(NotFound, PreconditionFailed, TrunkIncomplete, IfMatchInvalid))
async def update_trunk(
    *,
    trunk_id: UUID,
    body: TrunkUpdate,
    principal: Writer,
    here: ServicesHere,
    address: SourceAddress,
    revision: IfMatch,
    response: Response,
) -> TrunkView:
    """Change a trunk. The switches take it up within seconds."""
    wanted = _columns(body, here)
    async with here.changes.open(principal.tenant_id, actor(principal, address)) as change:
        trunk = await row_to_change(change.store, Trunk, trunk_id, revision, body.revision)
        before = snapshot(trunk)
        apply(trunk, wanted)
        _check(trunk)
        await change.store.flush()
        if trunk.revision != before["revision"]:
            change.note("trunk.updated", trunk, before, snapshot(trunk))
            change.announce(trunk_changed(trunk))
    tag(response, trunk)
    return _view(trunk)


@router.delete("/{trunk_id}", status_code=204, responses=problems(NotFound, PreconditionFailed, IfMatchInvalid))
async def delete_trunk(
    *, trunk_id: UUID, principal: Writer, here: ServicesHere, address: SourceAddress, revision: IfMatch
) -> None:
    """Remove a trunk."""
    async with here.changes.open(principal.tenant_id, actor(principal, address)) as change:
        trunk = await row_to_change(change.store, Trunk, trunk_id, revision)
        await change.store.remove(trunk)
        change.note("trunk.removed", trunk, snapshot(trunk), None)
        change.announce(trunk_changed(trunk, removed=True))


def _columns(body: TrunkUpdate, here: ServicesHere) -> dict[str, Any]:
    wanted = named(body)
    if "secret" in wanted:
        secret = wanted.pop("secret")
        wanted["secret_encrypted"] = here.secrets.seal(secret) if secret else None
    return wanted


def _check(trunk: Trunk) -> None:
    wrong = incompleteness(
        kind=trunk.kind,
        has_username=bool(trunk.username),
        has_secret=bool(trunk.secret_encrypted),
        has_sources=bool(trunk.source_addresses),
    )
    if wrong:
        raise TrunkIncomplete(wrong[1], field=wrong[0])


def _view(trunk: Trunk) -> TrunkView:
    return TrunkView.model_validate({**trunk.model_dump(), "has_secret": trunk.secret_encrypted is not None})
