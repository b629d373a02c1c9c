"""A floor of which anything may happen: what is told to it, and what it wants done, is under way for a while."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from services.acd.domain.callbacks import CallbackRules
from services.acd.domain.model import Strategy
from services.acd.domain.overflow import OverflowStep
from services.acd.floor_changes import LookAgain
from tests.unit.acd import any_floor
from tests.unit.acd.any_floor import OVERFLOWS, SLUGS, ringing
from tests.unit.acd.call_centre import CallCentre, agent, queue
from tests.unit.acd.simulated_consults import ConsultingSwitches
from tests.unit.acd.simulated_switch import Look, News


class AnyFloor(RuleBasedStateMachine):
    """A call centre, its switches, and what is under way between the two."""

    @initialize(
        strategy=st.sampled_from([Strategy.LONGEST_IDLE, Strategy.RING_ALL]),
        wrap_up=st.sampled_from([0, 20]),
        overflow=st.sampled_from(OVERFLOWS),
        max_missed=st.sampled_from([0, 2]),
        standing=st.sampled_from([(), ("maryam",), ("maryam", "neda")]),
        talking=st.sampled_from([0, 1, 1, 2]),
        asked=st.sampled_from(["", "", "phone", "queue", "maryam", "reza"]),
    )
    def opens(
        self,
        *,
        strategy: Strategy,
        wrap_up: int,
        overflow: tuple[OverflowStep, ...],
        max_missed: int,
        standing: tuple[str, ...],
        talking: int,
        asked: str,
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
        self.switches = ConsultingSwitches()
        self.owner = 1
        self.callers = 0
        self.moves: Counter[Any] = Counter()
        self.is_settled = True
        self.is_agent_removed = False
        self.are_commands_lost = False
        self.centre.works("maryam", "reza")
        self.switches.commands += [(self.owner, action) for action in self.centre.actions]
        for _ in range(talking):
            self.somebody_talks()
        if asked and talking:
            self.somebody_is_asked(asked)

    def somebody_is_asked(self, whom: str) -> None:
        """The agent of a contact asks somebody, who takes the call."""

    def somebody_talks(self) -> None:
        """A caller comes, and whose phone rings first takes the call."""
        self.callers += 1
        self.switches.queue(f"support/{self.callers}", "node-1", 1)
        for _ in range(2):  # a phone that is to stay connected rings first
            self.everything_arrives()
            for leg_id in ringing(self)[:1]:
                self.switches.answer(leg_id)
        self.everything_arrives()

    @property
    def may_talk_on(self) -> bool:
        """Whether agents may talk with callers of whom the floor knows nothing: it takes that for another call."""
        return self.is_agent_removed or self.are_commands_lost

    def settles(self, *, really: bool = True) -> None:
        self.is_settled = really
        if really:
            self.switches.commands += [(self.owner, action) for action in self.centre.settle()]

    def a_moment_passes(self) -> None:
        """Nothing happens in the very moment in which something else did."""
        self.centre.now += timedelta(milliseconds=1)

    # What is under way arrives

    def carries_out(self, owner: int, action: Any) -> None:
        """A switch does what an owner wants."""
        if isinstance(action, LookAgain):
            self.a_moment_passes()
            self.switches.tell("seen", "", owner=owner, look=self.switches.look(self.centre.now))
        else:
            self.switches.carry_out(owner, action)

    @rule()
    def everything_arrives(self) -> None:
        for _ in range(20):
            commands, self.switches.commands = self.switches.commands, []
            for owner, action in commands:
                self.carries_out(owner, action)
            news, self.switches.news = self.switches.news, []
            for one in news:
                self.is_told(one)
                self.settles()
            if not self.switches.commands and not self.switches.news:
                return

    def is_told(self, news: News) -> None:
        self.a_moment_passes()
        floor, now = self.centre.floor, self.centre.now
        if news.owner is not None and news.owner != self.owner:
            return
        self.is_told_of_consults(news)
        any_floor.is_told_of_customers(self, news)
        match news.kind:
            case "stands" | "does_not_stand" | "parked":
                self.is_told_of_standing(news)
            case "queued":
                self.joins(news)
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
                floor.passed_on(UUID(news.leg_id), now, done=not news.cause)
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

    def is_told_of_consults(self, news: News) -> None:
        floor, now = self.centre.floor, self.centre.now
        match news.kind:
            case "parked" | "bridged" if floor.is_asking(news.leg_id):
                self.switches.commands.append((self.owner, LookAgain()))
            case "held" | "resumed":
                floor.held_by_phone(news.leg_id, now, now, on=news.kind == "held")
            case "consult_went":
                floor.consult_went(UUID(news.leg_id), now, done=not news.cause)
            case "seen" if news.look is not None:
                self.sees(news.look)

    def sees(self, look: Look) -> None:
        """What was up at some moment is taken in."""
        self.centre.floor.reconcile(look.up, look.cores, look.at, self.centre.now)
        for leg in look.waiting:
            told = News("queued", leg.leg_id, turn=leg.turn or 0, node_id=leg.node_id, slug=leg.slug)
            self.joins(told, found=look)

    def joins(self, told: News, *, found: Look | None = None) -> None:
        leg_id, node_id = told.leg_id, told.node_id
        life = self.switches.core(node_id) if found is None else found.cores[node_id]
        entry = self.centre.entry(leg_id, told.slug, turn=told.turn)
        entry = replace(entry, leg_id=leg_id, node_id=node_id, core_id=life)
        kept = self.centre.tables.join(entry, self.centre.floor)
        if found is None:
            self.centre.floor.join(kept, self.centre.now)
        else:
            self.centre.floor.found_waiting(kept, found.at, self.centre.now)

    def reality_is_seen(self) -> None:
        self.a_moment_passes()
        look = self.switches.look(self.centre.now)
        self.sees(look)
        self.settles()

    def comes_to_rest(self) -> None:
        """All that is under way arrives, and the switches are looked at twice, some time apart."""
        for _ in range(3):
            self.everything_arrives()
            self.centre.now += timedelta(seconds=10)
            self.reality_is_seen()
        self.everything_arrives()
