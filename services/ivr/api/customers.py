"""``/v1/customers``: whom a tenant knows, by number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AfterValidator, StringConstraints

from services.ivr.api.context import Here, HereNow, Paging, named
from services.ivr.errors import CustomerExternalIdTaken, CustomerNumberTaken, TooManyRows
from services.ivr.models_customers import CustomerRow
from services.ivr.schemas.customers import CustomerCreate, CustomerUpdate, CustomerView, ExternalId
from services.ivr.store.customers import CustomerStore
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.pages import InvalidCursor, Page
from shared.http.revisions import IfMatch, IfMatchInvalid, check_revision, tag
from shared.http.tokens import Principal
from shared.telephony.numbers import E164Number
from shared.telephony.safe_text import safe_name

router = APIRouter(prefix="/v1/customers", tags=["customers"], route_class=IdempotentRoute)

Reader = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", scope="customers:read"))
]
Writer = Annotated[Principal, Depends(require("tenant_admin", scope="customers:write"))]
MOST_CUSTOMERS = 200_000
Search = Annotated[
    Annotated[str, StringConstraints(max_length=80), AfterValidator(safe_name)] | None,
    Query(description="only who has this text in their name"),
]


@router.post("", status_code=201, responses=posts(NotFound, CustomerNumberTaken, CustomerExternalIdTaken, TooManyRows))
async def create_customer(
    *,
    body: CustomerCreate,
    principal: Writer,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> CustomerView:
    """Make a customer. A number belongs to one customer of the tenant."""
    tenant = tenant_of(principal, tenant_id)
    row = CustomerRow(tenant_id=tenant, **body.model_dump(exclude={"numbers"}))
    async with customers_of(here, tenant) as store:
        await refuse_too_many(store, 1)
        await store.add(row)
        await store.put_numbers((row.id, number) for number in body.numbers)
    tag(response, row)
    return _view(row, sorted(body.numbers))


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_customers(
    *,
    principal: Reader,
    here: HereNow,
    paging: Paging,
    number: E164Number | None = None,
    name: Search = None,
    external_id: ExternalId | None = None,
    tenant_id: TenantQuery = None,
) -> Page[CustomerView]:
    """Customers, oldest first; by number, by name or by external id."""
    async with customers_of(here, tenant_of(principal, tenant_id)) as store:
        rows = await store.page(
            limit=paging.limit, after=paging.after((UUID,)), number=number, name=name, external_id=external_id
        )
        shown, cursor = paging.page(rows, lambda row: (row.id,))
        numbers = await store.numbers(*(row.id for row in shown))
    return Page[CustomerView](items=[_view(row, numbers[row.id]) for row in shown], next_cursor=cursor)


@router.get("/{customer_id}", responses=problems(NotFound))
async def show_customer(
    customer_id: UUID, principal: Reader, here: HereNow, response: Response, tenant_id: TenantQuery = None
) -> CustomerView:
    """One customer."""
    async with customers_of(here, tenant_of(principal, tenant_id)) as store:
        row = await _customer(store, customer_id)
        numbers = (await store.numbers(customer_id))[customer_id]
    tag(response, row)
    return _view(row, numbers)


@router.patch(
    "/{customer_id}",
    responses=problems(NotFound, CustomerNumberTaken, CustomerExternalIdTaken, PreconditionFailed, IfMatchInvalid),
)
async def update_customer(
    *,
    customer_id: UUID,
    body: CustomerUpdate,
    principal: Writer,
    here: HereNow,
    response: Response,
    if_match: IfMatch,
    tenant_id: TenantQuery = None,
) -> CustomerView:
    """Change a customer; what is not given stays. Numbers and attributes are given whole."""
    wanted = named(body)
    async with customers_of(here, tenant_of(principal, tenant_id)) as store:
        row = await _customer(store, customer_id, lock=True)
        check_revision(row, wanted.pop("revision", None), if_match)
        if "numbers" in wanted:
            await store.set_numbers(customer_id, wanted.pop("numbers"))
            row.updated_at = here.clock.now()
        for name, value in wanted.items():
            setattr(row, name, value)
        await store.flush()
        numbers = (await store.numbers(customer_id))[customer_id]
    tag(response, row)
    return _view(row, numbers)


@router.delete("/{customer_id}", status_code=204, responses=problems(NotFound))
async def delete_customer(customer_id: UUID, principal: Writer, here: HereNow, tenant_id: TenantQuery = None) -> None:
    """Forget a customer with their numbers."""
    async with customers_of(here, tenant_of(principal, tenant_id)) as store:
        await store.remove(await _customer(store, customer_id, lock=True))


@asynccontextmanager
async def customers_of(here: Here, tenant_id: UUID) -> AsyncIterator[CustomerStore]:
    """Queries of one tenant, in one transaction."""
    async with here.database.tenant(tenant_id) as session:
        yield CustomerStore(session, tenant_id)


async def refuse_too_many(store: CustomerStore, more: int) -> None:
    """Raises TooManyRows when ``more`` would be too many."""
    if await store.count() + more > MOST_CUSTOMERS:
        raise TooManyRows(f"a tenant has at most {MOST_CUSTOMERS:,} customers")


async def _customer(store: CustomerStore, customer_id: UUID, *, lock: bool = False) -> CustomerRow:
    row = await store.get(customer_id, lock=lock)
    if row is None:
        raise NotFound("no such customer")
    return row


def _view(row: CustomerRow, numbers: list[str]) -> CustomerView:
    return CustomerView.model_validate({**row.model_dump(), "numbers": numbers})
