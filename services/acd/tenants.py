"""The tenants there are, as the directory tells of them."""

from __future__ import annotations

from datetime import tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo

from services.acd.errors import TenantsNotRead
from shared.bus.following import Following
from shared.bus.port import Bus
from shared.contracts.directory import TenantChanged
from shared.http.errors import NotFound


class Tenants:
    """A component."""

    name = "tenants"

    def __init__(self, bus: Bus) -> None:
        self._tenants: dict[UUID, TenantChanged] = {}
        self._following = Following(bus, "tenants", ([TenantChanged], self._take))

    async def start(self) -> None:
        await self._following.start()

    async def stop(self) -> None:
        await self._following.stop()

    async def check(self) -> None:
        """For ``/readyz``. Raises TenantsNotRead."""
        if not self._following.is_caught_up:
            raise TenantsNotRead()

    def find(self, tenant_id: UUID) -> TenantChanged:
        """A tenant.

        Raises:
            TenantsNotRead: not all is here yet. NotFound: no such tenant.
        """
        found = self._tenants.get(tenant_id)
        if found is not None:
            return found
        if not self._following.is_caught_up:
            raise TenantsNotRead()
        raise NotFound("no such tenant")

    def zone(self, tenant_id: UUID) -> tzinfo:
        """The time zone of a tenant. Raises what `find` raises."""
        return ZoneInfo(self.zone_name(tenant_id))

    def zone_name(self, tenant_id: UUID) -> str:
        """Its name, such as ``Asia/Tehran``. Raises what `find` raises."""
        return self.find(tenant_id).time_zone

    async def _take(self, event: TenantChanged) -> None:
        if event.removed:
            self._tenants.pop(event.id, None)
        else:
            self._tenants[event.id] = event
