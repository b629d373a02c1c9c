"""``/v1/calls``: calls that are up."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from services.routing.api.context import Here, HereNow
from services.routing.domain.call import World
from services.routing.domain.config import Extension
from services.routing.domain.index import TenantIndex
from services.routing.domain.route import Confirm, EchoTest, Refusal, Refuse
from services.routing.domain.tryout import from_extension
from services.routing.errors import (
    CallFailed,
    CallGone,
    CallNotFound,
    DestinationRefused,
    ExtensionUnknown,
    NoNode,
    NotDialable,
    NotReadyYet,
    NotRegistered,
    SwitchDeadline,
    SwitchRefused,
    SwitchUnavailable,
)
from services.routing.schemas.calls import (
    LiveCall,
    LiveCallsView,
    LiveLeg,
    PlaceCall,
    PlacedCall,
    RecordCall,
    TransferCall,
)
from services.routing.schemas.fields import CallPathId
from shared.contracts.switch import HangUp, Hold, Record, Transfer
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import NotFound, problems
from shared.http.idempotency import IdempotencyKey
from shared.http.idempotent import IdempotentRoute, posts
from shared.http.tokens import Principal

router = APIRouter(prefix="/v1/calls", tags=["calls"], route_class=IdempotentRoute)

Reader = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="calls:read"))]
Writer = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="calls:write"))]
STEERING = problems(NotFound, CallNotFound, CallGone, SwitchRefused, SwitchUnavailable, NoNode, SwitchDeadline)

_UNKNOWN = frozenset({Refusal.NUMBER_UNKNOWN, Refusal.NUMBER_INVALID})


@router.get("", responses=problems(NotFound))
async def list_calls(principal: Reader, here: HereNow, tenant_id: TenantQuery = None) -> LiveCallsView:
    """The tenant's calls that are up, as the nodes tell it at this moment."""
    up = await here.live.legs_up(tenant_of(principal, tenant_id))
    calls: dict[str, list[LiveLeg]] = {}
    for leg in up.legs:
        calls.setdefault(leg["call_id"], []).append(LiveLeg.model_validate(leg))
    items = [
        LiveCall(call_id=call_id, direction=legs[0].direction, legs=sorted(legs, key=lambda leg: str(leg.created_at)))
        for call_id, legs in sorted(calls.items())
    ]
    return LiveCallsView(items=items, silent_nodes=up.silent_nodes)


@router.post(
    "",
    responses=posts(
        NotFound,
        ExtensionUnknown,
        NotDialable,
        DestinationRefused,
        NotRegistered,
        CallFailed,
        SwitchRefused,
        NotReadyYet,
        NoNode,
        SwitchUnavailable,
        SwitchDeadline,
    ),
)
async def place_call(
    *,
    body: PlaceCall,
    principal: Writer,
    here: HereNow,
    tenant_id: TenantQuery = None,
    _key: IdempotencyKey = None,
) -> PlacedCall:
    """Call an extension's own phone; once it is answered, it dials ``to``. Answered when the phone was."""
    index = here.tenant(tenant_of(principal, tenant_id))
    extension = index.extension(body.from_extension)
    if extension is None or index.tenant is None:
        raise ExtensionUnknown(field="from_extension")
    if body.to == extension.number:
        raise NotDialable("an extension does not call itself", field="to")
    _check_destination(here, index, extension, body.to)
    placed = await here.live.place(index.id, index.tenant.domain, extension, body.to)
    return PlacedCall(call_id=placed.call_id, node_id=placed.node_id)


@router.delete("/{call_id}", status_code=204, responses=STEERING)
async def hang_up(call_id: CallPathId, principal: Writer, here: HereNow, tenant_id: TenantQuery = None) -> None:
    """End a call (or, by its leg's id, one leg)."""
    await here.live.steer(HangUp(tenant_id=tenant_of(principal, tenant_id), leg_id=call_id, cause="MANAGER_REQUEST"))


@router.post("/{call_id}/transfer", status_code=204, responses={**STEERING, **posts()})
async def transfer(
    call_id: CallPathId, body: TransferCall, principal: Writer, here: HereNow, tenant_id: TenantQuery = None
) -> None:
    """Send a leg, or the one it talks to, to another number; the rules of who answered it hold."""
    tenant = tenant_of(principal, tenant_id)
    await here.live.steer(Transfer(tenant_id=tenant, leg_id=call_id, number=body.to, which=body.which))


@router.post("/{call_id}/hold", status_code=204, responses={**STEERING, **posts()})
async def hold(call_id: CallPathId, principal: Writer, here: HereNow, tenant_id: TenantQuery = None) -> None:
    """Put a leg on hold."""
    await here.live.steer(Hold(tenant_id=tenant_of(principal, tenant_id), leg_id=call_id, on=True))


@router.post("/{call_id}/unhold", status_code=204, responses={**STEERING, **posts()})
async def unhold(call_id: CallPathId, principal: Writer, here: HereNow, tenant_id: TenantQuery = None) -> None:
    """Take a leg back from hold."""
    await here.live.steer(Hold(tenant_id=tenant_of(principal, tenant_id), leg_id=call_id, on=False))


@router.post("/{call_id}/recording", status_code=204, responses={**STEERING, **posts()})
async def record(
    call_id: CallPathId, body: RecordCall, principal: Writer, here: HereNow, tenant_id: TenantQuery = None
) -> None:
    """Start, stop, mask (silence) or unmask the recording of a leg."""
    tenant = tenant_of(principal, tenant_id)
    file = f"{tenant}/{call_id}.wav"
    await here.live.steer(Record(tenant_id=tenant, leg_id=call_id, action=body.action, file=file))


def _check_destination(here: Here, index: TenantIndex, extension: Extension, number: str) -> None:
    """Before any phone rings: would this go anywhere?"""
    world = World(here.replica.config, here.replica.usage, here.clock.now())
    route = from_extension(world, index, extension, number)[0]
    if isinstance(route.step, Confirm | EchoTest):
        raise NotDialable("a feature code is dialled by a phone", field="to")
    if isinstance(route.step, Refuse):
        if route.step.reason in _UNKNOWN:
            raise NotDialable(route.path[-1], field="to")
        raise DestinationRefused(f"{route.step.reason.value}: {route.path[-1]}", field="to")
