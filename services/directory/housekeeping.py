"""Deletes what has lost its meaning: expired refresh tokens, forgotten failures, old Idempotency-Keys."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from services.directory.store import Store
from shared.db.engine import Database
from shared.db.idempotency import forget_old
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger

log = get_logger(__name__)

EVERY_SECONDS = 3600.0
KEPT_FOR = timedelta(days=1)


class Housekeeping:
    """Component. Once at the start and then hourly."""

    name = "housekeeping"

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._work())

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _work(self) -> None:
        while True:
            try:
                await self.tidy()
            except (SQLAlchemyError, OSError) as error:
                log.warning("housekeeping put off", reason=str(error))
            await self._clock.sleep(EVERY_SECONDS)

    async def tidy(self) -> None:
        """Delete now. Raises SQLAlchemyError when the database is away."""
        async with self._database.platform() as session:
            await Store(session, None).purge_sign_ins(self._clock.now() - KEPT_FOR)
            await forget_old(session)
