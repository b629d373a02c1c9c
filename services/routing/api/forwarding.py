"""``/v1/extensions/{id}/forwarding`` and ``.../do-not-disturb``."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.routing.api.context import Here, HereNow, named
from services.routing.domain.config import Extension
from services.routing.errors import ForwardsToItself, NotReadyYet
from services.routing.schemas.forwarding import DoNotDisturb, ForwardingUpdate, ForwardingView
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import NotFound, problems
from shared.http.tokens import Principal
from shared.telephony.destinations import Destination, DestinationKind

router = APIRouter(prefix="/v1/extensions/{extension_id}", tags=["forwarding"])

Reader = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="forwarding:read"))]
Writer = Annotated[Principal, Depends(require("tenant_admin", "manager", scope="forwarding:write"))]
ERRORS = problems(NotFound, NotReadyYet)


@router.get("/forwarding", responses=ERRORS)
async def show_forwarding(
    extension_id: UUID, principal: Reader, here: HereNow, tenant_id: TenantQuery = None
) -> ForwardingView:
    """Where an extension's calls go instead, and whether it wants any."""
    tenant = tenant_of(principal, tenant_id)
    return await _view(here, tenant, here.extension(tenant, extension_id))


@router.patch("/forwarding", responses=problems(NotFound, NotReadyYet, ForwardsToItself))
async def change_forwarding(
    extension_id: UUID, body: ForwardingUpdate, principal: Writer, here: HereNow, tenant_id: TenantQuery = None
) -> ForwardingView:
    """Change it; what is not given stays."""
    tenant = tenant_of(principal, tenant_id)
    extension = here.extension(tenant, extension_id)
    wanted = named(body)
    for field, value in wanted.items():
        if isinstance(value, Destination):
            if value == Destination(DestinationKind.EXTENSION, extension.number):
                raise ForwardsToItself(field=field)
            wanted[field] = str(value)
    await _change(here, tenant, extension, wanted)
    return await _view(here, tenant, extension)


@router.put("/do-not-disturb", responses=ERRORS)
async def change_do_not_disturb(
    extension_id: UUID, body: DoNotDisturb, principal: Writer, here: HereNow, tenant_id: TenantQuery = None
) -> ForwardingView:
    """Take calls, or not."""
    tenant = tenant_of(principal, tenant_id)
    extension = here.extension(tenant, extension_id)
    await _change(here, tenant, extension, {"do_not_disturb": body.on})
    return await _view(here, tenant, extension)


async def _change(here: Here, tenant_id: UUID, extension: Extension, values: dict[str, object]) -> None:
    if values:
        async with here.changes.open(tenant_id) as store:
            await store.change_extension_config(extension.id, **values)


async def _view(here: Here, tenant_id: UUID, extension: Extension) -> ForwardingView:
    async with here.changes.reading(tenant_id) as store:
        row = await store.extension_config(extension.id)
    return ForwardingView.model_validate(row) if row else ForwardingView(extension_id=extension.id)
