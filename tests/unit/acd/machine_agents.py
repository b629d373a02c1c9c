"""What agents, supervisors and whoever configures do on any floor."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.acd.domain.agent_events import Event as AgentEvent
from services.acd.domain.agent_events import ForceAvailable, SignIn
from services.acd.domain.agents import IllegalChange
from services.acd.floor import Unknown
from services.acd.floor_contacts import Impossible
from tests.unit.acd.any_floor import AGENTS, CAUSES, ELSEWHERE, NUMBER, SLUGS, WISHES, ringing, some, taken
from tests.unit.acd.machine_floor import AnyFloor
from tests.unit.acd.shift import caller


class AgentsDo(AnyFloor):
    """Agents work, take calls and pass callers on; supervisors change who is in line."""

    @rule(name=st.sampled_from(AGENTS), wish=st.sampled_from(WISHES))
    def agent_wishes(self, name: str, wish: AgentEvent) -> None:
        try:
            self.centre.floor.change_agent(caller(name), wish, name, self.centre.now)
        except (IllegalChange, Unknown):
            return
        self.settles()

    @rule()
    def agents_are_at_work(self) -> None:
        for name in AGENTS:
            for wish in (SignIn(), ForceAvailable()):
                self.agent_wishes(name, wish)

    @rule(number=NUMBER, until=st.sampled_from(["answered", "told", "asked", "joined", "connected", "over"]))
    def agent_takes_a_call(self, number: int, until: str) -> None:
        """As it mostly goes, up to a point at which anything may happen."""
        self.everything_arrives()
        there = ringing(self)
        if not there:
            return
        leg_id = there[number % len(there)]
        self.switches.answer(leg_id)
        if until == "answered":
            return
        self.is_told(self.switches.news.pop())
        if until == "told":
            self.is_settled = False
            return
        self.settles()
        if until in {"joined", "connected", "over"} and self.switches.commands:
            self.switches.carry_out(*self.switches.commands.pop())
        if until in {"connected", "over"}:
            self.everything_arrives()
        if until == "over" and leg_id in self.switches.legs:
            self.switches.end(leg_id)
            self.everything_arrives()

    @precondition(some(ringing))
    @rule(number=NUMBER)
    def phone_is_answered(self, number: int) -> None:
        there = ringing(self)
        self.switches.answer(there[number % len(there)])

    @precondition(some(ringing))
    @rule(number=NUMBER, cause=st.sampled_from(CAUSES))
    def phone_is_not_answered(self, number: int, cause: str) -> None:
        there = ringing(self)
        self.switches.end(there[number % len(there)], cause)

    @precondition(some(taken))
    @rule(number=NUMBER)
    def agent_hangs_up(self, number: int) -> None:
        there = taken(self)
        self.switches.end(there[number % len(there)])

    @precondition(lambda self: any(entry.state == "connected" for entry in self.centre.floor.entries))
    @rule(number=NUMBER, what=st.sampled_from(["transfer", "agent", "put_back", "end"]), to=st.sampled_from(AGENTS))
    def agent_passes_a_caller_on(self, number: int, what: str, to: str) -> None:
        floor, now = self.centre.floor, self.centre.now
        there = [entry for entry in floor.entries if entry.state == "connected"]
        entry = there[number % len(there)]
        try:
            if what == "transfer":
                floor.transfer(entry.id, ELSEWHERE, now)
            elif what == "agent":
                floor.transfer_to_agent(entry.id, caller(to), now)
            elif what == "put_back":
                floor.put_back(entry.id, now)
            else:
                floor.end(entry.id, now)
        except (Unknown, Impossible):
            return
        self.settles()

    @precondition(lambda self: len(self.centre.floor.entries) > 0)
    @rule(number=NUMBER, what=st.sampled_from(["move", "send", "prioritise", "front"]), slug=st.sampled_from(SLUGS))
    def supervisor_changes_a_caller(self, number: int, what: str, slug: str) -> None:
        floor, now = self.centre.floor, self.centre.now
        entry = list(floor.entries)[number % len(floor.entries)]
        try:
            if what == "move":
                self.moves[entry.id] += floor.move(entry.id, caller(slug), now).queue_id != entry.queue_id
            elif what == "send":
                floor.send(entry.id, ELSEWHERE, now)
            elif what == "front":
                floor.to_front(entry.id)
            else:
                floor.prioritise(entry.id, number % 100)
        except (Unknown, ValueError):  # a callback is not sent
            return
        self.settles()

    @rule(weight=st.sampled_from([1.0, 2.0]), there=st.sampled_from([AGENTS] * 5 + [("maryam", "neda"), ("reza",)]))
    def is_configured(self, weight: float, there: tuple[str, ...]) -> None:
        self.agents = [one for one in self.agents if one.name in there]
        self.is_agent_removed |= len(self.agents) < len(AGENTS)
        changed = [replace(q, queue=replace(q.queue, weight=weight)) for q in self.queues]
        tables = self.centre.tables
        tables.configuration = replace(
            tables.configuration,
            queues={q.queue.id: q for q in changed},
            agents={one.id: one for one in self.agents},
        )
        self.centre.floor.configure(tables.configuration, self.centre.now)
        self.settles()
