"""A call centre of simulated callers and agents, in which the real line, bench, matching and estimate do the work.

A discrete-event simulation: callers come by a Poisson process, agents talk for as long as a distribution says, callers
who wait give up when their patience ends. Whatever happens, ``decide_all`` decides, as the owner of a queue does.
Phones are answered at once, so that the formulas, which know no ringing, can be held against it.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from statistics import mean, stdev
from typing import Final

from services.acd.domain.bench import Bench
from services.acd.domain.line import Line
from services.acd.domain.matching import decide_all
from services.acd.domain.model import Agent, AgentState, AgentStatus, Offer, Queue, Requirement, Waiting
from services.acd.domain.waits import Estimate, Flow, abandoned, answered, estimate, handled, passed
from tests.support.call_centre import NOW, agent, agent_id, entry_id, queue, state

__all__ = [
    "Draw",
    "Interval",
    "Result",
    "Scenario",
    "Served",
    "Worked",
    "confidence_interval",
    "exponential",
    "lognormal",
    "replications",
    "simulate",
    "variation",
]

Draw = Callable[[Random], float]

STUDENT_995: Final = {7: 3.4995, 9: 3.2498, 11: 3.1058, 14: 2.9768, 19: 2.8609, 23: 2.8073, 29: 2.7564, 39: 2.7079}
"""Degrees of freedom -> the quantile of Student's t for a two-sided interval of 99 %."""


def exponential(mean_seconds: float) -> Draw:
    """Of this mean."""
    return lambda rng: rng.expovariate(1 / mean_seconds)


def lognormal(mean_seconds: float, variation_of_it: float) -> Draw:
    """Of this mean and coefficient of variation (service times of real centres: Brown et al. 2005)."""
    sigma = math.sqrt(math.log(1 + variation_of_it**2))
    return lambda rng: rng.lognormvariate(math.log(mean_seconds) - sigma**2 / 2, sigma)


@dataclass(frozen=True)
class Scenario:
    """What is simulated.

    Args:
        arrival_rate: callers a second.
        service: seconds an agent spends on a caller.
        patience: seconds after which a waiting caller gives up; none: never.
        seconds: simulated after the warm-up; only callers who come then are in the result.
        needs: the skills of one more caller.
        staff: at so many seconds from the start this agent (by number) signs in (True) or out, free or not.
    """

    arrival_rate: float
    service: Draw
    agents: Sequence[Agent] = ()
    patience: Draw | None = None
    queue: Queue = field(default_factory=queue)
    seconds: float = 3_600.0 * 8
    warm_up_seconds: float = 3_600.0
    needs: Callable[[Random], tuple[Requirement, ...]] = lambda rng: ()
    staff: tuple[tuple[float, int, bool], ...] = ()

    @staticmethod
    def team(count: int) -> tuple[Agent, ...]:
        """So many agents who are all alike."""
        return tuple(agent(number, position=number) for number in range(count))


@dataclass(frozen=True, slots=True)
class Served:
    """What became of one caller.

    Args:
        position: in line after the decision at joining; 0: taken at once.
        estimated: what the caller could have been told then.
    """

    waited: float
    was_answered: bool
    position: int
    estimated: Estimate | None


@dataclass(frozen=True, slots=True)
class Worked:
    """What one agent did after the warm-up.

    Args:
        idle_periods: seconds from the end of each talk to the next.
    """

    calls: int
    talk_seconds: float
    idle_seconds: float
    idle_periods: tuple[float, ...]


@dataclass(frozen=True)
class Result:
    """What is seen from outside."""

    callers: list[Served]
    agents: list[Worked]

    @property
    def waits(self) -> float:
        """Share of callers who were not taken at once."""
        return mean(one.position > 0 for one in self.callers)

    @property
    def mean_wait(self) -> float:
        """Seconds, of all callers."""
        return mean(one.waited for one in self.callers)

    @property
    def abandons(self) -> float:
        """Share of callers who gave up."""
        return mean(not one.was_answered for one in self.callers)

    def service_level(self, target_seconds: float) -> float:
        """Share of callers answered within so many seconds."""
        return mean(one.was_answered and one.waited <= target_seconds for one in self.callers)

    @property
    def occupancy(self) -> float:
        """Share of the agents' time with callers."""
        talk = sum(one.talk_seconds for one in self.agents)
        return talk / (talk + sum(one.idle_seconds for one in self.agents))


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and its confidence interval of 99 %."""

    mean: float
    half_width: float

    def __contains__(self, value: float) -> bool:
        return abs(value - self.mean) <= self.half_width

    def __str__(self) -> str:
        return f"{self.mean:.4g} ± {self.half_width:.2g}"


def confidence_interval(samples: Sequence[float]) -> Interval:
    """Of the mean of independent replications, by Student's t."""
    quantile = STUDENT_995[len(samples) - 1]
    return Interval(mean(samples), quantile * stdev(samples) / math.sqrt(len(samples)))


def variation(samples: Iterable[float]) -> float:
    """Coefficient of variation: 0 when all are the same."""
    values = list(samples)
    return stdev(values) / mean(values)


def replications(scenario: Scenario, seeds: Iterable[int | str]) -> list[Result]:
    """Independent runs."""
    return [simulate(scenario, seed) for seed in seeds]


def simulate(scenario: Scenario, seed: int | str) -> Result:
    """One run."""
    return _Centre(scenario, seed).run()


@dataclass
class _Joined:
    joined: float
    position: int = 0
    estimated: Estimate | None = None


