"""One change of a tenant's routes: rows, revision and message in one transaction, memory right after it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from services.routing.replica import Replica
from services.routing.store import TenantStore
from shared.contracts.routing import RoutingConfigChanged
from shared.db.engine import Database
from shared.db.outbox import Outbox


class Changes:
    """Opens changes."""

    def __init__(self, database: Database, outbox: Outbox, replica: Replica) -> None:
        self._database = database
        self._outbox = outbox
        self._replica = replica

    @asynccontextmanager
    async def reading(self, tenant_id: UUID) -> AsyncIterator[TenantStore]:
        """Queries of one tenant."""
        async with self._database.tenant(tenant_id) as session:
            yield TenantStore(session, tenant_id)

    @asynccontextmanager
    async def open(self, tenant_id: UUID) -> AsyncIterator[TenantStore]:
        """A change: committed whole at the end and told to every replica, or not at all."""
        async with self.reading(tenant_id) as store:
            revision = await store.next_revision()
            yield store
            groups = await store.ring_group_slugs()
            changed = RoutingConfigChanged(tenant_id=tenant_id, id=tenant_id, revision=revision, ring_groups=groups)
            await self._outbox.add(store.session, changed)
        await self._replica.reload(tenant_id)
