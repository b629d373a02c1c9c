"""``/v1/devices``, and ``/v1/extensions/{id}/devices``."""

from __future__ import annotations

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
from services.directory.changes import Change, snapshot
from services.directory.device_passwords import checked_sip_password, new_sip_password
from services.directory.domain.devices import free_username
from services.directory.domain.sip_credentials import a1_hash
from services.directory.errors import SipUsernameTaken, WeakPassword
from services.directory.models import Device, Extension, Tenant
from services.directory.schemas.fields import named
from services.directory.schemas.phones import DeviceCreate, DeviceIssued, DeviceUpdate, DeviceView
from shared.http.auth import TenantQuery, require
from shared.http.errors import NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.pages import InvalidCursor, Page
from shared.http.revisions import IfMatch, IfMatchInvalid, tag
from shared.http.tokens import Principal
from shared.telephony.sip_names import SipUsername

router = APIRouter(tags=["devices"], route_class=IdempotentRoute)

Reader = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="devices:read"))]
Writer = Annotated[Principal, Depends(require("tenant_admin", scope="devices:write"))]


@router.post(
    "/v1/extensions/{extension_id}/devices",
    status_code=201,
    responses=posts(NotFound, SipUsernameTaken, WeakPassword),
)
async def create_device(
    *,
    extension_id: UUID,
    body: DeviceCreate,
    principal: Writer,
    here: ServicesHere,
    address: SourceAddress,
    response: Response,
    _key: IdempotencyKey = None,
) -> DeviceIssued:
    """Give an extension another device. A password that is made is shown in this answer and never again."""
    async with here.changes.open(principal.tenant_id, actor(principal, address)) as change:
        extension = await row_to_change(change.store, Extension, extension_id)
        tenant = await row_to_show(change.store, Tenant, extension.tenant_id)
        username = body.sip_username or await _free_username(change, extension)
        password = checked_sip_password(body.password, username, tenant.domain) or new_sip_password()
        device = Device(
            tenant_id=extension.tenant_id,
            extension_id=extension_id,
            sip_username=username,
            display_name=body.display_name,
            a1_hash=a1_hash(username, tenant.domain, password),
            enabled=body.enabled,
        )
        await change.store.add(device)
        change.note("device.created", device, None, snapshot(device))
        change.announce(device_changed(device, tenant.domain))
        await _extension_follows(change, extension)
        shown = _issued(device, tenant, None if body.password else password)
        change.answers(shown, revision=device.revision)
    return _unstored(shown, response)


@router.get("/v1/devices", responses=problems(NotFound, InvalidCursor))
async def list_devices(
    *,
    principal: Reader,
    here: ServicesHere,
    paging: Paging,
    tenant_id: TenantQuery = None,
    q: Search = None,
    extension_id: Annotated[UUID | None, Query(description="only the devices of this extension")] = None,
    sip_username: Annotated[SipUsername | None, Query(description="only the device with this SIP user name")] = None,
) -> Page[DeviceView]:
    """Devices by SIP user name."""
    async with here.changes.reading(seen_tenant(principal, tenant_id)) as store:
        rows, cursor = await rows_to_list(
            store, Device, paging, q=q, extension_id=extension_id, sip_username=sip_username
        )
    return Page[DeviceView](items=[DeviceView.model_validate(row) for row in rows], next_cursor=cursor)


@router.get("/v1/devices/{device_id}", responses=problems(NotFound))
async def show_device(*, device_id: UUID, principal: Reader, here: ServicesHere, response: Response) -> DeviceView:
    """One device."""
    async with here.changes.reading(principal.tenant_id) as store:
        device = await row_to_show(store, Device, device_id)
    tag(response, device)
    return DeviceView.model_validate(device)


