"""Whole simulated days of the ACD against Erlang C and Erlang A.

The line and the matching that run in production decide in a simulation of callers and agents
(`tests/support/acd_simulation.py`), longest idle first, one skill. Each case is simulated for 30 days (a third or a
twelfth of a day for large groups) after a warm-up, every day of every case with chance of its own. The days give an
interval of confidence for each of the 32 figures. With intervals of 99 % each, a right simulation would have one of 32
outside for one choice of seeds in four; so the bound is on all together: every formula's value lies within intervals
that hold jointly with 99 % (Bonferroni: 1 - 0.01/32 each). A row tells how far the farthest is, in half widths of its
joint interval: 1 is the edge. How many are inside their own interval of 99 %, which is the one told, is a row too.

Then days of a centre whose service times are log-normal and whose agents come and go, which no formula covers: how far
the estimated wait is off.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from statistics import mean, median

from tests.load.row import Row, at_most, told
from tests.support.acd_simulation import (
    Result,
    Scenario,
    Served,
    confidence_interval,
    exponential,
    lognormal,
    simulate,
)
from tests.support.erlang import erlang_a, erlang_c

DAYS = 30
JOINTLY = 4.0908 / 2.7564
"""Student's t of 29 degrees of freedom, two-sided: at 1 - 0.01/32 against 0.99."""
DAY_SECONDS = 24 * 3_600.0


@dataclass(frozen=True, slots=True)
class Case:
    """A vector of the formulas.

    Args:
        patience: mean seconds; none: callers wait without end (Erlang C).
        target: seconds of the service level.
    """

    agents: int
    calls: int
    per_seconds: float
    service: float
    patience: float | None = None
    target: float = 20.0
    seconds: float = DAY_SECONDS

    @property
    def name(self) -> str:
        formula = "C" if self.patience is None else "A"
        return f"Erlang {formula}, {self.agents} agents, {self.calls * 1_800 / self.per_seconds:,.0f} calls/30 min"

    def day(self, number: int) -> Result:
        """One day."""
        scenario = Scenario(
            self.calls / self.per_seconds,
            exponential(self.service),
            Scenario.team(self.agents),
            None if self.patience is None else exponential(self.patience),
            seconds=self.seconds,
            warm_up_seconds=2 * 3_600,
        )
        return simulate(scenario, f"{self.name}, day {number}")


CASES = (
    Case(11, 100, 1_800, 180),
    Case(12, 100, 1_800, 180),
    Case(13, 100, 1_800, 180),
    Case(14, 100, 1_800, 180),
    Case(15, 100, 1_800, 180),
    Case(55, 360, 1_800, 240, target=15, seconds=DAY_SECONDS / 3),
    Case(13, 100, 1_800, 180, patience=300),
    Case(50, 2_880, 3_600, 60, patience=120, seconds=DAY_SECONDS / 12),
)


def figures(case: Case, number: int) -> dict[str, float]:
    """Of one day."""
    day = case.day(number)
    found = {"waits": day.waits, "mean wait": day.mean_wait, "occupancy": day.occupancy}
    if case.patience is None:
        return found | {"service level": day.service_level(case.target)}
    return found | {"abandons": day.abandons}


def theory(case: Case) -> dict[str, float]:
    """By the formulas."""
    rate = case.calls / case.per_seconds
    if case.patience is None:
        c = erlang_c(case.agents, rate, case.service, case.target)
        return {
            "waits": c.waits,
            "mean wait": c.mean_wait,
            "occupancy": c.occupancy,
            "service level": c.service_level,
        }
    a = erlang_a(case.agents, rate, case.service, case.patience)
    return {"waits": a.waits, "mean wait": a.mean_wait, "occupancy": a.occupancy, "abandons": a.abandons}


def compare(case: Case, spread: Callable[..., Iterable[dict[str, float]]]) -> tuple[Row, list[bool]]:
    """The figure that is farthest from theory, and which are inside their own interval.

    Args:
        spread: ``map``, over processes.
    """
    days = list(spread(partial(figures, case), range(DAYS)))
    distances, details = [], []
    for what, expected in theory(case).items():
        interval = confidence_interval([day[what] for day in days])
        distances.append(abs(expected - interval.mean) / interval.half_width)
        details.append(f"{what} {interval}, formula {expected:.4g}")
    row = at_most(f"{case.name}: farthest figure", max(distances) / JOINTLY, "half widths", 1.0, "; ".join(details))
    return row, [distance <= 1 for distance in distances]


def changing_day(number: int) -> list[Served]:
    """Log-normal service, patience of 240 s in the mean, and eight of twenty agents who come and go every two hours."""
    staff = tuple(
        (hour * 3_600.0 + number * 7.0, number, hour % 4 == 0) for hour in range(2, 24, 2) for number in range(12, 20)
    )
    scenario = Scenario(
        1 / 12, lognormal(180, 1.2), Scenario.team(20), exponential(240), seconds=22 * 3_600, staff=staff
    )
    return [
        one
        for one in simulate(scenario, f"changing day {number}").callers
        if one.estimated is not None and one.was_answered
    ]


def estimate_rows(days: Iterable[list[Served]]) -> list[Row]:
    """How far the estimated wait is off."""
    told_callers = [one for day in days for one in day]
    waited = mean(one.waited for one in told_callers)
    errors = [one.estimated.seconds - one.waited for one in told_callers if one.estimated]
    inside = mean(one.estimated.low <= one.waited <= one.estimated.high for one in told_callers if one.estimated)
    detail = f"{len(told_callers):,} callers who waited {waited:.0f} s in the mean; staff of 12 to 20"
    return [
        told("estimated wait: median absolute error", median(map(abs, errors)), "s", detail),
        told("estimated wait: bias", mean(errors), "s", "estimate less wait, of answered callers"),
        told("estimated wait: inside its band of 80 %", inside * 100, "%", "of answered callers"),
    ]


def run() -> list[Row]:
    """Measure."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        compared = [compare(case, pool.map) for case in CASES]
        inside = [one for _, of_case in compared for one in of_case]
        rows = [row for row, _ in compared]
        rows.append(told("figures inside their own interval of 99 %", sum(inside), "", f"of {len(inside)}"))
        rows += estimate_rows(pool.map(changing_day, range(10)))
    return rows
