"""A callback: the caller hangs up and keeps the place in line; an agent calls back when the turn comes.

The place is an entry in the `Line` without a leg. An agent is chosen for it as for any caller; then the customer is
dialled. A call that fails puts the entry back at its old place, held until the next try. What may happen when is a
table; an event that is not in it is an error of the program.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from shared.telephony.schedules import Schedule, state_at

__all__ = [
    "Accepted",
    "Answered",
    "Call",
    "Callback",
    "CallbackEvent",
    "CallbackRules",
    "CallbackState",
    "CallerHungUp",
    "Cancelled",
    "Confirmed",
    "Expired",
    "Failed",
    "Finish",
    "Keep",
    "Release",
    "Step",
    "TurnCame",
    "step",
]


class CallbackState(StrEnum):
    """Where a callback stands."""

    ASKED = "asked"
    """The caller is in line and chose it; the number is not confirmed."""
    WAITING = "waiting"
    """The caller hung up; the entry keeps the place."""
    CALLING = "calling"
    """An agent is reserved, the customer's phone rings."""
    KEPT = "kept"
    """The customer answered."""
    GIVEN_UP = "given_up"
    """No try reached the customer, or there is no hour left to call in."""
    CANCELLED = "cancelled"
    """By the caller, before hanging up or by calling again; by a supervisor."""


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """How a queue calls back.

    Args:
        most_attempts: 1-10.
        retry_seconds: between the end of a try that failed and the next, 60-86400.
        hours: when customers may be called; none: at any hour.
        keep_seconds: after that a callback that was not reached is given up, whatever is left of its attempts.
    """

    most_attempts: int = 3
    retry_seconds: int = 900
    hours: Schedule | None = None
    keep_seconds: int = 172_800


@dataclass(frozen=True, slots=True)
class Callback:
    """One caller's wish.

    Args:
        number: E.164, or an extension's; what the caller confirmed, before that where they call from; empty: not known
            yet.
        asked_at: when the caller chose it.
        not_before: when the next try is due; none: as soon as the turn comes.
        attempts: tries that began.
    """

    state: CallbackState
    asked_at: datetime
    number: str = ""
    not_before: datetime | None = None
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The caller confirmed the number, or gave this one."""

    number: str


@dataclass(frozen=True, slots=True)
class CallerHungUp:
    """Without confirming."""


@dataclass(frozen=True, slots=True)
class TurnCame:
    """An agent is reserved for it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The customer answered."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The customer was not reached.

    Args:
        counts: False when the fault is on this side (no agent any more, switch lost): the try is not counted.
    """

    counts: bool = True


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Nobody wants it any more."""


@dataclass(frozen=True, slots=True)
class Expired:
    """It was kept for as long as the queue keeps one."""


CallbackEvent = Confirmed | CallerHungUp | TurnCame | Answered | Failed | Cancelled | Expired


@dataclass(frozen=True, slots=True)
class Keep:
    """The entry stays in line, without a leg, and gets no offer before then (`Line.hold`)."""

    not_before: datetime | None


@dataclass(frozen=True, slots=True)
class Call:
    """Dial the customer for the reserved agent."""

    number: str


@dataclass(frozen=True, slots=True)
class Release:
    """The reserved agent is free again."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Tell the caller that they will be called back, and hang up."""


@dataclass(frozen=True, slots=True)
class Finish:
    """The entry leaves the line; this became of it."""

    outcome: CallbackState


Action = Accepted | Keep | Call | Release | Finish


@dataclass(frozen=True, slots=True)
class Step:
    """The callback afterwards, and what is to be done, in order."""

    callback: Callback
    actions: tuple[Action, ...] = ()


def step(rules: CallbackRules, callback: Callback, event: CallbackEvent, now: datetime) -> Step:
    """What an event makes of a callback.

    Raises:
        ValueError: such an event cannot be in this state.
    """
    decides = _TABLE.get((callback.state, type(event)))
    if decides is None:
        raise ValueError(f"{type(event).__name__} of a callback that is {callback.state}")
    return decides(rules, callback, event, now)


