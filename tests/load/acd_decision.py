"""One decision of the ACD with 1,000 agents with skills and 5,000 callers in one queue.

What is timed is all that the owner of a queue computes when something happened, by the CPU's clock of one core: the
state of the agent and the caller who joins go into the bench and the line, ``decide_all`` chooses, and its offers are
entered. The callers need one of six sets of skills, on top of rings that relax twice; some wait for an agent of their
own, some were not taken by one. All agents have callers, and one after another becomes free, so each decision looks for
the best of 5,000 callers. A caller joins for each who is answered, and the clock goes on, so requirements relax all the
time.

Beside the strategies: a decision while 500 agents are free and nobody fits a caller who waits; and 1,000 agents who
become free at once, which is 1,000 offers in one decision.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from random import Random

from services.acd.domain.bench import Bench
from services.acd.domain.line import Line
from services.acd.domain.matching import decide_all
from services.acd.domain.model import Agent, AgentState, AgentStatus, Offer, Queue, Requirement, Ring, Strategy, Waiting
from tests.load.row import Row, at_most, told
from tests.load.samples import median, percentile
from tests.support.call_centre import agent, agent_id, caller, later, queue, state

AGENTS = 1_000
CALLERS = 5_000
DECISIONS = 1_000
MOST_MS = 5.0
SECONDS_BETWEEN = 0.2
SKILLS = ("english", "persian", "arabic", "sales", "billing", "technical")


def _queue(strategy: Strategy) -> Queue:
    rings = (
        Ring(600, (Requirement("english", 51),)),
        Ring(900, (Requirement("english", 21),)),
        Ring(None),
    )
    return queue(strategy=strategy, rings=rings, sticky_seconds=60)


def _agent(number: int, rng: Random) -> Agent:
    skills = {skill: rng.randint(0, 100) for skill in rng.sample(SKILLS, 4)}
    return agent(number, level=rng.randint(1, 3), position=number, skills=skills)


def _caller(number: int, waited: float, rng: Random) -> Waiting:
    skill = rng.choice(SKILLS)
    needs = () if skill == "english" else (Requirement(skill, 30),)
    return caller(
        number,
        waited=waited,
        priority=rng.choice((0, 0, 0, 1, 5)),
        requirements=needs,
        sticky_agent_id=agent_id(rng.randrange(AGENTS)) if rng.random() < 0.2 else None,
        excluded=frozenset({agent_id(rng.randrange(AGENTS))}) if rng.random() < 0.1 else frozenset(),
    )


class _Room:
    """A queue of 5,000 with 1,000 agents, all of them busy."""

    def __init__(self, strategy: Strategy) -> None:
        self.rng = Random(4)
        self.elapsed = 0.0
        self.callers = CALLERS
        self.line = Line(
            _queue(strategy),
            [_caller(number, self.rng.uniform(0, 1_200), self.rng) for number in range(CALLERS)],
        )
        self.bench = Bench(
            (_agent(number, self.rng), state(number, AgentStatus.ON_CONTACT)) for number in range(AGENTS)
        )

    def becomes_free(self, number: int) -> AgentState:
        now = later(self.elapsed)
        old = self.bench.state(agent_id(number))
        return replace(old, status=AgentStatus.AVAILABLE, since=now, idle_since=now, calls=old.calls + 1)

    def enter(self, offers: list[Offer]) -> None:
        """The offers are made: agents are reserved, callers are offered."""
        now = later(self.elapsed)
        for offer in offers:
            self.line.offer(offer.entry_id, offer.agent_ids)
            for one in offer.agent_ids:
                self.bench.change(
                    replace(self.bench.state(one), status=AgentStatus.RESERVED, since=now, offered_at=now)
                )

    def decide(self, free: list[int], joins: Waiting | None = None) -> tuple[float, list[Offer]]:
        """Seconds of the CPU, and the offers made."""
        states = [self.becomes_free(number) for number in free]
        now = later(self.elapsed)
        began = time.process_time()
        for one in states:
            self.bench.change(one)
        if joins is not None:
            self.line.join(joins)
        offers = decide_all([self.line], self.bench, now, self.rng)
        self.enter(offers)
        return time.process_time() - began, offers

    def go_on(self, offers: list[Offer]) -> Waiting | None:
        """The offers are taken; somebody else joins the line."""
        self.elapsed += SECONDS_BETWEEN
        for offer in offers:
            self.line.leave(offer.entry_id)
            for one in offer.agent_ids:
                self.bench.change(replace(self.bench.state(one), status=AgentStatus.ON_CONTACT))
        if not offers:
            return None
        self.callers += 1
        return _caller(self.callers, -self.elapsed, self.rng)


def one_free(strategy: Strategy) -> list[float]:
    """One agent after another becomes free."""
    room = _Room(strategy)
    samples, joins = [], None
    for number in range(DECISIONS + 20):
        seconds, offers = room.decide([room.rng.randrange(AGENTS)], joins)
        joins = room.go_on(offers)
        if number >= 20:
            samples.append(seconds)
    return samples


def nobody_fits() -> list[float]:
    """500 agents are free, 5,000 callers wait for somebody who speaks German, and more of both come."""
    room = _Room(Strategy.LONGEST_IDLE)
    german = (Requirement("german", 1),)
    room.line = Line(room.line.queue, [replace(one, requirements=german) for one in room.line])
    for number in range(0, AGENTS, 2):
        room.bench.change(room.becomes_free(number))
    samples = []
    for number in range(DECISIONS):
        room.elapsed += SECONDS_BETWEEN
        joins = replace(_caller(CALLERS + 1 + number, -room.elapsed, room.rng), requirements=german)
        samples.append(room.decide([room.rng.randrange(1, AGENTS, 2)], joins)[0])
    return samples


def all_free() -> list[float]:
    """1,000 agents become free at once."""
    samples = []
    for _ in range(5):
        room = _Room(Strategy.LONGEST_IDLE)
        room.decide([0])
        seconds, offers = room.decide(list(range(1, AGENTS)))
        assert len(offers) > AGENTS * 0.9
        samples.append(seconds)
    return samples


def _row(what: str, measure: Callable[[], list[float]]) -> Row:
    samples = measure()
    detail = f"p50 {median(samples) * 1e3:.3f} ms, most {max(samples) * 1e3:.3f} ms of {len(samples):,}"
    return at_most(what, percentile(samples, 99) * 1e3, "ms", MOST_MS, detail)


def run() -> list[Row]:
    """Measure."""
    rows = [
        _row(f"decision of the ACD, {strategy}, p99", lambda strategy=strategy: one_free(strategy))  # type: ignore[misc]
        for strategy in Strategy
    ]
    rows.append(_row("decision of the ACD, 500 agents free and nobody fits, p99", nobody_fits))
    at_once = all_free()
    rows.append(told("1,000 offers in one decision of the ACD", median(at_once) * 1e3, "ms"))
    return rows
