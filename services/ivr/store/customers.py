"""Queries about customers. A `CustomerStore` sees one tenant."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from services.ivr.errors import CONFLICTS
from services.ivr.models_customers import CustomerNumberRow, CustomerRow
from shared.db.engine import Session
from shared.db.errors import constraint_name

CUSTOMER: Any = CustomerRow
NUMBER: Any = CustomerNumberRow


class CustomerStore:
    """Queries of one tenant in one transaction, opened for that tenant."""

    def __init__(self, session: Session, tenant_id: UUID) -> None:
        self.session = session
        self.tenant_id = tenant_id

    async def get(self, customer_id: UUID, *, lock: bool = False) -> CustomerRow | None:
        """A customer, locked until the end of the transaction on request."""
        query = select(CustomerRow).where(CUSTOMER.id == customer_id, CUSTOMER.tenant_id == self.tenant_id)
        found: CustomerRow | None = (
            await self.session.execute(query.with_for_update() if lock else query)
        ).scalar_one_or_none()
        return found

    async def find(self, e164: str) -> CustomerRow | None:
        """Whose number this is."""
        query = (
            select(CustomerRow)
            .join(CustomerNumberRow, NUMBER.customer_id == CUSTOMER.id)
            .where(NUMBER.tenant_id == self.tenant_id, NUMBER.e164 == e164, CUSTOMER.tenant_id == self.tenant_id)
        )
        found: CustomerRow | None = (await self.session.execute(query)).scalar_one_or_none()
        return found

    async def page(
        self,
        *,
        limit: int,
        after: tuple[Any, ...] | None,
        number: str | None = None,
        name: str | None = None,
        external_id: str | None = None,
    ) -> list[CustomerRow]:
        """Up to ``limit`` + 1 customers past ``after``, by id; with that number, that text in their name, that id."""
        query = select(CustomerRow).where(CUSTOMER.tenant_id == self.tenant_id)
        if number is not None:
            having = select(NUMBER.customer_id).where(NUMBER.tenant_id == self.tenant_id, NUMBER.e164 == number)
            query = query.where(CUSTOMER.id.in_(having))
        if name is not None:
            query = query.where(CUSTOMER.name.icontains(name, autoescape=True))
        if external_id is not None:
            query = query.where(CUSTOMER.external_id == external_id)
        if after is not None:
            query = query.where(tuple_(CUSTOMER.id) > after)
        return list((await self.session.execute(query.order_by(CUSTOMER.id).limit(limit + 1))).scalars())

    async def count(self) -> int:
        """How many customers the tenant has."""
        query = select(func.count()).select_from(CustomerRow).where(CUSTOMER.tenant_id == self.tenant_id)
        return int((await self.session.execute(query)).scalar_one())

    async def numbers(self, *customer_ids: UUID) -> dict[UUID, list[str]]:
        """The numbers of customers."""
        query = select(NUMBER.customer_id, NUMBER.e164).where(
            NUMBER.tenant_id == self.tenant_id, NUMBER.customer_id.in_(customer_ids)
        )
        found: dict[UUID, list[str]] = {customer_id: [] for customer_id in customer_ids}
        for customer_id, e164 in await self.session.execute(query.order_by(NUMBER.e164)):
            found[customer_id].append(e164)
        return found

    async def taken_numbers(self, wanted: Iterable[str]) -> set[str]:
        """Which of these numbers are somebody's."""
        query = select(NUMBER.e164).where(NUMBER.tenant_id == self.tenant_id, NUMBER.e164.in_(list(wanted)))
        return set((await self.session.execute(query)).scalars())

    async def taken_external_ids(self, wanted: Iterable[str]) -> set[str]:
        """Which of these external ids are somebody's."""
        query = select(CUSTOMER.external_id).where(
            CUSTOMER.tenant_id == self.tenant_id, CUSTOMER.external_id.in_(list(wanted))
        )
        return set((await self.session.execute(query)).scalars())

    async def add(self, *rows: CustomerRow) -> None:
        """Insert customers now. Raises the Conflict of the constraint that one breaks."""
        self.session.add_all(rows)
        await self.flush()

    async def put_numbers(self, numbers: Iterable[tuple[UUID, str]]) -> None:
        """Give customers numbers. Raises CustomerNumberTaken."""
        values = [
            {"tenant_id": self.tenant_id, "e164": e164, "customer_id": customer_id} for customer_id, e164 in numbers
        ]
        if values:
            await self._refusing(self.session.execute(insert(CustomerNumberRow), values))

    async def set_numbers(self, customer_id: UUID, wanted: Collection[str]) -> None:
        """Give a customer these numbers and no others. Raises CustomerNumberTaken."""
        await self.session.execute(
            delete(CustomerNumberRow).where(NUMBER.tenant_id == self.tenant_id, NUMBER.customer_id == customer_id)
        )
        await self.put_numbers((customer_id, e164) for e164 in wanted)

    async def remove(self, row: CustomerRow) -> None:
        """Delete a customer with their numbers now."""
        await self.session.delete(row)
        await self.flush()

    async def flush(self) -> None:
        """Write what changed. Raises the Conflict of the constraint it breaks."""
        await self._refusing(self.session.flush())

    async def _refusing(self, work: Any) -> None:
        try:
            await work
        except IntegrityError as error:
            known = CONFLICTS.get(constraint_name(error) or "")
            if known is None:
                raise
            raise known() from error


async def find_customer(session: Session, tenant_id: UUID, e164: str) -> dict[str, str] | None:
    """What a flow is told of the customer with this number: attributes, and before them id, name and language."""
    row = await CustomerStore(session, tenant_id).find(e164)
    if row is None:
        return None
    known = {"name": row.name, "language": row.language or "", "id": row.external_id or str(row.id)}
    return {**row.attributes, **known}
