"""What agents who ask somebody about a caller do on any floor, and who is asked."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.acd.floor import Unknown
from services.acd.floor_contacts import Impossible
from services.acd.records import Entry
from shared.telephony.destinations import Destination
from tests.unit.acd.any_floor import AGENTS, CAUSES, NUMBER, asking, connected, some, taken, thirds
from tests.unit.acd.machine_floor import AnyFloor
from tests.unit.acd.shift import caller

PHONE = Destination.parse("extension:777")
QUEUE = Destination.parse("queue:sales")
WHOM = st.sampled_from(["phone", "phone", "queue", *AGENTS, *AGENTS])
STEPS = st.sampled_from(["complete_consult", "swap", "conference", "cancel_consult"])


class ConsultsHappen(AnyFloor):
    """Agents ask a phone, a queue or another agent, and go on from there; phones hold their calls."""

    def asks(self, entry: Entry, whom: str) -> bool:
        """Whether the floor lets the agent of a contact ask."""
        floor, now = self.centre.floor, self.centre.now
        try:
            if whom in AGENTS:
                floor.consult_agent(entry.id, caller(whom), now)
            else:
                floor.consult(entry.id, QUEUE if whom == "queue" else PHONE, now)
        except (Unknown, Impossible):
            return False
        self.settles()
        return True

    def goes_on(self, entry: Entry, step: str) -> None:
        try:
            getattr(self.centre.floor, step)(entry.id, self.centre.now)
        except (LookupError, Impossible):
            return
        self.settles()

    @precondition(some(connected))
    @rule(number=NUMBER, whom=WHOM)
    def agent_asks_somebody(self, number: int, whom: str) -> None:
        there = connected(self)
        self.asks(there[number % len(there)], whom)

    @precondition(some(asking))
    @rule(number=NUMBER, step=STEPS)
    def agent_goes_on_asking(self, number: int, step: str) -> None:
        there = asking(self)
        self.goes_on(there[number % len(there)], step)

    @precondition(some(connected))
    @rule(number=NUMBER, whom=WHOM, steps=st.lists(STEPS, max_size=3), hurried=st.booleans())
    def agent_talks_with_whom_they_asked(self, number: int, whom: str, steps: list[str], hurried: bool) -> None:
        """As it mostly goes, up to a point at which anything may happen."""
        there = connected(self)
        entry = there[number % len(there)]
        if not self.asks_and_is_answered(entry, whom):
            return
        for step in steps:
            self.goes_on(entry, step)
            if step != steps[-1] or not hurried:
                self.everything_arrives()

    def somebody_is_asked(self, whom: str) -> None:
        for entry in connected(self)[:1]:
            self.asks_and_is_answered(entry, whom)

    def asks_and_is_answered(self, entry: Entry, whom: str) -> bool:
        """Whether the floor let the agent ask; whose phone rang then took the call."""
        if not self.asks(entry, whom):
            return False
        self.everything_arrives()
        for leg_id in self.called_to_be_asked(entry):
            self.switches.third_answers(leg_id) if leg_id in thirds(self) else self.switches.answer(leg_id)
        self.everything_arrives()
        return True

    def called_to_be_asked(self, entry: Entry) -> list[str]:
        """Phones that ring for whoever is asked about a caller."""
        known = self.centre.tables.entries[entry.id]
        legs = self.switches.legs
        own = known.consult.leg_id if known.consult else None
        return [
            leg.leg_id
            for leg in legs.values()
            if leg.is_ringing and (leg.leg_id == own or (leg.is_third and leg.called_by == known.agent_leg_id))
        ]

    @precondition(some(thirds))
    @rule(number=NUMBER, cause=st.sampled_from(["", "", *CAUSES]))
    def whoever_is_asked_answers_or_hangs_up(self, number: int, cause: str) -> None:
        there = thirds(self)
        leg_id = there[number % len(there)]
        if self.switches.legs[leg_id].is_ringing and not cause:
            self.switches.third_answers(leg_id)
        else:
            self.switches.end(leg_id, cause or "NORMAL_CLEARING")

    @precondition(some(taken))
    @rule(number=NUMBER, on=st.booleans())
    def phone_holds_its_call(self, number: int, on: bool) -> None:
        there: list[Any] = [self.switches.legs[one] for one in taken(self)]
        leg = there[number % len(there)]
        if leg.other is not None:
            self.switches.hold(leg.leg_id, on=on)
