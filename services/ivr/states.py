"""States of calls that are too large for a channel variable, in their table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

from services.ivr.store.flows import FlowStore, forget_states_before
from shared.db.engine import Database, Session
from shared.runtime.clock import Clock

KEEP = timedelta(days=1)
"""No call is in a flow for longer."""


class TableStates:
    """Keeps and finds them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def save(self, tenant_id: UUID, leg_id: UUID, sealed: bytes) -> None:
        """Keep a call's state."""
        async with self._database.tenant(tenant_id) as session:
            await FlowStore(session, tenant_id).save_state(leg_id, sealed, self._clock.now())

    async def load(self, tenant_id: UUID, leg_id: UUID) -> bytes | None:
        """A call's state; none when there is none."""
        async with self._database.tenant(tenant_id) as session:
            return await FlowStore(session, tenant_id).state(leg_id)


def forget_states(clock: Clock) -> Callable[[Session], Awaitable[int]]:
    """The chore of deleting states of calls that are over."""

    async def forget(session: Session) -> int:
        return await forget_states_before(session, clock.now() - KEEP)

    return forget
