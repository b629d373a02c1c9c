"""Routing's tables. Migrations make them; these classes read and write them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import UUID as PG_UUID
from sqlmodel import Field, SQLModel

from shared.db.tables import TenantRow, metadata_for

SCHEMA = "routing"
METADATA = metadata_for(SCHEMA)
_TEXTS: Any = ARRAY(Text())
_IDS: Any = ARRAY(PG_UUID())


class TenantConfig(SQLModel, table=True):
    """A tenant's own choices, and the revision that grows with every change of any of its rows."""

    __tablename__ = "tenant_configs"
    metadata = METADATA

    tenant_id: UUID = Field(primary_key=True)
    revision: int = Field(default=1, sa_type=BigInteger)
    default_caller_id: str | None = None
    caller_id_policy: str = "extension"
    emergency_numbers: list[str] = Field(default_factory=list, sa_type=_TEXTS)
    forwarding_codes: bool = True
    do_not_disturb_codes: bool = True
    echo_code: bool = True
    max_calls: int | None = None
    max_calls_per_second: int | None = None
    max_international_minutes_per_day: int | None = None


class ExtensionConfig(SQLModel, table=True):
    """Where an extension's calls go instead, and what it is limited to."""

    __tablename__ = "extension_configs"
    __table_args__ = (Index("ix_extension_configs_tenant_id", "tenant_id"),)
    metadata = METADATA

    extension_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    always: str | None = None
    busy: str | None = None
    no_answer: str | None = None
    unreachable: str | None = None
    no_answer_seconds: int = 20
    do_not_disturb: bool = False
    max_calls: int | None = None
    max_calls_per_second: int | None = None
    max_international_minutes_per_day: int | None = None


class RingGroupRow(TenantRow, table=True):
    """Extensions that take calls together."""

    __tablename__ = "ring_groups"
    __table_args__ = (UniqueConstraint("tenant_id", "slug"),)
    metadata = METADATA

    slug: str
    display_name: str = ""
    strategy: str
    members: list[dict[str, Any]] = Field(sa_type=JSONB)  # type: ignore[call-overload]
    ring_seconds: int
    no_answer: str | None = None


class InboundRouteRow(TenantRow, table=True):
    """Where a public number's calls go, by the hour."""

    __tablename__ = "inbound_routes"
    __table_args__ = (UniqueConstraint("number_id"), Index("ix_inbound_routes_tenant_id", "tenant_id"))
    metadata = METADATA

    number_id: UUID
    entries: list[dict[str, Any]] = Field(sa_type=JSONB)  # type: ignore[call-overload]
    otherwise: str | None = None


class OutboundRuleRow(TenantRow, table=True):
    """What may be called, and by which trunks."""

    __tablename__ = "outbound_rules"
    __table_args__ = (UniqueConstraint("tenant_id", "prefix"),)
    metadata = METADATA

    prefix: str
    allow: bool = True
    trunk_ids: list[UUID] = Field(default_factory=list, sa_type=_IDS)


class UsageDay(SQLModel, table=True):
    """Seconds of metered calls of a tenant or an extension in one local day."""

    __tablename__ = "usage_days"
    __table_args__ = (Index("ix_usage_days_day", "day"),)
    metadata = METADATA

    subject_id: UUID = Field(primary_key=True)
    day: date = Field(primary_key=True)
    tenant_id: UUID
    seconds: int
