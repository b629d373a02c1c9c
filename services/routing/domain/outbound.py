"""To the outside: the number, whether it may be called, and the trunks that carry it."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.routing.domain import inbound
from services.routing.domain.call import Call, Outcome, World
from services.routing.domain.caller_ids import default_number, outside_caller_id
from services.routing.domain.caps import METERED, remaining_international_seconds
from services.routing.domain.config import OutboundRule, ServiceClass, Trunk
from services.routing.domain.progress import Progress, Stage
from services.routing.domain.route import CAUSE_OF, DialTrunk, Diversion, Refusal, Refuse, Route
from services.routing.domain.trunks import candidates, first_two, rule_for, written
from shared.telephony.causes import Cause
from shared.telephony.destinations import Destination
from shared.telephony.numbers import NumberClass, NumberError, area_code, normalise, number_class

RING_SECONDS = 120

NEEDS = {
    NumberClass.INTERNAL: ServiceClass.INTERNAL,
    NumberClass.TOLL_FREE: ServiceClass.LOCAL,
    NumberClass.LOCAL: ServiceClass.LOCAL,
    NumberClass.NATIONAL: ServiceClass.NATIONAL,
    NumberClass.INTERNATIONAL: ServiceClass.INTERNATIONAL,
    NumberClass.PREMIUM: ServiceClass.PREMIUM,
}
"""The class of service that a number's class needs."""

_RANK = {one: rank for rank, one in enumerate(ServiceClass)}


def to_dialled(world: World, call: Call, number: str) -> Outcome:
    """A number as a phone of the tenant dialled it."""
    try:
        e164 = normalise(number, call.tenant.country)
    except NumberError as error:
        reason = Refusal.NUMBER_INVALID if error.code == "number_not_digits" else Refusal.NUMBER_UNKNOWN
        return call.refused(reason, why="neither an extension nor a phone number")
    return _dial(world, call.noted(f"dialled {e164}"), e164, ())


def to_external(world: World, call: Call, destination: Destination) -> Outcome:
    """A number in international form, as routes and forwards name it."""
    return _dial(world, call, destination.target, ())


def after_trunk(world: World, call: Call, progress: Progress, failed: Cause) -> Outcome:
    """A trunk failed: the next one, unless the far end itself decided."""
    if not failed.worth_another_trunk:
        return call.refused(Refusal.FAR_END, failed)
    outcome = _dial(world, call, progress.target, progress.tried)
    is_over = isinstance(outcome, Route) and outcome.step == Refuse(Refusal.NO_TRUNK, CAUSE_OF[Refusal.NO_TRUNK])
    return call.refused(Refusal.FAR_END, failed, why="no further trunk") if is_over else outcome


def _dial(world: World, call: Call, e164: str, tried: tuple[UUID, ...]) -> Outcome:
    if number := call.index.by_e164.get(e164):
        return inbound.to_number(world, call.noted("a number of the tenant itself"), number)
    try:
        kind = number_class(e164, call.tenant.country, own_area_code=_own_area_code(call))
    except NumberError:
        return call.refused(Refusal.NUMBER_UNKNOWN, why="not a phone number")
    rule = rule_for(call.index, e164[1:])
    remaining = remaining_international_seconds(world, call, call.acting) if kind in METERED else None
    if barred := _barred(call, kind, rule, remaining):
        return call.refused(*barred)
    trunks = first_two(candidates(world.config, call.index, e164[1:], rule), tried)
    if not trunks:
        return call.refused(Refusal.NO_TRUNK)
    trunk = trunks[0]
    step = _step(call, e164, kind, trunk, remaining)
    # Without another trunk the call simply ends with this one's cause; a trunk that is full was not even tried.
    may_go_on = len(trunks) > 1 or trunk.caps.max_calls is not None
    progress = call.progress(stage=Stage.TRUNK, target=e164, tried=(*tried, trunk.id)) if may_go_on else None
    call = replace(call, direction="inbound" if call.direction == "inbound" else "outbound")
    return call.route(step, f"{kind.value} number", f"trunk {trunk.id}", next=progress)


def _barred(
    call: Call, kind: NumberClass, rule: OutboundRule | None, remaining: int | None
) -> tuple[Refusal, None, str] | None:
    """Why this number may not be called; none when it may. Where the tenant itself acts, its administrator chose."""
    if call.acting and _RANK[call.acting.service_class] < _RANK[NEEDS[kind]]:
        return Refusal.CLASS_OF_SERVICE, None, f"class of service: {kind.value} calls are not allowed"
    if rule and not rule.allow:
        return Refusal.RULE, None, f"rule for +{rule.prefix}: not allowed"
    if remaining == 0:
        return Refusal.MINUTES_USED_UP, None, "today's international minutes are used up"
    return None


def _step(call: Call, e164: str, kind: NumberClass, trunk: Trunk, remaining: int | None) -> DialTrunk:
    return DialTrunk(
        trunk_id=trunk.id,
        number=written(e164, trunk.number_format, call.tenant.country),
        e164=e164,
        number_class=kind.value,
        shown=outside_caller_id(call, trunk),
        via=call.via,
        timeout_seconds=call.ring_seconds or RING_SECONDS,
        diversion=_outside_diversion(call, trunk),
        caps=trunk.caps,
        billed_id=call.acting.id if call.acting else None,
        remaining_seconds=remaining,
        accept_key=call.accept_key,
    )


def _outside_diversion(call: Call, trunk: Trunk) -> Diversion | None:
    """Outside, who forwarded is told by its public number."""
    if call.diversion is None:
        return None
    return replace(call.diversion, number=outside_caller_id(call, trunk).number)


def _own_area_code(call: Call) -> str:
    main = default_number(call.index)
    return area_code(main) if main else ""
