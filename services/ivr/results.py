"""What callers leave behind in flows: written down and told of in one transaction, and not lost while that fails."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from services.ivr.results_spool import ResultsSpool
from services.ivr.store.results import Call, What, save
from shared.db.engine import Database
from shared.db.errors import is_unavailable
from shared.db.outbox import Outbox
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger

log = get_logger(__name__)

PATIENCE_SECONDS: Final = 1.5
"""How long a caller waits for the table; then the result waits without the caller."""


class Results:
    """Writes results; for the errands `SurveyAnswer`, `CallbackRequest` and `RecordedMessage` of a call."""

    def __init__(self, database: Database, outbox: Outbox, clock: Clock, media_dir: Path) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock
        self.spool = ResultsSpool(media_dir, self._write, is_away)

    async def save(self, tenant_id: UUID, call: Call, what: What) -> str:
        """Keep it, once for a leg and node; the id of the row, or nothing while the database is away."""
        now = self._clock.now()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                return await self._write(tenant_id, call, what, now)
        except Exception as error:
            if not is_away(error):
                raise
            log.warning("the database is away: a result waits", leg_id=call.facts.leg_id, node=call.node)
        await self.spool.put(tenant_id, call, what, now)
        return ""

    async def _write(self, tenant_id: UUID, call: Call, what: What, at: datetime) -> str:
        async with self._database.tenant(tenant_id) as session:
            saved = await save(session, tenant_id, call, what, at)
            if saved.event is not None:
                await self._outbox.add(session, saved.event)
        return str(saved.id)


def is_away(error: Exception) -> bool:
    """Whether the database does not answer, as opposed to refusing what it is told."""
    return isinstance(error, TimeoutError | OSError) or (isinstance(error, SQLAlchemyError) and is_unavailable(error))
