"""Tables of prompts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKey, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from shared.db.tables import TenantRow, metadata_for

METADATA = metadata_for("ivr")
_MOMENT: Any = DateTime(timezone=True)


class PromptRow(TenantRow, table=True):
    """Something a tenant says to callers; how it sounds stands in its variants."""

    __tablename__ = "prompts"
    __table_args__ = (UniqueConstraint("tenant_id", "slug"),)
    metadata = METADATA

    slug: str
    display_name: str = ""


class PromptVariantRow(SQLModel, table=True):
    """A prompt in one language. ``content_hash`` names its file; ``spoken_text`` is what the synthesiser said."""

    __tablename__ = "prompt_variants"
    __table_args__ = (Index("ix_prompt_variants_tenant_id", "tenant_id"),)
    metadata = METADATA

    prompt_id: UUID = Field(
        primary_key=True,
        sa_column_args=[ForeignKey("ivr.prompts.id", ondelete="CASCADE", name="fk_prompt_variants_prompt_id")],
    )
    language: str = Field(primary_key=True)
    tenant_id: UUID
    content_hash: str
    seconds: float
    size_bytes: int
    loudness_lufs: float | None = None
    source: str
    spoken_text: str | None = None
    made_at: datetime = Field(sa_type=_MOMENT)
