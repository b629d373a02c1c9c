"""``POST /v1/routes/try``: what would happen, without a call."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from services.routing.api.context import HereNow
from services.routing.domain.call import World
from services.routing.domain.config import Extension
from services.routing.domain.route import Route
from services.routing.domain.tryout import from_extension, from_outside
from services.routing.errors import ExtensionUnknown, NotReadyYet, NumberNotOwned
from services.routing.schemas.tryout import TriedRoute, TriedStep, TryRoute
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import NotFound, problems
from shared.http.tokens import Principal
from shared.telephony.causes import Cause

router = APIRouter(prefix="/v1/routes", tags=["routes"])

Reader = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="routes:read"))]


@router.post("/try", responses=problems(NotFound, ExtensionUnknown, NumberNotOwned, NotReadyYet))
async def try_route(body: TryRoute, principal: Reader, here: HereNow, tenant_id: TenantQuery = None) -> TriedRoute:
    """What would happen to this call at that time, and why. Nothing is called, stored or counted."""
    index = here.tenant(tenant_of(principal, tenant_id))
    at = body.at or here.clock.now()
    world = World(here.replica.config, here.replica.usage, at)
    routes: list[Route] | None
    if body.from_extension is not None:
        extension = index.extension(body.from_extension)
        if extension is None:
            raise ExtensionUnknown(field="from_extension")
        routes = from_extension(world, index, extension, body.to, body.then)
    else:
        routes = from_outside(world, index, body.to, body.from_number, body.then)
        if routes is None:
            raise NumberNotOwned(field="to")
    return TriedRoute(direction=routes[0].direction, at=at, steps=[_step(route) for route in routes])


def _step(route: Route) -> TriedStep:
    return TriedStep(
        action=type(route.step).__name__.lower(),
        details=_plain(route.step),
        path=list(route.path),
        has_next=route.next is not None,
    )


def _plain(value: Any) -> Any:
    """A step as JSON; extensions by their numbers."""
    if isinstance(value, Extension):
        return value.number
    if isinstance(value, Cause):
        return {"name": value.name, "sip_status": value.sip_status}
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, UUID) else value
