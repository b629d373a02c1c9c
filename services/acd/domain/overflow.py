"""When a caller leaves a queue for another destination: steps in order, the first that holds is taken.

A step that a caller took is not taken again by the same call, should it come back: the next one that holds is, and with
none the caller stays in line. So queues that overflow into each other end with the caller waiting in one of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from shared.telephony.destinations import Destination

__all__ = ["NOBODY_SERVES", "OverflowStep", "OverflowWhen", "Situation", "looks_again_in", "step_at"]

OverflowWhen = Literal["closed", "full", "estimated_wait", "waited", "no_agents", "all_paused"]

_ON_ENTRY: Final = frozenset({"closed", "full"})
NOBODY_SERVES: Final = frozenset({"no_agents", "all_paused"})
"""Steps that may hold as soon as an agent leaves or pauses."""


@dataclass(frozen=True, slots=True)
class OverflowStep:
    """One step.

    Args:
        when: ``closed``: as the caller joins outside the queue's hours; ``full``: as the caller joins and as many wait
            as may; ``estimated_wait``: the estimate is above ``seconds``, as the caller joins or later (one that cannot
            be known is not); ``waited``: the caller has waited ``seconds``; ``no_agents``: no agent of the queue is
            signed in; ``all_paused``: none is signed in and not paused.
        seconds: with the last two, how long the caller must have waited; none: at once.
        offers_callback: the caller is asked first whether to be called back and keep the place.
    """

    when: OverflowWhen
    destination: Destination
    seconds: int | None = None
    offers_callback: bool = False


@dataclass(frozen=True, slots=True)
class Situation:
    """What a caller meets.

    Args:
        entering: about to join; False: in line.
        waiting: others in line.
        most: how many may wait; none: any number.
        waited_seconds: since the caller first joined.
        estimated_seconds: still to wait; none: it cannot be known.
        signed_in: agents of the queue who are signed in, paused or not.
        serving: those of them who are not paused, available or busy.
        is_open: the queue's hours.
        taken: numbers of steps this caller took already, of which they came back (nobody answered there).
    """

    entering: bool
    waiting: int = 0
    most: int | None = None
    waited_seconds: float = 0.0
    estimated_seconds: float | None = None
    signed_in: int = 0
    serving: int = 0
    is_open: bool = True
    taken: frozenset[int] = frozenset()


def step_at(steps: tuple[OverflowStep, ...], situation: Situation) -> tuple[int, OverflowStep] | None:
    """The first step that holds, with its number from 0, to be kept in `Situation.taken`; none: the caller stays."""
    for number, step in enumerate(steps):
        if number not in situation.taken and _holds(step, situation):
            return number, step
    return None


def looks_again_in(steps: tuple[OverflowStep, ...], situation: Situation) -> float | None:
    """Seconds until time alone can make a step hold for who stays in line; none: only another event can."""
    ahead = [
        (step.seconds or 0) - situation.waited_seconds
        for number, step in enumerate(steps)
        if number not in situation.taken
        and step.when not in _ON_ENTRY
        and step.when != "estimated_wait"
        and (step.seconds or 0) > situation.waited_seconds
        and _is_met_by_time(step, situation)
    ]
    return min(ahead, default=None)


def _holds(step: OverflowStep, situation: Situation) -> bool:
    match step.when:
        case "closed":
            return situation.entering and not situation.is_open
        case "full":
            return situation.entering and situation.most is not None and situation.waiting >= situation.most
        case "estimated_wait":
            return situation.estimated_seconds is not None and situation.estimated_seconds > (step.seconds or 0)
        case _:
            return situation.waited_seconds >= (step.seconds or 0) and _is_met_by_time(step, situation)


def _is_met_by_time(step: OverflowStep, situation: Situation) -> bool:
    match step.when:
        case "no_agents":
            return situation.signed_in == 0
        case "all_paused":
            return situation.serving == 0
        case _:
            return True
