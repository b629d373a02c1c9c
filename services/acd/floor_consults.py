"""An agent asks a third party while the caller hears music, and then passes on, swaps, joins all three, or comes back.

The switch is asked for one thing after the other; what became of it is looked up there, so that whoever takes over,
and whatever got lost, comes to the same: whom the agent's leg hears decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.acd.domain.model import Agent
from services.acd.floor_book import NOBODY
from services.acd.floor_changes import Consulting, LookAgain, Seen, SendOn
from services.acd.floor_contacts import Impossible
from services.acd.floor_holds import Holds, held
from services.acd.records import Consult, Entry
from shared.contracts.acd import ConsultState
from shared.telephony.destinations import Destination, DestinationKind

STALE_SECONDS: Final = 8.0
"""A step that the switch did not confirm for so long did not happen."""
UNDER_WAY: Final = frozenset({"beginning", "connecting", "swapping", "joining", "returning", "completing"})
WITH_CALLER: Final = frozenset({"on_hold", "conference"})
"""The agent hears the caller; in all other states the caller hears music."""


class Consults(Holds):
    """Contacts whose agent asks somebody."""

    def consult(
        self, entry_id: UUID, destination: Destination, now: datetime, *, agent_id: UUID | None = None
    ) -> Entry:
        """Let the caller hear music, and the agent call a destination. Raises what `contact` raises."""
        entry = self._free_to_ask(entry_id, agent_id)
        if destination.kind in (DestinationKind.HANGUP, DestinationKind.VOICEMAIL):
            raise Impossible(f"nobody can be asked at {destination}")
        return self._begin(entry, Consult(str(destination), "beginning", now), now)

    def _free_to_ask(self, entry_id: UUID, agent_id: UUID | None) -> Entry:
        """Raises what `contact` raises; Impossible: the caller is an agent, who would be lost to a caller on hold."""
        entry = self._free(entry_id, agent_id)
        if (entry.leg_id or "") in self._talks:
            raise Impossible("the caller is an agent who asks about a caller")
        return entry

    def _free(self, entry_id: UUID, agent_id: UUID | None) -> Entry:
        entry = super()._free(entry_id, agent_id)
        asks = self._entries.get(self._talks.get(entry.leg_id or "", NOBODY))
        if asks is not None and asks.consult is not None and asks.consult.state == "completing":
            raise Impossible("the caller is an agent who passes another caller on")
        return entry

    def _begin(self, entry: Entry, consult: Consult, now: datetime) -> Entry:
        return self._step(replace(entry, consult=consult, consults=entry.consults + 1), "beginning", now)

    def complete_consult(self, entry_id: UUID, now: datetime, *, agent_id: UUID | None = None) -> Entry:
        """Connect the caller with the third; the agent is out. Raises what `contact` raises."""
        asked = self._of_leg(self.contact(entry_id, agent_id).agent_leg_id)
        if asked is not None and asked.destination is not None:
            raise Impossible(f"whoever is asked sends you to {asked.destination}")
        return self._go_on(entry_id, agent_id, "completing", ("talking", "on_hold", "conference"), now)

    def swap(self, entry_id: UUID, now: datetime, *, agent_id: UUID | None = None) -> Entry:
        """Talk with the other one of the two, who hears music meanwhile. Raises what `contact` raises."""
        return self._go_on(entry_id, agent_id, "swapping", ("talking", "on_hold"), now)

    def conference(self, entry_id: UUID, now: datetime, *, agent_id: UUID | None = None) -> Entry:
        """Let all three hear each other. Raises what `contact` raises."""
        return self._go_on(entry_id, agent_id, "joining", ("talking", "on_hold"), now)

    def cancel_consult(self, entry_id: UUID, now: datetime, *, agent_id: UUID | None = None) -> Entry:
        """Back to the caller; the third's call ends. Raises what `contact` raises."""
        entry = self._consulting(entry_id, agent_id, ("calling", "talking", "on_hold", "conference"))
        self._wait_no_more(entry, now)
        assert entry.consult is not None  # noqa: S101 -- seen to by _consulting
        if entry.consult.state in WITH_CALLER:
            self._end_third(entry, now)
            return self._consult_over(entry, now)
        return self._step(entry, "returning", now)

    def _wait_no_more(self, entry: Entry, now: datetime, *, lost: bool = False) -> None:
        """The agent who waited in another queue, to ask there, is not in line any more."""
        if (asked := self._of_leg(entry.agent_leg_id)) is not None and asked.state == "waiting":
            self._leave(asked, "removed", now, now, lost=lost)

    def _contact_over(self, entry: Entry, now: datetime, *, lost: bool) -> None:
        if entry.consult is not None:
            self._wait_no_more(entry, now, lost=lost)
        super()._contact_over(entry, now, lost=lost)

    def _consulting(self, entry_id: UUID, agent_id: UUID | None, states: tuple[ConsultState, ...]) -> Entry:
        entry = self.contact(entry_id, agent_id)
        if entry.consult is None:
            raise Impossible("nobody is being asked")
        if entry.consult.state not in states:
            raise Impossible(f"whoever is asked is {entry.consult.state}")
        return entry

    def _go_on(
        self,
        entry_id: UUID,
        agent_id: UUID | None,
        state: ConsultState,
        before: tuple[ConsultState, ...],
        now: datetime,
    ) -> Entry:
        return self._step(self._consulting(entry_id, agent_id, before), state, now)

    def _step(self, entry: Entry, state: ConsultState, now: datetime) -> Entry:
        """Ask the switch for the next step."""
        before = entry.consult.state if entry.consult else None
        entry = self._consult_is(entry, state, now)
        self._changes.actions.append(Consulting(entry, state, before, self._asked_agent(entry)))
        return entry

    def _asked_agent(self, entry: Entry) -> Agent | None:
        """The agent who is asked; none: it is none, or not any more."""
        agent_id = entry.consult.agent_id if entry.consult else None
        return self._bench.agent(agent_id) if agent_id is not None and self._state(agent_id) is not None else None

    def _consult_is(self, entry: Entry, state: ConsultState, now: datetime, leg_id: str | None = None) -> Entry:
        consult = entry.consult
        assert consult is not None  # noqa: S101 -- callers have one
        consult = replace(consult, state=state, since=now, leg_id=leg_id or consult.leg_id)
        entry = held(replace(entry, consult=consult), now, on=state not in WITH_CALLER)
        self._consults[entry.id] = None
        self._changes.events.append(self._teller.consult_changed(self._queues[entry.queue_id], entry, consult))
        return self._change_contact(entry, now)

    def _consult_over(self, entry: Entry, now: datetime) -> Entry:
        """The agent talks with the caller as before."""
        consult = entry.consult
        assert consult is not None  # noqa: S101 -- callers have one
        self._consults.pop(entry.id, None)
        over = replace(consult, state="over", since=now)
        self._changes.events.append(self._teller.consult_changed(self._queues[entry.queue_id], entry, over))
        return self._change_contact(held(replace(entry, consult=None), now, on=False), now)

    def consult_went(self, entry_id: UUID, now: datetime, *, done: bool) -> None:
        """The switch did what it was asked for, or not: what it is like now is looked up."""
        entry = self._entries.get(entry_id)
        if entry is None or entry.consult is None or entry.state != "connected":
            return
        state = entry.consult.state
        if done and state == "beginning":
            self._consult_is(entry, "calling", now)
        elif done and state == "joining":
            self._consult_is(entry, "conference", now)
        elif not done:
            stale = replace(entry.consult, since=now - timedelta(seconds=STALE_SECONDS))
            self._change_contact(replace(entry, consult=stale), now)
        self._changes.actions.append(LookAgain())

    def is_asking(self, leg_id: str) -> bool:
        """Whether that leg is an agent's who asks somebody, or whom the agent asks."""
        return any(leg_id in (e.agent_leg_id, e.consult and e.consult.leg_id) for e in self._with_consults())

    def _with_consults(self) -> list[Entry]:
        return [self._entries[entry_id] for entry_id in self._consults if entry_id in self._entries]

    # Who hangs up

    def _third_left(self, leg_id: str, cause: str, now: datetime) -> None:
        """Who was asked hung up: while on hold or with all three, the agent talks on with the caller."""
        for entry in self._with_consults():
            if entry.consult is not None and entry.consult.leg_id == leg_id:
                if entry.consult.state in WITH_CALLER:
                    self._consult_over(entry, now)
                else:
                    self._changes.actions.append(LookAgain())

    def _agent_left(self, entry: Entry, at: datetime, now: datetime) -> None:
        """The agent hung up: a caller on hold waits again, in the old place; else the contact is over."""
        consult = entry.consult
        if consult is None or consult.state in WITH_CALLER:
            self._end_contact(entry, at, now, how="transferred" if entry.destination else "hung_up")
        elif consult.state == "completing" and not self._is_stale(consult, now):
            self._changes.actions.append(LookAgain())
        else:
            self._put_back(entry, now)

    # Reality

    def _look_at_contact(self, entry: Entry, up: Mapping[str, Seen], now: datetime) -> None:
        """A contact whose caller is up: whom do caller and agent hear?"""
        caller, agent = up[entry.leg_id or ""], up.get(entry.agent_leg_id or "")
        consult = entry.consult
        if consult is not None and consult.state == "completing" and caller.other_leg_id == (consult.leg_id or "-"):
            self._completed(entry, now)
        elif agent is None:
            self._note_ended(entry.agent_leg_id or "", now)
            self._agent_left(entry, now, now)
        elif consult is not None and not self._is_gone(entry, consult, caller, agent):
            self._look_at_consult(entry, consult, agent, up, now)
        elif consult is None and entry.destination is not None and caller.other_leg_id == entry.agent_leg_id:
            stays = entry.agent_leg_id in self._stands
            destination = Destination.parse(entry.destination)
            self._changes.actions.append(SendOn(entry, destination, entry.agent_leg_id, agent_stays=stays))
        elif caller.other_leg_id != entry.agent_leg_id and entry.leg_id not in self._talks:
            self._are_parted(entry, caller, now)
        else:
            self._look_at_hold(entry, agent, now)

    def _are_parted(self, entry: Entry, caller: Seen, now: datetime) -> None:
        """Caller and agent do not hear each other, and nobody is asked: a step came late, or the caller was sent on.

        After a consult the agent's leg is parked then, and does not end; who is left on hold waits in the old place.
        Not so of an agent who asks in another queue, and talks with the own caller meanwhile.
        """
        if self._is_on_hold(entry, caller):
            self._put_back(entry, now)
        else:
            self._end_contact(entry, now, now, end_call=True, how="transferred" if entry.destination else "hung_up")

    @staticmethod
    def _is_on_hold(entry: Entry, caller: Seen) -> bool:
        """Whether the caller of a contact hears music."""
        return caller.other_leg_id is None and (caller.turn == entry.turn or entry.callback is not None)

    def _is_gone(self, entry: Entry, consult: Consult, caller: Seen, agent: Seen) -> bool:
        """Whether the caller, who talked with the agent, was taken elsewhere: whoever is on hold waits for nothing."""
        return consult.state in WITH_CALLER and agent.is_parked and not self._is_on_hold(entry, caller)

    def _look_at_consult(
        self, entry: Entry, consult: Consult, agent: Seen, up: Mapping[str, Seen], now: datetime
    ) -> None:
        under_way = consult.state in UNDER_WAY and not self._is_stale(consult, now)
        if agent.other_leg_id == entry.leg_id:
            if consult.leg_id in up and consult.state not in ("beginning", "returning"):
                if consult.state not in WITH_CALLER and not (under_way and consult.state != "swapping"):
                    self._consult_is(entry, "on_hold", now)
            elif not (under_way and consult.state == "beginning"):
                if consult.leg_id in up:  # on hold, where a swap was not done to its end
                    self._end_third(entry, now)
                self._consult_over(entry, now)
        elif agent.other_leg_id is not None:
            is_noted = consult.state == "talking" and consult.leg_id == agent.other_leg_id
            if not is_noted and not (under_way and consult.state in ("returning", "completing", "joining")):
                self._consult_is(entry, "talking", now, leg_id=agent.other_leg_id)
        elif not under_way and (agent.is_parked or consult.state in UNDER_WAY):
            self._step(entry, "returning", now)

    @staticmethod
    def _is_stale(consult: Consult, now: datetime) -> bool:
        return consult.since + timedelta(seconds=STALE_SECONDS) <= now

    def _completed(self, entry: Entry, now: datetime) -> None:
        """Caller and third talk, and the agent is out."""
        consult = entry.consult
        assert consult is not None  # noqa: S101 -- seen to by the caller
        asked = self._of_leg(entry.agent_leg_id)
        passed = replace(entry, destination=consult.destination)
        self._end_contact(passed, now, now, end_call=True, passed_to_third=True, how="transferred")
        if asked is not None and asked.state == "connected":  # an agent of another queue: whose caller this is now
            self._by_leg.pop(asked.leg_id or "", None)
            caller = {"leg_id": entry.leg_id, "call_id": entry.call_id, "turn": entry.turn + 1}
            shown = {"caller_number": entry.caller_number, "caller_name": entry.caller_name}
            taken = replace(asked, **caller, **shown)  # type: ignore[arg-type]
            self._by_leg[entry.leg_id or ""] = taken.id
            self._change_contact(taken, now)

    def _end_third(self, entry: Entry, now: datetime) -> None:
        if entry.consult is not None and entry.consult.leg_id is not None:
            self._end_call(entry.consult.leg_id, entry.node_id or "", now)
