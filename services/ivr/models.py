"""Ivr's tables. Migrations make them; these classes read and write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from services.ivr import models_customers, models_prompts, models_results, models_voicemail
from shared.db.tables import TenantRow, metadata_for

SCHEMA = "ivr"
METADATA = metadata_for(SCHEMA)
_MOMENT: Any = DateTime(timezone=True)
OTHERS = (models_prompts, models_customers, models_results, models_voicemail)
"""Modules with the other tables of this schema."""


class FlowRow(TenantRow, table=True):
    """A call flow: what is being written, and which version calls go through. ``revision`` is the draft's."""

    __tablename__ = "flows"
    __table_args__ = (UniqueConstraint("tenant_id", "slug"),)
    metadata = METADATA

    slug: str
    display_name: str = ""
    draft: dict[str, Any] = Field(sa_type=JSONB)  # type: ignore[call-overload]
    published_version: int | None = None
    last_version: int = 0


class FlowVersionRow(SQLModel, table=True):
    """One published version of a flow, as it was; it never changes."""

    __tablename__ = "flow_versions"
    __table_args__ = (Index("ix_flow_versions_tenant_id", "tenant_id"),)
    metadata = METADATA

    flow_id: UUID = Field(
        primary_key=True,
        sa_column_args=[ForeignKey("ivr.flows.id", ondelete="CASCADE", name="fk_flow_versions_flow_id")],
    )
    version: int = Field(primary_key=True)
    tenant_id: UUID
    document: dict[str, Any] = Field(sa_type=JSONB)  # type: ignore[call-overload]
    published_at: datetime = Field(sa_type=_MOMENT)
    published_by: str = ""
    note: str = ""


class CallStateRow(SQLModel, table=True):
    """Where a call is in its flow, when that is too much for a channel variable. ``sealed`` is encrypted."""

    __tablename__ = "call_states"
    __table_args__ = (Index("ix_call_states_saved_at", "saved_at"),)
    metadata = METADATA

    leg_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    sealed: bytes
    saved_at: datetime = Field(sa_type=_MOMENT)
