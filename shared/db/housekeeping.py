"""Deletes what has served its time: old inbox entries, old idempotency keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from shared.db.engine import Database, Session
from shared.runtime.clock import Clock, SystemClock
from shared.runtime.logs import get_logger

log = get_logger(__name__)

Chore = Callable[[Session], Awaitable[int]]
"""Deletes in a platform transaction and returns how many rows, such as ``shared.db.inbox.forget_old``."""


class Housekeeping:
    """Component that does its chores at the start and every ``every_seconds``; a failed one is tried the next time."""

    name = "housekeeping"

    def __init__(
        self, database: Database, *chores: Chore, every_seconds: float = 3600, clock: Clock | None = None
    ) -> None:
        self._database = database
        self._chores = chores
        self._every_seconds = every_seconds
        self._clock = clock or SystemClock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """End; a chore under way is rolled back."""
        if self._task is None:
            return
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    async def _run(self) -> None:
        while True:
            for chore in self._chores:
                try:
                    async with self._database.platform() as session:
                        deleted = await chore(session)
                    log.debug("tidied up", chore=chore.__module__, deleted=deleted)
                except Exception as error:  # the database is away: there is a next time
                    log.warning("could not tidy up", chore=chore.__module__, reason=str(error))
            await self._clock.sleep(self._every_seconds)
