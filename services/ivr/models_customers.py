"""Tables of customers."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from shared.db.tables import TenantRow, metadata_for

METADATA = metadata_for("ivr")


class CustomerRow(TenantRow, table=True):
    """Somebody who calls the tenant."""

    __tablename__ = "customers"
    __table_args__ = (
        UniqueConstraint("tenant_id", "external_id"),
        Index("ix_customers_tenant_id_id", "tenant_id", "id"),
    )
    metadata = METADATA

    name: str
    language: str | None = None
    external_id: str | None = None
    attributes: dict[str, str] = Field(sa_type=JSONB)  # type: ignore[call-overload]


class CustomerNumberRow(SQLModel, table=True):
    """A customer's number: nobody else of the tenant's has it."""

    __tablename__ = "customer_numbers"
    __table_args__ = (Index("ix_customer_numbers_customer_id", "customer_id"),)
    metadata = METADATA

    tenant_id: UUID = Field(primary_key=True)
    e164: str = Field(primary_key=True)
    customer_id: UUID = Field(
        sa_column_args=[ForeignKey("ivr.customers.id", ondelete="CASCADE", name="fk_customer_numbers_customer_id")]
    )
