"""Standing connections: an agent's leg that stays up, to which callers are connected at once, one after another.

The leg is kept with what the agent does; whether it is really up, the switches tell. Who hangs it up is paused, so that
no caller waits for somebody who has gone; who comes back is called again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.acd.domain.agent_events import Event as AgentEvent
from services.acd.domain.agent_events import Pause
from services.acd.domain.agents import ENGAGED, IllegalChange
from services.acd.domain.model import AgentState, AgentStatus
from services.acd.floor_book import NOBODY, REST_SECONDS, Book
from services.acd.floor_changes import CallStanding, ParkAgent, Seen, Stand
from services.acd.records import Entry
from shared.contracts.switch import ANY_NODE
from shared.telephony.ids import new_leg_id

DISCONNECTED: Final = "disconnected"
"""The pause reason of an agent whose standing connection ended, or could not be made."""
CALLED_SECONDS: Final = 90.0
"""No caller is offered while the phone rings for the connection; who does not answer is paused before that."""

_AT_WORK: Final = frozenset({AgentStatus.AVAILABLE, AgentStatus.WRAP_UP})


class Standing(Book):
    """Agents' legs that stay up."""

    def stands(self, leg_id: str, node_id: str, now: datetime) -> None:
        """An agent answered the call that stays up; the leg is parked."""
        if leg_id in self._stands:
            return
        agent_id = self._standing_calls.pop(leg_id, None)
        state = self._state(agent_id)
        if state is None or state.status is AgentStatus.OFFLINE or state.standing_leg_id or leg_id in self._ended:
            self._end_call(leg_id, node_id, now)
            return
        self._rests_no_more(state.agent_id)
        self._connect_standing(state.agent_id, leg_id, node_id, now, is_parked=True)

    def calls_in(self, agent_id: UUID, leg_id: str, now: datetime) -> bool:
        """An agent calls to work; whether that leg is to stand, once it is parked."""
        state = self._state(agent_id)
        is_called = agent_id in self._standing_calls.values()
        if state is None or is_called or state.standing_leg_id or not leg_id or not self._has_standing(agent_id):
            return False
        self._standing_calls[leg_id] = agent_id
        self._resting[agent_id] = now + timedelta(seconds=CALLED_SECONDS)
        return True

    def calls_in_no_more(self, leg_id: str) -> None:
        """That leg does not stand after all."""
        agent_id = self._standing_calls.pop(leg_id, None)
        if agent_id is not None:
            self._rests_no_more(agent_id)

    def does_not_stand(self, leg_id: str, now: datetime) -> None:
        """The agent did not answer the call that was to stay up."""
        agent_id = self._standing_calls.pop(leg_id, None)
        if agent_id is not None:
            self._rests_no_more(agent_id)
            self._pause(agent_id, now)

    def parked(self, leg_id: str, node_id: str, now: datetime) -> None:
        """A leg waits in park: one that stands is free for the next caller, and an agent's own call begins to stand."""
        if leg_id in self._standing_calls:
            self.stands(leg_id, node_id, now)
        elif (stand := self._stands.get(leg_id)) is not None and not self._is_asked_or_asks(leg_id):
            stand.is_parked = True
            self._rests_no_more(stand.agent_id)

    def _is_asked_or_asks(self, leg_id: str) -> bool:
        """Whether that leg is in a consult, in which it is parked between two steps."""
        contact = self._entries.get(self._talks.get(leg_id, NOBODY))
        return leg_id in self._asked_on or (contact is not None and contact.consult is not None)

    def _rests_no_more(self, agent_id: UUID) -> None:
        """The agent may be asked again, also by callers who were to wait for that."""
        if self._resting.pop(agent_id, None) is None:
            return
        for entry_id in self._held:
            entry = self._entries.get(entry_id)
            if entry is not None and entry.state == "waiting":
                self._lines[entry.queue_id].hold(entry_id, entry.not_before)
        self._held.clear()

    def _connect_standing(self, agent_id: UUID, leg_id: str, node_id: str, now: datetime, *, is_parked: bool) -> None:
        self._stands[leg_id] = Stand(agent_id, node_id, now, is_parked)
        self._tell_standing(agent_id, leg_id, node_id, now)

    def _tell_standing(self, agent_id: UUID, leg_id: str | None, node_id: str | None, now: datetime) -> None:
        """Note and tell that an agent's leg stands, or does not any more."""
        state = self._state(agent_id)
        if state is None:
            return
        told = state.standing_leg_id if leg_id is None else leg_id
        state = replace(state, standing_leg_id=leg_id, standing_node_id=node_id)
        self._bench.change(state)
        self._changes.states[agent_id] = state
        self._changes.events.append(self._teller.standing_changed(agent_id, told or "", leg_id is not None, now))

    def _stand_ended(self, leg_id: str, now: datetime, *, pauses: bool = True) -> None:
        """A leg that stood is gone."""
        stand = self._stands.pop(leg_id, None)
        if stand is None:
            return
        state = self._state(stand.agent_id)
        if state is None or state.standing_leg_id != leg_id:
            return
        self._tell_standing(stand.agent_id, None, None, now)
        if pauses:
            self._pause(stand.agent_id, now)

    def _pause(self, agent_id: UUID, now: datetime) -> None:
        state = self._state(agent_id)
        if state is not None and state.status not in {AgentStatus.OFFLINE, AgentStatus.PAUSED} and not state.leaving:
            with contextlib.suppress(IllegalChange):
                self._tell_agent(agent_id, Pause(DISCONNECTED), now)

    def _hang_up_standing(self, leg_id: str, now: datetime) -> None:
        """Nobody needs the leg any more."""
        stand = self._stands.get(leg_id)
        if stand is not None:
            self._stand_ended(leg_id, now, pauses=False)
            self._end_call(leg_id, stand.node_id, now)

    def _release_leg(self, leg_id: str, node_id: str, now: datetime) -> None:
        if leg_id in self._stands:
            self._changes.actions.append(ParkAgent(leg_id, node_id))
        else:
            super()._release_leg(leg_id, node_id, now)

    def _contact_over(self, entry: Entry, now: datetime, *, lost: bool) -> None:
        """A standing leg takes the next caller once it is parked again."""
        _, stand = self._standing_of(entry.agent_id)
        if stand is not None and not stand.is_parked:
            self._resting[stand.agent_id] = now + timedelta(seconds=REST_SECONDS)
        super()._contact_over(entry, now, lost=lost)

    def _stand_of(self, agent_id: UUID) -> tuple[str, str] | None:
        """The leg on which an agent stands, and its switch."""
        leg_id, stand = self._standing_of(agent_id)
        return None if stand is None else (leg_id, stand.node_id)

    def _standing_of(self, agent_id: UUID | None) -> tuple[str, Stand | None]:
        """The leg on which an agent stands, with what is known of it; none: on none."""
        state = self._state(agent_id)
        leg_id = (state.standing_leg_id if state is not None else None) or ""
        return leg_id, self._stands.get(leg_id)

    @property
    def standing(self) -> frozenset[str]:
        """Legs that stand, and those that are called to stand."""
        return frozenset((*self._stands, *self._standing_calls))

    # When it is wanted

    def _tell_agent(
        self, agent_id: UUID, event: AgentEvent, now: datetime, *, leg_id: str | None = None, by: str = ""
    ) -> AgentState | None:
        state = super()._tell_agent(agent_id, event, now, leg_id=leg_id, by=by)
        if state is not None:
            self._review_standing(state, now)
        return state if state is None else self._state(agent_id) or state

    def _review_standing(self, state: AgentState, now: datetime) -> None:
        """Call whose leg is to stand and does not; end one that is not wanted."""
        agent_id = state.agent_id
        is_wanted = agent_id not in self._removed and self._has_standing(agent_id)
        if state.standing_leg_id is not None:
            if state.status is AgentStatus.OFFLINE or (not is_wanted and state.status not in ENGAGED):
                self._hang_up_standing(state.standing_leg_id, now)
            return
        called = next((leg_id for leg_id, who in self._standing_calls.items() if who == agent_id), None)
        if called is not None and (state.status is AgentStatus.OFFLINE or not is_wanted):
            self._end_call(called, ANY_NODE, now)
        elif called is None and is_wanted and state.status in _AT_WORK:
            leg_id = str(new_leg_id())
            self._standing_calls[leg_id] = agent_id
            self._resting[agent_id] = now + timedelta(seconds=CALLED_SECONDS)
            self._changes.actions.append(CallStanding(leg_id, self._bench.agent(agent_id)))

    def _has_standing(self, agent_id: UUID) -> bool:
        try:
            return self._bench.agent(agent_id).standing
        except KeyError:
            return False

    # Reality

    def _standing_node_lost(self, node_id: str, now: datetime) -> None:
        """Legs on a switch that is gone; nobody is to blame, and they are called again on another."""
        for leg_id, stand in list(self._stands.items()):
            if stand.node_id == node_id:
                self._stand_ended(leg_id, now, pauses=False)
                if (state := self._state(stand.agent_id)) is not None:
                    self._review_standing(state, now)

    def _reconcile_standing(
        self, up: Mapping[str, Seen], nodes: Collection[str], before: datetime, now: datetime
    ) -> None:
        for leg_id, stand in list(self._stands.items()):
            seen = up.get(leg_id)
            if seen is None:
                if stand.node_id in nodes and stand.since < before:
                    self._stand_ended(leg_id, now)
                continue
            if seen.other_leg_id is None:
                self.parked(leg_id, stand.node_id, now)
            contact = self._entries.get(self._talks.get(leg_id, NOBODY))
            if contact is None or contact.consult is not None or self._taken_in.get(contact.id, before) >= before:
                continue
            is_asked = (contact.leg_id or "") in self._talks  # by an agent, who perhaps swapped
            if seen.other_leg_id != contact.leg_id and not is_asked:  # the caller was taken elsewhere
                self._end_contact(contact, now, now)
        for _, state in list(self._bench):
            self._review_standing(state, now)
