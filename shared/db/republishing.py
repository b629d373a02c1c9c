"""Gives the bus all of a service's replicated tables when their stream is new.

A stream that was lost and made anew has another identity (``StreamsReady.identity``), which is compared with the one
that was given everything last, in table ``published_streams``.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.bus.port import Bus, BusError
from shared.contracts.catalogue import STATE
from shared.db.engine import Database
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger

log = get_logger(__name__)

LOOK_EVERY_SECONDS: Final = 5.0

_PUBLISHED = text("SELECT identity FROM published_streams WHERE name = :name")
_SAVE = text(
    "INSERT INTO published_streams (name, identity) VALUES (:name, :identity)"
    " ON CONFLICT (name) DO UPDATE SET identity = excluded.identity"
)


class Republisher:
    """Component. Looks every few seconds whether the stream is the one that was given everything.

    Args:
        publish_all: writes the state of every entity into the outbox, each under a lock that keeps its row from
            changing, so that an old state never lands behind a newer one; returns how many messages that were.
    """

    name = "republisher"

    def __init__(
        self, database: Database, bus: Bus, publish_all: Callable[[], Awaitable[int]], *, clock: Clock
    ) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self.publish_all = publish_all
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._watch(), name=self.name)

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
            published = (await session.execute(_PUBLISHED, {"name": STATE.name})).scalar_one_or_none()
        if published == identity:
            return 0
        count = await self.publish_all()
        async with self._database.platform() as session:
            await session.execute(_SAVE, {"name": STATE.name, "identity": identity})
        log.info("everything was published", messages=count)
        return count
