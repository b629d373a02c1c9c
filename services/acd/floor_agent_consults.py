"""An agent asks another agent of the floor, who is called as for a caller, and is busy as with one.

Whoever is asked is reserved, rings and is on a contact by the table of `agents`; has the caller when the consult is
completed, and is free again when it ends otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from services.acd.domain.agent_events import (
    ConsultAnswered,
    Consulted,
    ConsultEnded,
    ContactTaken,
    NodeLost,
    OfferFailed,
    OfferFailure,
    PhoneRinging,
)
from services.acd.domain.agents import ENGAGED
from services.acd.domain.model import Agent, AgentState, AgentStatus
from services.acd.floor_book import NOBODY, REST_SECONDS
from services.acd.floor_changes import Beep, CallAgent, Seen
from services.acd.floor_consults import UNDER_WAY, Consults
from services.acd.floor_contacts import Impossible, next_turn
from services.acd.floor_offers import failure_of
from services.acd.records import Consult, Entry
from shared.contracts.acd import ConsultState
from shared.telephony.destinations import Destination, DestinationKind
from shared.telephony.ids import new_leg_id


class AgentConsults(Consults):
    """Contacts whose agent asks another agent."""

    def consult(
        self, entry_id: UUID, destination: Destination, now: datetime, *, agent_id: UUID | None = None
    ) -> Entry:
        """As any consult; the extension of an agent who is at the queues' disposal means that agent.

        Raises: what `Consults.consult` and `consult_agent` raise.
        """
        at_work = self._at_work_at(destination)
        if at_work is not None:
            return self.consult_agent(entry_id, at_work, now, agent_id=agent_id)
        return super().consult(entry_id, destination, now, agent_id=agent_id)

    def consult_agent(self, entry_id: UUID, to_agent_id: UUID, now: datetime, *, agent_id: UUID | None = None) -> Entry:
        """Let the caller hear music, and call that agent.

        Raises:
            Unknown: no such agent. Impossible: not available. And what `contact` raises.
        """
        entry = self._free_to_ask(entry_id, agent_id)
        state = self._available(to_agent_id)
        if to_agent_id in self._standing_calls.values():
            raise Impossible("the agent's phone is being called")
        leg_id = self._leg_for(state, entry)
        self._asked_on[leg_id] = entry.id
        self._tell_agent(to_agent_id, Consulted(entry.id, entry.queue_id), now, leg_id=leg_id)
        return self._begin(entry, Consult(f"agent:{to_agent_id}", "beginning", now, leg_id), now)

    def _at_work_at(self, phone: Destination) -> UUID | None:
        """The agent whose extension that is and who may be offered callers; none: nobody. Raises Impossible: busy.

        Who is on another call has a phone like any other, which may be busy or let that call wait.
        """
        if phone.kind is not DestinationKind.EXTENSION:
            return None
        there = [(who, state) for who, state in self._bench if who.phone == phone and who.id not in self._removed]
        for _, state in there:
            if state.status in ENGAGED:
                raise Impossible(f"the agent at {phone} is {state.status.value}")
        return next((who.id for who, _ in there if self._bench.is_free(who.id)), None)

    def _leg_for(self, state: AgentState, entry: Entry) -> str:
        """The leg that stands on the same switch, or a new one: to the phone, or to a leg that stands on another."""
        leg_id, stand = self._standing_of(state.agent_id)
        if stand is None:
            return str(new_leg_id())
        stand.is_parked = False
        return leg_id if stand.node_id == entry.node_id else str(new_leg_id())

    # The call to whoever is asked

    def consult_went(self, entry_id: UUID, now: datetime, *, done: bool) -> None:
        super().consult_went(entry_id, now, done=done)
        entry = self._entries.get(entry_id)
        if entry is None or entry.consult is None or entry.consult.state != "calling" or not done:
            return
        asked, leg_id = self._asked_agent(entry), entry.consult.leg_id or ""
        if entry.consult.agent_id is None:
            return
        if asked is None or self._asked_state(entry) is None:
            self._step(entry, "returning", now)
        elif leg_id in self._stands:
            self._step(entry, "connecting", now)
        else:
            config, stands = self._queues[entry.queue_id], self._stand_of(asked.id) or ("", "")
            self._changes.actions.append(CallAgent(leg_id, self._shown_to_asked(entry), asked, config, *stands))

    def _shown_to_asked(self, entry: Entry) -> Entry:
        """With the agent who asks as the one who calls; by a mobile, only by name."""
        try:
            asks: Agent = self._bench.agent(entry.agent_id or NOBODY)
        except KeyError:
            return entry
        number = asks.phone.target if asks.phone.kind is DestinationKind.EXTENSION else ""
        return replace(entry, caller_number=number, caller_name=asks.name)

    def rings(self, leg_id: str, now: datetime) -> None:
        entry = self._asked_by(leg_id)
        if entry is None:
            super().rings(leg_id, now)
            return
        state = self._asked_state(entry)
        if state is not None and state.status is AgentStatus.RESERVED:
            self._tell_agent(state.agent_id, PhoneRinging(entry.id, leg_id), now)

    def answered(self, leg_id: str, node_id: str, now: datetime) -> None:
        entry = self._asked_by(leg_id)
        if entry is None:
            super().answered(leg_id, node_id, now)
        elif entry.consult is not None and entry.consult.state == "calling":
            self._step(entry, "connecting", now)

    def not_taken(self, leg_id: str, cause: str, now: datetime) -> None:
        entry = self._asked_by(leg_id)
        if entry is None:
            super().not_taken(leg_id, cause, now)
        elif entry.consult is not None and entry.consult.state == "calling":
            self._not_reached(entry, cause, now)
            self._step(self._entries[entry.id], "returning", now)

    def _third_left(self, leg_id: str, cause: str, now: datetime) -> None:
        entry = self._asked_by(leg_id)
        if entry is None or entry.consult is None:
            super()._third_left(leg_id, cause, now)
        elif entry.consult.state == "calling":
            self.not_taken(leg_id, cause, now)
        else:
            self._let_go(entry, now)
            super()._third_left(leg_id, cause, now)

    def _not_reached(self, entry: Entry, cause: str, now: datetime) -> None:
        """The agent did not take the call; where nobody is to blame, or a trunk, it was no missed one."""
        asked = self._asked_agent(entry)
        self._let_go(entry, now, failure=failure_of(cause, None if asked is None else asked.phone))
        if asked is not None:
            self._resting[asked.id] = now + timedelta(seconds=REST_SECONDS)

    # How it ends

    def _step(self, entry: Entry, state: ConsultState, now: datetime) -> Entry:
        if state == "returning":
            self._let_go(entry, now)
        return super()._step(entry, state, now)

    def _consult_is(self, entry: Entry, state: ConsultState, now: datetime, leg_id: str | None = None) -> Entry:
        entry = super()._consult_is(entry, state, now, leg_id)
        asked = self._asked_state(entry)
        if state == "talking" and asked is not None and asked.status is not AgentStatus.ON_CONTACT:
            leg = asked.leg_id or ""
            self._tell_agent(asked.agent_id, ConsultAnswered(entry.id, leg), now)
            if (stand := self._stand_of(asked.agent_id)) is not None:
                self._changes.actions.append(Beep(*stand))
            elif self._has_standing(asked.agent_id):
                self._connect_standing(asked.agent_id, leg, entry.node_id or "", now, is_parked=False)
        return entry

    def _consult_over(self, entry: Entry, now: datetime) -> Entry:
        self._let_go(entry, now)
        return super()._consult_over(entry, now)

    def _contact_over(self, entry: Entry, now: datetime, *, lost: bool) -> None:
        self._let_go(entry, now, lost=lost)
        super()._contact_over(entry, now, lost=lost)

    def _end_third(self, entry: Entry, now: datetime) -> None:
        """The leg of an agent who is let go is seen to there: it may stand."""
        if entry.consult is not None and entry.consult.agent_id is None:
            super()._end_third(entry, now)

    def _let_go(
        self, entry: Entry, now: datetime, *, failure: OfferFailure = OfferFailure.CANCELLED, lost: bool = False
    ) -> None:
        """Whoever is asked is free again, and their leg is not needed any more."""
        leg_id = (entry.consult.leg_id if entry.consult else None) or ""
        state = self._asked_state(entry)
        if self._asked_on.get(leg_id) == entry.id:
            del self._asked_on[leg_id]
        if state is None:
            return
        ended = ConsultEnded(entry.id) if state.status is AgentStatus.ON_CONTACT else OfferFailed(entry.id, failure)
        self._tell_agent(state.agent_id, NodeLost(entry.id) if lost else ended, now)
        _, stand = self._standing_of(state.agent_id)
        if stand is not None:
            stand.is_parked = False
            self._resting[state.agent_id] = now + timedelta(seconds=REST_SECONDS)
        if not lost and leg_id not in self._ended:
            self._release_leg(leg_id, entry.node_id or "", now)

    def _completed(self, entry: Entry, now: datetime) -> None:
        asked, leg_id = self._asked_state(entry), (entry.consult.leg_id if entry.consult else None) or ""
        if asked is None or asked.status is not AgentStatus.ON_CONTACT:
            super()._completed(entry, now)
            return
        config, waiting = self._queues[entry.queue_id], next_turn(entry, now)
        moment = waiting.waits_since
        taken = replace(waiting, state="connected", outcome="answered", answered_at=moment, left_at=moment)
        taken = replace(taken, agent_id=asked.agent_id, agent_leg_id=leg_id)
        self._tell_agent(asked.agent_id, ContactTaken(entry.id, taken.id), now)
        self._asked_on.pop(leg_id, None)
        super()._completed(entry, now)
        self._seat(taken, now)
        self._keep(taken)
        self._changes.events += [self._teller.joined(config, taken), self._teller.connected(config, taken)]
        self._changes.events.append(self._teller.left(config, taken))

    # Reality

    def _look_at_consult(
        self, entry: Entry, consult: Consult, agent: Seen, up: Mapping[str, Seen], now: datetime
    ) -> None:
        if consult.agent_id is None or consult.state not in ("beginning", "calling", "connecting"):
            super()._look_at_consult(entry, consult, agent, up, now)
            return
        under_way = consult.state in UNDER_WAY and not self._is_stale(consult, now)
        third = up.get(consult.leg_id or "")
        if agent.other_leg_id == entry.leg_id:
            if not under_way:
                self._consult_over(entry, now)
        elif agent.other_leg_id is not None:
            if agent.other_leg_id == consult.leg_id:
                self._consult_is(entry, "talking", now)
        elif agent.is_parked and consult.state != "calling":
            super()._look_at_consult(entry, consult, agent, up, now)
        elif agent.is_parked and third is not None and third.is_parked:
            self._step(entry, "connecting", now)
        elif agent.is_parked and third is None and self._is_stale(consult, now):
            self._step(entry, "returning", now)

    def _asked_by(self, leg_id: str) -> Entry | None:
        """The contact about which an agent is asked on that leg."""
        entry = self._entries.get(self._asked_on.get(leg_id, NOBODY))
        return entry if entry is not None and entry.consult is not None and entry.consult.leg_id == leg_id else None

    def _asked_state(self, entry: Entry) -> AgentState | None:
        """What the agent does who is asked; none: it is no agent, or they were let go."""
        state = self._state(entry.consult.agent_id) if entry.consult else None
        return state if state is not None and state.status in ENGAGED and state.entry_id == entry.id else None
