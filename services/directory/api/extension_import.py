"""``POST /v1/extensions/import``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from services.directory.announcements import device_changed, extension_changed
from services.directory.api.context import ServicesHere, SourceAddress, actor, row_to_show
from services.directory.api.idempotent import IdempotentRoute, posts
from services.directory.api.importing import report
from services.directory.changes import Change, snapshot
from services.directory.device_passwords import new_sip_password
from services.directory.domain.imports import Admission
from services.directory.domain.passwords import weakness
from services.directory.domain.sip_credentials import a1_hash
from services.directory.errors import ExtensionNumberTaken, SipUsernameTaken
from services.directory.models import Device, Extension, Tenant
from services.directory.schemas.imports import DeviceLogin, ExtensionImportRow, ImportedRow, ImportReport
from services.directory.store import Store
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import NotFound, UnsupportedMedia
from shared.http.idempotency import IdempotencyKey
from shared.http.tokens import Principal
from shared.imports.api import (
    CheckedRow,
    DryRun,
    ImportUnreadable,
    ModeQuery,
    breathe,
    documented,
    field_problems,
    may_write,
    read_rows,
)
from shared.imports.files import Kind, Problem

router = APIRouter(prefix="/v1/extensions", tags=["extensions"], route_class=IdempotentRoute)

Writer = Annotated[Principal, Depends(require("tenant_admin", scope="extensions:write"))]

COLUMNS: Final[Mapping[str, Kind]] = {
    "number": "text",
    "display_name": "text",
    "enabled": "flag",
    "call_class": "text",
    "outbound_caller_id": "text",
    "max_calls": "integer",
    "max_calls_per_second": "integer",
    "max_international_minutes_per_day": "integer",
    "language": "text",
    "create_device": "flag",
    "sip_username": "text",
    "sip_password": "text",
}
EXAMPLE: Final = "number,display_name,call_class\n101,Sara,national\n102,Reza,internal\n"

Row = CheckedRow[ExtensionImportRow]


@dataclass(frozen=True, slots=True)
class Planned:
    """A row with what it becomes."""

    row: Row
    extension: Extension | None = None
    device: Device | None = None
    password: str | None = None


@router.post(
    "/import",
    responses=posts(NotFound, ExtensionNumberTaken, SipUsernameTaken, ImportUnreadable, UnsupportedMedia),
    openapi_extra=documented(ExtensionImportRow, EXAMPLE),
)
async def import_extensions(
    *,
    request: Request,
    principal: Writer,
    here: ServicesHere,
    address: SourceAddress,
    response: Response,
    tenant_id: TenantQuery = None,
    mode: ModeQuery = "all_or_nothing",
    dry_run: DryRun = False,
    _key: IdempotencyKey = None,
) -> ImportReport:
    """Make many extensions, each with its first device, from CSV or JSON. Made passwords are shown this once."""
    owner = tenant_of(principal, tenant_id)
    rows = await read_rows(request, ExtensionImportRow, COLUMNS)
    async with here.changes.open(owner, actor(principal, address)) as change:
        tenant = await row_to_show(change.store, Tenant, owner)
        planned = await _plan(rows, await _admission(change.store, rows), tenant)
        written = may_write(rows, mode, dry_run)
        if written:
            await _write(change, planned, tenant)
        reported = [_reported(one, tenant, written) for one in planned]
        shown = report(reported, mode=mode, dry_run=dry_run)
        if written:
            change.answers(shown, status=200)
    response.headers["Cache-Control"] = "no-store"
    return shown


async def _admission(store: Store, rows: Iterable[Row]) -> Admission:
    bodies = [row.body for row in rows if row.body is not None]
    callers = {body.outbound_caller_id for body in bodies if body.outbound_caller_id}
    return Admission(
        numbers=await store.taken_extension_numbers(body.number for body in bodies),
        usernames=await store.usernames(),
        caller_ids=frozenset(await store.own_numbers(callers)),
    )


async def _plan(rows: Iterable[Row], admission: Admission, tenant: Tenant) -> list[Planned]:
    planned: list[Planned] = []
    for index, row in enumerate(rows):
        await breathe(index)
        planned.append(_planned(row, admission, tenant))
    return planned


def _planned(row: Row, admission: Admission, tenant: Tenant) -> Planned:
    body = row.body
    if body is None:
        return Planned(row)
    row.problems += admission.number("number", body.number, ExtensionNumberTaken.code)
    row.problems += admission.caller_id(body.outbound_caller_id)
    values = body.model_dump(exclude={"create_device", "sip_username", "sip_password"})
    extension = Extension(tenant_id=tenant.id, **values)
    if not body.create_device:
        return Planned(row, extension)
    username, problems = admission.username(body.sip_username, body.number)
    row.problems += problems
    if body.sip_password and (reason := weakness(body.sip_password, (username, tenant.domain))):
        row.problems.append(Problem("sip_password", "weak_password", f"the password {reason}"))
    password = body.sip_password or new_sip_password()
    device = Device(
        tenant_id=tenant.id,
        extension_id=extension.id,
        sip_username=username,
        a1_hash=a1_hash(username, tenant.domain, password),
    )
    return Planned(row, extension, device, None if body.sip_password else password)


async def _write(change: Change, planned: Iterable[Planned], tenant: Tenant) -> None:
    good = [one for one in planned if one.row.is_good]
    await change.store.add(*(one.extension for one in good if one.extension is not None))
    await change.store.add(*(one.device for one in good if one.device is not None))
    for index, one in enumerate(good):
        await breathe(index)
        if one.extension is None:
            continue
        change.note("extension.created", one.extension, None, snapshot(one.extension))
        change.announce(extension_changed(one.extension, [one.device] if one.device else []))
        if one.device is not None:
            change.note("device.created", one.device, None, snapshot(one.device))
            change.announce(device_changed(one.device, tenant.domain))


def _reported(one: Planned, tenant: Tenant, written: bool) -> ImportedRow:
    number = one.row.body.number if one.row.body is not None else None
    if not one.row.is_good or one.extension is None:
        return ImportedRow(row=one.row.row, number=number, status="refused", errors=field_problems(one.row.problems))
    device = None
    if one.device is not None:
        device = DeviceLogin(
            id=one.device.id if written else None,
            sip_username=one.device.sip_username,
            domain=tenant.domain,
            password=one.password if written else None,
        )
    return ImportedRow(
        row=one.row.row,
        number=number,
        status="created" if written else "valid",
        id=one.extension.id if written else None,
        device=device,
    )
