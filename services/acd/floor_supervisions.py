"""Supervisors in a contact: they hear agent and caller, and are heard by nobody, by the agent, or by both.

What they do changes nothing between agent and caller, and the end of the contact is the end of it: the agent's leg that
is heard may stand, and stay up.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.acd.floor_book import NOBODY
from services.acd.floor_changes import Seen, Supervise
from services.acd.floor_contacts import Contacts, Impossible
from services.acd.records import Entry, Supervisor
from shared.contracts.acd import SupervisionState
from shared.contracts.switch import ListeningMode
from shared.telephony.ids import new_id

CALLED_WITHIN_SECONDS: Final = 60.0
"""A supervisor's phone that is not up after that is not being called any more, whoever did."""
BEGUN_WITHIN_SECONDS: Final = 10.0
"""A phone that an owner before was to call, and that is not up after that, never was called or rings no more."""


class Supervisions(Contacts):
    """Contacts that somebody listens to."""

    def supervise(
        self, entry_id: UUID, mode: ListeningMode, now: datetime, *, by: str, phone: str, asked: UUID
    ) -> Entry:
        """Call whoever asks and let them hear the contact; of one who does already, change the mode.

        Args:
            asked: names the question; the action that follows has it.

        Raises:
            Over: the contact has ended. Impossible: the caller is in line, or the phone is still ringing.
        """
        entry = self.contact(entry_id)
        supervisor = _of(entry, by)
        if supervisor is None:
            supervisor = Supervisor(by, str(new_id()), phone, mode, now)
            self._supervises[supervisor.leg_id] = entry.id
            entry = self._change_contact(replace(entry, supervisors=(*entry.supervisors, supervisor)), now)
            self._tell_supervised(entry, supervisor, "calling")
        elif not supervisor.joined:
            raise Impossible(f"{supervisor.phone} is being called")
        self._changes.actions.append(Supervise(asked, entry, supervisor, mode))
        return entry

    def unsupervise(self, entry_id: UUID, now: datetime, *, by: str) -> Entry:
        """End the call of a supervisor. Raises Over, Impossible: they do not listen."""
        entry = self.contact(entry_id)
        supervisor = _of(entry, by)
        if supervisor is None:
            raise Impossible("you do not listen to this contact")
        entry = self._without(entry, supervisor, now)
        self._end_call(supervisor.leg_id, entry.node_id or "", now)
        return entry

    def supervises(self, leg_id: str, mode: ListeningMode, now: datetime) -> None:
        """The switch did it: a supervisor's phone was answered, or the mode is another one now."""
        entry, supervisor = self._supervised_by(leg_id)
        if entry is None or supervisor is None:
            return  # the contact has ended meanwhile, and the leg was told to end
        if leg_id in self._ended:
            self._without(entry, supervisor, now)
            return
        if supervisor.joined and supervisor.mode == mode:
            return
        changed = replace(supervisor, mode=mode, joined=True, since=now)
        others = tuple(changed if one is supervisor else one for one in entry.supervisors)
        entry = self._change_contact(replace(entry, supervisors=others), now)
        self._tell_supervised(entry, changed, "changed" if supervisor.joined else "joined")

    def supervisor_not_reached(self, leg_id: str, cause: str, now: datetime) -> None:
        """The phone was not answered. What became of a call is perhaps not known: should it turn up, it ends."""
        entry, supervisor = self._supervised_by(leg_id)
        if entry is not None and supervisor is not None and not supervisor.joined:
            self._without(entry, supervisor, now, "not_reached", cause)
            if leg_id not in self._ended:
                self._end_call(leg_id, entry.node_id or "", now)

    def supervisor_left(self, leg_id: str, now: datetime) -> None:
        """A leg ended, perhaps a supervisor's; of one that still was called, the answer to the call says why.

        That answer went to the owner who called: one who has died is not waited for.
        """
        entry, supervisor = self._supervised_by(leg_id)
        if entry is None or supervisor is None:
            return
        if supervisor.joined:
            self._without(entry, supervisor, now)
        elif supervisor.since <= self._began:
            self._without(entry, supervisor, now, "not_reached")

    def _supervised_by(self, leg_id: str) -> tuple[Entry | None, Supervisor | None]:
        entry = self._entries.get(self._supervises.get(leg_id, NOBODY))
        supervisors = () if entry is None else entry.supervisors
        return entry, next((one for one in supervisors if one.leg_id == leg_id), None)

    def _without(
        self,
        entry: Entry,
        supervisor: Supervisor,
        now: datetime,
        state: SupervisionState = "ended",
        reason: str = "",
    ) -> Entry:
        self._supervises.pop(supervisor.leg_id, None)
        self._tell_supervised(entry, supervisor, state, reason)
        others = tuple(one for one in entry.supervisors if one is not supervisor)
        return self._change_contact(replace(entry, supervisors=others), now)

    def _tell_supervised(self, entry: Entry, supervisor: Supervisor, state: SupervisionState, reason: str = "") -> None:
        config = self._queues[entry.queue_id]
        self._changes.events.append(self._teller.supervised(config, entry, supervisor, state, reason))

    def _contact_over(self, entry: Entry, now: datetime, *, lost: bool) -> None:
        for supervisor in entry.supervisors:
            self._supervises.pop(supervisor.leg_id, None)
            self._tell_supervised(entry, supervisor, "ended")
            if not lost:
                self._end_call(supervisor.leg_id, entry.node_id or "", now)
        super()._contact_over(entry, now, lost=lost)

    def _look_at_supervisors(self, entry: Entry, up: Mapping[str, Seen], now: datetime) -> Entry:
        """A contact whose caller is up: who really listens?"""
        for supervisor in entry.supervisors:
            seen = up.get(supervisor.leg_id)
            if seen is not None and seen.is_answered:
                self.supervises(supervisor.leg_id, supervisor.mode, now)
            elif seen is None and supervisor.joined:
                self.supervisor_left(supervisor.leg_id, now)
            elif seen is None and supervisor.since + timedelta(seconds=self._patience(supervisor)) < now:
                self.supervisor_not_reached(supervisor.leg_id, "", now)
        return self._entries[entry.id]

    def _patience(self, supervisor: Supervisor) -> float:
        """How long a call to a supervisor may take to come up: its answer is awaited, or nobody is left to get it."""
        return BEGUN_WITHIN_SECONDS if supervisor.since <= self._began else CALLED_WITHIN_SECONDS


def _of(entry: Entry, by: str) -> Supervisor | None:
    return next((one for one in entry.supervisors if one.by == by), None)
