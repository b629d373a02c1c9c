"""``/v1/routing-settings``, ``/v1/limits`` and ``/v1/extensions/{id}/limits``."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from services.routing.api.context import Here, HereNow, named
from services.routing.domain.call import World
from services.routing.domain.config import Caps
from services.routing.errors import NotReadyYet, NumberNotOwned
from services.routing.models import ExtensionConfig, TenantConfig
from services.routing.schemas.settings_and_limits import (
    EffectiveLimits,
    LimitsFields,
    LimitsView,
    SettingsUpdate,
    SettingsView,
)
from shared.http.auth import TenantQuery, require, tenant_of
from shared.http.errors import NotFound, problems
from shared.http.tokens import Principal

router = APIRouter(prefix="/v1", tags=["settings and limits"])

Reader = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="routes:read"))]
Writer = Annotated[Principal, Depends(require("tenant_admin", scope="routes:write"))]


@router.get("/routing-settings", responses=problems(NotFound))
async def show_settings(principal: Reader, here: HereNow, tenant_id: TenantQuery = None) -> SettingsView:
    """A tenant's choices."""
    return await _settings(here, tenant_of(principal, tenant_id))


@router.patch("/routing-settings", responses=problems(NotFound, NumberNotOwned, NotReadyYet))
async def change_settings(
    body: SettingsUpdate, principal: Writer, here: HereNow, tenant_id: TenantQuery = None
) -> SettingsView:
    """Change them; what is not given stays."""
    tenant = tenant_of(principal, tenant_id)
    wanted = named(body)
    if (number := wanted.get("default_caller_id")) and not here.tenant(tenant).owns(number):
        raise NumberNotOwned(field="default_caller_id")
    here.tenant(tenant)
    async with here.changes.open(tenant) as store:
        await store.change_config(**wanted)
    return await _settings(here, tenant)


@router.get("/limits", responses=problems(NotFound, NotReadyYet))
async def show_limits(principal: Reader, here: HereNow, tenant_id: TenantQuery = None) -> LimitsView:
    """The tenant's caps, and today's use."""
    return await _tenant_limits(here, tenant_of(principal, tenant_id))


@router.patch("/limits", responses=problems(NotFound, NotReadyYet))
async def change_limits(
    body: LimitsFields, principal: Writer, here: HereNow, tenant_id: TenantQuery = None
) -> LimitsView:
    """Change the tenant's caps; what is not given stays."""
    tenant = tenant_of(principal, tenant_id)
    here.tenant(tenant)
    async with here.changes.open(tenant) as store:
        await store.change_config(**named(body))
    return await _tenant_limits(here, tenant)


@router.get("/extensions/{extension_id}/limits", responses=problems(NotFound, NotReadyYet))
async def show_extension_limits(
    extension_id: UUID, principal: Reader, here: HereNow, tenant_id: TenantQuery = None
) -> LimitsView:
    """An extension's caps, and today's use."""
    return await _extension_limits(here, tenant_of(principal, tenant_id), extension_id)


@router.patch("/extensions/{extension_id}/limits", responses=problems(NotFound, NotReadyYet))
async def change_extension_limits(
    extension_id: UUID, body: LimitsFields, principal: Writer, here: HereNow, tenant_id: TenantQuery = None
) -> LimitsView:
    """Change an extension's caps; what is not given stays."""
    tenant = tenant_of(principal, tenant_id)
    here.extension(tenant, extension_id)
    if wanted := named(body):
        async with here.changes.open(tenant) as store:
            await store.change_extension_config(extension_id, **wanted)
    return await _extension_limits(here, tenant, extension_id)


async def _settings(here: Here, tenant_id: UUID) -> SettingsView:
    async with here.changes.reading(tenant_id) as store:
        row = await store.config()
    return SettingsView.model_validate(row) if row else SettingsView()


async def _tenant_limits(here: Here, tenant_id: UUID) -> LimitsView:
    index = here.tenant(tenant_id)
    async with here.changes.reading(tenant_id) as store:
        row = await store.config()
    return _limits(here, tenant_id, tenant_id, row, index.caps())


async def _extension_limits(here: Here, tenant_id: UUID, extension_id: UUID) -> LimitsView:
    extension = here.extension(tenant_id, extension_id)
    async with here.changes.reading(tenant_id) as store:
        row = await store.extension_config(extension_id)
    return _limits(here, tenant_id, extension_id, row, here.tenant(tenant_id).extension_caps(extension))


def _limits(
    here: Here, tenant_id: UUID, subject_id: UUID, row: TenantConfig | ExtensionConfig | None, effective: Caps
) -> LimitsView:
    tenant = here.tenant(tenant_id).tenant
    assert tenant is not None  # noqa: S101 -- Here.tenant has seen to it
    today = World(here.replica.config, here.replica.usage, here.clock.now()).today(tenant)
    return LimitsView(
        max_calls=row.max_calls if row else None,
        max_calls_per_second=row.max_calls_per_second if row else None,
        max_international_minutes_per_day=row.max_international_minutes_per_day if row else None,
        effective=EffectiveLimits.model_validate(effective),
        international_seconds_today=here.replica.usage.international_seconds.get((subject_id, today), 0),
    )
