"""What every request works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel

from services.ivr.changes import FlowChanges
from services.ivr.library import FlowLibrary
from services.ivr.models import FlowRow
from services.ivr.prompts import Prompts
from services.ivr.store.flows import FlowStore
from shared.db.engine import Database
from shared.http.auth import require
from shared.http.errors import NotFound
from shared.http.pages import PageQuery
from shared.http.revisions import check_revision
from shared.http.tokens import Principal
from shared.runtime.clock import Clock

FlowReader = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", scope="flows:read"))
]
FlowWriter = Annotated[Principal, Depends(require("tenant_admin", scope="flows:write"))]
Paging = Annotated[PageQuery, Depends()]


@dataclass(frozen=True, slots=True)
class Here:
    """The parts that the composition root put together."""

    changes: FlowChanges
    library: FlowLibrary
    prompts: Prompts
    database: Database
    clock: Clock


def _here(request: Request) -> Here:
    found: Here = request.app.state.here
    return found


HereNow = Annotated[Here, Depends(_here)]


def named(body: BaseModel) -> dict[str, Any]:
    """The fields that a request named, null or not."""
    return {name: getattr(body, name) for name in body.model_fields_set}


async def flow_to_show(store: FlowStore, flow_id: UUID) -> FlowRow:
    """The flow. Raises NotFound: there is none, or it is another tenant's."""
    row = await store.get(flow_id)
    if row is None:
        raise NotFound("no such flow")
    return row


async def flow_to_change(store: FlowStore, flow_id: UUID, *revisions: int | None) -> FlowRow:
    """The flow, locked. Raises NotFound; PreconditionFailed when it has another revision by now."""
    row = await store.get(flow_id, lock=True)
    if row is None:
        raise NotFound("no such flow")
    check_revision(row, *revisions)
    return row