def callable_from(rules: CallbackRules, moment: datetime) -> datetime | None:
    """The first moment from this one on at which customers may be called; none: there is none within 400 days."""
    if rules.hours is None:
        return moment
    hours = state_at(rules.hours, moment)
    return moment if hours.is_open else hours.until


def _confirmed(rules: CallbackRules, callback: Callback, event: CallbackEvent, now: datetime) -> Step:
    number = event.number if isinstance(event, Confirmed) else ""
    if not number:
        raise ValueError("a callback needs a number")
    kept = _kept(rules, replace(callback, number=number), now, now)
    return kept if kept.callback.state is CallbackState.GIVEN_UP else replace(kept, actions=(Accepted(), *kept.actions))


def _turn_came(rules: CallbackRules, callback: Callback, event: CallbackEvent, now: datetime) -> Step:
    if callable_from(rules, now) != now:  # the hours ended while it was in line
        kept = _kept(rules, callback, now, now)
        return replace(kept, actions=(Release(), *kept.actions))
    calling = replace(callback, state=CallbackState.CALLING, attempts=callback.attempts + 1, not_before=None)
    return Step(calling, (Call(callback.number),))


def _answered(rules: CallbackRules, callback: Callback, event: CallbackEvent, now: datetime) -> Step:
    return _finished(callback, CallbackState.KEPT)


def _failed(rules: CallbackRules, callback: Callback, event: CallbackEvent, now: datetime) -> Step:
    if isinstance(event, Failed) and not event.counts:
        kept = _kept(rules, replace(callback, attempts=callback.attempts - 1), now, now)
    elif callback.attempts >= rules.most_attempts:
        kept = _finished(callback, CallbackState.GIVEN_UP)
    else:
        kept = _kept(rules, callback, now, now + timedelta(seconds=rules.retry_seconds))
    return replace(kept, actions=(Release(), *kept.actions))


def _cancelled(rules: CallbackRules, callback: Callback, event: CallbackEvent, now: datetime) -> Step:
    return _finished(callback, CallbackState.CANCELLED)


def _expired(rules: CallbackRules, callback: Callback, event: CallbackEvent, now: datetime) -> Step:
    return _finished(callback, CallbackState.GIVEN_UP)


def _cancelled_while_calling(rules: CallbackRules, callback: Callback, event: CallbackEvent, now: datetime) -> Step:
    cancelled = _finished(callback, CallbackState.CANCELLED)
    return replace(cancelled, actions=(Release(), *cancelled.actions))


def _kept(rules: CallbackRules, callback: Callback, now: datetime, earliest: datetime) -> Step:
    """Waiting until an hour in which customers may be called, unless there is none in time."""
    due = callable_from(rules, earliest)
    if due is None or due > callback.asked_at + timedelta(seconds=rules.keep_seconds):
        return _finished(callback, CallbackState.GIVEN_UP)
    not_before = due if due > now else None
    return Step(replace(callback, state=CallbackState.WAITING, not_before=not_before), (Keep(not_before),))


def _finished(callback: Callback, outcome: CallbackState) -> Step:
    return Step(replace(callback, state=outcome, not_before=None), (Finish(outcome),))


_Decides = Callable[[CallbackRules, Callback, CallbackEvent, datetime], Step]

_TABLE: Final[Mapping[tuple[CallbackState, type[object]], _Decides]] = {
    (CallbackState.ASKED, Confirmed): _confirmed,
    (CallbackState.ASKED, CallerHungUp): _cancelled,
    (CallbackState.ASKED, Cancelled): _cancelled,
    (CallbackState.WAITING, TurnCame): _turn_came,
    (CallbackState.WAITING, Cancelled): _cancelled,
    (CallbackState.WAITING, Expired): _expired,
    (CallbackState.CALLING, Answered): _answered,
    (CallbackState.CALLING, Failed): _failed,
    (CallbackState.CALLING, Cancelled): _cancelled_while_calling,
}
"""What may happen when."""
