"""Keeps the records: stores what the switches ship, and closes what they never will."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta
from uuid import NAMESPACE_OID, uuid5

from services.reporting.domain.calls import CallSummary
from services.reporting.domain.lost import ENDED_UNSEEN, SWITCH_LOST, OpenLeg
from services.reporting.metrics import ReportingMetrics
from services.reporting.settings import ReportingSettings
from services.reporting.store import RecordStore
from shared.contracts.nodes import NodeLost, NodeReconciled, NodeStarted
from shared.contracts.records import CallRecorded, StoreCallRecords, StoreCallRecordsReply
from shared.db.engine import Session
from shared.db.errors import is_unavailable
from shared.db.outbox import Outbox
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger

log = get_logger(__name__)

SWEEP_SECONDS = 5.0


class Recorder:
    """A component. Every change is one transaction: legs, the calls made of them, and the news of finished calls."""

    name = "recorder"

    def __init__(
        self, store: RecordStore, outbox: Outbox, settings: ReportingSettings, metrics: ReportingMetrics, clock: Clock
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._settings = settings
        self._metrics = metrics
        self._clock = clock
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._sweeper = asyncio.create_task(self._sweep_forever(), name="sweep overdue legs")

    async def stop(self) -> None:
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)

    async def store(self, command: StoreCallRecords) -> StoreCallRecordsReply:
        """Store shipped records; answered once the database has them."""
        if not command.records:
            return StoreCallRecordsReply()
        try:
            async with self._store.transaction() as session:
                call_ids = await self._store.store_legs(session, command.records)
                await self.tell(session, await self._store.rebuild_calls(session, call_ids))
        except Exception as error:
            if not is_unavailable(error):
                raise
            log.warning("call records not stored; the node keeps them", legs=len(command.records), reason=str(error))
            return StoreCallRecordsReply(ok=False, code="database_unavailable", detail="the database is away")
        now = self._clock.now()
        for leg in command.records:
            self._metrics.legs_stored.inc()
            self._metrics.record_delay.observe(max(0.0, (now - leg.ended_at).total_seconds()))
        return StoreCallRecordsReply(stored=tuple(leg.leg_id for leg in command.records))

    async def node_started(self, event: NodeStarted) -> None:
        """Calls of the node's earlier switch processes are lost."""
        async with self._store.transaction() as session:
            legs = await self._store.begin_life(session, event.node_id, event.core_id, event.occurred_at)
            await self.close_lost(session, legs, event)

    async def node_lost(self, event: NodeLost) -> None:
        """The calls of this switch process are lost."""
        async with self._store.transaction() as session:
            legs = await self._store.end_life(session, event.node_id, event.core_id, event.occurred_at)
            await self.close_lost(session, legs, event)

    async def node_reconciled(self, event: NodeReconciled) -> None:
        """Legs that are not up any more ended unseen: their record is awaited for a while."""
        async with self._store.transaction() as session:
            await self._store.mark_unseen(
                session, event.node_id, event.core_id, event.live_leg_ids, as_of=event.occurred_at
            )

    async def close_lost(self, session: Session, legs: Sequence[OpenLeg], event: NodeStarted | NodeLost) -> None:
        """Close legs that went down with their switch."""
        await self._close(session, legs, ended_at=event.occurred_at, cause=SWITCH_LOST)

    async def _close(self, session: Session, legs: Sequence[OpenLeg], *, ended_at: object, cause: str) -> None:
        if not legs:
            return
        log.warning("legs closed without a record of the switch", legs=len(legs), cause=cause)
        self._metrics.legs_closed.labels(cause).inc(len(legs))
        finished = await self._store.close_lost(session, legs, ended_at=ended_at, cause=cause)  # type: ignore[arg-type]
        await self.tell(session, finished)

    async def tell(self, session: Session, calls: Sequence[CallSummary]) -> None:
        """Tell of finished calls. The id is made from what is told, so telling it again is no news."""
        news = [_recorded(call) for call in calls if call.tenant_id is not None]
        if news:
            await self._outbox.add(session, *news)

    async def _sweep_forever(self) -> None:
        while True:
            await self._clock.sleep(SWEEP_SECONDS)
            with contextlib.suppress(Exception):  # the database is away; the next round is soon enough
                await self.sweep()

    async def sweep(self) -> None:
        """Close what has waited for its record for too long."""
        now = self._clock.now()
        async with self._store.transaction() as session:
            legs = await self._store.overdue(
                session,
                unseen_before=now - timedelta(seconds=self._settings.unseen_after_seconds),
                ended_before=now - timedelta(seconds=self._settings.recordless_after_seconds),
            )
            await self._close(session, legs, ended_at=now, cause=ENDED_UNSEEN)


def _recorded(call: CallSummary) -> CallRecorded:
    return CallRecorded(
        message_id=uuid5(NAMESPACE_OID, f"{call.call_id}/{call.leg_count}/{call.ended_at}/{call.cause}"),
        tenant_id=call.tenant_id,
        call_id=call.call_id,
        direction=call.direction,  # type: ignore[arg-type]
        caller_number=call.caller_number,
        called_number=call.called_number,
        started_at=call.started_at,
        answered_at=call.answered_at,
        ended_at=call.ended_at,
        cause=call.cause,
    )
