"""``/v1/numbers``."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.directory.announcements import number_changed
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
from services.directory.errors import NumberInUse, NumberTaken
from services.directory.models import Number, Tenant
from services.directory.schemas.fields import named
from services.directory.schemas.numbers import NumberCreate, NumberUpdate, NumberView
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.pages import InvalidCursor, Page
from shared.http.revisions import IfMatch, IfMatchInvalid, tag
from shared.http.tokens import Principal
from shared.telephony.numbers import E164Number

router = APIRouter(prefix="/v1/numbers", tags=["numbers"], route_class=IdempotentRoute)

Reader = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="numbers:read"))]
Writer = Annotated[Principal, Depends(require("tenant_admin", scope="numbers:write"))]


@router.post("", status_code=201, responses=posts(NotFound, NumberTaken))
async def create_number(
    *,
    body: NumberCreate,
    principal: Writer,
    here: ServicesHere,
    address: SourceAddress,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> NumberView:
    """Take in a number. It must not be anybody's; whose it is, is not told."""
    tenant = tenant_of(principal, tenant_id)
    number = number_row(body, tenant)
    async with here.changes.open(tenant, actor(principal, address)) as change:
        await row_to_show(change.store, Tenant, tenant)
        await change.store.add(number)
        change.note("number.created", number, None, snapshot(number))
        change.announce(number_changed(number))
        shown = NumberView.model_validate(number)
        change.answers(shown, revision=number.revision)
    tag(response, number)
    return shown


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_numbers(
    *,
    principal: Reader,
    here: ServicesHere,
    paging: Paging,
    tenant_id: TenantQuery = None,
    q: Search = None,
    number: Annotated[E164Number | None, Query(description="only this number")] = None,
) -> Page[NumberView]:
    """Numbers in order."""
    async with here.changes.reading(seen_tenant(principal, tenant_id)) as store:
        rows, cursor = await rows_to_list(store, Number, paging, q=q, e164=number)
    return Page[NumberView](items=[NumberView.model_validate(row) for row in rows], next_cursor=cursor)


@router.get("/{number_id}", responses=problems(NotFound))
async def show_number(*, number_id: UUID, principal: Reader, here: ServicesHere, response: Response) -> NumberView:
    """One number."""
    async with here.changes.reading(principal.tenant_id) as store:
        number = await row_to_show(store, Number, number_id)
    tag(response, number)
    return NumberView.model_validate(number)


@router.patch("/{number_id}", responses=problems(NotFound, PreconditionFailed, IfMatchInvalid))
async def update_number(
    *,
    number_id: UUID,
    body: NumberUpdate,
    principal: Writer,
    here: ServicesHere,
    address: SourceAddress,
    revision: IfMatch,
    response: Response,
) -> NumberView:
    """Change where a number's calls go."""
    wanted = named(body)
    if "destination" in wanted:
        wanted["destination"] = None if body.destination is None else str(body.destination)
    async with here.changes.open(principal.tenant_id, actor(principal, address)) as change:
        number = await row_to_change(change.store, Number, number_id, revision, body.revision)
        before = snapshot(number)
        apply(number, wanted)
        await change.store.flush()
        if number.revision != before["revision"]:
            change.note("number.updated", number, before, snapshot(number))
            change.announce(number_changed(number))
    tag(response, number)
    return NumberView.model_validate(number)


@router.delete(
    "/{number_id}", status_code=204, responses=problems(NotFound, NumberInUse, PreconditionFailed, IfMatchInvalid)
)
async def delete_number(
    *, number_id: UUID, principal: Writer, here: ServicesHere, address: SourceAddress, revision: IfMatch
) -> None:
    """Give a number up. Refused while an extension shows it as its caller id."""
    async with here.changes.open(principal.tenant_id, actor(principal, address)) as change:
        number = await row_to_change(change.store, Number, number_id, revision)
        if await change.store.of(number.tenant_id).callers_with(number.e164):
            raise NumberInUse()
        await change.store.remove(number)
        change.note("number.removed", number, snapshot(number), None)
        change.announce(number_changed(number, removed=True))


def number_row(body: NumberCreate, tenant_id: UUID) -> Number:
    """A new row."""
    destination = None if body.destination is None else str(body.destination)
    return Number(tenant_id=tenant_id, **{**body.model_dump(), "destination": destination})