@router.patch(
    "/v1/devices/{device_id}",
    responses=problems(NotFound, SipUsernameTaken, PreconditionFailed, WeakPassword, IfMatchInvalid),
)
async def update_device(
    *,
    device_id: UUID,
    body: DeviceUpdate,
    principal: Writer,
    here: ServicesHere,
    address: SourceAddress,
    revision: IfMatch,
    response: Response,
) -> DeviceIssued:
    """Change a device. With a new SIP user name and no password, one is made and shown in this answer."""
    wanted = named(body)
    password = wanted.pop("password", None)
    made: str | None = None
    async with here.changes.open(principal.tenant_id, actor(principal, address)) as change:
        extension, tenant = await _place(change, device_id)
        device = await row_to_change(change.store, Device, device_id, revision, body.revision)
        before = snapshot(device)
        apply(device, wanted)
        checked_sip_password(password, device.sip_username, tenant.domain)
        if password is None and device.sip_username != before["sip_username"]:
            password = made = new_sip_password()
        if password is not None:
            device.a1_hash = a1_hash(device.sip_username, tenant.domain, password)
        await _device_follows(change, device, before, extension, tenant)
    return _unstored(_issued(device, tenant, made), response)


@router.post("/v1/devices/{device_id}/password", responses=posts(NotFound, PreconditionFailed, IfMatchInvalid))
async def renew_password(
    *,
    device_id: UUID,
    principal: Writer,
    here: ServicesHere,
    address: SourceAddress,
    revision: IfMatch,
    response: Response,
    _key: IdempotencyKey = None,
) -> DeviceIssued:
    """Make a new password; the old one is good no more. Shown in this answer and never again."""
    async with here.changes.open(principal.tenant_id, actor(principal, address)) as change:
        extension, tenant = await _place(change, device_id)
        device = await row_to_change(change.store, Device, device_id, revision)
        before = snapshot(device)
        password = new_sip_password()
        device.a1_hash = a1_hash(device.sip_username, tenant.domain, password)
        await _device_follows(change, device, before, extension, tenant)
        shown = _issued(device, tenant, password)
        change.answers(shown, status=200, revision=device.revision)
    return _unstored(shown, response)


@router.delete(
    "/v1/devices/{device_id}", status_code=204, responses=problems(NotFound, PreconditionFailed, IfMatchInvalid)
)
async def delete_device(
    *, device_id: UUID, principal: Writer, here: ServicesHere, address: SourceAddress, revision: IfMatch
) -> None:
    """Remove a device."""
    async with here.changes.open(principal.tenant_id, actor(principal, address)) as change:
        extension, tenant = await _place(change, device_id)
        device = await row_to_change(change.store, Device, device_id, revision)
        await change.store.remove(device)
        change.note("device.removed", device, snapshot(device), None)
        change.announce(device_changed(device, tenant.domain, removed=True))
        await _extension_follows(change, extension)


async def _place(change: Change, device_id: UUID) -> tuple[Extension, Tenant]:
    """A device's extension, locked before the device itself as everywhere, and its tenant."""
    device = await row_to_show(change.store, Device, device_id)
    extension = await row_to_change(change.store, Extension, device.extension_id)
    return extension, await row_to_show(change.store, Tenant, device.tenant_id)


async def _free_username(change: Change, extension: Extension) -> str:
    store = change.store.of(extension.tenant_id)
    return free_username(extension.number, await store.taken_usernames_like(extension.number))


async def _device_follows(
    change: Change, device: Device, before: dict[str, object], extension: Extension, tenant: Tenant
) -> None:
    """Write a changed device, and tell of it; nothing when it did not change."""
    await change.store.flush()
    if device.revision == before["revision"]:
        return
    change.note("device.updated", device, before, snapshot(device))
    previous = str(before["sip_username"])
    renamed = previous if previous != device.sip_username else None
    change.announce(device_changed(device, tenant.domain, previous_sip_username=renamed))
    await _extension_follows(change, extension)


async def _extension_follows(change: Change, extension: Extension) -> None:
    """A change of a device is a new revision of its extension."""
    await change.store.renew(extension, change.clock.now())
    change.touch(extension)
    change.announce(extension_changed(extension, await change.store.devices_of([extension.id])))


def _issued(device: Device, tenant: Tenant, password: str | None) -> DeviceIssued:
    return DeviceIssued.model_validate({**device.model_dump(), "domain": tenant.domain, "password": password})


def _unstored(shown: DeviceIssued, response: Response) -> DeviceIssued:
    tag(response, shown)
    response.headers["Cache-Control"] = "no-store"
    return shown
