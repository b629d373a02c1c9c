"""The simulation report of the ACD: wait, abandonment and fairness by strategy, as tables and pictures.

python -m tests.load.acd_report

The tables go into ``docs/acd.md``, the pictures (`tests/load/acd_pictures.py`) into ``docs/pictures``. The line, the
matching and the estimate are those that run in production; see `tests/support/acd_simulation.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from random import Random
from statistics import mean, median

from services.acd.domain.model import Agent, Queue, Requirement, Ring, Strategy
from tests.load import acd_pictures
from tests.load.acd_day import changing_day
from tests.load.samples import percentile
from tests.support.acd_simulation import Result, Scenario, Served, exponential, lognormal, simulate, variation
from tests.support.call_centre import agent, queue
from tests.support.erlang import Abandoning, erlang_a

PAGE = Path(__file__).resolve().parents[2] / "docs" / "acd.md"
BEGIN, END = "<!-- simulation: begin -->", "<!-- simulation: end -->"
DAYS = 8
STAFF = range(9, 16)
HOURS = 10
ENGLISH = (Requirement("english", 51),)
POSITIONS = ((1, 1), (2, 3), (4, 6), (7, 12), (13, 30))

Measure = Callable[[Result], float]


def team(*, mixed: bool) -> tuple[Agent, ...]:
    """20 agents, all alike or with levels and skills: 15 of level 1, 5 of level 2; English 0-95."""
    if not mixed:
        return Scenario.team(20)
    return tuple(
        agent(number, position=number, level=1 if number < 15 else 2, skills={"english": number * 35 % 100})
        for number in range(20)
    )


def needs(rng: Random) -> tuple[Requirement, ...]:
    """Three callers in ten need some English however long they wait."""
    return (Requirement("english", 20),) if rng.random() < 0.3 else ()


def day(strategy: Strategy, *, mixed: bool, number: int) -> Result:
    """Callers give up after 240 s in the mean; agents are busy nine tenths of the time."""
    rules: Queue = queue(strategy=strategy, rings=(Ring(30, ENGLISH), Ring(None)) if mixed else ())
    scenario = Scenario(
        18.5 / 180,
        lognormal(180, 0.8),
        team(mixed=mixed),
        exponential(240),
        queue=rules,
        seconds=HOURS * 3_600,
        warm_up_seconds=0,
        needs=needs if mixed else lambda rng: (),
    )
    return simulate(scenario, f"report, day {number}")


def _strategy_days(job: tuple[Strategy, bool, int]) -> Result:
    strategy, mixed, number = job
    return day(strategy, mixed=mixed, number=number)


STRATEGY_COLUMNS: dict[str, Measure] = {
    "mean wait, s": lambda one: one.mean_wait,
    "wait of 9 in 10, s": lambda one: percentile([caller.waited for caller in one.callers], 90),
    "abandoned, %": lambda one: one.abandons * 100,
    "calls of an agent, least": lambda one: min(agent.calls for agent in one.agents),
    "most": lambda one: max(agent.calls for agent in one.agents),
    "calls vary, %": lambda one: variation(agent.calls for agent in one.agents) * 100,
    "talk varies, %": lambda one: variation(agent.talk_seconds for agent in one.agents) * 100,
    "idle time varies, %": lambda one: variation(agent.idle_seconds for agent in one.agents) * 100,
    "breaks vary, %": lambda one: (
        variation(seconds for agent in one.agents for seconds in agent.idle_periods if seconds > 0) * 100
    ),
}


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """In Markdown."""
    columns = list(head)
    yield "| " + " | ".join(columns) + " |"
    yield "|" + "---|" * len(columns)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def strategy_days(pool: ProcessPoolExecutor, *, mixed: bool) -> dict[Strategy, list[Result]]:
    """The days of every strategy."""
    jobs = [(strategy, mixed, number) for strategy in Strategy for number in range(DAYS)]
    results = list(pool.map(_strategy_days, jobs))
    return {strategy: results[place * DAYS : (place + 1) * DAYS] for place, strategy in enumerate(Strategy)}


def by_strategy(of: Mapping[Strategy, Sequence[Result]]) -> Iterator[str]:
    """Means of the days."""
    rows = [
        [f"`{strategy}`", *(f"{mean(map(measure, days)):.1f}" for measure in STRATEGY_COLUMNS.values())]
        for strategy, days in of.items()
    ]
    yield from table(["strategy", *STRATEGY_COLUMNS], rows)


def _staffed_day(job: tuple[int, int]) -> Result:
    agents, number = job
    scenario = Scenario(100 / 1_800, exponential(180), Scenario.team(agents), exponential(300), seconds=24 * 3_600)
    return simulate(scenario, f"staffed, {agents} agents, day {number}")


def staffed_days(pool: ProcessPoolExecutor) -> dict[int, list[Result]]:
    """The days of every number of agents."""
    results = list(pool.map(_staffed_day, [(agents, number) for agents in STAFF for number in range(DAYS)]))
    return {agents: results[place * DAYS : (place + 1) * DAYS] for place, agents in enumerate(STAFF)}


def _theory(agents: int) -> Abandoning:
    return erlang_a(agents, 100 / 1_800, 180, 300)


def by_staff(of: Mapping[int, Sequence[Result]]) -> Iterator[str]:
    """Beside Erlang A."""
    rows = []
    for agents, days in of.items():
        theory = _theory(agents)
        rows.append(
            [
                str(agents),
                f"{mean(one.mean_wait for one in days):.1f}",
                f"{theory.mean_wait:.1f}",
                f"{mean(one.abandons for one in days) * 100:.2f}",
                f"{theory.abandons * 100:.2f}",
                f"{mean(one.service_level(20) for one in days) * 100:.1f}",
                f"{mean(one.occupancy for one in days) * 100:.1f}",
                f"{theory.occupancy * 100:.1f}",
            ]
        )
    head = [
        "agents",
        "mean wait, s",
        "Erlang A",
        "abandoned, %",
        "Erlang A",
        "within 20 s, %",
        "occupancy, %",
        "Erlang A",
    ]
    yield from table(head, rows)


def by_position(callers: Sequence[Served]) -> Iterator[str]:
    """The estimate against the wait."""
    rows = []
    for first, last in POSITIONS:
        here = [(one.waited, one.estimated) for one in callers if one.estimated and first <= one.position <= last]
        rows.append(
            [
                str(first) if first == last else f"{first}-{last}",
                f"{len(here):,}",
                f"{mean(waited for waited, _ in here):.0f}",
                f"{mean(told.seconds for _, told in here):.0f}",
                f"{median(abs(told.seconds - waited) for waited, told in here):.0f}",
                f"{mean(waited < told.low for waited, told in here) * 100:.0f}",
                f"{mean(waited > told.high for waited, told in here) * 100:.0f}",
            ]
        )
    head = ["position", "callers", "waited, s", "estimated, s", "median error, s", "below the band, %", "above, %"]
    yield from table(head, rows)


def main() -> None:
    """Simulate, draw, and write the page anew between its marks."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        alike, mixed = (strategy_days(pool, mixed=mixed) for mixed in (False, True))
        staffed = staffed_days(pool)
        callers = [one for day in pool.map(changing_day, range(DAYS)) for one in day]
    parts = [
        "### Strategies, agents all alike\n",
        *by_strategy(alike),
        "\n### Strategies, with levels and skills\n",
        *by_strategy(mixed),
        "\n### Staff against Erlang A\n",
        *by_staff(staffed),
        "\n### The estimated wait\n",
        *by_position(callers),
    ]
    teams = {acd_pictures.ALIKE: alike, acd_pictures.MIXED: mixed}
    acd_pictures.by_strategy(teams, STRATEGY_COLUMNS)
    acd_pictures.abandonment(teams, staffed, {agents: _theory(agents).abandons for agents in STAFF})
    acd_pictures.estimates(callers)
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{chr(10).join(parts)}\n{END}{after}")


if __name__ == "__main__":
    main()
