"""Keeps the open legs: what the events tell of calls that have no record yet."""

from __future__ import annotations

import asyncio
from typing import Any

from services.reporting.domain.lost import SWITCH_LOST
from services.reporting.gathering import Gathering
from services.reporting.recorder import Recorder
from services.reporting.store import RecordStore
from shared.contracts.calls import CallAnswered, CallBridged, CallCreated, CallHungUp, CallRinging, LegEvent
from shared.db.errors import is_unavailable
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger

log = get_logger(__name__)

TRACKED: tuple[type[LegEvent], ...] = (CallCreated, CallRinging, CallAnswered, CallBridged, CallHungUp)
BATCH = 500
GATHER_SECONDS = 0.5
"""Events of so long are written in one transaction."""
ATTEMPTS = 20
RETRY_SECONDS = 0.25
"""A database that restarts is back within these: one warning then, not one for each event in hand."""


class LegTracker(Gathering[LegEvent]):
    """A component. ``take`` returns once the event is in the database; many are written together."""

    def __init__(self, store: RecordStore, recorder: Recorder, clock: Clock) -> None:
        super().__init__("tracker", self._write_legs, seconds=GATHER_SECONDS, most=BATCH)
        self._store = store
        self._recorder = recorder
        self._clock = clock

    async def _write_legs(self, events: list[LegEvent]) -> None:
        await self._write_patiently(fold(events))

    async def _write_patiently(self, changes: list[dict[str, Any]]) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._write_once(changes)
                return
            except Exception as error:
                if attempt == ATTEMPTS or not is_unavailable(error):
                    raise
                if attempt == 1:
                    log.warning("the database is away; events wait", legs=len(changes), reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _write_once(self, changes: list[dict[str, Any]]) -> None:
        async with self._store.transaction() as session:
            lost = await self._store.track(session, changes)
            if lost:
                closed = await self._store.close_lost(session, lost, ended_at=self._clock.now(), cause=SWITCH_LOST)
                await self._recorder.tell(session, closed)


def fold(events: list[LegEvent]) -> list[dict[str, Any]]:
    """One change per leg from events in their order: what is known of it now that was not before."""
    changes: dict[str, dict[str, Any]] = {}
    for event in events:
        change = changes.setdefault(event.leg_id, {"leg_id": event.leg_id, "node_id": event.node_id})
        for name, value in _learnt(event).items():
            change.setdefault(name, value)  # the first ringing and the first answer are the ones that count
    return list(changes.values())


def _learnt(event: LegEvent) -> dict[str, Any]:
    match event:
        case CallCreated():
            told = event.model_dump(exclude={"message_id", "occurred_at"})
            return {**told, "created_at": event.occurred_at}
        case CallRinging():
            return {"ringing_at": event.occurred_at}
        case CallAnswered():
            return {"answered_at": event.occurred_at}
        case CallBridged():
            return {"bridged_at": event.occurred_at, "other_leg_id": event.other_leg_id}
        case CallHungUp():
            return {"hung_up_at": event.occurred_at, "cause": event.cause}
    return {}
