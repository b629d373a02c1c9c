"""``/v1/flows``: call flows and their drafts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.ivr.api.context import FlowReader, FlowWriter, HereNow, Paging, flow_to_change, flow_to_show, named
from services.ivr.domain.references import uses_of
from services.ivr.errors import FlowInUse, FlowSlugTaken, TooManyRows
from services.ivr.models import FlowRow
from services.ivr.schemas.flows import FlowCreate, FlowProblem, FlowProblems, FlowSummary, FlowUpdate, FlowView
from services.ivr.store.flows import FlowStore
from services.ivr.surroundings import problems_in, surroundings, written
from shared.http.auth import TenantQuery, tenant_of
from shared.http.errors import NotFound, PreconditionFailed, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.pages import InvalidCursor, Page
from shared.http.revisions import IfMatch, IfMatchInvalid, tag
from shared.telephony.ids import Slug

router = APIRouter(prefix="/v1/flows", tags=["flows"], route_class=IdempotentRoute)

MOST_FLOWS = 500
"""Of one tenant: the published ones all stand in memory."""


@router.post("", status_code=201, responses=posts(NotFound, FlowSlugTaken, TooManyRows))
async def create_flow(
    *,
    body: FlowCreate,
    principal: FlowWriter,
    here: HereNow,
    response: Response,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> FlowView:
    """Make a flow. Its draft may have problems; calls come to it once it is published."""
    tenant = tenant_of(principal, tenant_id)
    draft = body.draft.model_dump(mode="json")
    row = FlowRow(tenant_id=tenant, slug=body.slug, display_name=body.display_name, draft=draft)
    async with here.changes.open(tenant) as store:
        if await store.count() >= MOST_FLOWS:
            raise TooManyRows(f"a tenant has at most {MOST_FLOWS} flows")
        await store.add(row)
        await here.changes.tell(store, row)
    tag(response, row)
    return FlowView.model_validate(row)


@router.get("", responses=problems(NotFound, InvalidCursor))
async def list_flows(
    principal: FlowReader,
    here: HereNow,
    paging: Paging,
    slug: Annotated[Slug | None, Query(description="only the flow of this slug")] = None,
    tenant_id: TenantQuery = None,
) -> Page[FlowSummary]:
    """Flows without their drafts, oldest first."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        rows = await store.page(limit=paging.limit, after=paging.after((UUID,)), slug=slug)
    shown, cursor = paging.page(rows, lambda row: (row.id,))
    return Page[FlowSummary](items=[FlowSummary.model_validate(row) for row in shown], next_cursor=cursor)


@router.get("/{flow_id}", responses=problems(NotFound))
async def show_flow(
    flow_id: UUID, principal: FlowReader, here: HereNow, response: Response, tenant_id: TenantQuery = None
) -> FlowView:
    """One flow with its draft."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        row = await flow_to_show(store, flow_id)
    tag(response, row)
    return FlowView.model_validate(row)


@router.patch("/{flow_id}", responses=problems(NotFound, PreconditionFailed, IfMatchInvalid))
async def update_flow(
    *,
    flow_id: UUID,
    body: FlowUpdate,
    principal: FlowWriter,
    here: HereNow,
    response: Response,
    if_match: IfMatch,
    tenant_id: TenantQuery = None,
) -> FlowView:
    """Change the draft or the name; what is not given stays. Calls go on through the published version."""
    tenant = tenant_of(principal, tenant_id)
    wanted = named(body)
    async with here.changes.reading(tenant) as store:
        row = await flow_to_change(store, flow_id, wanted.get("revision"), if_match)
        if body.draft is not None:
            row.draft = body.draft.model_dump(mode="json")
        if "display_name" in wanted and row.display_name != body.display_name:
            row.display_name = body.display_name
            await store.flush()
            await here.changes.tell(store, row)
        await store.flush()
    tag(response, row)
    return FlowView.model_validate(row)


@router.delete(
    "/{flow_id}", status_code=204, responses=problems(NotFound, FlowInUse, PreconditionFailed, IfMatchInvalid)
)
async def delete_flow(
    flow_id: UUID, principal: FlowWriter, here: HereNow, if_match: IfMatch, tenant_id: TenantQuery = None
) -> None:
    """Remove a flow with its versions. Calls that are in it go on to their end."""
    async with here.changes.open(tenant_of(principal, tenant_id)) as store:
        row = await flow_to_change(store, flow_id, if_match)
        await refuse_if_entered(store, row)
        await here.changes.tell(store, row, removed=True)
        await store.remove(row)


@router.get("/{flow_id}/problems", responses=problems(NotFound))
async def list_flow_problems(
    flow_id: UUID, principal: FlowReader, here: HereNow, tenant_id: TenantQuery = None
) -> FlowProblems:
    """What is wrong with the draft, by node: unreachable, dead end, loop without input, missing prompt or target."""
    async with here.changes.reading(tenant_of(principal, tenant_id)) as store:
        row = await flow_to_show(store, flow_id)
        found = problems_in(row.draft, await surroundings(store, here.library), slug=row.slug)
    return FlowProblems(
        publishable=all(problem.severity != "error" for problem in found),
        problems=[FlowProblem.model_validate(problem) for problem in found],
    )


async def refuse_if_entered(store: FlowStore, row: FlowRow) -> None:
    """Raises FlowInUse while the published version of another flow enters this one."""
    others = [one for one in await written(store, drafts=False) if one.flow != row.slug]
    users = sorted({use.flow for use in uses_of("flow", row.slug, others)})
    if row.published_version is not None and users:
        raise FlowInUse("it is entered by " + ", ".join(users))
