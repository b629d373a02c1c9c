"""Emergency calls: no cap, no class of service and no rule stands before them, and every trunk that can is tried."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from services.routing.domain.call import Call, Outcome, World
from services.routing.domain.caller_ids import outside_caller_id
from services.routing.domain.progress import Progress, Stage
from services.routing.domain.route import DialTrunk, Refusal
from shared.telephony.causes import Cause
from shared.telephony.numbers import NumberClass, NumberError, digits_only, is_emergency

RING_SECONDS = 120


def is_emergency_number(call: Call, number: str) -> bool:
    """Whether ``number``, as dialled by a phone of the tenant, reaches an emergency service."""
    return number in call.index.routes.settings.emergency_numbers or is_emergency(number, call.tenant.country)


def to_emergency(world: World, call: Call, number: str) -> Outcome:
    """Out by the first trunk that carries emergency calls."""
    return _dial(world, replace(call, caps=()).noted("emergency"), number, ())


def after_trunk(world: World, call: Call, progress: Progress, _: Cause) -> Outcome:
    """That trunk failed, however it did: the next one."""
    return _dial(world, call, progress.target, progress.tried)


def _dial(world: World, call: Call, number: str, tried: tuple[UUID, ...]) -> Outcome:
    trunks = [
        one for one in world.config.all_trunks_of(call.tenant.id) if one.carries_emergency and one.id not in tried
    ]
    if not trunks:
        return call.refused(Refusal.NO_TRUNK, why="no trunk carries emergency calls")
    trunk = trunks[0]
    dialled = _digits(number)
    step = DialTrunk(
        trunk_id=trunk.id,
        number=dialled,
        e164=dialled,
        number_class=NumberClass.EMERGENCY,
        shown=outside_caller_id(call, trunk),
        via=call.via,
        timeout_seconds=RING_SECONDS,
    )
    progress = call.progress(stage=Stage.EMERGENCY, target=dialled, tried=(*tried, trunk.id))
    call = replace(call, direction="outbound")
    return call.route(step, f"trunk {trunk.id}", caps=(), next=progress if len(trunks) > 1 else None)


def _digits(number: str) -> str:
    try:
        return digits_only(number)
    except NumberError:
        return number
