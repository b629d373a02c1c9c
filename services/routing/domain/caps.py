"""How many calls, and for how long: caps on calls, and what is left of a day's international minutes."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from services.routing.domain.call import Call, World
from services.routing.domain.config import Caps, Extension, Trunk
from services.routing.domain.index import TenantIndex
from services.routing.domain.route import Cap, CapKind
from shared.telephony.numbers import NumberClass

METERED = frozenset({NumberClass.INTERNATIONAL, NumberClass.PREMIUM})
"""Classes whose minutes are counted and capped."""


def caps_of_new_call(
    index: TenantIndex, *, caller: Extension | None = None, trunk: Trunk | None = None
) -> tuple[Cap, ...]:
    """What a new call counts against: its trunk (if it came by one), its tenant, the extension that placed it."""
    found: list[Cap] = []
    if trunk:
        found += _caps("trunk", trunk.id, trunk.caps)
    found += _caps("tenant", index.id, index.caps())
    if caller:
        found += _caps("extension", caller.id, index.extension_caps(caller))
    return tuple(found)


def _caps(kind: CapKind, key: UUID, caps: Caps) -> list[Cap]:
    found = []
    # Calls a second first: a flood is refused before it takes the places of calls that are up.
    if caps.max_calls_per_second is not None:
        found.append(Cap(kind, key, caps.max_calls_per_second, per_second=True))
    if caps.max_calls is not None:
        found.append(Cap(kind, key, caps.max_calls))
    return found


def remaining_international_seconds(world: World, call: Call, acting: Extension | None) -> int | None:
    """Seconds of metered calls that are left today for the tenant and the extension; none: no cap."""
    today = world.today(call.tenant)
    left = [_left(world, call.tenant.id, call.index.caps(), today)]
    if acting:
        left.append(_left(world, acting.id, call.index.extension_caps(acting), today))
    given = [seconds for seconds in left if seconds is not None]
    return min(given) if given else None


def _left(world: World, key: UUID, caps: Caps, today: date) -> int | None:
    if caps.max_international_minutes_per_day is None:
        return None
    used = world.usage.international_seconds.get((key, today), 0)
    return max(0, caps.max_international_minutes_per_day * 60 - used)
