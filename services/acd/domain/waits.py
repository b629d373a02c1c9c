"""How long a caller will wait, from how the line moved lately and who serves it now.

While somebody waits, the front of the line moves at the rate at which agents take callers. That rate is counted for one
agent who serves the queue (not paused, not signed out), so it holds at once when agents come and go, and contains what
they do besides: wrap-up, other queues, offers not answered. It starts from the mean handle time and follows what is
seen, old counts fading away. Callers ahead who give up make the line move too, at a rate in their number.

With ``R`` callers taken a second, ``j`` callers ahead who each give up at rate ``a``, the next step of the line takes
``1 / (R + j a)`` seconds in the mean, and the wait is the sum over all steps: the delay of a caller who finds all
servers busy in a Markovian queue with abandonment (W. Whitt, Predicting Queueing Delays, Management Science 45 (6),
1999; here the rates are estimated). Steps are exponential, so the sum of their variances is the variance; the rate's
own uncertainty is added, and the band is that of the gamma distribution with this mean and variance.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

__all__ = ["Estimate", "Flow", "abandoned", "answered", "estimate", "estimates", "handled", "passed"]

FADES_AFTER_SECONDS: Final = 1_800.0
"""What is so old counts 1/e."""
FIRST_HANDLE_SECONDS: Final = 180.0
"""Mean handle time of a queue that saw no contact yet."""
PRIOR_ANSWERS: Final = 8.0
"""How many answers the rate by handle time is worth against what is seen."""
PRIOR_HANDLES: Final = 3.0
PRIOR_WAITING_SECONDS: Final = 600.0
"""Waited without anybody giving up, before anything is seen."""
NINETIETH: Final = 1.2815515655446004
"""Quantile of the standard normal distribution; its negative is the tenth's."""
_STEPS_ADDED_ONE_BY_ONE: Final = 64


@dataclass(frozen=True, slots=True)
class Flow:
    """What is remembered of a queue's recent past; the counts fade.

    Args:
        at: until when time is counted.
        answers: callers who had to wait and were taken.
        agent_seconds: seconds in which somebody waited x agents who served the queue.
        abandons: callers who gave up.
        waiting_seconds: waited by all callers in line.
        handles, handle_seconds: contacts that ended, from the offer to the end of wrap-up.
    """

    at: datetime
    answers: float = 0.0
    agent_seconds: float = 0.0
    abandons: float = 0.0
    waiting_seconds: float = 0.0
    handles: float = 0.0
    handle_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """Seconds to wait from now.

    Args:
        seconds: the mean.
        low, high: in four of five cases it is between these: below `low` in one of ten, above `high` in one of ten.
    """

    seconds: float
    low: float
    high: float


def passed(flow: Flow, now: datetime, *, waiting: int, serving: int) -> Flow:
    """Time went by: to be told before whatever changes one of the two numbers.

    Args:
        waiting: callers in line since `Flow.at`, those whose agent's phone rings apart.
        serving: agents signed in and not paused since then (`Bench.serving`).
    """
    seconds = max(0.0, (now - flow.at).total_seconds())
    if seconds == 0.0:
        return flow
    kept = math.exp(-seconds / FADES_AFTER_SECONDS)
    return Flow(
        at=now,
        answers=flow.answers * kept,
        agent_seconds=flow.agent_seconds * kept + (seconds * serving if waiting > 0 else 0.0),
        abandons=flow.abandons * kept,
        waiting_seconds=flow.waiting_seconds * kept + seconds * waiting,
        handles=flow.handles * kept,
        handle_seconds=flow.handle_seconds * kept,
    )


def answered(flow: Flow, *, had_to_wait: bool) -> Flow:
    """An agent took a caller.

    Args:
        had_to_wait: no agent was free when the caller joined. Others say nothing of how fast a line moves.
    """
    return replace(flow, answers=flow.answers + 1) if had_to_wait else flow


def abandoned(flow: Flow) -> Flow:
    """A caller in line hung up."""
    return replace(flow, abandons=flow.abandons + 1)


def handled(flow: Flow, seconds: float) -> Flow:
    """A contact is over.

    Args:
        seconds: the agent spent on it: ring, talk, hold, wrap-up.
    """
    return replace(flow, handles=flow.handles + 1, handle_seconds=flow.handle_seconds + seconds)


def estimate(flow: Flow, position: int, *, serving: int, free: int = 0) -> Estimate | None:
    """The wait of who stands at this position now; None: nobody serves the queue, so it cannot be known.

    Args:
        position: from 1; of one who is about to join: callers in line + 1.
        serving: agents signed in and not paused.
        free: those of them who are available and fit this caller. 0 for who is in line already: a decision was made,
            and nobody fitted.
    """
    if serving <= 0:
        return None
    steps = position - free
    if steps <= 0:
        return Estimate(0.0, 0.0, 0.0)
    rate, gives_up, answers = _rates(flow, serving)
    mean, variance = _sums(rate, gives_up, steps)
    return _band(mean, variance + mean * mean / answers)


def estimates(flow: Flow, *, serving: int) -> Iterator[Estimate]:
    """Of who stands at positions 1, 2, 3 and so on; nothing when nobody serves the queue.

    A step costs the same wherever in the line, so a whole line is looked over at the cost of its length.
    """
    if serving <= 0:
        return
    rate, gives_up, answers = _rates(flow, serving)
    mean = variance = 0.0
    ahead = 0
    while True:
        one = 1.0 / (rate + ahead * gives_up)
        mean += one
        variance += one * one
        ahead += 1
        yield _band(mean, variance + mean * mean / answers)


def _rates(flow: Flow, serving: int) -> tuple[float, float, float]:
    """Callers taken a second; at which rate one who is ahead gives up; how many answers the first is known by."""
    handle_seconds = (flow.handle_seconds + PRIOR_HANDLES * FIRST_HANDLE_SECONDS) / (flow.handles + PRIOR_HANDLES)
    answers = flow.answers + PRIOR_ANSWERS
    rate = serving * answers / (flow.agent_seconds + PRIOR_ANSWERS * handle_seconds)
    return rate, flow.abandons / (flow.waiting_seconds + PRIOR_WAITING_SECONDS), answers


def _sums(rate: float, gives_up: float, steps: int) -> tuple[float, float]:
    """Of the mean and of the variance over the steps. Past the first, an integral by the midpoints is as good."""
    one_by_one = min(steps, _STEPS_ADDED_ONE_BY_ONE)
    means = [1.0 / (rate + ahead * gives_up) for ahead in range(one_by_one)]
    mean = math.fsum(means)
    variance = math.fsum(one * one for one in means)
    if steps > one_by_one:
        first = rate + (one_by_one - 0.5) * gives_up
        last = rate + (steps - 0.5) * gives_up
        others = steps - one_by_one
        grows = (
            others * gives_up / first
        )  # by log1p: the two ends may be one and the same number but for the last digits
        mean += others / first * (math.log1p(grows) / grows if grows else 1.0)
        variance += others / (first * last)
    return mean, variance


def _band(mean: float, variance: float) -> Estimate:
    """Quantiles of the gamma distribution by Wilson and Hilferty (1931): its cube root is nearly normal."""
    spread = variance / (9.0 * mean * mean)
    low, high = (mean * max(0.0, 1.0 - spread + sign * NINETIETH * math.sqrt(spread)) ** 3 for sign in (-1, 1))
    return Estimate(mean, low, high)
