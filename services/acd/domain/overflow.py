"""When a caller leaves a queue for another destination: steps in order, the first that holds is taken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from shared.telephony.destinations import Destination

__all__ = ["Overflow", "OverflowStep", "OverflowWhen", "Situation", "looks_again_in", "overflow_at", "step_at"]


class OverflowWhen(StrEnum):
    """What makes a caller leave. Some are looked at only as the caller enters, so that nobody waits for nothing."""

    CLOSED = "closed"
    """On entry, outside business hours."""
    FULL = "full"
    """On entry, when so many wait already."""
    ESTIMATED_WAIT = "estimated_wait"
    """On entry, when the estimated wait is above so many seconds; one that cannot be known is not."""
    MAX_WAIT = "max_wait"
    """After so many seconds in the queue."""
    NOBODY_SIGNED_IN = "nobody_signed_in"
    """When no agent of the queue is signed in and the caller waited so many seconds; 0: on entry already."""
    NOBODY_AVAILABLE = "nobody_available"
    """When all signed-in agents are paused or there are none, and the caller waited so many seconds; 0: on entry."""


_ON_ENTRY = frozenset({OverflowWhen.CLOSED, OverflowWhen.FULL, OverflowWhen.ESTIMATED_WAIT})


@dataclass(frozen=True, slots=True)
class OverflowStep:
    """One step.

    Args:
        limit: callers for ``full``, else seconds, 0-86400.
        to: where the caller goes.
        offers_callback: the caller is asked first whether to be called back and keep the place.
    """

    when: OverflowWhen
    to: Destination
    limit: float = 0.0
    offers_callback: bool = False


@dataclass(frozen=True, slots=True)
class Overflow:
    """The steps of a queue, in order."""

    steps: tuple[OverflowStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """What a caller meets.

    Args:
        entering: about to join; False: in line.
        waiting: others in line.
        waited_seconds: since the caller first joined.
        estimated_seconds: still to wait; none: it cannot be known.
        signed_in: agents of the queue who are signed in, paused or not.
        serving: those of them who are not paused, available or busy.
        is_open: business hours.
        taken: numbers of steps this caller took already, of which they came back (nobody answered there).
    """

    entering: bool
    waiting: int = 0
    waited_seconds: float = 0.0
    estimated_seconds: float | None = None
    signed_in: int = 0
    serving: int = 0
    is_open: bool = True
    taken: frozenset[int] = frozenset()


def step_at(overflow: Overflow, situation: Situation) -> tuple[int, OverflowStep] | None:
    """The first step that holds, with its number from 0, to be kept in `Situation.taken`; none: the caller stays."""
    for number, step in enumerate(overflow.steps):
        if number not in situation.taken and _holds(step, situation):
            return number, step
    return None


def overflow_at(overflow: Overflow, situation: Situation) -> Destination | None:
    """Where the caller goes; none: nowhere, the caller stays."""
    found = step_at(overflow, situation)
    return None if found is None else found[1].to


def looks_again_in(overflow: Overflow, situation: Situation) -> float | None:
    """Seconds until time alone can make a step hold for who stays in line; none: only another event can."""
    ahead = [
        step.limit - situation.waited_seconds
        for number, step in enumerate(overflow.steps)
        if number not in situation.taken
        and step.when not in _ON_ENTRY
        and step.limit > situation.waited_seconds
        and _is_met_by_time(step, situation)
    ]
    return min(ahead, default=None)


def _holds(step: OverflowStep, situation: Situation) -> bool:
    if step.when in _ON_ENTRY:
        return situation.entering and _holds_on_entry(step, situation)
    return situation.waited_seconds >= step.limit and _is_met_by_time(step, situation)


def _holds_on_entry(step: OverflowStep, situation: Situation) -> bool:
    match step.when:
        case OverflowWhen.FULL:
            return situation.waiting >= step.limit
        case OverflowWhen.ESTIMATED_WAIT:
            return situation.estimated_seconds is not None and situation.estimated_seconds > step.limit
        case _:
            return not situation.is_open


def _is_met_by_time(step: OverflowStep, situation: Situation) -> bool:
    match step.when:
        case OverflowWhen.NOBODY_SIGNED_IN:
            return situation.signed_in == 0
        case OverflowWhen.NOBODY_AVAILABLE:
            return situation.serving == 0
        case _:
            return True
