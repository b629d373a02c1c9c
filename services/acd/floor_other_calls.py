"""Calls of agents' phones outside the queues: whoever has one is not offered callers meanwhile.

A phone is in use from the first moment of any leg of its extension's devices, calling or ringing, until the last one
has ended. Legs that the floor has for its own callers and consults do not count: what those mean, agents' states say. A
leg whose end was not told is missing when the switches are looked at next, so that nobody stays busy for ever.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from random import Random
from uuid import UUID

from services.acd.domain.agent_events import Event as AgentEvent
from services.acd.domain.agents import ENGAGED
from services.acd.domain.model import Agent, AgentState, AgentStatus
from services.acd.domain.phones_in_use import PhoneLeg, PhonesInUse
from services.acd.floor_book import NOBODY
from services.acd.floor_changes import Seen
from services.acd.floor_standing import Standing
from services.acd.records import Floor as Kept
from shared.telephony.destinations import DestinationKind


class OtherCalls(Standing):
    """Which agents' phones are in calls outside the queues."""

    def __init__(self, tenant_id: UUID, kept: Kept, now: datetime, rng: Random) -> None:
        self._phones = PhonesInUse()
        self._at_phone: dict[str, list[UUID]] = {}
        super().__init__(tenant_id, kept, now, rng)
        self._learn_phones()

    def phone_used(self, leg: PhoneLeg, now: datetime) -> None:
        """A phone calls, or is called."""
        if leg.leg_id not in self._ended and not self._is_own(leg):
            self._phones.add(leg)
            self._review_phone(leg.extension, now)

    def phone_put_down(self, leg_id: str, now: datetime) -> None:
        """A leg has ended, or is one of the floor's own from now on."""
        extension = self._phones.remove(leg_id)
        if extension is not None:
            self._review_phone(extension, now)

    def calls_in(self, agent_id: UUID, leg_id: str, now: datetime) -> bool:
        stands = super().calls_in(agent_id, leg_id, now)
        if stands:
            self.phone_put_down(leg_id, now)
        return stands

    def _tell_agent(
        self, agent_id: UUID, event: AgentEvent, now: datetime, *, leg_id: str | None = None, by: str = ""
    ) -> AgentState | None:
        """Who signs in while the phone is in a call is on that call at once."""
        state = super()._tell_agent(agent_id, event, now, leg_id=leg_id, by=by)
        if state is None:
            return None
        self._review_other_call(agent_id, now)
        return self._state(agent_id) or state

    def _learn_phones(self) -> None:
        """Agents are configured anew."""
        self._at_phone.clear()
        for agent, _ in self._bench:
            self._at_phone.setdefault(_extension_of(agent), []).append(agent.id)

    def _review_phone(self, extension: str, now: datetime) -> None:
        for agent_id in self._at_phone.get(extension, ()):
            self._review_other_call(agent_id, now)

    def _review_other_calls(self, now: datetime) -> None:
        for agent, _ in list(self._bench):
            self._review_other_call(agent.id, now)

    def _review_other_call(self, agent_id: UUID, now: datetime) -> None:
        """Note and tell whether an agent is on another call, where that is news."""
        state = self._state(agent_id)
        if state is None:
            return
        is_used = self._phones.is_used(_extension_of(self._bench.agent(agent_id)))
        is_on = is_used and state.status is not AgentStatus.OFFLINE
        if is_on != state.on_other_call:
            state = replace(state, on_other_call=is_on)
            self._bench.change(state)
            self._changes.states[agent_id] = state
            self._changes.events.append(self._teller.other_call_changed(agent_id, is_on, now))

    def _is_own(self, leg: PhoneLeg) -> bool:
        """Whether the floor itself has that leg for an agent, or it is the far end of such a leg on another node."""
        own = (self._offers, self._talks, self._asked_on, self._ending, self._stands, self._standing_calls)
        if any(leg.leg_id in legs or leg.call_id in legs for legs in own):
            return True
        return any(leg.call_id == self._call_of(agent_id) for agent_id in self._at_phone.get(leg.extension, ()))

    def _call_of(self, agent_id: UUID) -> str | None:
        """The call of the caller whom an agent is offered, talks with or is asked about; none: nobody's."""
        state = self._state(agent_id)
        if state is None or state.status not in ENGAGED:
            return None
        entry = self._entries.get(state.entry_id or NOBODY)
        return None if entry is None else entry.call_id

    # Reality

    def _phones_of_node_lost(self, node_id: str, now: datetime) -> None:
        for leg in self._phones:
            if leg.node_id == node_id:
                self.phone_put_down(leg.leg_id, now)

    def _reconcile_phones(
        self, up: Mapping[str, Seen], nodes: Collection[str], before: datetime, now: datetime
    ) -> None:
        for leg in self._phones:
            if leg.leg_id not in up and leg.node_id in nodes and leg.since < before:
                self.phone_put_down(leg.leg_id, now)
        for seen in up.values():
            is_alone = seen.is_agents and seen.other_leg_id is None  # of an owner who died: it is being ended
            if seen.extension and seen.leg_id not in self._phones and not is_alone:
                self.phone_used(PhoneLeg(seen.leg_id, seen.node_id, seen.extension, seen.call_id, now), now)
        self._review_other_calls(now)


def _extension_of(agent: Agent) -> str:
    """The number of an agent's extension; empty: a mobile, of whose calls nothing is seen."""
    return agent.phone.target if agent.phone.kind is DestinationKind.EXTENSION else ""
