"""Callers in line are told how long it takes, and press keys."""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta
from uuid import UUID

from services.acd.domain.announcing import announcement, first_at
from services.acd.floor_changes import Announce
from services.acd.floor_overflow import Overflows
from services.acd.records import Entry


class Callers(Overflows):
    """Announcements and keys."""

    def _watch_patience(self, entry: Entry, now: datetime) -> None:
        super()._watch_patience(entry, now)
        config = self._queues[entry.queue_id].announcements
        if config and entry.id not in self._announcing:
            self._announce_at(entry.id, first_at(config, entry.waits_since, now), turn=0)

    def _announce_at(self, entry_id: UUID, moment: datetime, *, turn: int) -> None:
        self._announcing[entry_id] = (moment, turn)
        heapq.heappush(self._due, (moment, entry_id))

    def _on_time(self, entry_id: UUID, now: datetime) -> None:
        """Something is due for a caller."""
        self._impatient[entry_id] = None
        self._announce(entry_id, now)

    def _announce(self, entry_id: UUID, now: datetime) -> None:
        """Tell a caller what is due to be told, unless a phone rings for them."""
        due, turn = self._announcing.get(entry_id, (None, 0))
        if due is None or due > now:
            return
        del self._announcing[entry_id]
        entry = self._entries[entry_id]
        config = self._queues[entry.queue_id]
        if entry.state != "waiting" or not config.announcements:
            return
        if entry_id not in self._asking and not self._lines[entry.queue_id][entry_id].offered_to:
            position = self._position_to_tell(entry)
            estimate = self._flows.estimate(entry.queue_id, position, now, serving=self._bench.serving(entry.queue_id))
            parts = announcement(
                config.announcements,
                position=position,
                estimate_seconds=None if estimate is None else estimate.seconds,
                turn=turn,
                callback_key=config.callback_key if config.callback_enabled else "",
            )
            if parts:
                self._changes.actions.append(Announce(entry, parts))
                turn += 1
        if config.announcements.every_seconds is not None:
            self._announce_at(entry_id, now + timedelta(seconds=config.announcements.every_seconds), turn=turn)

    def _position_to_tell(self, entry: Entry) -> int:
        """A caller's place among those for whom no phone rings."""
        line = self._lines[entry.queue_id]
        place = line.position(entry.id)
        ringing = {o.entry_id for o in self._offers.values() if self._entries[o.entry_id].queue_id == entry.queue_id}
        return max(1, place - sum(line.position(one) < place for one in ringing))

    def is_alone(self, entry_id: UUID) -> bool:
        """Whether a caller waits, and no agent has answered for them: may hear something."""
        entry = self._entries.get(entry_id)
        if entry is None or entry.state != "waiting":
            return False
        return not any(offer.connecting for offer in self._offers_of(entry_id))

    def pressed(self, leg_id: str, digit: str, now: datetime) -> None:
        """A key was pressed on a leg: a caller's who waits, or one that is none of ours."""
        entry = self._of_leg(leg_id)
        if entry is None or not self.is_alone(entry.id):
            return
        destination = self._queues[entry.queue_id].leave_keys.get(digit)
        if destination is not None:
            self._send_on(entry, destination, "left_by_key", now)
