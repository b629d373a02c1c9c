"""The whole directory as messages, for a bus whose stream is new, or when somebody asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.directory.announcements import (
    device_changed,
    extension_changed,
    number_changed,
    tenant_changed,
    trunk_changed,
)
from services.directory.models import Extension, Number, Tenant, Trunk
from services.directory.store import Store
from shared.contracts.directory import DirectoryState
from shared.db.engine import Database
from shared.db.outbox import Outbox

BATCH = 500

Model = type[Tenant] | type[Extension] | type[Number] | type[Trunk]


class WholeDirectory:
    """Tells everybody of everything that there is."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def publish_all(self) -> int:
        """Write the state of every entity into the outbox; how many messages that were."""
        count = 0
        for model in (Tenant, Extension, Number, Trunk):
            after: UUID | None = None
            while True:
                after, sent = await self._publish_batch(model, after)
                count += sent
                if after is None:
                    break
        return count

    async def _publish_batch(self, model: Model, after: UUID | None) -> tuple[UUID | None, int]:
        """Publish rows past `after`; returns the last one's id, or none when there are no more."""
        async with self._database.platform() as session:
            store = Store(session, None)
            rows: Sequence[Tenant | Extension | Number | Trunk] = await store.every(
                model, after=after, limit=BATCH, share=True
            )
            messages = await _states(store, rows)
            await self._outbox.add(session, *messages)
        return rows[-1].id if len(rows) == BATCH else None, len(messages)


async def _states(store: Store, rows: Sequence[Tenant | Extension | Number | Trunk]) -> list[DirectoryState]:
    messages: list[DirectoryState] = []
    extensions = [row for row in rows if isinstance(row, Extension)]
    devices = await store.devices_by_extension(row.id for row in extensions)
    domains = {
        tenant.id: tenant.domain
        for tenant in await store.every(Tenant, after=None, limit=BATCH, ids={row.tenant_id for row in extensions})
    }
    for row in rows:
        if isinstance(row, Tenant):
            messages.append(tenant_changed(row))
        elif isinstance(row, Number):
            messages.append(number_changed(row))
        elif isinstance(row, Trunk):
            messages.append(trunk_changed(row))
        else:
            own = devices.get(row.id, [])
            messages.append(extension_changed(row, own))
            messages.extend(device_changed(device, domains[row.tenant_id]) for device in own)
    return messages
