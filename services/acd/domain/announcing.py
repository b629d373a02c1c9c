"""What callers in line are told, and when: sentences as parts, which ``ivr`` says in the caller's language."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

__all__ = ["Announcements", "Part", "announcement", "first_at"]

SHORTEST_SECONDS: Final = 60.0
LONGEST_SECONDS: Final = 7_200.0
"""An estimate above that is not worth saying."""
LATE_SECONDS: Final = 10.0
"""Who ought to have been told something longer ago than that has been told, by the owner before."""
BY_FIVE_FROM_MINUTES: Final = 10


class Part(NamedTuple):
    """A part of a sentence (`shared.contracts.ivr.SpokenPart`)."""

    kind: Literal["announcement", "prompt", "number", "digits", "duration"]
    value: str


@dataclass(frozen=True, slots=True)
class Announcements:
    """What callers in line are told.

    Args:
        position, estimated_wait: whether they are told their place, and how long it will take.
        comfort: slugs of prompts, of which each announcement ends with the next one, again and again.
        first_seconds: how long after joining the first announcement is, 0-600.
        every_seconds: from one announcement to the next, 10-3600; none: only one.
    """

    position: bool = False
    estimated_wait: bool = False
    comfort: tuple[str, ...] = ()
    first_seconds: int = 5
    every_seconds: int | None = None

    def __bool__(self) -> bool:
        return self.position or self.estimated_wait or bool(self.comfort)


def first_at(config: Announcements, joined_at: datetime, now: datetime) -> datetime:
    """When a caller who joined then is told something first; who waits already for longer, an interval from now."""
    first = joined_at + timedelta(seconds=config.first_seconds)
    if now - first < timedelta(seconds=LATE_SECONDS):  # news of who joined take a moment
        return max(first, now)
    return now + timedelta(seconds=config.every_seconds or config.first_seconds)


def announcement(
    config: Announcements, *, position: int, estimate_seconds: float | None, turn: int, callback_key: str = ""
) -> tuple[Part, ...]:
    """A caller's announcement; empty: there is nothing to say.

    Args:
        position: from 1.
        estimate_seconds: still to wait; none: it cannot be known.
        turn: of announcements to this caller, from 0.
        callback_key: asks to be called back; empty: none does.
    """
    parts: list[Part] = []
    if config.position and position == 1:
        parts.append(Part("announcement", "queue-next"))
    elif config.position:
        parts += [Part("announcement", "queue-position"), Part("number", str(position))]
    if config.estimated_wait and estimate_seconds is not None and estimate_seconds <= LONGEST_SECONDS:
        parts += _wait(estimate_seconds)
    if config.comfort:
        parts.append(Part("prompt", config.comfort[turn % len(config.comfort)]))
    if callback_key and parts:
        parts += [Part("announcement", "queue-callback-key"), Part("digits", callback_key)]
    return tuple(parts)


def _wait(seconds: float) -> list[Part]:
    """Whole minutes, rounded up: who is served sooner than told is no less pleased."""
    if seconds < SHORTEST_SECONDS:
        return [Part("announcement", "queue-wait-short")]
    minutes = math.ceil(seconds / 60)
    if minutes > BY_FIVE_FROM_MINUTES:
        minutes = 5 * math.ceil(minutes / 5)
    return [Part("announcement", "queue-wait"), Part("duration", str(minutes * 60))]
