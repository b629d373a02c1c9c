"""``POST /v1/customers/import``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastapi import APIRouter, Request

from services.ivr.api.context import HereNow
from services.ivr.api.customers import Writer, customers_of, refuse_too_many
from services.ivr.domain.customer_imports import COLUMNS, Admission
from services.ivr.errors import CustomerExternalIdTaken, CustomerNumberTaken, TooManyRows
from services.ivr.models_customers import CustomerRow
from services.ivr.schemas.customers import CustomerImport, CustomerImportRow, ImportedCustomer
from services.ivr.store.customers import CustomerStore
from shared.http.auth import TenantQuery, tenant_of
from shared.http.errors import NotFound, UnsupportedMedia
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.imports.api import (
    CheckedRow,
    DryRun,
    ImportUnreadable,
    Mode,
    ModeQuery,
    breathe,
    documented,
    field_problems,
    may_write,
    read_rows,
)

router = APIRouter(prefix="/v1/customers", tags=["customers"], route_class=IdempotentRoute)

EXAMPLE: Final = "name,language,numbers,external_id,attribute.vip\nSara,fa,+989121234567 +982112345678,C-1,yes\n"
Row = CheckedRow[CustomerImportRow]


@router.post(
    "/import",
    responses=posts(
        NotFound, CustomerNumberTaken, CustomerExternalIdTaken, TooManyRows, ImportUnreadable, UnsupportedMedia
    ),
    openapi_extra=documented(CustomerImportRow, EXAMPLE),
)
async def import_customers(
    *,
    request: Request,
    principal: Writer,
    here: HereNow,
    tenant_id: TenantQuery = None,
    mode: ModeQuery = "all_or_nothing",
    dry_run: DryRun = False,
    _key: IdempotencyKey = None,
) -> CustomerImport:
    """Make many customers, from CSV or JSON. Attributes are columns of their own, such as ``attribute.vip``."""
    tenant = tenant_of(principal, tenant_id)
    rows = await read_rows(request, CustomerImportRow, COLUMNS)
    async with customers_of(here, tenant) as store:
        await refuse_too_many(store, len(rows))
        admission = await _admission(store, rows)
        for index, row in enumerate(rows):
            await breathe(index)
            if row.body is not None:
                row.problems += admission.problems(row.body.numbers, row.body.external_id)
        written = may_write(rows, mode, dry_run)
        made = await _write(store, rows) if written else {}
    return _report(rows, made, mode=mode, dry_run=dry_run)


async def _admission(store: CustomerStore, rows: Iterable[Row]) -> Admission:
    bodies = [row.body for row in rows if row.body is not None]
    return Admission(
        numbers=await store.taken_numbers({number for body in bodies for number in body.numbers}),
        external_ids=await store.taken_external_ids({body.external_id for body in bodies if body.external_id}),
    )


async def _write(store: CustomerStore, rows: Iterable[Row]) -> dict[int, CustomerRow]:
    """The good ones, by the row's number. Raises the Conflict of what somebody else took meanwhile."""
    good = [(row.row, row.body) for row in rows if row.is_good and row.body is not None]
    made = {
        place: CustomerRow(tenant_id=store.tenant_id, **body.model_dump(exclude={"numbers"})) for place, body in good
    }
    await store.add(*made.values())
    await store.put_numbers((made[place].id, number) for place, body in good for number in body.numbers)
    return made


def _report(rows: list[Row], made: dict[int, CustomerRow], *, mode: Mode, dry_run: bool) -> CustomerImport:
    return CustomerImport(
        mode=mode,
        dry_run=dry_run,
        applied=bool(made),
        created=len(made),
        refused=sum(not row.is_good for row in rows),
        rows=[_reported(row, made.get(row.row)) for row in rows],
    )


def _reported(row: Row, made: CustomerRow | None) -> ImportedCustomer:
    name = row.body.name if row.body is not None else None
    if not row.is_good:
        return ImportedCustomer(row=row.row, name=name, status="refused", errors=field_problems(row.problems))
    return ImportedCustomer(row=row.row, name=name, status="created" if made else "valid", id=made.id if made else None)
