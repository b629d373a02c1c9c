"""``/v1/audit-entries``."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.directory.api.context import Paging, ServicesHere, rows_to_list, seen_tenant
from services.directory.models import AuditEntry
from services.directory.schemas.audit import AuditEntryView
from shared.http.auth import TenantQuery, require
from shared.http.errors import NotFound, problems
from shared.http.pages import InvalidCursor, Page
from shared.http.tokens import Principal

router = APIRouter(prefix="/v1/audit-entries", tags=["audit"])

Reader = Annotated[Principal, Depends(require("tenant_admin", scope="audit-entries:read"))]
Word = Annotated[str | None, Query(max_length=80, pattern=r"^[a-z_]+(?:\.[a-z_]+)?$")]
Subject = Annotated[str | None, Query(max_length=80, pattern=r"^[a-z-]+:[A-Za-z0-9._-]+$")]


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_audit_entries(
    *,
    principal: Reader,
    here: ServicesHere,
    paging: Paging,
    tenant_id: TenantQuery = None,
    actor: Subject = None,
    action: Word = None,
    entity_kind: Word = None,
    entity_id: UUID | None = None,
) -> Page[AuditEntryView]:
    """What was changed by whom, newest first."""
    async with here.changes.reading(seen_tenant(principal, tenant_id)) as store:
        rows, cursor = await rows_to_list(
            store, AuditEntry, paging, actor=actor, action=action, entity_kind=entity_kind, entity_id=entity_id
        )
    return Page[AuditEntryView](items=[AuditEntryView.model_validate(row) for row in rows], next_cursor=cursor)
