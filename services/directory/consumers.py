"""What the bus tells: changes that other directories made."""

from __future__ import annotations

import asyncio
import contextlib

from sqlmodel import SQLModel

from services.directory.memory import Memory
from services.directory.models import Extension, Tenant, Trunk
from shared.bus.port import Bus, BusError, Replica
from shared.contracts.directory import DirectoryState, ExtensionChanged, TenantChanged, TrunkChanged
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger

log = get_logger(__name__)

TABLES: dict[type[DirectoryState], type[SQLModel]] = {
    TenantChanged: Tenant,
    ExtensionChanged: Extension,
    TrunkChanged: Trunk,
}
"""Which row a message is about. (A device's change is its extension's; numbers are not asked for by the switch.)"""

_RETRY_SECONDS = 1.0


class ReplicaKeeper:
    """Component. Reads the whole directory at the start, then again whatever the bus says has changed.

    Messages hold no secrets, so they only tell what to read again; PostgreSQL stays the truth.
    """

    name = "replica"

    def __init__(self, memory: Memory, bus: Bus, *, clock: Clock) -> None:
        self._memory = memory
        self._bus = bus
        self._clock = clock
        self._following: Replica | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Read everything; follow the bus as soon as it is there."""
        await self._memory.load()
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Follow no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._following is not None:
            await self._following.stop()

    async def caught_up(self, timeout: float) -> None:
        """Wait until what stood in the stream has been taken in. Raises TimeoutError, BusTimeout."""
        async with asyncio.timeout(timeout):
            if self._task is not None:
                await asyncio.shield(self._task)
        if self._following is not None:
            await self._following.caught_up(timeout)

    async def _follow(self) -> None:
        while self._following is None:
            try:
                self._following = await self._bus.replicate(list(TABLES), self.take_in)
            except BusError as error:
                log.warning("bus away; changes of other directories are not seen", reason=str(error))
                await self._clock.sleep(_RETRY_SECONDS)

    async def take_in(self, event: DirectoryState) -> None:
        """Read the entity again unless it is known in this revision or a newer one.

        Raises:
            SQLAlchemyError: the database is away; the bus repeats the message.
        """
        held = self._memory.replica.revision(event.id)
        if held >= event.revision or (event.removed and held == 0):
            return
        await self._memory.refresh({TABLES[type(event)]: [event.id]})
