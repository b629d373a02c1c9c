"""What always holds on a floor, whatever happens there."""

from __future__ import annotations

from collections import Counter

from hypothesis.stateful import invariant

from services.acd.domain.agents import ENGAGED
from services.acd.domain.model import AgentStatus
from shared.contracts.acd import QueueConnected, QueueContactEnded, QueueJoined, QueueLeft
from tests.unit.acd import any_floor
from tests.unit.acd.any_floor import AGENTS, asking, connected
from tests.unit.acd.machine_floor import AnyFloor
from tests.unit.acd.shift import MORNING, caller

S = AgentStatus


class WhatAlwaysHolds(AnyFloor):
    """No agent with two callers, no caller lost, nobody stuck."""

    @invariant()
    def no_agent_has_two_callers(self) -> None:
        floor = self.centre.floor
        about = [(offer.agent_id, offer.entry_id) for offer in floor.offers]
        about += [(entry.agent_id, entry.id) for entry in connected(self) if entry.agent_id]
        asked = {(entry.consult.agent_id, entry.id) for entry in asking(self) if entry.consult}
        engaged = [(who.id, state.entry_id) for who, state in floor.agents if state.status in ENGAGED]
        about += [one for one in engaged if one in asked]
        assert len({who for who, _ in about}) == len(about)
        known = {who.id for who, _ in floor.agents}
        assert {*engaged} == {one for one in about if one[0] in known}, (
            "engaged, and with nobody, or the other way round"
        )

    @invariant()
    def every_caller_is_in_one_line_or_talks(self) -> None:
        floor = self.centre.floor
        lines = Counter(waiting.id for _, line in floor.queues for waiting in line)
        assert lines == Counter(entry.id for entry in floor.entries if entry.state == "waiting")
        here = [entry.leg_id for entry in floor.entries if not entry.is_called_back]
        assert len(set(here)) == len(here)
        for config, line in floor.queues:
            for waiting in line:
                assert floor.entry(waiting.id).queue_id == config.queue.id
                assert waiting.offered_to == {o.agent_id for o in floor.offers if o.entry_id == waiting.id}

    @invariant()
    def every_caller_leaves_once(self) -> None:
        left = Counter(event.entry_id for event in self.centre.told(QueueLeft))
        assert not left or max(left.values()) == 1
        ended = Counter(event.entry_id for event in self.centre.told(QueueContactEnded))
        assert not ended or max(ended.values()) == 1
        joined = Counter(event.entry_id for event in self.centre.told(QueueJoined))
        assert joined == Counter(list(self.centre.tables.entries)) + self.moves, "once, and with every move"
        for entry in self.centre.tables.entries.values():
            if entry.callback is not None:
                any_floor.a_callback_ends_once(self, entry, left[entry.id], ended[entry.id])
                continue
            assert left[entry.id] == (entry.state != "waiting")
            assert ended[entry.id] == (entry.state == "left" and entry.outcome == "answered")

    @invariant()
    def a_completed_consult_is_one_contact_of_the_new_agent(self) -> None:
        taken = any_floor.taken_over(self)
        assert not taken or max(taken.values()) == 1
        begun = Counter(event.entry_id for event in self.centre.told(QueueConnected))
        assert not begun or max(begun.values()) == 1
        assert taken.keys() <= begun.keys()

    @invariant()
    def history_has_neither_gap_nor_overlap(self) -> None:
        tables = self.centre.tables
        for name in AGENTS:
            at, status = MORNING, S.OFFLINE
            for past in [past for past in tables.history if past.agent_id == caller(name)]:
                assert (past.status, past.since) == (status, at) or past.status is S.OFFLINE
                assert past.since <= past.ended_at
                at, status = past.ended_at, any_floor.after(self.centre.tables, past)
            state = tables.states.get(caller(name))
            assert state is None or (state.status, state.since) == (status, at)

    @invariant()
    def whatever_is_due_lies_ahead(self) -> None:
        """Else the owner would turn in a circle."""
        if self.is_settled:
            due = self.centre.floor.next_due(self.centre.now)
            assert due is None or due > self.centre.now

    @invariant()
    def a_standing_leg_is_one_agents_who_is_at_work(self) -> None:
        floor = self.centre.floor
        legs = [state.standing_leg_id for _, state in floor.agents if state.standing_leg_id]
        assert len(legs) == len({*legs} & floor.standing)
        for _, state in floor.agents:
            assert state.status is not S.OFFLINE or state.standing_leg_id is None
