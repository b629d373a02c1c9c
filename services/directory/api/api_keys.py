"""``/v1/api-keys``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

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
from services.directory.domain.people import scopes_refusal
from services.directory.errors import ScopeNotGrantable
from services.directory.models import ApiKey, Tenant
from services.directory.schemas.fields import named
from services.directory.schemas.people import ApiKeyCreate, ApiKeyIssued, ApiKeyUpdate, ApiKeyView
from services.directory.sign_in import new_api_key
from shared.http.auth import TenantQuery, require
from shared.http.errors import NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.pages import InvalidCursor, Page
from shared.http.revisions import IfMatch, IfMatchInvalid, tag
from shared.http.tokens import Principal

router = APIRouter(prefix="/v1/api-keys", tags=["api-keys"], route_class=IdempotentRoute)

Admin = Annotated[Principal, Depends(require("tenant_admin"))]


@router.post("", status_code=201, responses=posts(NotFound, ScopeNotGrantable))
async def create_api_key(
    *,
    body: ApiKeyCreate,
    principal: Admin,
    here: ServicesHere,
    address: SourceAddress,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> ApiKeyIssued:
    """Make an API key: of a tenant, or (by an administrator of the platform who names none) of the platform.

    The key is shown in this answer and never again. Exchange it for access tokens at ``POST /v1/tokens``.
    """
    owner = seen_tenant(principal, tenant_id)
    _check_scopes(body.scopes, owner)
    prefix, hashed, whole = new_api_key()
    key = ApiKey(
        tenant_id=owner,
        display_name=body.display_name,
        prefix=prefix,
        secret_hash=hashed,
        scopes=sorted(set(body.scopes)),
        expires_at=body.expires_at,
        created_by=principal.subject,
    )
    async with here.changes.open(owner, actor(principal, address)) as change:
        if owner is not None:
            await row_to_show(change.store, Tenant, owner)
        await change.store.add(key)
        change.note("api_key.created", key, None, snapshot(key))
        shown = ApiKeyIssued.model_validate({**key.model_dump(), "api_key": whole})
        change.answers(shown, revision=key.revision)
    tag(response, key)
    response.headers["Cache-Control"] = "no-store"
    return shown


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_api_keys(
    *, principal: Admin, here: ServicesHere, paging: Paging, tenant_id: TenantQuery = None, q: Search = None
) -> Page[ApiKeyView]:
    """API keys in the order they were made."""
    async with here.changes.reading(seen_tenant(principal, tenant_id)) as store:
        rows, cursor = await rows_to_list(store, ApiKey, paging, q=q)
    return Page[ApiKeyView](items=[ApiKeyView.model_validate(row) for row in rows], next_cursor=cursor)


@router.get("/{key_id}", responses=problems(NotFound))
async def show_api_key(*, key_id: UUID, principal: Admin, here: ServicesHere, response: Response) -> ApiKeyView:
    """One API key."""
    async with here.changes.reading(principal.tenant_id) as store:
        key = await row_to_show(store, ApiKey, key_id)
    tag(response, key)
    return ApiKeyView.model_validate(key)


@router.patch("/{key_id}", responses=problems(NotFound, PreconditionFailed, ScopeNotGrantable, IfMatchInvalid))
async def update_api_key(
    *,
    key_id: UUID,
    body: ApiKeyUpdate,
    principal: Admin,
    here: ServicesHere,
    address: SourceAddress,
    revision: IfMatch,
    response: Response,
) -> ApiKeyView:
    """Change an API key. Tokens made from it before stay good for some minutes."""
    wanted = named(body)
    async with here.changes.open(principal.tenant_id, actor(principal, address)) as change:
        key = await row_to_change(change.store, ApiKey, key_id, revision, body.revision)
        if "scopes" in wanted:
            _check_scopes(wanted["scopes"], key.tenant_id)
            wanted["scopes"] = sorted(set(wanted["scopes"]))
        before = snapshot(key)
        apply(key, wanted)
        await change.store.flush()
        if key.revision != before["revision"]:
            change.note("api_key.updated", key, before, snapshot(key))
    tag(response, key)
    return ApiKeyView.model_validate(key)


@router.delete("/{key_id}", status_code=204, responses=problems(NotFound, PreconditionFailed, IfMatchInvalid))
async def delete_api_key(
    *, key_id: UUID, principal: Admin, here: ServicesHere, address: SourceAddress, revision: IfMatch
) -> None:
    """Remove an API key."""
    async with here.changes.open(principal.tenant_id, actor(principal, address)) as change:
        key = await row_to_change(change.store, ApiKey, key_id, revision)
        await change.store.remove(key)
        change.note("api_key.removed", key, snapshot(key), None)


def _check_scopes(scopes: Iterable[str], owner: UUID | None) -> None:
    if reason := scopes_refusal(scopes, for_platform=owner is None):
        raise ScopeNotGrantable(reason, field="scopes")
