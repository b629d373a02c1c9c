"""Keeps the memory that answers the switch as PostgreSQL has it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import SQLModel

from services.directory.announcements import extension_entry, tenant_entry, trunk_entry
from services.directory.domain.replica import Replica
from services.directory.metrics import DirectoryMetrics
from services.directory.models import Extension, Tenant, Trunk
from services.directory.store import Store
from shared.db.engine import Database
from shared.runtime.logs import get_logger

log = get_logger(__name__)

BATCH = 200
Touched = Mapping[type[SQLModel], Iterable[UUID]]


class Memory:
    """Reads rows into the replica: all of them at the start, afterwards those that changed.

    Reading and taking in happen under one lock, so an older reading never overtakes a newer one.
    """

    def __init__(self, database: Database, replica: Replica, *, metrics: DirectoryMetrics) -> None:
        self._database = database
        self.replica = replica
        self._metrics = metrics
        self._lock = asyncio.Lock()
        self.loaded = False

    async def load(self) -> None:
        """Read the whole directory.

        Raises:
            SQLAlchemyError: the database is away.
        """
        async with self._lock:
            seen: set[UUID] = set()
            async with self._database.platform() as session:
                for model in (Tenant, Extension, Trunk):
                    seen |= await self._load_table(Store(session, None), model)
            self.replica.retain(seen)
        self.loaded = True
        self._measure()

    async def _load_table(self, store: Store, model: type[SQLModel]) -> set[UUID]:
        seen: set[UUID] = set()
        after: UUID | None = None
        while True:
            ids = await self._take_in(store, model, after=after)
            seen.update(ids)
            if len(ids) < BATCH:
                return seen
            after = ids[-1]

    async def refresh(self, touched: Touched) -> None:
        """Read these rows again; those that are gone are forgotten.

        Raises:
            SQLAlchemyError: the database is away.
        """
        async with self._lock, self._database.platform() as session:
            store = Store(session, None)
            for model, wanted in touched.items():
                ids = sorted(wanted)
                for start in range(0, len(ids), BATCH):
                    some = ids[start : start + BATCH]
                    found = await self._take_in(store, model, ids=some)
                    self._drop(model, set(some).difference(found))
        self._measure()

    async def refresh_soon(self, touched: Touched) -> None:
        """Refresh after an own change. When the database is away just then, the change's own message brings it."""
        if not touched:
            return
        try:
            await self.refresh(touched)
        except (SQLAlchemyError, OSError) as error:
            log.warning("memory not refreshed after a change; its message will do it", reason=str(error))

    async def _take_in(
        self, store: Store, model: type[SQLModel], *, after: UUID | None = None, ids: list[UUID] | None = None
    ) -> list[UUID]:
        if model is Extension:
            return await self._take_in_extensions(store, after=after, ids=ids)
        if model is Tenant:
            tenants = await store.every(Tenant, after=after, limit=BATCH, ids=ids)
            for tenant in tenants:
                self.replica.put_tenant(tenant_entry(tenant))
            return [row.id for row in tenants]
        trunks = await store.every(Trunk, after=after, limit=BATCH, ids=ids)
        for trunk in trunks:
            self.replica.put_trunk(trunk_entry(trunk))
        return [row.id for row in trunks]

    async def _take_in_extensions(self, store: Store, *, after: UUID | None, ids: list[UUID] | None) -> list[UUID]:
        """Devices are read after their extensions: what is taken for a revision is then never older than it."""
        rows = await store.every(Extension, after=after, limit=BATCH, ids=ids)
        devices = await store.devices_by_extension(row.id for row in rows)
        for row in rows:
            self.replica.put_extension(extension_entry(row, devices.get(row.id, ())))
        return [row.id for row in rows]

    def _drop(self, model: type[SQLModel], ids: set[UUID]) -> None:
        drop = {
            Tenant: self.replica.drop_tenant,
            Extension: self.replica.drop_extension,
            Trunk: self.replica.drop_trunk,
        }[model]
        for gone in ids:
            drop(gone)

    def _measure(self) -> None:
        for kind, size in self.replica.sizes().items():
            self._metrics.entities.labels(kind).set(size)
