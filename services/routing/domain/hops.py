"""From another node of ours: its call to a phone that is registered here."""

from __future__ import annotations

from dataclasses import replace

from services.routing.domain.call import Call, World
from services.routing.domain.inbound import refused_from_outside
from services.routing.domain.request import Request
from services.routing.domain.route import JoinLeg, Refusal, Ring, Route, Shown, Target
from shared.telephony.hops import STANDING, Hop

RING_SECONDS = 300
"""The node that calls decides how long the phone rings, and ends its call then."""


def from_node(world: World, request: Request, hop: Hop) -> Route:
    """Ring the one device, or connect with the leg that waits here: the caller's node counted the caps."""
    index = world.config.tenants.get(hop.tenant_id)
    if index is None or index.tenant is None:
        return refused_from_outside(request, Refusal.NUMBER_UNKNOWN, "no such tenant")
    call = Call(
        request=replace(request, call_id=hop.call_id),
        index=index,
        tenant=index.tenant,
        direction=hop.direction,
        caller=None,
        shown=Shown(request.caller_number or "anonymous", request.caller_name),
    )
    if request.destination.startswith(STANDING):
        step = JoinLeg(request.destination.removeprefix(STANDING), hop.peer)
        return call.route(step, "joins a leg that stands, for another node")
    extension = index.extension_of_device(request.destination)
    if extension is None:
        return refused_from_outside(request, Refusal.NUMBER_UNKNOWN, "no such device of the tenant")
    device = tuple(one for one in extension.devices if one.sip_username == request.destination)
    ring = Ring(
        domain=index.tenant.domain,
        targets=(Target(replace(extension, devices=device)),),
        timeout_seconds=RING_SECONDS,
        shown=call.shown,
        via="",
        hop_peer=hop.peer,
        is_hop=True,
    )
    return call.route(ring, f"rings a device of extension {extension.number} for another node")
