"""Whatever happens on a floor, in whatever order: no agent with two callers, no caller lost, nobody stuck."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, settings

from services.acd.domain.agent_events import SignOut
from services.acd.domain.model import AgentStatus
from shared.contracts.acd import QueueOffered, QueueOfferFailed
from tests.unit.acd import any_floor
from tests.unit.acd.any_floor import AGENTS, callers, customers, ringing
from tests.unit.acd.machine_agents import AgentsDo
from tests.unit.acd.machine_callers import CallersDo
from tests.unit.acd.machine_consults import ConsultsHappen
from tests.unit.acd.machine_invariants import WhatAlwaysHolds
from tests.unit.acd.machine_owners import OwnersAndSwitches

S = AgentStatus


class AFloor(CallersDo, AgentsDo, ConsultsHappen, OwnersAndSwitches, WhatAlwaysHolds):
    """Callers, agents, switches and owners do as they like, and what they tell comes late, twice or not at all."""

    def teardown(self) -> None:
        if not hasattr(self, "centre"):
            return
        self.comes_to_rest()
        any_floor.nobody_is_lost(self)
        for leg_id in [*ringing(self), *callers(self)]:
            if leg_id in self.switches.legs:
                self.switches.end(leg_id, "NO_ANSWER")
        for entry in [one for one in self.centre.floor.entries if one.is_called_back]:
            self.centre.floor.cancel_callback(entry.id, self.centre.now)
            self.settles()
        for leg_id in customers(self):
            if leg_id in self.switches.legs:
                self.switches.end(leg_id)
        for name in AGENTS:
            self.agent_wishes(name, SignOut())
        self.comes_to_rest()
        assert self.switches.legs == {}, "a phone rings, or an agent listens, for nobody"
        assert list(self.centre.floor.entries) == []
        for _, state in self.centre.floor.agents:
            assert state.status is S.OFFLINE
        offered = Counter((event.entry_id, event.agent_leg_id) for event in self.centre.told(QueueOffered))
        failed = Counter((event.entry_id, event.agent_leg_id) for event in self.centre.told(QueueOfferFailed))
        entries = [entry for entry in self.centre.tables.entries.values() if entry.agent_leg_id]
        taken = Counter((e.id, e.agent_leg_id) for e in entries if e.id not in any_floor.taken_over(self))
        if not self.is_agent_removed:  # whom a new owner knows nothing of any more
            assert offered == failed + taken
        self.every_caller_leaves_once()


AFloor.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAFloor = AFloor.TestCase