class _Centre:
    def __init__(self, scenario: Scenario, seed: int | str) -> None:
        self.scenario = scenario
        self.ends = scenario.warm_up_seconds + scenario.seconds
        # What comes, how long it takes and how chance chooses are independent: strategies meet the same callers.
        self.arriving, self.serving, self.giving_up, self.choosing = (Random(f"{seed} {what}") for what in "asgc")
        agents = scenario.agents
        signs_in_later = {number for _, number, comes in scenario.staff if comes}
        self.line = Line(scenario.queue)
        self.bench = Bench(
            (one, state(number, AgentStatus.OFFLINE if number in signs_in_later else AgentStatus.AVAILABLE, idle=0))
            for number, one in enumerate(agents)
        )
        self.numbers = {one.id: number for number, one in enumerate(agents)}
        self.talks: list[list[tuple[float, float]]] = [[] for _ in agents]
        self.happens: list[tuple[float, int, Callable[[], None]]] = []
        self.order = 0
        self.clock = 0.0
        self.flow = Flow(NOW)
        self.looks_again: set[datetime] = set()
        self.joined: dict[int, _Joined] = {}
        self.served: list[Served] = []

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.clock)

    def run(self) -> Result:
        for seconds, number, comes in self.scenario.staff:
            self.at(seconds, lambda number=number, comes=comes: self.signs(number, comes))  # type: ignore[misc]
        self.next_arrival()
        while self.happens:
            self.clock, _, what = heapq.heappop(self.happens)
            serving = self.bench.serving(self.scenario.queue.id)
            self.flow = passed(self.flow, self.now, waiting=len(self.line), serving=serving)
            what()
        return Result(self.served, [self.worked(talks) for talks in self.talks])

    def at(self, seconds: float, what: Callable[[], None]) -> None:
        self.order += 1
        heapq.heappush(self.happens, (seconds, self.order, what))

    def next_arrival(self) -> None:
        comes = self.clock + self.arriving.expovariate(self.scenario.arrival_rate)
        if comes < self.ends:
            self.at(comes, self.arrives)

    def arrives(self) -> None:
        self.order += 1
        number = self.order
        waiting = Waiting(
            id=entry_id(number),
            queue_id=self.scenario.queue.id,
            leg_id="leg",
            node_id="node",
            joined_at=self.now,
            order=number,
            requirements=self.scenario.needs(self.arriving),
        )
        self.joined[number] = entry = _Joined(self.clock)
        self.line.join(waiting)
        self.decide()
        if number in self.joined:
            entry.position = self.line.position(waiting.id)
            serving = self.bench.serving(self.scenario.queue.id)
            entry.estimated = estimate(self.flow, entry.position, serving=serving)
            if self.scenario.patience is not None:
                self.at(self.clock + self.scenario.patience(self.giving_up), lambda: self.gives_up(number))
        self.next_arrival()

    def gives_up(self, number: int) -> None:
        if self.line.leave(entry_id(number)) is not None:
            self.flow = abandoned(self.flow)
            self.goes(number, was_answered=False)

    def decide(self) -> None:
        """Also for agents whom ``ring_all`` asked and who are free again, and later when requirements relax."""
        while offers := decide_all([self.line], self.bench, self.now, self.choosing):
            for offer in offers:
                self.take(offer)
        relaxes = self.line.next_change(self.now)
        if relaxes is not None and relaxes not in self.looks_again:
            self.looks_again.add(relaxes)
            self.at((relaxes - NOW).total_seconds(), self.decide)

    def take(self, offer: Offer) -> None:
        """The first agent asked answers."""
        waiting = self.line.leave(offer.entry_id)
        assert waiting is not None
        self.flow = answered(self.flow, had_to_wait=self.joined[waiting.order].position > 0)
        self.goes(waiting.order, was_answered=True)
        agent_number = self.numbers[offer.agent_ids[0]]
        for asked in offer.agent_ids:
            self.bench.change(replace(self.bench.state(asked), offered_at=self.now))
        seconds = self.scenario.service(self.serving)
        old = self.bench.state(offer.agent_ids[0])
        self.bench.change(replace(old, status=AgentStatus.ON_CONTACT, since=self.now, offered_at=self.now))
        self.talks[agent_number].append((self.clock, self.clock + seconds))
        self.at(self.clock + seconds, lambda: self.ends_talk(agent_number, seconds))

    def ends_talk(self, number: int, seconds: float) -> None:
        self.flow = handled(self.flow, seconds)
        old = self.bench.state(agent_id(number))
        status = AgentStatus.OFFLINE if old.leaving else AgentStatus.AVAILABLE
        self.bench.change(
            replace(
                old,
                status=status,
                since=self.now,
                idle_since=self.now,
                calls=old.calls + 1,
                talk_seconds=old.talk_seconds + seconds,
            )
        )
        self.decide()

    def signs(self, number: int, comes: bool) -> None:
        old: AgentState = self.bench.state(agent_id(number))
        if comes:
            self.bench.change(replace(old, status=AgentStatus.AVAILABLE, since=self.now, idle_since=self.now))
            self.decide()
        elif old.status is AgentStatus.ON_CONTACT:
            self.bench.change(replace(old, leaving=True))
        else:
            self.bench.change(replace(old, status=AgentStatus.OFFLINE, since=self.now))

    def goes(self, number: int, *, was_answered: bool) -> None:
        entry = self.joined.pop(number)
        if entry.joined >= self.scenario.warm_up_seconds:
            waited = self.clock - entry.joined
            self.served.append(Served(waited, was_answered, entry.position, entry.estimated))

    def worked(self, talks: list[tuple[float, float]]) -> Worked:
        begin = self.scenario.warm_up_seconds
        talk = sum(max(0.0, min(end, self.ends) - max(start, begin)) for start, end in talks)
        calls = sum(begin <= start < self.ends for start, _ in talks)
        idle = tuple(after[0] - before[1] for before, after in pairwise(talks) if begin <= after[0] < self.ends)
        return Worked(calls, talk, self.scenario.seconds - talk, idle)
