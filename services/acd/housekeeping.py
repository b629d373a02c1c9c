"""What acd deletes after a while."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

from services.acd.store_platform import forget_before
from shared.db.engine import Session
from shared.runtime.clock import Clock


def forget_history(clock: Clock, keep_days: int) -> Callable[[Session], Awaitable[int]]:
    """The chore of deleting callers' times in line and agents' statuses that ended long ago."""

    async def forget(session: Session) -> int:
        return await forget_before(session, clock.now() - timedelta(days=keep_days))

    return forget
