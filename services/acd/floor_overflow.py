"""Callers whose wait is too long, or for nothing, are sent on; and how long everybody is likely to wait."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.acd.domain.model import Waiting
from services.acd.domain.overflow import OverflowStep, Situation, looks_again_in, step_at
from services.acd.domain.skills import requirements_at
from services.acd.domain.waits import Estimate
from services.acd.floor_changes import SendOn
from services.acd.floor_offers import Offers
from services.acd.records import Entry, overflow_mark
from shared.contracts.acd import Outcome
from shared.telephony.destinations import Destination
from shared.telephony.schedules import is_open

ESTIMATES_AGAIN_SECONDS: Final = 5.0
"""How often the estimate of those in line is looked at, where it may send them on."""


class Overflows(Offers):
    """Estimated waits, and steps of overflow from joining to leaving."""

    def decide(self, now: datetime) -> None:
        """Offer callers to agents who are free; who is left over has to wait."""
        super().decide(now)
        for entry_id in self._fresh:
            entry = self._entries.get(entry_id)
            if entry is not None and entry.state == "waiting" and not self._lines[entry.queue_id][entry_id].offered_to:
                self._had_to_wait.add(entry_id)
        self._fresh.clear()
        for queue_id in self._moved:
            if (line := self._lines.get(queue_id)) is not None:
                waiting, serving = line.callers - line.ringing, self._bench.serving(queue_id)
                self._flows.observe(queue_id, now, waiting=max(0, waiting), serving=serving)
        self._moved.clear()

    # How long it will take

    def estimated(self, queue_id: UUID, now: datetime) -> Iterator[tuple[Waiting, Estimate | None]]:
        """Who is in line, from the front, with how long it will still take; none: it cannot be known.

        Whom a phone rings for waits no more, and does not keep the others waiting.
        """
        estimates = self._flows.estimates(queue_id, now, serving=self._bench.serving(queue_id))
        for waiting in self._lines[queue_id]:
            yield waiting, Estimate(0.0, 0.0, 0.0) if waiting.offered_to else next(estimates, None)

    def estimated_of_next(self, queue_id: UUID, now: datetime, waiting: Waiting | None = None) -> Estimate | None:
        """How long who joins now would wait; none: it cannot be known.

        Args:
            waiting: who has just joined, as one in line; none: anybody, with no skills of their own.
        """
        line, bench = self._lines[queue_id], self._bench
        joined = 0 if waiting is None else 1
        asked = waiting or Waiting(queue_id, queue_id, None, None, now, 0)
        free = len(bench.pool(line.queue, requirements_at(line.queue, asked, now)))
        position = line.callers - line.ringing + 1 - joined
        return self._flows.estimate(queue_id, position, now, serving=bench.serving(queue_id), free=free)

    # Who is sent on

    def _overflow_at_joining(self, entry: Entry, now: datetime) -> OverflowStep | None:
        config = self._queues[entry.queue_id]
        if not config.overflow:
            return None
        estimate = None
        if any(step.when == "estimated_wait" for step in config.overflow):
            estimate = self.estimated_of_next(entry.queue_id, now, entry.waiting())
        situation = self._situation(entry, now, estimate)
        found = step_at(
            config.overflow,
            replace(
                situation,
                entering=True,
                waiting=self._lines[entry.queue_id].callers - 1,
                is_open=config.hours is None or is_open(config.hours, now),
            ),
        )
        return None if found is None else found[1]

    def _situation(self, entry: Entry, now: datetime, estimate: Estimate | None = None) -> Situation:
        """What one in line meets."""
        config, bench = self._queues[entry.queue_id], self._bench
        taken = {n for n, step in enumerate(config.overflow) if overflow_mark(entry.queue_id, step) in entry.overflowed}
        return Situation(
            entering=False,
            most=config.max_waiting,
            waited_seconds=(now - entry.waits_since).total_seconds(),
            estimated_seconds=None if estimate is None else estimate.seconds,
            signed_in=bench.signed_in(entry.queue_id),
            serving=bench.serving(entry.queue_id),
            taken=frozenset(taken),
        )

    def _overflow(self, entry: Entry, step: OverflowStep, now: datetime) -> None:
        entry = replace(entry, reason=step.when, overflowed=(*entry.overflowed, overflow_mark(entry.queue_id, step)))
        self._send_on(entry, step.destination, "overflowed", now)

    def _send_on(self, entry: Entry, destination: Destination, outcome: Outcome, now: datetime) -> None:
        entry = replace(entry, destination=str(destination))
        self._leave(entry, outcome, now, now)
        self._changes.actions.append(SendOn(entry, destination))

    def _watch_patience(self, entry: Entry, now: datetime) -> None:
        """Look again when this caller has waited long enough to be sent on, or the estimates may have grown."""
        whens = {step.when for step in self._queues[entry.queue_id].overflow}
        if not whens:
            return
        if whens - {"closed", "full"}:
            self._impatient[entry.id] = None
        if "estimated_wait" in whens and entry.queue_id not in self._estimating:
            self._estimating.add(entry.queue_id)
            heapq.heappush(self._due, (now, entry.queue_id))

    def _nobody_serves(self, queue_ids: Iterable[UUID]) -> None:
        """The last agents have left, perhaps: look at everybody in line."""
        for queue_id in queue_ids:
            if (config := self._queues.get(queue_id)) is not None and config.waits_for_agents:
                self._impatient.update(dict.fromkeys(waiting.id for waiting in self._lines[queue_id]))

    def _lose_patience(self, entry_id: UUID, now: datetime) -> None:
        """Who has waited too long is sent on, except while a phone rings for them."""
        entry = self._entries[entry_id]
        steps = self._queues[entry.queue_id].overflow
        if entry.state != "waiting" or entry.callback is not None or not steps:
            del self._impatient[entry_id]
        elif entry_id not in self._asking and not self._lines[entry.queue_id][entry_id].offered_to:
            situation = self._situation(entry, now)
            found = step_at(steps, situation)
            if found is not None:
                self._overflow(entry, found[1], now)
                return
            del self._impatient[entry_id]
            seconds = looks_again_in(steps, situation)
            if seconds is not None:
                heapq.heappush(self._due, (now + timedelta(seconds=seconds), entry_id))

    def _estimate_again(self, queue_id: UUID, now: datetime) -> None:
        """Send on who would have to wait too long by now; those at the end of the line first have to."""
        steps = self._queues[queue_id].overflow
        self._estimating.discard(queue_id)
        if not any(step.when == "estimated_wait" for step in steps) or not len(self._lines[queue_id]):
            return
        for waiting, estimate in list(self.estimated(queue_id, now)):
            entry = self._entries.get(waiting.id)
            if entry is None or entry.callback is not None or waiting.offered_to or entry.id in self._asking:
                continue
            found = step_at(steps, self._situation(entry, now, estimate))
            if found is not None:
                self._overflow(entry, found[1], now)
        self._estimating.add(queue_id)
        heapq.heappush(self._due, (now + timedelta(seconds=ESTIMATES_AGAIN_SECONDS), queue_id))
