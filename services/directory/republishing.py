"""Gives the bus the whole directory when its stream is new, or when somebody asks for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from services.directory.announcements import (
    device_changed,
    extension_changed,
    number_changed,
    tenant_changed,
    trunk_changed,
)
from services.directory.models import Extension, Number, Tenant, Trunk
from services.directory.store import Store
from shared.bus.port import Bus, BusError
from shared.contracts.catalogue import STATE
from shared.contracts.directory import DirectoryState
from shared.db.engine import Database
from shared.db.outbox import Outbox
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger

log = get_logger(__name__)

BATCH = 500
LOOK_EVERY_SECONDS = 5.0

Model = type[Tenant] | type[Extension] | type[Number] | type[Trunk]


class Republisher:
    """Component. Looks every few seconds whether the stream is the one that was given everything.

    A stream that was lost and made anew has another identity. Messages go through the outbox, each under a lock that
    keeps its row from changing, so an old state never lands behind a newer one.
    """

    name = "republisher"

    def __init__(self, database: Database, outbox: Outbox, bus: Bus, *, clock: Clock) -> None:
        self._database = database
        self._outbox = outbox
        self._bus = bus
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._watch())

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        while True:
            try:
                await self.publish_if_new()
            except (BusError, SQLAlchemyError, OSError) as error:
                log.debug("bus or database away; looking again", reason=str(error))
            await self._clock.sleep(LOOK_EVERY_SECONDS)

    async def publish_if_new(self) -> int:
        """Publish everything if the stream has not been given everything yet; how many messages that were.

        Raises:
            BusUnavailable, SQLAlchemyError: bus or database is away.
        """
        identity = (await self._bus.ensure_streams([STATE])).identity[STATE.name]
        async with self._database.platform() as session:
            if await Store(session, None).published_identity(STATE.name) == identity:
                return 0
        count = await self.publish_all()
        async with self._database.platform() as session:
            await Store(session, None).save_published_identity(STATE.name, identity)
        log.info("the whole directory was published", messages=count)
        return count

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
