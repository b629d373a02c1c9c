"""The audit log in REST."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from shared.http.schemas import View


class AuditEntryView(View):
    """One change."""

    id: UUID
    tenant_id: UUID | None
    occurred_at: datetime
    actor: str = Field(description="subject of the access token: user:<id> or api-key:<id>; or system:<what>")
    action: str = Field(description="such as extension.updated")
    entity_kind: str
    entity_id: UUID
    before: dict[str, Any] | None = Field(description="what changed, as it was; secrets hidden")
    after: dict[str, Any] | None = Field(description="what changed, as it is")
    source_address: str
