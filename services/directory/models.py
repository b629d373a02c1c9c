"""The directory's tables. Migrations make them; these classes read and write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from shared.db.tables import Row, TenantRow, metadata_for
from shared.telephony.ids import new_id

SCHEMA = "directory"
METADATA = metadata_for(SCHEMA)
_MOMENT: Any = DateTime(timezone=True)
_TEXTS: Any = ARRAY(Text())


class Tenant(Row, table=True):
    """A customer: one SIP domain, its own people, extensions, numbers and limits."""

    __tablename__ = "tenants"
    __table_args__ = (UniqueConstraint("slug"), UniqueConstraint("domain"))
    metadata = METADATA

    slug: str
    display_name: str
    domain: str
    country: str
    time_zone: str
    language: str
    enabled: bool = True
    max_calls: int | None = None
    max_calls_per_second: int | None = None
    max_international_minutes_per_day: int | None = None


class User(Row, table=True):
    """A person who signs in. Without a tenant: an administrator of the platform."""

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("email"), Index("ix_users_tenant_id", "tenant_id"))
    metadata = METADATA

    tenant_id: UUID | None = Field(default=None, foreign_key=f"{SCHEMA}.tenants.id")
    email: str
    display_name: str
    roles: list[str] = Field(sa_type=_TEXTS)
    password_hash: str
    enabled: bool = True


class RefreshToken(SQLModel, table=True):
    """One refresh token, by hash. All that descend from one sign-in share `family_id`."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_refresh_tokens_family_id", "family_id"))
    metadata = METADATA

    id: UUID = Field(default_factory=new_id, primary_key=True)
    family_id: UUID
    user_id: UUID = Field(foreign_key=f"{SCHEMA}.users.id", ondelete="CASCADE", index=True)
    token_hash: str
    created_at: datetime = Field(sa_type=_MOMENT)
    expires_at: datetime = Field(sa_type=_MOMENT)
    used_at: datetime | None = Field(default=None, sa_type=_MOMENT)
    revoked_at: datetime | None = Field(default=None, sa_type=_MOMENT)


class SignInFailures(SQLModel, table=True):
    """Wrong passwords in a row for one mail address (by hash), whether or not anybody has it."""

    __tablename__ = "sign_in_failures"
    metadata = METADATA

    email_hash: str = Field(primary_key=True)
    count: int
    last_at: datetime = Field(sa_type=_MOMENT)
    locked_until: datetime | None = Field(default=None, sa_type=_MOMENT)


class ApiKey(Row, table=True):
    """A program's key, by hash. Without a tenant: the platform's own."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("prefix"), Index("ix_api_keys_tenant_id", "tenant_id"))
    metadata = METADATA

    tenant_id: UUID | None = Field(default=None, foreign_key=f"{SCHEMA}.tenants.id")
    display_name: str
    prefix: str
    secret_hash: str
    scopes: list[str] = Field(sa_type=_TEXTS)
    enabled: bool = True
    expires_at: datetime | None = Field(default=None, sa_type=_MOMENT)
    last_used_at: datetime | None = Field(default=None, sa_type=_MOMENT)
    created_by: str


class AuditEntry(SQLModel, table=True):
    """One change: who, what, before and after, when, from where. Rows are only ever added."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_tenant_id_id", "tenant_id", "id"),
        Index("ix_audit_entries_entity_id", "entity_id"),
    )
    metadata = METADATA

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID | None = None
    occurred_at: datetime = Field(sa_type=_MOMENT)
    actor: str
    action: str
    entity_kind: str
    entity_id: UUID
    before: dict[str, Any] | None = Field(default=None, sa_type=JSONB)  # type: ignore[call-overload]
    after: dict[str, Any] | None = Field(default=None, sa_type=JSONB)  # type: ignore[call-overload]
    source_address: str


class Extension(TenantRow, table=True):
    """A short number of a tenant. Its revision grows with every change of its devices too."""

    __tablename__ = "extensions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "id"),
        ForeignKeyConstraint(["tenant_id"], [f"{SCHEMA}.tenants.id"]),
    )
    metadata = METADATA

    number: str
    display_name: str
    enabled: bool = True
    call_class: str
    outbound_caller_id: str | None = None
    max_calls: int | None = None
    max_calls_per_second: int | None = None
    max_international_minutes_per_day: int | None = None
    language: str | None = None


class Device(TenantRow, table=True):
    """One SIP user: a phone or program that registers for an extension."""

    __tablename__ = "devices"
    __table_args__ = (
        Index("uq_devices_tenant_id_sip_username", "tenant_id", text("lower(sip_username)"), unique=True),
        ForeignKeyConstraint(
            ["tenant_id", "extension_id"], [f"{SCHEMA}.extensions.tenant_id", f"{SCHEMA}.extensions.id"]
        ),
        Index("ix_devices_extension_id", "extension_id"),
    )
    metadata = METADATA

    extension_id: UUID
    sip_username: str
    display_name: str = ""
    a1_hash: str
    enabled: bool = True


class Number(TenantRow, table=True):
    """A public number. One owner on the whole platform."""

    __tablename__ = "numbers"
    __table_args__ = (
        UniqueConstraint("e164"),
        Index("ix_numbers_tenant_id", "tenant_id"),
        ForeignKeyConstraint(["tenant_id"], [f"{SCHEMA}.tenants.id"]),
    )
    metadata = METADATA

    e164: str
    destination: str | None = None
    display_name: str = ""
    enabled: bool = True


class Trunk(Row, table=True):
    """A way to the public network. Without a tenant: shared by the platform's tenants."""

    __tablename__ = "trunks"
    __table_args__ = (
        CheckConstraint("kind IN ('registration', 'ip')", name="kind"),
        Index("ix_trunks_tenant_id", "tenant_id"),
    )
    metadata = METADATA

    tenant_id: UUID | None = Field(default=None, foreign_key=f"{SCHEMA}.tenants.id")
    display_name: str
    kind: str
    proxy: str
    transport: str = "udp"
    username: str | None = None
    secret_encrypted: str | None = None
    source_addresses: list[str] = Field(sa_type=_TEXTS)
    codecs: list[str] = Field(sa_type=_TEXTS)
    prefixes: list[str] = Field(sa_type=_TEXTS)
    priority: int = 100
    max_calls: int | None = None
    max_calls_per_second: int | None = None
    number_format: str = "e164"
    carries_emergency: bool = True
    enabled: bool = True


__all__ = [
    "METADATA",
    "SCHEMA",
    "ApiKey",
    "AuditEntry",
    "Device",
    "Extension",
    "Number",
    "RefreshToken",
    "SignInFailures",
    "Tenant",
    "Trunk",
    "User",
]
