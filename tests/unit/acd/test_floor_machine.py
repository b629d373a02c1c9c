"""Whatever happens on a floor, in whatever order: no agent with two callers, no caller lost, nobody stuck."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.acd.domain.agent_events import Event as AgentEvent
from services.acd.domain.agent_events import (
    ForceAvailable,
    SignIn,
    SignOut,
)
from services.acd.domain.agents import ENGAGED, IllegalChange
from services.acd.domain.callbacks import CallbackRules
from services.acd.domain.model import AgentStatus, Strategy
from services.acd.domain.overflow import OverflowStep
from services.acd.floor import Unknown
from services.acd.floor_contacts import Impossible
from shared.contracts.acd import (
    QueueContactEnded,
    QueueJoined,
    QueueLeft,
    QueueOffered,
    QueueOfferFailed,
)
from tests.unit.acd import any_floor
from tests.unit.acd.any_floor import (
    AGENTS,
    CAUSES,
    ELSEWHERE,
    LOST_WITH_ITS_OWNER,
    NUMBER,
    OVERFLOWS,
    SLUGS,
    WISHES,
    callers,
    customers,
    ringing,
    some,
    taken,
    waits,
)
from tests.unit.acd.call_centre import CallCentre, agent, queue
from tests.unit.acd.shift import MORNING, caller
from tests.unit.acd.simulated_switch import News, Switches

S = AgentStatus


class AFloor(RuleBasedStateMachine):
    """Callers, agents, switches and owners do as they like, and what they tell comes late, twice or not at all."""

    @initialize(
        strategy=st.sampled_from([Strategy.LONGEST_IDLE, Strategy.RING_ALL]),
        wrap_up=st.sampled_from([0, 20]),
        overflow=st.sampled_from(OVERFLOWS),
        max_missed=st.sampled_from([0, 2]),
        standing=st.sampled_from([(), ("maryam",), ("maryam", "neda")]),
    )
    def opens(
        self,
        strategy: Strategy,
        wrap_up: int,
        overflow: tuple[OverflowStep, ...],
        max_missed: int,
        standing: tuple[str, ...],
    ) -> None:
        rules: dict[str, Any] = {"strategy": strategy, "wrap_up_seconds": wrap_up, "max_missed": max_missed}
        calling_back = {
            "callback_enabled": True,
            "callback_key": "9",
            "callback": CallbackRules(2, 60, keep_seconds=7_200),
        }
        self.queues = [queue("support", overflow=overflow, **rules), queue("sales", **rules)]
        self.agents = [agent("maryam", *SLUGS), agent("reza"), agent("neda", "sales")]
        self.agents = [replace(one, standing=one.name in standing) for one in self.agents]
        self.queues = [replace(one, **calling_back) for one in self.queues]
        self.centre = CallCentre(self.queues, self.agents)
        self.switches = Switches()
        self.owner = 1
        self.callers = 0
        self.moves: Counter[Any] = Counter()
        self.is_settled = True
        self.is_agent_removed = False
        self.centre.works("maryam", "reza")
        self.switches.commands += [(self.owner, action) for action in self.centre.actions]

    def settles(self, *, really: bool = True) -> None:
        self.is_settled = really
        if really:
            self.switches.commands += [(self.owner, action) for action in self.centre.settle()]

    # Callers

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

    @precondition(some(callers))
    @rule(number=NUMBER)
    def caller_is_sent_to_a_queue_again(self, number: int) -> None:
        """By an agent's transfer, or from wherever the caller was sent on to."""
        there = callers(self)
        leg = self.switches.legs[there[number % len(there)]]
        if leg.other is not None:
            self.switches.end(leg.other)
        turn = 1 + max(
            n.turn for n in [*self.kept_turns(leg.leg_id), News("", "", turn=self.switches.turns[leg.leg_id])]
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

    @precondition(some(callers))
    @rule(number=NUMBER)
    def caller_is_taken_elsewhere(self, number: int) -> None:
        there = callers(self)
        leg = self.switches.legs[there[number % len(there)]]
        if leg.other is None:
            self.switches.legs[leg.leg_id] = replace(leg, turn=None)

    # Agents

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

    @precondition(lambda self: len(self.switches.commands) > 0)
    @rule(number=NUMBER, lost=st.sampled_from([False] * 5 + [True]))
    def command_arrives(self, number: int, lost: bool) -> None:
        owner, action = self.switches.commands.pop(number % len(self.switches.commands))
        (self.switches.fail if lost else self.switches.carry_out)(owner, action)

    @precondition(lambda self: len(self.switches.news) > 0)
    @rule(number=NUMBER, times=st.sampled_from([1, 1, 1, 1, 2, 0]), stored=st.booleans())
    def news_arrive(self, number: int, times: int, stored: bool) -> None:
        index = number % len(self.switches.news)
        if self.switches.news[index].owner is not None:
            times = max(times, 1)  # an answer is awaited, until it is known that none will come
        news = self.switches.news.pop(index)
        for _ in range(times):
            self.is_told(news)
        self.settles(really=stored)

    @rule()
    def everything_arrives(self) -> None:
        for _ in range(20):
            commands, self.switches.commands = self.switches.commands, []
            for owner, action in commands:
                self.switches.carry_out(owner, action)
            news, self.switches.news = self.switches.news, []
            for one in news:
                self.is_told(one)
                self.settles()
            if not self.switches.commands and not self.switches.news:
                return

    def is_told(self, news: News) -> None:
        floor, now = self.centre.floor, self.centre.now
        if news.owner is not None and news.owner != self.owner:
            return
        any_floor.is_told_of_customers(self, news)
        match news.kind:
            case "stands" | "does_not_stand" | "parked":
                self.is_told_of_standing(news)
            case "queued":
                self.joins(news.leg_id, news.node_id, news.turn)
            case "hung_up":
                floor.hung_up(news.leg_id, now, now, news.cause)
            case "rings":
                floor.rings(news.leg_id, now)
            case "answered":
                floor.answered(news.leg_id, news.node_id, now)
            case "not_taken":
                floor.not_taken(news.leg_id, news.cause, now)
            case "connected":
                floor.connected(news.leg_id, now)
            case "not_connected":
                # the switch is asked where the answer to the command was lost
                leg = self.switches.legs.get(news.leg_id)
                (floor.connected if leg is not None and leg.other else floor.not_connected)(news.leg_id, now)
            case "passed_on":
                floor.passed_on(UUID(news.leg_id), now, done=True)
            case "lost":
                floor.node_lost(news.node_id, news.cause, now, now)

    def is_told_of_standing(self, news: News) -> None:
        floor, now = self.centre.floor, self.centre.now
        what: dict[str, Callable[[], None]] = {
            "stands": lambda: floor.stands(news.leg_id, news.node_id, now),
            "does_not_stand": lambda: floor.does_not_stand(news.leg_id, now),
            "parked": lambda: floor.parked(news.leg_id, news.node_id, now),
        }
        what[news.kind]()

    def joins(self, leg_id: str, node_id: str, turn: int, *, found: bool = False) -> None:
        slug = leg_id.partition("/")[0]
        life = self.switches.core(node_id)
        entry = replace(self.centre.entry(leg_id, slug, turn=turn), leg_id=leg_id, node_id=node_id, core_id=life)
        kept = self.centre.tables.join(entry, self.centre.floor)
        if found:
            self.centre.floor.found_waiting(kept, self.centre.now, self.centre.now)
        else:
            self.centre.floor.join(kept, self.centre.now)

    # Time, owners, switches

    @rule(seconds=st.sampled_from([0.1, 1, 2.5, 31]))
    def time_passes(self, seconds: float) -> None:
        self.centre.now += timedelta(seconds=seconds)
        self.settles()

    @rule(node=st.sampled_from(["", "", "", "node-1", "node-2"]))
    def node_is_lost(self, node: str) -> None:
        if node:
            self.switches.lose(node)

    @rule()
    def reality_is_looked_at(self) -> None:
        up, cores = self.switches.look()
        waiting = [leg for leg in self.switches.legs.values() if leg.turn is not None and leg.other is None]
        self.centre.now += timedelta(milliseconds=1)
        self.centre.floor.reconcile(up, cores, self.centre.now, self.centre.now)
        for leg in waiting:
            self.joins(leg.leg_id, leg.node_id, leg.turn or 0, found=True)
        self.settles()

    @rule(under_way=st.sampled_from(["lives", "lives", "lost", "arrives", "stays"]), looks=st.booleans())
    def owner_dies(self, under_way: str, looks: bool) -> None:
        """Commands under way may arrive all the same, at once or late; answers to them reach nobody."""
        if under_way == "lives":
            return
        if under_way == "arrives":
            for owner, action in self.switches.commands:
                self.switches.carry_out(owner, action)
        if under_way != "stays":
            self.switches.commands.clear()
        self.switches.news = [news for news in self.switches.news if news.kind not in LOST_WITH_ITS_OWNER]
        self.owner += 1
        self.centre.dies()
        self.settles(really=not looks)
        if looks:
            self.reality_is_looked_at()

    # What always holds

    @invariant()
    def no_agent_has_two_callers(self) -> None:
        floor = self.centre.floor
        contacts = [entry for entry in floor.entries if entry.state == "connected"]
        busy = Counter([offer.agent_id for offer in floor.offers] + [e.agent_id for e in contacts if e.agent_id])
        assert not busy or max(busy.values()) == 1
        about = {offer.agent_id: offer.entry_id for offer in floor.offers}
        about |= {entry.agent_id: entry.id for entry in contacts if entry.agent_id}
        for who, state in floor.agents:
            assert (state.status in ENGAGED) is (who.id in about), "engaged, and with nobody, or the other way round"
            assert state.status not in ENGAGED or about[who.id] == state.entry_id

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

    def teardown(self) -> None:
        if not hasattr(self, "centre"):
            return
        self.comes_to_rest()
        any_floor.nobody_is_lost(self)
        for leg_id in ringing(self):
            self.switches.end(leg_id, "NO_ANSWER")
        for leg_id in callers(self):
            self.switches.end(leg_id)
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
        taken = Counter((e.id, e.agent_leg_id) for e in self.centre.tables.entries.values() if e.agent_leg_id)
        if not self.is_agent_removed:  # whom a new owner knows nothing of any more
            assert offered == failed + taken
        self.every_caller_leaves_once()

    def comes_to_rest(self) -> None:
        """All that is under way arrives, and the switches are looked at twice, some time apart."""
        for _ in range(3):
            self.everything_arrives()
            self.centre.now += timedelta(seconds=10)
            self.reality_is_looked_at()
        self.everything_arrives()


AFloor.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestAFloor = AFloor.TestCase
