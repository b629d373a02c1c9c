"""How a number outside is called by a service in the tenant's name: an agent's mobile for a caller who waits."""

from __future__ import annotations

from dataclasses import dataclass

from services.routing.domain import outbound
from services.routing.domain.call import Call, World
from services.routing.domain.config import Tenant
from services.routing.domain.index import TenantIndex
from services.routing.domain.request import PHONES, Request
from services.routing.domain.route import DialTrunk, Refusal, Refuse, Route, Shown
from shared.telephony.causes import CAUSES
from shared.telephony.destinations import Destination, DestinationKind
from shared.telephony.numbers import NumberClass

OWN_NUMBER = "own_number"
MOST_WAYS = 3
_TRUNK_FAILED = CAUSES["NORMAL_TEMPORARY_FAILURE"]


@dataclass(frozen=True, slots=True)
class NoWayOut:
    """The number is not called.

    Args:
        code: a `Refusal`, or `OWN_NUMBER`.
        why: in words.
    """

    code: str
    why: str


def ways_out(
    world: World, index: TenantIndex, tenant: Tenant, e164: str, leg_id: str
) -> tuple[DialTrunk, ...] | NoWayOut:
    """The trunks for a number, best first, as routing would try them one after another.

    Args:
        e164: the number.
        leg_id: of the leg that will be made.

    The tenant acts, since its administrator named the number. Premium numbers are not called all the same: nobody's
    phone has one, and each call costs.
    """
    if e164 in index.by_e164:
        return NoWayOut(OWN_NUMBER, "this is a number of the tenant itself")
    request = Request(leg_id, PHONES, e164, tenant_id=index.id)
    call = Call(request=request, index=index, tenant=tenant, direction="outbound", caller=None, shown=Shown(""))
    outcome = outbound.to_external(world, call, Destination(DestinationKind.EXTERNAL, e164))
    found: list[DialTrunk] = []
    while isinstance(outcome, Route):
        if isinstance(outcome.step, Refuse):
            return tuple(found) or NoWayOut(outcome.step.reason.value, outcome.path[-1])
        if not isinstance(outcome.step, DialTrunk):
            break
        if outcome.step.number_class == NumberClass.PREMIUM.value:
            return NoWayOut(Refusal.CLASS_OF_SERVICE.value, "class of service: premium numbers are not allowed")
        found.append(outcome.step)
        if outcome.next is None or len(found) == MOST_WAYS:
            break
        outcome = outbound.after_trunk(world, call, outcome.next, _TRUNK_FAILED)
    return tuple(found) or NoWayOut(Refusal.NO_TRUNK.value, "the number leads to no trunk")
