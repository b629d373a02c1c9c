"""What may be called, and by which trunks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.routing.schemas.fields import Prefix, Revision
from shared.http.schemas import StrictModel, View


class OutboundRuleCreate(StrictModel):
    """For numbers that begin with ``prefix`` (E.164 without the plus): refuse them, or use these trunks in order."""

    prefix: Prefix
    allow: bool = True
    trunk_ids: Annotated[list[UUID], Field(max_length=20)] = Field(default_factory=list)


class OutboundRuleUpdate(StrictModel):
    """What is given is set. With ``revision``, only while the rule still has it."""

    prefix: Prefix = ""
    allow: bool = True
    trunk_ids: Annotated[list[UUID], Field(max_length=20)] = Field(default_factory=list)
    revision: Revision | None = None


class OutboundRuleView(View):
    """A rule for outside numbers."""

    id: UUID
    tenant_id: UUID
    prefix: str
    allow: bool
    trunk_ids: list[UUID]
    created_at: datetime
    updated_at: datetime
    revision: int
