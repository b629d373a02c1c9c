"""The one decision: where does this call go now?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.routing.domain import (
    conferences,
    emergency,
    extensions,
    feature_codes,
    hops,
    inbound,
    outbound,
    programs,
    queues,
    ring_groups,
)
from services.routing.domain.call import MAX_HOPS, Call, Outcome, Redirect, Usage, World
from services.routing.domain.caps import caps_of_new_call
from services.routing.domain.config import Extension, Tenant
from services.routing.domain.index import Config, TenantIndex
from services.routing.domain.notices import hang_up
from services.routing.domain.progress import Stage
from services.routing.domain.request import NEXT, PHONES, TRUNKS, Request
from services.routing.domain.route import CAUSE_OF, Refusal, Refuse, Route, Shown
from shared.telephony.causes import CAUSES
from shared.telephony.destinations import Destination, DestinationKind
from shared.telephony.handover import LEAVE
from shared.telephony.numbers import NumberError, extension_number

HANDLERS = {
    DestinationKind.EXTENSION: extensions.to_extension,
    DestinationKind.RING_GROUP: ring_groups.to_ring_group,
    DestinationKind.EXTERNAL: outbound.to_external,
    DestinationKind.CONFERENCE: conferences.to_conference,
    DestinationKind.HANGUP: hang_up,
    DestinationKind.QUEUE: queues.to_queue,
    DestinationKind.FLOW: programs.to_flow,
    DestinationKind.VOICEMAIL: programs.to_voicemail,
}
"""Every kind of destination, and who routes it."""

RESUMED = {
    Stage.EXTENSION: extensions.after_extension,
    Stage.RING_GROUP: ring_groups.after_members,
    Stage.TRUNK: outbound.after_trunk,
    Stage.EMERGENCY: emergency.after_trunk,
    Stage.PROGRAM: programs.after_program,
    Stage.QUEUE: queues.after_queue,
}
"""Every stage a call may be in when it asks again, and who goes on."""


ANSWERED = "SUCCESS"
"""``originate_disposition`` of an attempt that was answered."""


def decide(config: Config, usage: Usage, request: Request, now: datetime) -> Route:
    """Where ``request``'s call goes.

    Args:
        config: what is configured; only read.
        usage: what was used so far.
        request: the question.
        now: the instant, with a time zone.
    """
    world = World(config, usage, now)
    if request.context == TRUNKS and request.hop is not None:
        return hops.from_node(world, request, request.hop)
    if request.context == TRUNKS:
        return follow(world, inbound.from_trunk(world, request))
    if request.destination == NEXT:
        return _next(world, request)
    if request.destination == LEAVE:
        return _left_a_program(world, request)
    return _from_phone(world, request)


def follow(world: World, outcome: Outcome, call: Call | None = None) -> Route:
    """Go from destination to destination until something is to be done; ``call``: whose it is, where known."""
    while isinstance(outcome, Redirect):
        call = replace(outcome.call, hops=outcome.call.hops + 1)
        if call.hops > MAX_HOPS:
            outcome = call.refused(Refusal.TOO_MANY_FORWARDS)
        else:
            outcome = HANDLERS[outcome.destination.kind](world, call, outcome.destination)
    return programs.coming_back(call, outcome) if call else outcome


def _from_phone(world: World, request: Request) -> Route:
    call = _authenticated(world, request)
    if isinstance(call, Route):
        return call
    return follow(world, dialled(world, call, request.destination))


def dialled(world: World, call: Call, number: str) -> Outcome:
    """What a phone of the tenant dialled: emergency, feature code, extension or outside number, in this order."""
    if emergency.is_emergency_number(call, number):
        return emergency.to_emergency(world, call, number)
    if number.startswith("*"):
        return feature_codes.to_code(world, call, number)
    try:
        extension = call.index.extension(extension_number(number))
    except NumberError:
        extension = None
    if extension is not None:
        return extensions.to_extension(world, call, Destination(DestinationKind.EXTENSION, extension.number))
    return outbound.to_dialled(world, call, number)


def _authenticated(world: World, request: Request) -> Call | Route:
    """The call of somebody whose tenant is proved, or its refusal."""
    index = world.config.tenants.get(request.tenant_id) if request.tenant_id else None
    if request.context != PHONES or index is None or index.tenant is None:
        reason = Refusal.UNAUTHENTICATED
        return Route(Refuse(reason, CAUSE_OF[reason]), call_id=request.leg_id, path=("refused: nobody signed in",))
    caller = index.extension_by_id(request.extension_id)
    call = Call(
        request=request,
        index=index,
        tenant=index.tenant,
        direction=request.direction or "internal",
        caller=caller,
        shown=_shown(request, index.tenant, caller),
        acting=_acting(request, index) or caller,
        caps=caps_of_new_call(index, caller=caller) if request.is_first else (),
    )
    # A call that is under way goes on: it was let in, and it may be a call for help.
    is_let_in = (
        index.tenant.enabled
        or request.progress
        or request.leaving
        or emergency.is_emergency_number(call, request.destination)
    )
    return call if is_let_in else call.refused(Refusal.TENANT_DISABLED)


def _shown(request: Request, tenant: Tenant, caller: Extension | None) -> Shown:
    """An extension is shown as it is configured, whatever its phone says of itself."""
    return Shown(caller.number, caller.display_name) if caller else inbound.shown(request, tenant.country)


def _acting(request: Request, index: TenantIndex) -> Extension | None:
    """Whose call it is when it was transferred: who answered it sent it on; else who placed it."""
    if request.is_first or request.destination in {NEXT, LEAVE}:
        return None
    return index.extension_by_id(request.party_id) or index.extension_by_id(request.acting_id)


def _next(world: World, request: Request) -> Route:
    """The step after one that failed."""
    call = _authenticated(world, request)
    if isinstance(call, Route):
        return call
    progress = request.progress
    if progress is None:
        return call.refused(Refusal.NUMBER_UNKNOWN, why="refused: no step of this call is open")
    # Of a call from a queue, only the bridge itself tells: nothing was dialled for it by its own leg.
    answered = request.was_bridged if progress.stage is Stage.QUEUE else request.disposition == ANSWERED
    if progress.after and answered:
        return programs.run(call.resumed(progress), progress.after, f"who answered has left: runs {progress.after}")
    failed = CAUSES.get(request.disposition, CAUSES["NORMAL_TEMPORARY_FAILURE"])
    call = call.resumed(progress).noted(f"{progress.stage.value} ended: {failed.name}")
    return follow(world, RESUMED[progress.stage](world, call, progress, failed), call)


def _left_a_program(world: World, request: Request) -> Route:
    """A program sends its call on."""
    call = _authenticated(world, request)
    if isinstance(call, Route):
        return call
    if request.leaving is None:
        return call.refused(Refusal.NUMBER_UNKNOWN, why="refused: no program sent this call")
    return follow(world, programs.leave(world, call))
