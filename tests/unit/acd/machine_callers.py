"""What callers and customers do on any floor."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.unit.acd.any_floor import NUMBER, SLUGS, callers, customers, movable, some, waits
from tests.unit.acd.machine_floor import AnyFloor
from tests.unit.acd.simulated_switch import News


class CallersDo(AnyFloor):
    """Callers come, go, and ask to be called back."""

    @rule(node=st.sampled_from(["node-1", "node-2"]), slug=st.sampled_from(SLUGS), told=st.booleans())
    def caller_comes(self, node: str, slug: str, told: bool) -> None:
        self.callers += 1
        leg_id = f"{slug}/{self.callers}"
        self.switches.queue(leg_id, node, 1)
        if told:
            self.is_told(self.switches.news.pop())
            self.settles()

    @precondition(some(callers))
    @rule(number=NUMBER, other_stays=st.booleans())
    def caller_hangs_up(self, number: int, other_stays: bool) -> None:
        there = callers(self)
        self.switches.end(there[number % len(there)], other_stays=other_stays)

    @precondition(some(movable))
    @rule(number=NUMBER)
    def caller_is_sent_to_a_queue_again(self, number: int) -> None:
        """By an agent's phone, or from wherever the caller was sent on to."""
        there = movable(self)
        leg = self.switches.legs[there[number % len(there)]]
        self.switches.leave(leg.leg_id)
        turn = 1 + max(
            n.turn for n in [*self.kept_turns(leg.leg_id), News("", "", turn=self.switches.turns.get(leg.leg_id, 0))]
        )
        self.switches.queue(leg.leg_id, leg.node_id, turn)

    def kept_turns(self, leg_id: str) -> list[News]:
        kept = [News("", leg_id, turn=e.turn) for e in self.centre.tables.entries.values() if e.leg_id == leg_id]
        return kept + [news for news in self.switches.news if news.leg_id == leg_id]

    @precondition(some(waits))
    @rule(number=NUMBER, keys=st.sampled_from(["9", "902188776655#", "902188776655#1", "902188776655#1"]))
    def caller_asks_to_be_called_back(self, number: int, keys: str) -> None:
        """All the way, or to some point of the dialog."""
        there = waits(self)
        for key in keys:
            self.centre.floor.pressed(there[number % len(there)], key, self.centre.now)
        self.settles()

    @precondition(some(customers))
    @rule(number=NUMBER, cause=st.sampled_from(["", "", "", "NO_ANSWER", "USER_BUSY"]))
    def customer_answers_or_hangs_up(self, number: int, cause: str) -> None:
        there = customers(self)
        leg_id = there[number % len(there)]
        if self.switches.legs[leg_id].is_ringing and not cause:
            self.switches.customer_answers(leg_id)
        else:
            self.switches.end(leg_id, cause or "NORMAL_CLEARING")

    @precondition(some(movable))
    @rule(number=NUMBER)
    def caller_is_taken_elsewhere(self, number: int) -> None:
        there = movable(self)
        leg_id = there[number % len(there)]
        self.switches.leave(leg_id)
        self.switches.legs[leg_id] = replace(self.switches.legs[leg_id], turn=None, is_queued=False)
