"""Every query of routing. A `TenantStore` sees one tenant; `load_all` and `usage_since` are the platform's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from services.routing.errors import CONFLICTS
from services.routing.models import (
    ExtensionConfig,
    InboundRouteRow,
    OutboundRuleRow,
    RingGroupRow,
    TenantConfig,
    UsageDay,
)
from shared.db.engine import Session
from shared.db.errors import constraint_name

M = TypeVar("M", RingGroupRow, InboundRouteRow, OutboundRuleRow)

ROWS: tuple[type[SQLModel], ...] = (TenantConfig, ExtensionConfig, RingGroupRow, InboundRouteRow, OutboundRuleRow)
"""The tables that make up a tenant's routes."""

Rows = dict[type[SQLModel], list[Any]]


class TenantStore:
    """Queries of one tenant in one transaction, opened for that tenant."""

    def __init__(self, session: Session, tenant_id: UUID) -> None:
        self.session = session
        self.tenant_id = tenant_id

    async def next_revision(self) -> int:
        """The tenant's next revision; whoever changes the same tenant waits for the end of this transaction."""
        statement = insert(TenantConfig).values(tenant_id=self.tenant_id, revision=1, emergency_numbers=[])
        statement = statement.on_conflict_do_update(
            index_elements=["tenant_id"], set_={"revision": TenantConfig.revision + 1}
        ).returning(TenantConfig.revision)  # type: ignore[call-overload]
        return int((await self.session.execute(statement)).scalar_one())

    async def all_rows(self) -> Rows:
        """Everything that makes up the tenant's routes."""
        return {model: await self._rows(model) for model in ROWS}

    async def ring_group_slugs(self) -> tuple[str, ...]:
        """Names of the tenant's ring groups, in order."""
        group: Any = RingGroupRow
        query = select(group.slug).where(group.tenant_id == self.tenant_id).order_by(group.slug)
        return tuple((await self.session.execute(query)).scalars())

    async def config(self) -> TenantConfig | None:
        """The tenant's own choices, if it made any."""
        found: TenantConfig | None = await self.session.get(TenantConfig, self.tenant_id, populate_existing=True)
        return found

    async def extension_config(self, extension_id: UUID) -> ExtensionConfig | None:
        """An extension's forwarding and limits, if any."""
        query = select(ExtensionConfig).where(
            *_is(ExtensionConfig, extension_id=extension_id, tenant_id=self.tenant_id)
        )
        found: ExtensionConfig | None = (await self.session.execute(query)).scalar_one_or_none()
        return found

    async def change_config(self, **values: Any) -> None:
        """Set some of the tenant's choices; its row is there since `next_revision`."""
        row = await self.config()
        assert row is not None  # noqa: S101 -- next_revision made it
        for name, value in values.items():
            setattr(row, name, value)
        await self.session.flush()

    async def change_extension_config(self, extension_id: UUID, **values: Any) -> None:
        """Set some of an extension's settings, and leave the others."""
        statement = insert(ExtensionConfig).values(extension_id=extension_id, tenant_id=self.tenant_id, **values)
        await self.session.execute(
            statement.on_conflict_do_update(
                index_elements=["extension_id"],
                set_=values,
                where=_column(ExtensionConfig, "tenant_id") == self.tenant_id,
            )
        )

    async def get(self, model: type[M], row_id: UUID, *, lock: bool = False) -> M | None:
        """The row of that id, locked until the end of the transaction on request."""
        query = select(model).where(*_is(model, id=row_id, tenant_id=self.tenant_id))
        found: M | None = (await self.session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
        return found

    async def page(self, model: type[M], *, limit: int, after: tuple[Any, ...] | None, **equal: Any) -> list[M]:
        """Up to ``limit`` + 1 rows past ``after``, by id; ``equal`` compares columns (none: not compared)."""
        wanted = {name: value for name, value in equal.items() if value is not None}
        query = select(model).where(*_is(model, tenant_id=self.tenant_id, **wanted))
        if after is not None:
            query = query.where(tuple_(_column(model, "id")) > after)
        query = query.order_by(_column(model, "id")).limit(limit + 1)
        return list((await self.session.execute(query)).scalars())

    async def count(self, model: type[M]) -> int:
        """How many rows of a kind the tenant has."""
        query = select(func.count()).select_from(model).where(*_is(model, tenant_id=self.tenant_id))
        return int((await self.session.execute(query)).scalar_one())

    async def add(self, row: SQLModel) -> None:
        """Insert a row now. Raises the Conflict of the constraint it breaks."""
        self.session.add(row)
        await self.flush()

    async def remove(self, row: SQLModel) -> None:
        """Delete a row now."""
        await self.session.delete(row)
        await self.flush()

    async def flush(self) -> None:
        """Write what changed. Raises the Conflict of the constraint it breaks."""
        try:
            await self.session.flush()
        except IntegrityError as error:
            known = CONFLICTS.get(constraint_name(error) or "")
            if known is None:
                raise
            raise known() from error

    async def add_usage(self, subject_ids: Sequence[UUID], day: date, seconds: int) -> dict[UUID, int]:
        """Add seconds to a day's usage of each subject; returns the new totals."""
        rows = [
            {"subject_id": one, "day": day, "tenant_id": self.tenant_id, "seconds": seconds}
            for one in sorted(subject_ids)
        ]
        statement = insert(UsageDay).values(rows)
        statement = statement.on_conflict_do_update(
            index_elements=["subject_id", "day"], set_={"seconds": UsageDay.seconds + statement.excluded.seconds}
        ).returning(UsageDay.subject_id, UsageDay.seconds)  # type: ignore[call-overload]
        return {row.subject_id: row.seconds for row in await self.session.execute(statement)}

    async def _rows(self, model: type[SQLModel]) -> list[Any]:
        query = select(model).where(*_is(model, tenant_id=self.tenant_id))
        return list((await self.session.execute(query)).scalars())


async def load_all(session: Session) -> dict[UUID, Rows]:
    """Every tenant's rows, in a platform transaction."""
    found: dict[UUID, Rows] = {}
    for model in ROWS:
        for row in (await session.execute(select(model))).scalars():
            found.setdefault(row.tenant_id, {one: [] for one in ROWS})[model].append(row)
    return found


async def usage_since(session: Session, day: date) -> list[UsageDay]:
    """All usage from ``day`` on, in a platform transaction."""
    query = select(UsageDay).where(_column(UsageDay, "day") >= day)
    return list((await session.execute(query)).scalars())


async def forget_usage_before(session: Session, day: date) -> int:
    """Delete usage of days before ``day``, in a platform transaction; returns how many rows."""
    return int((await session.execute(delete(UsageDay).where(_column(UsageDay, "day") < day))).rowcount)


def _column(model: type[SQLModel], name: str) -> Any:
    return getattr(model, name)


def _is(model: type[SQLModel], **equal: Any) -> list[Any]:
    return [_column(model, name) == value for name, value in equal.items()]
