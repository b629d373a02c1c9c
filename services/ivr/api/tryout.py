"""``POST /v1/flows/{id}/try``: a call without a call. ``GET /v1/flow-nodes``: what flows are made of."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import ValidationError

from services.ivr.api.context import FlowReader, Here, HereNow, flow_to_show
from services.ivr.domain.actions import FlowRef
from services.ivr.domain.flow import Flow, FlowDocument, Library
from services.ivr.domain.node import CallFacts, Kind
from services.ivr.domain.tryout import Answer, Trial, Tried, TriedFlow, try_flow
from services.ivr.errors import CauseUnknown, FlowUnreadable
from services.ivr.models import FlowRow
from services.ivr.nodes import NODES
from services.ivr.schemas.flows import FlowNodeKind, FlowNodeKinds
from services.ivr.schemas.tryout import TriedFlowView, TriedNote, TriedStepView, TryAnswer, TryFlow
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import NotFound, problems
from shared.http.tokens import Principal
from shared.telephony.causes import CAUSES

router = APIRouter(prefix="/v1", tags=["flows"])

Anybody = Annotated[
    Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", "agent", scope="flows:read"))
]
DRAFT = 0


@router.get("/flow-nodes")
async def list_flow_nodes(_: Anybody) -> FlowNodeKinds:
    """Every kind of node with its JSON schema and exits."""
    return FlowNodeKinds(items=[_kind(name, kind) for name, kind in NODES.items()])


@router.post("/flows/{flow_id}/try", responses=problems(NotFound, CauseUnknown, FlowUnreadable))
async def try_flow_out(
    flow_id: UUID, body: TryFlow, principal: FlowReader, here: HereNow, tenant_id: TenantQuery = None
) -> TriedFlowView:
    """The way of a caller who presses these keys at that time. Nobody is called, nothing asked, stored or counted."""
    tenant = tenant_of(principal, tenant_id)
    async with here.changes.reading(tenant) as store:
        row = await flow_to_show(store, flow_id)
        version = await store.version(flow_id, body.version) if body.version is not None else None
    if body.version is not None and version is None:
        raise NotFound("no such version", field="version")
    flow = _flow(row, version.document if version else row.draft, body.version or DRAFT)
    at = body.at or here.clock.now()
    facts = _facts(here, tenant, body)
    trial = Trial(
        keys=tuple(body.keys),
        language=body.language or here.library.tenant(tenant).language,
        variables=body.variables,
        answers={node: _answer(node, answer) for node, answer in body.answers.items()},
    )
    tried = try_flow(_library(here, tenant, flow), flow, trial, facts, at)
    return _view(tried, at)


def _kind(name: str, kind: Kind) -> FlowNodeKind:
    schema = kind.config.model_json_schema()
    return FlowNodeKind(
        type=name,
        description=schema.pop("description", ""),
        must_exit=list(kind.config.MUST_EXIT),
        may_exit=list(kind.config.MAY_EXIT),
        takes_input=kind.config.TAKES_INPUT,
        config_schema=schema,
    )


def _flow(row: FlowRow, document: dict[str, Any], version: int) -> Flow:
    try:
        return Flow(FlowRef(row.id, version), row.slug, FlowDocument.model_validate(document))
    except ValidationError as error:
        raise FlowUnreadable() from error


def _library(here: Here, tenant_id: UUID, flow: Flow) -> Library:
    """The published flows, with this one in its own place."""
    published = here.library.tenant(tenant_id).library()
    return Library({**published.published, flow.slug: flow.ref}, {**published.versions, flow.ref: flow})


def _facts(here: Here, tenant_id: UUID, body: TryFlow) -> CallFacts:
    return CallFacts(
        tenant_id=str(tenant_id),
        call_id="try",
        leg_id="try",
        caller_number=body.caller_number,
        caller_name=body.caller_name,
        called_number=body.called_number,
        time_zone=here.library.tenant(tenant_id).time_zone,
    )


def _answer(node: str, answer: TryAnswer) -> Answer:
    """Raises CauseUnknown."""
    cause = None
    if answer.outcome is not None:
        cause = CAUSES.get(answer.outcome)
        if cause is None:
            raise CauseUnknown(field=f"answers.{node}.outcome")
    return Answer(
        http_status=answer.http_status,
        http_document=answer.http_document,
        customer=answer.customer,
        nobody_took_it=cause,
        said=answer.said,
        choice=answer.choice,
        recorded_seconds=answer.recorded_seconds,
        stored=answer.stored,
    )


def _view(tried: TriedFlow, at: Any) -> TriedFlowView:
    return TriedFlowView(
        at=at,
        steps=[_step(step) for step in tried.steps],
        variables=dict(tried.variables),
        language=tried.language,
        ends=tried.ends,
        destination=tried.destination,
        cause=tried.cause,
    )


def _step(step: Tried) -> TriedStepView:
    return TriedStepView(
        flow=step.flow,
        node=step.node,
        type=step.type,
        says=step.says,
        pressed=step.pressed,
        exit=step.exit,
        notes=[TriedNote(name=note.name, details=dict(note.fields)) for note in step.notes],
    )
