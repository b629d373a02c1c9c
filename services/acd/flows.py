"""How the lines of a floor moved lately, for the estimated wait (`services.acd.domain.waits`).

A new owner begins without a past: its first estimates go by an ordinary handle time, and their band is wide.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from services.acd.domain import waits
from services.acd.domain.waits import Estimate, Flow


class Flows:
    """The recent past of each queue. Not thread-safe."""

    def __init__(self) -> None:
        self._flows: dict[UUID, Flow] = {}
        self._since: dict[UUID, tuple[int, int]] = {}

    def observe(self, queue_id: UUID, now: datetime, *, waiting: int, serving: int) -> None:
        """From now on so many wait whom no phone rings for, and so many agents serve the queue."""
        flow = self._flows.get(queue_id, Flow(now))
        before = self._since.get(queue_id, (0, 0))
        self._flows[queue_id] = waits.passed(flow, now, waiting=before[0], serving=before[1])
        self._since[queue_id] = (waiting, serving)

    def forget(self, queue_id: UUID) -> None:
        """The queue is gone."""
        self._flows.pop(queue_id, None)
        self._since.pop(queue_id, None)

    def answered(self, queue_id: UUID, now: datetime, *, had_to_wait: bool) -> None:
        """See `waits.answered`."""
        self._flows[queue_id] = waits.answered(self._flow(queue_id, now), had_to_wait=had_to_wait)

    def abandoned(self, queue_id: UUID, now: datetime) -> None:
        """See `waits.abandoned`."""
        self._flows[queue_id] = waits.abandoned(self._flow(queue_id, now))

    def handled(self, queue_id: UUID, now: datetime, seconds: float) -> None:
        """See `waits.handled`."""
        self._flows[queue_id] = waits.handled(self._flow(queue_id, now), seconds)

    def estimate(self, queue_id: UUID, position: int, now: datetime, *, serving: int, free: int = 0) -> Estimate | None:
        """See `waits.estimate`."""
        return waits.estimate(self._flow(queue_id, now), position, serving=serving, free=free)

    def estimates(self, queue_id: UUID, now: datetime, *, serving: int) -> Iterator[Estimate]:
        """See `waits.estimates`."""
        return waits.estimates(self._flow(queue_id, now), serving=serving)

    def _flow(self, queue_id: UUID, now: datetime) -> Flow:
        return self._flows.get(queue_id) or Flow(now)
