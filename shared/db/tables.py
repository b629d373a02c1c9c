"""What every table has: the bases of the services' models."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, MetaData
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel

from shared.db.names import identifier
from shared.telephony.ids import new_id

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""Names of constraints, so that a violation tells the field: ``uq_extensions_tenant_id_number``."""


@cache
def metadata_for(schema: str) -> MetaData:
    """The one catalogue of a service's tables; its models say ``metadata = metadata_for("directory")``."""
    return MetaData(schema=identifier(schema), naming_convention=NAMING)


def _now() -> datetime:
    return datetime.now(UTC)


class Row(SQLModel):
    """A row of the platform (no tenant): id, times and revision.

    ``revision`` begins at 1 and grows with every UPDATE through the session. A change of a row that someone else
    changed meanwhile raises ``StaleDataError`` instead of being lost; read with ``with_for_update=True`` to wait for
    the other one.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime = Field(default_factory=_now, sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(
        default_factory=_now,
        sa_type=DateTime(timezone=True),
        sa_column_kwargs={"onupdate": _now},
    )
    revision: int = Field(default=1, nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        return {"version_id_col": cls.revision}


class TenantRow(Row):
    """A row of one tenant. Its table's migration calls ``enable_row_level_security``."""

    tenant_id: UUID = Field(nullable=False)
