"""``/v1/flows/{id}/versions``, ``.../publish``, ``.../roll-back``, ``.../unpublish``: what calls go through."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Response

from services.ivr.api.context import FlowReader, FlowWriter, Here, HereNow, flow_to_change, flow_to_show
from services.ivr.api.flows import refuse_if_entered
from services.ivr.domain.validation import Problem
from services.ivr.errors import FlowHasProblems, FlowInUse
from services.ivr.models import FlowRow, FlowVersionRow
from services.ivr.schemas.flows import FlowVersionDocument, FlowVersions, FlowVersionView, FlowView, Publish, RollBack
from services.ivr.store.flows import FlowStore
from services.ivr.surroundings import problems_in, surroundings
from shared.http.auth import TenantQuery, tenant_of
from shared.http.errors import FieldProblem, NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.revisions import IfMatch, IfMatchInvalid, tag
from shared.http.tokens import Principal

router = APIRouter(prefix="/v1/flows/{flow_id}", tags=["flows"], route_class=IdempotentRoute)

VersionPath = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.post("/publish", responses=posts(NotFound, FlowHasProblems, PreconditionFailed))
async def publish_flow(
    *,
    flow_id: UUID,
    body: Publish,
    principal: FlowWriter,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> FlowView:
    """Make the draft a new version and let new calls go through it. With errors, or when changed meanwhile: nothing."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        row = await flow_to_change(store, flow_id, body.revision)
        await _publish(here, store, row, document=row.draft, by=principal, note=body.note)
    here.changes.published(row.draft)
    tag(response, row)
    return FlowView.model_validate(row)


@router.post("/roll-back", responses=posts(NotFound, FlowHasProblems, PreconditionFailed, IfMatchInvalid))
async def roll_back_flow(
    *,
    flow_id: UUID,
    body: RollBack,
    principal: FlowWriter,
    here: HereNow,
    response: Response,
    if_match: IfMatch,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> FlowView:
    """Publish what an earlier version was, as a new version, if it has no errors today. The draft stays as it is."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        row = await flow_to_change(store, flow_id, if_match)
        version = await _version(store, flow_id, body.version)
        note = body.note or f"back to version {version.version}"
        await _publish(here, store, row, document=version.document, by=principal, note=note)
    here.changes.published(version.document)
    tag(response, row)
    return FlowView.model_validate(row)


@router.post("/unpublish", responses=posts(NotFound, FlowInUse, PreconditionFailed, IfMatchInvalid))
async def unpublish_flow(
    *,
    flow_id: UUID,
    principal: FlowWriter,
    here: HereNow,
    response: Response,
    if_match: IfMatch,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> FlowView:
    """Let no new call come to the flow. Calls that are in it go on to their end."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        row = await flow_to_change(store, flow_id, if_match)
        await refuse_if_entered(store, row)
        if row.published_version is not None:
            row.published_version = None
            await store.flush()
            await here.changes.tell(store, row)
    tag(response, row)
    return FlowView.model_validate(row)


@router.get("/versions", responses=problems(NotFound))
async def list_flow_versions(
    flow_id: UUID, principal: FlowReader, here: HereNow, tenant_id: TenantQuery = None
) -> FlowVersions:
    """Every version that was ever published, the newest first."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        row = await flow_to_show(store, flow_id)
        versions = await store.versions(flow_id)
    return FlowVersions(items=[FlowVersionView.model_validate(_shown(row, one)) for one in versions])


@router.get("/versions/{version}", responses=problems(NotFound))
async def show_flow_version(
    flow_id: UUID, version: VersionPath, principal: FlowReader, here: HereNow, tenant_id: TenantQuery = None
) -> FlowVersionDocument:
    """One version, with what stood in it."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        row = await flow_to_show(store, flow_id)
        found = await _version(store, flow_id, version)
    return FlowVersionDocument.model_validate(_shown(row, found))


def _shown(row: FlowRow, version: FlowVersionRow) -> dict[str, Any]:
    return {**version.model_dump(), "published": row.published_version == version.version}


async def _version(store: FlowStore, flow_id: UUID, version: int) -> FlowVersionRow:
    found = await store.version(flow_id, version)
    if found is None:
        raise NotFound("no such version")
    return found


async def _publish(
    here: Here, store: FlowStore, row: FlowRow, *, document: dict[str, Any], by: Principal, note: str
) -> None:
    """Raises FlowHasProblems."""
    found = problems_in(document, await surroundings(store, here.library), slug=row.slug)
    if errors := [problem for problem in found if problem.severity == "error"]:
        raise FlowHasProblems(_sentence(errors), errors=[_field_problem(problem) for problem in errors])
    row.last_version += 1
    row.published_version = row.last_version
    await store.add(
        FlowVersionRow(
            flow_id=row.id,
            version=row.last_version,
            tenant_id=row.tenant_id,
            document=document,
            published_at=here.clock.now(),
            published_by=by.subject,
            note=note,
        )
    )
    await here.changes.tell(store, row)


def _sentence(errors: list[Problem]) -> str:
    first = errors[0]
    place = f"node '{first.node}'" if first.node else "the flow"
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{place}: {first.detail}{more}"


def _field_problem(problem: Problem) -> FieldProblem:
    path = [part for part in (f"nodes.{problem.node}" if problem.node else "", problem.field) if part]
    return FieldProblem(field=".".join(path), code=problem.code, detail=problem.detail)
