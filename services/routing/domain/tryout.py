"""What would happen to a call that is not made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from services.routing.domain.call import World
from services.routing.domain.config import Extension
from services.routing.domain.decide import decide, follow
from services.routing.domain.inbound import call_to_number
from services.routing.domain.index import TenantIndex
from services.routing.domain.request import NEXT, PHONES, TRUNKS, Request
from services.routing.domain.route import Route

NO_LEG = str(UUID(int=0))


def from_extension(
    world: World, index: TenantIndex, extension: Extension, number: str, then: Sequence[str] = ()
) -> list[Route]:
    """The steps of a call that an extension's phone dials; each of ``then`` is how the step before it ends."""
    request = Request(NO_LEG, PHONES, number, tenant_id=index.id, extension_id=extension.id)
    return _with_what_follows(world, request, decide(world.config, world.usage, request, world.now), then)


def from_outside(
    world: World, index: TenantIndex, number: str, caller_number: str, then: Sequence[str] = ()
) -> list[Route] | None:
    """The steps of a call from outside to a number of the tenant; none when it has no such number."""
    found = index.by_e164.get(number)
    if found is None:
        return None
    request = Request(NO_LEG, TRUNKS, number, tenant_id=index.id, caller_number=caller_number)
    route = follow(world, call_to_number(world, request, index, found, None))
    return _with_what_follows(world, request, route, then)


def _with_what_follows(world: World, request: Request, first: Route, then: Sequence[str]) -> list[Route]:
    routes = [first]
    for disposition in then:
        last = routes[-1]
        if last.next is None:
            break
        asked = replace(
            request,
            context=PHONES,
            destination=NEXT,
            progress=last.next,
            disposition=disposition,
            direction=last.direction,
        )
        routes.append(decide(world.config, world.usage, asked, world.now))
    return routes
