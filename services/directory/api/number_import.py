"""``POST /v1/numbers/import``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response

from services.directory.announcements import number_changed
from services.directory.api.context import ServicesHere, SourceAddress, actor, row_to_show
from services.directory.api.idempotent import IdempotentRoute, posts
from services.directory.api.importing import report
from services.directory.api.numbers import number_row
from services.directory.changes import snapshot
from services.directory.domain.imports import Admission
from services.directory.errors import NumberTaken
from services.directory.models import Number, Tenant
from services.directory.schemas.imports import ImportedRow, ImportReport
from services.directory.schemas.numbers import NumberCreate
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import NotFound, UnsupportedMedia
from shared.http.idempotency import IdempotencyKey
from shared.http.tokens import Principal
from shared.imports.api import (
    CheckedRow,
    DryRun,
    ImportUnreadable,
    ModeQuery,
    documented,
    field_problems,
    may_write,
    read_rows,
)
from shared.imports.files import Kind

router = APIRouter(prefix="/v1/numbers", tags=["numbers"], route_class=IdempotentRoute)

Writer = Annotated[Principal, Depends(require("tenant_admin", scope="numbers:write"))]

COLUMNS: Final[Mapping[str, Kind]] = {
    "e164": "text",
    "destination": "text",
    "display_name": "text",
    "enabled": "flag",
}
EXAMPLE: Final = "e164,destination\n+982112345678,extension:101\n"

Row = CheckedRow[NumberCreate]


@router.post(
    "/import",
    responses=posts(NotFound, NumberTaken, ImportUnreadable, UnsupportedMedia),
    openapi_extra=documented(NumberCreate, EXAMPLE),
)
async def import_numbers(
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
    """Take in many numbers from CSV or JSON."""
    owner = tenant_of(principal, tenant_id)
    rows = await read_rows(request, NumberCreate, COLUMNS)
    async with here.changes.reading(None) as everywhere:
        taken = await everywhere.taken_numbers(row.body.e164 for row in rows if row.body is not None)
    admission = Admission(numbers=taken)
    for row in rows:
        if row.body is not None:
            row.problems += admission.number("e164", row.body.e164, NumberTaken.code)
    written = may_write(rows, mode, dry_run)
    made = {row.row: number_row(row.body, owner) for row in rows if row.body is not None and row.is_good}
    async with here.changes.open(owner, actor(principal, address)) as change:
        await row_to_show(change.store, Tenant, owner)
        if written:
            await change.store.add(*made.values())
            for number in made.values():
                change.note("number.created", number, None, snapshot(number))
                change.announce(number_changed(number))
        shown = report([_reported(row, made, written) for row in rows], mode=mode, dry_run=dry_run)
        if written:
            change.answers(shown, status=200)
    response.headers["Cache-Control"] = "no-store"
    return shown


def _reported(row: Row, made: Mapping[int, Number], written: bool) -> ImportedRow:
    e164 = row.body.e164 if row.body is not None else None
    if not row.is_good:
        return ImportedRow(row=row.row, number=e164, status="refused", errors=field_problems(row.problems))
    status = "created" if written else "valid"
    return ImportedRow(row=row.row, number=e164, status=status, id=made[row.row].id if written else None)
