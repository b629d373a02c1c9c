"""What a caller in line is asked who may be called back: whether, and at which number. Keys in, sentences out.

The caller keeps the place, and may be served meanwhile; who says nothing stays in line.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.acd.domain.announcing import Part

__all__ = ["Asking", "Outcome", "Stage", "Turn", "begin", "overdue", "pressed"]

ANSWER_SECONDS: Final = 25.0
"""From a question to the end of the dialog, questions of some seconds included; each key begins it anew."""
MOST_TRIES: Final = 3
MOST_DIGITS: Final = 20
CONFIRM, OTHER, STAY, ENDS = "1", "2", "3", "#"


class Stage(StrEnum):
    """What the caller is asked."""

    OFFER = "offer"
    """Whether to be called back at all."""
    CONFIRM = "confirm"
    """Whether the number is right."""
    NUMBER = "number"
    """Another number, ended by #."""


class Outcome(StrEnum):
    """How the dialog ended."""

    CONFIRMED = "confirmed"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Asking:
    """A dialog.

    Args:
        number: what would be called; empty: not known yet.
        typed: of another number, up to now.
        until: then it is over, and the caller stays in line.
        tries: numbers that were of no use.
    """

    stage: Stage
    number: str
    until: datetime
    typed: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """What follows from a key: the dialog afterwards (none: it is over, and how), and what is said."""

    asking: Asking | None
    say: tuple[Part, ...] = ()
    outcome: Outcome | None = None
    number: str = ""


Reads = Callable[[str], str | None]
"""What a caller typed -> the number to call; none: it may not be called."""


def begin(number: str, now: datetime, *, offered: bool) -> Turn:
    """Begin.

    Args:
        number: where the caller calls from, if that may be called; else empty.
        offered: by the queue, not asked for by the caller: then that is the first question.
    """
    if offered:
        return _ask(Asking(Stage.OFFER, number, now), now)
    return _ask(Asking(Stage.CONFIRM if number else Stage.NUMBER, number, now), now)


def pressed(asking: Asking, digit: str, now: datetime, reads: Reads) -> Turn:
    """The caller pressed a key."""
    asking = replace(asking, until=_until(now))
    match asking.stage:
        case Stage.OFFER:
            if digit == CONFIRM:
                return begin(asking.number, now, offered=False)
            return Turn(None, outcome=Outcome.DECLINED)
        case Stage.CONFIRM:
            return _confirms(asking, digit, now)
        case _:
            return _types(asking, digit, now, reads)


def overdue(asking: Asking, now: datetime) -> bool:
    """Whether the caller has said nothing for too long."""
    return now >= asking.until


def _confirms(asking: Asking, digit: str, now: datetime) -> Turn:
    if digit == CONFIRM:
        return Turn(None, outcome=Outcome.CONFIRMED, number=asking.number)
    if digit == OTHER:
        return _ask(replace(asking, stage=Stage.NUMBER, typed=""), now)
    if digit == STAY:
        return Turn(None, outcome=Outcome.DECLINED)
    return _again(asking, now)


def _types(asking: Asking, digit: str, now: datetime, reads: Reads) -> Turn:
    if digit != ENDS:
        return Turn(replace(asking, typed=(asking.typed + digit)[:MOST_DIGITS]))
    number = reads(asking.typed)
    if number is None:
        return _again(replace(asking, typed=""), now)
    return _ask(replace(asking, stage=Stage.CONFIRM, number=number, typed=""), now)


def _again(asking: Asking, now: datetime) -> Turn:
    tries = asking.tries + 1
    if tries >= MOST_TRIES:
        return Turn(None, outcome=Outcome.DECLINED)
    turn = _ask(replace(asking, tries=tries), now)
    return replace(turn, say=(Part("announcement", "ivr-invalid"), *turn.say))


def _ask(asking: Asking, now: datetime) -> Turn:
    match asking.stage:
        case Stage.OFFER:
            say: tuple[Part, ...] = (Part("announcement", "callback-offer"),)
        case Stage.CONFIRM:
            number = Part("digits", asking.number)
            say = (Part("announcement", "callback-number-is"), number, Part("announcement", "callback-confirm"))
        case _:
            say = (Part("announcement", "callback-number"),)
    return Turn(replace(asking, until=_until(now)), say)


def _until(now: datetime) -> datetime:
    return now + timedelta(seconds=ANSWER_SECONDS)
