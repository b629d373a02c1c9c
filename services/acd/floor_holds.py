"""Callers on hold: while their agent asks somebody, and by the hold key of the agent's phone."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from services.acd.floor_book import NOBODY
from services.acd.floor_changes import Seen
from services.acd.floor_contacts import Contacts
from services.acd.records import Entry


class Holds(Contacts):
    """Contacts whose caller may be on hold."""

    def held_by_phone(self, leg_id: str, at: datetime, now: datetime, *, on: bool) -> None:
        """A phone put its call on hold, or took it back; of an agent who asks somebody that says nothing of the caller.

        Args:
            at: when.
        """
        entry = self._entries.get(self._talks.get(leg_id, NOBODY))
        if entry is None or entry.consult is not None:
            return
        changed = held(entry, max(at, entry.answered_at or at), on=on)
        if changed != entry:
            self._change_contact(changed, now)

    def _look_at_hold(self, entry: Entry, agent: Seen, now: datetime) -> None:
        """A contact without a consult: whether the agent's phone holds, where the switch says."""
        if agent.is_held is not None:
            self.held_by_phone(agent.leg_id, now, now, on=agent.is_held)


def held(entry: Entry, now: datetime, *, on: bool) -> Entry:
    """The caller is on hold from now on, or is not any more."""
    if on:
        return entry if entry.held_since is not None else replace(entry, held_since=now)
    if entry.held_since is None:
        return entry
    return replace(entry, held_since=None, held_seconds=entry.held_until(now))
