"""``POST /v1/agents/import``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastapi import APIRouter, Request

from services.acd.agent_imports import COLUMNS, Admission
from services.acd.api.context import AgentWriter, HereNow, room_for
from services.acd.changes import Change
from services.acd.errors import RoutingNotReady, TenantsNotRead, TooManyRows, UserHasAgent
from services.acd.models import AgentRow, MembershipRow
from services.acd.schemas.agents import AgentImport, AgentImportRow, ImportedAgent
from services.acd.store import TenantStore
from shared.http.auth import TenantQuery
from shared.http.errors import NotFound, UnsupportedMedia
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.imports.api import (
    CheckedRow,
    DryRun,
    ImportUnreadable,
    Mode,
    ModeQuery,
    breathe,
    documented,
    field_problems,
    may_write,
    read_rows,
)

router = APIRouter(prefix="/v1/agents", tags=["agents"], route_class=IdempotentRoute)

EXAMPLE: Final = "display_name,phone,skills,queues\nSara,extension:101,english:80 sales:20,support:1 sales:2\n"
Row = CheckedRow[AgentImportRow]


@router.post(
    "/import",
    responses=posts(
        NotFound, UserHasAgent, TooManyRows, ImportUnreadable, UnsupportedMedia, TenantsNotRead, RoutingNotReady
    ),
    openapi_extra=documented(AgentImportRow, EXAMPLE),
)
async def import_agents(
    *,
    request: Request,
    principal: AgentWriter,
    here: HereNow,
    tenant_id: TenantQuery = None,
    mode: ModeQuery = "all_or_nothing",
    dry_run: DryRun = False,
    _key: IdempotencyKey = None,
) -> AgentImport:
    """Make many agents with their skills and queues, from CSV or JSON."""
    tenant = here.tenant(principal, tenant_id)
    rows = await read_rows(request, AgentImportRow, COLUMNS)
    refused = await here.ways.refusals(tenant, [row.body.phone for row in rows if row.body is not None])
    async with here.changes.open(tenant) as change:
        await room_for(change.store, AgentRow, len(rows))
        admission = await _admission(change.store, rows)
        for index, row in enumerate(rows):
            await breathe(index)
            if row.body is not None:
                row.problems += [refused[row.body.phone]] if row.body.phone in refused else []
                row.problems += admission.problems(row.body.user_id, (one.queue for one in row.body.queues))
        written = may_write(rows, mode, dry_run)
        made = await _write(change, rows, admission) if written else {}
    return _report(rows, made, mode=mode, dry_run=dry_run)


async def _admission(store: TenantStore, rows: Iterable[Row]) -> Admission:
    bodies = [row.body for row in rows if row.body is not None]
    return Admission(
        users=await store.taken_users({body.user_id for body in bodies if body.user_id}),
        queues=await store.queue_ids({one.queue for body in bodies for one in body.queues}),
    )


async def _write(change: Change, rows: Iterable[Row], admission: Admission) -> dict[int, AgentRow]:
    """The good ones, by the row's number. Raises UserHasAgent when somebody else was faster."""
    good = [(row.row, row.body) for row in rows if row.is_good and row.body is not None]
    tenant_id = change.store.tenant_id
    made = {
        place: AgentRow(
            tenant_id=tenant_id,
            display_name=body.display_name,
            phone=str(body.phone),
            user_id=body.user_id,
            skills=body.skills,
        )
        for place, body in good
    }
    served = [
        MembershipRow(
            queue_id=admission.queues[slug],
            agent_id=made[place].id,
            tenant_id=tenant_id,
            level=one.level,
            position=one.position,
        )
        for place, body in good
        for slug, one in {one.queue: one for one in body.queues}.items()
    ]
    await change.store.add(*made.values())
    await change.store.add(*served)
    for agent in made.values():
        change.tell_agent(agent)
    return made


def _report(rows: list[Row], made: dict[int, AgentRow], *, mode: Mode, dry_run: bool) -> AgentImport:
    return AgentImport(
        mode=mode,
        dry_run=dry_run,
        applied=bool(made),
        created=len(made),
        refused=sum(not row.is_good for row in rows),
        rows=[_reported(row, made.get(row.row)) for row in rows],
    )


def _reported(row: Row, made: AgentRow | None) -> ImportedAgent:
    name = row.body.display_name if row.body is not None else None
    if not row.is_good:
        return ImportedAgent(row=row.row, display_name=name, status="refused", errors=field_problems(row.problems))
    status = "created" if made else "valid"
    return ImportedAgent(row=row.row, display_name=name, status=status, id=made.id if made else None)
