"""From outside: whose trunk, which number, and where its calls go at this hour."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.routing.domain.call import Call, Outcome, Redirect, World
from services.routing.domain.caps import caps_of_new_call
from services.routing.domain.config import InboundRoute, Number, Trunk
from services.routing.domain.index import Config, TenantIndex, serves
from services.routing.domain.request import Request
from services.routing.domain.route import CAUSE_OF, Refusal, Refuse, Route, Shown
from shared.telephony.caller_id import display_name
from shared.telephony.destinations import Destination
from shared.telephony.numbers import NumberError, digits_only, normalise
from shared.telephony.schedules import is_open


def from_trunk(world: World, request: Request) -> Outcome:
    """A call that came in by a trunk profile: its source must be a trunk's, its number a tenant's."""
    trunks = source_trunks(world.config, request)
    if not trunks:
        return refused_from_outside(request, Refusal.SOURCE_UNKNOWN, "no trunk sends from there")
    found = called_number(world.config, request.destination, trunks)
    if found is None:
        return refused_from_outside(request, Refusal.NUMBER_UNKNOWN, "not a number of a tenant of this trunk")
    index, number, trunk = found
    return call_to_number(world, request, index, number, trunk)


def call_to_number(world: World, request: Request, index: TenantIndex, number: Number, trunk: Trunk | None) -> Outcome:
    """A call from outside to a number of an existing tenant."""
    assert index.tenant is not None  # noqa: S101 -- an owner without its tenant is not found
    call = Call(
        request=request,
        index=index,
        tenant=index.tenant,
        direction="inbound",
        caller=None,
        shown=shown(request, index.tenant.country),
        trunk_id=trunk.id if trunk else None,
        caps=caps_of_new_call(index, trunk=trunk),
        path=(f"trunk {trunk.id}",) if trunk else ("from outside",),
    )
    return to_number(world, call, number)


def source_trunks(config: Config, request: Request) -> list[Trunk]:
    """The trunks this call may have come by.

    The gateway's name stands in the request's own address, so it is only as secret as the trunk's id: a trunk that
    lists networks is believed from those alone.
    """
    found = config.trunks_from(request.network_address)
    gateway_id = _uuid(request.gateway)
    gateway = config.trunks.get(gateway_id) if gateway_id else None
    if gateway and gateway.enabled and (not gateway.networks or gateway in found):
        return [gateway, *(one for one in found if one is not gateway)]
    return found


def called_number(config: Config, dialled: str, trunks: list[Trunk]) -> tuple[TenantIndex, Number, Trunk] | None:
    """The tenant and number that were called, with a trunk that serves this tenant."""
    for trunk in trunks:
        for e164 in _readings(config, dialled, trunk):
            owner = config.owner_of(e164)
            if owner and serves(trunk, owner.id):
                return owner, owner.by_e164[e164], trunk
    return None


def to_number(world: World, call: Call, number: Number) -> Outcome:
    """Where a number's calls go now. From here on the tenant acts, not who called."""
    destination, why = destination_of(world, call, number)
    if destination is None:
        return call.refused(Refusal.NUMBER_UNKNOWN, why=f"{number.e164} leads nowhere")
    noted = (*call.path, f"{number.e164}: {destination}{why}")
    return Redirect(replace(call, via=f"number:{number.e164}", acting=None, path=noted), destination)


def destination_of(world: World, call: Call, number: Number) -> tuple[Destination | None, str]:
    """A number's destination at this hour, and why."""
    route = call.index.routes.inbound.get(number.id)
    if route is None:
        return number.destination, ""
    return _by_schedule(world, route, number)


def shown(request: Request, country: str) -> Shown:
    """An outside caller as the tenant's phones show it: in international form where it can be read so."""
    number: str
    try:
        number = normalise(request.caller_number, country)
    except NumberError:
        number = display_name(request.caller_number)[:32]
    return Shown(number or "anonymous", display_name(request.caller_name))


def _by_schedule(world: World, route: InboundRoute, number: Number) -> tuple[Destination | None, str]:
    for entry in route.entries:
        if entry.schedule is None:
            return entry.destination, ""
        if is_open(entry.schedule, world.now):
            return entry.destination, " (open now)"
    return route.otherwise or number.destination, " (outside all hours)" if route.entries else ""


def _readings(config: Config, dialled: str, trunk: Trunk) -> list[str]:
    """The E.164 numbers that a carrier may mean: international with or without plus, or national."""
    try:
        digits = digits_only(dialled)
    except NumberError:
        return []
    found = [digits] if digits.startswith("+") else [f"+{digits}"]
    for country in _countries(config, trunk):
        try:
            found.append(normalise(digits, country))
        except NumberError:
            continue
    return found


def _countries(config: Config, trunk: Trunk) -> list[str]:
    """Whose national form a trunk may use: its tenant's, or, of a shared trunk, the only country there is."""
    if trunk.tenant_id is None:
        return list(config.countries) if len(config.countries) == 1 else []
    owner = config.known_tenant(trunk.tenant_id)
    return [owner.tenant.country] if owner and owner.tenant else []


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def refused_from_outside(request: Request, reason: Refusal, why: str) -> Route:
    """A call of nobody's."""
    return Route(
        Refuse(reason, CAUSE_OF[reason]), call_id=request.leg_id, direction="inbound", path=(f"refused: {why}",)
    )
