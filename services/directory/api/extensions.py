"""``/v1/extensions``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.directory.announcements import device_changed, extension_changed
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
from services.directory.errors import CallerIdNotOwned, ExtensionNumberTaken
from services.directory.models import Device, Extension, Tenant
from services.directory.schemas.fields import named
from services.directory.schemas.phones import DeviceView, ExtensionCreate, ExtensionUpdate, ExtensionView
from services.directory.store import Store
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.pages import InvalidCursor, Page
from shared.http.revisions import IfMatch, IfMatchInvalid, tag
from shared.http.tokens import Principal
from shared.telephony.numbers import ExtensionNumber

router = APIRouter(prefix="/v1/extensions", tags=["extensions"], route_class=IdempotentRoute)

Reader = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", "agent", scope="extensions:read"))
]
Writer = Annotated[Principal, Depends(require("tenant_admin", scope="extensions:write"))]


@router.post("", status_code=201, responses=posts(NotFound, ExtensionNumberTaken, CallerIdNotOwned))
async def create_extension(
    *,
    body: ExtensionCreate,
    principal: Writer,
    here: ServicesHere,
    address: SourceAddress,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> ExtensionView:
    """Make an extension. It rings nowhere until it has a device."""
    tenant = tenant_of(principal, tenant_id)
    extension = Extension(tenant_id=tenant, **body.model_dump())
    async with here.changes.open(tenant, actor(principal, address)) as change:
        await row_to_show(change.store, Tenant, tenant)
        await check_caller_id(change.store, extension.outbound_caller_id)
        await change.store.add(extension)
        change.note("extension.created", extension, None, snapshot(extension))
        change.announce(extension_changed(extension, ()))
        shown = extension_view(extension, ())
        change.answers(shown, revision=extension.revision)
    tag(response, extension)
    return shown


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_extensions(
    *,
    principal: Reader,
    here: ServicesHere,
    paging: Paging,
    tenant_id: TenantQuery = None,
    q: Search = None,
    number: Annotated[ExtensionNumber | None, Query(description="only the extension with this number")] = None,
) -> Page[ExtensionView]:
    """Extensions by number."""
    async with here.changes.reading(seen_tenant(principal, tenant_id)) as store:
        rows, cursor = await rows_to_list(store, Extension, paging, q=q, number=number)
        devices = await store.devices_by_extension(row.id for row in rows)
    items = [extension_view(row, devices.get(row.id, ())) for row in rows]
    return Page[ExtensionView](items=items, next_cursor=cursor)


@router.get("/{extension_id}", responses=problems(NotFound))
async def show_extension(
    *, extension_id: UUID, principal: Reader, here: ServicesHere, response: Response
) -> ExtensionView:
    """One extension with its devices."""
    async with here.changes.reading(principal.tenant_id) as store:
        extension = await row_to_show(store, Extension, extension_id)
        devices = await store.devices_of([extension_id])
    return _shown(extension, devices, response)


@router.patch(
    "/{extension_id}",
    responses=problems(NotFound, ExtensionNumberTaken, PreconditionFailed, CallerIdNotOwned, IfMatchInvalid),
)
async def update_extension(
    *,
    extension_id: UUID,
    body: ExtensionUpdate,
    principal: Writer,
    here: ServicesHere,
    address: SourceAddress,
    revision: IfMatch,
    response: Response,
) -> ExtensionView:
    """Change an extension. Its devices keep their SIP user names."""
    async with here.changes.open(principal.tenant_id, actor(principal, address)) as change:
        extension = await row_to_change(change.store, Extension, extension_id, revision, body.revision)
        before = snapshot(extension)
        apply(extension, named(body))
        if extension.outbound_caller_id != before["outbound_caller_id"]:
            await check_caller_id(change.store.of(extension.tenant_id), extension.outbound_caller_id)
        await change.store.flush()
        devices = await change.store.devices_of([extension_id])
        if extension.revision != before["revision"]:
            change.note("extension.updated", extension, before, snapshot(extension))
            change.announce(extension_changed(extension, devices))
    return _shown(extension, devices, response)


@router.delete("/{extension_id}", status_code=204, responses=problems(NotFound, PreconditionFailed, IfMatchInvalid))
async def delete_extension(
    *, extension_id: UUID, principal: Writer, here: ServicesHere, address: SourceAddress, revision: IfMatch
) -> None:
    """Remove an extension with its devices."""
    async with here.changes.open(principal.tenant_id, actor(principal, address)) as change:
        extension = await row_to_change(change.store, Extension, extension_id, revision)
        tenant = await row_to_show(change.store, Tenant, extension.tenant_id)
        for device in await change.store.devices_of([extension_id], lock=True):
            await change.store.remove(device)
            change.note("device.removed", device, snapshot(device), None)
            change.announce(device_changed(device, tenant.domain, removed=True))
        await change.store.remove(extension)
        change.note("extension.removed", extension, snapshot(extension), None)
        change.announce(extension_changed(extension, (), removed=True))


async def check_caller_id(store: Store, e164: str | None) -> None:
    """Raise CallerIdNotOwned unless the number is one of the tenant's (or none is given)."""
    if e164 is not None and not await store.own_numbers([e164]):
        raise CallerIdNotOwned(field="outbound_caller_id")


def extension_view(extension: Extension, devices: Sequence[Device]) -> ExtensionView:
    """An extension as REST shows it."""
    shown = [DeviceView.model_validate(device) for device in devices]
    return ExtensionView.model_validate({**extension.model_dump(), "devices": shown})


def _shown(extension: Extension, devices: Sequence[Device], response: Response) -> ExtensionView:
    tag(response, extension)
    return extension_view(extension, devices)
