"""A leg's place in a queue, as the channel variables tell it that routing set on it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from services.switchlink.domain.headers import Reader, uuid_or_none
from shared.telephony.queueing import QUEUE, QUEUE_LANGUAGE, QUEUE_PRIORITY, QUEUE_TURN

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_WHOLE: Final = re.compile(r"-?[0-9]{1,9}")
_WAITS_IN: Final = frozenset({"event", "playback"})
"""Applications of a leg that waits: the one that told of it, then its music or what is said into it."""


@dataclass(frozen=True, slots=True)
class QueuePlace:
    """Which queue, and for the how manieth time the leg was sent to one."""

    queue_id: UUID
    turn: int = 0
    priority: int = 0
    language: str = ""


def queue_place(event: Reader) -> QueuePlace | None:
    """The place the variables name; none without a queue, or with one that is no UUID."""
    queue_id = uuid_or_none(event.variable(QUEUE))
    if queue_id is None:
        return None
    return QueuePlace(
        queue_id,
        turn=_turn(event.variable(QUEUE_TURN)) or 0,
        priority=_priority(event.variable(QUEUE_PRIORITY)) or 0,
        language=_language(event.variable(QUEUE_LANGUAGE)) or _language(event.variable("seda_language")) or "",
    )


def waits(event: Reader) -> bool:
    """Whether a leg (of ``uuid_dump``) that has a place waits in it now: not connected, and not at something else.

    The variables stay while the dialplan takes the leg elsewhere; what runs tells, until routing unsets them.
    """
    return event.variable("bridge_to") is None and event.variable("current_application") in _WAITS_IN


def unreadable(event: Reader) -> dict[str, str]:
    """Variables of a queue whose values mean nothing, to be logged; they are passed over."""
    readers = {
        QUEUE: uuid_or_none,
        QUEUE_TURN: _turn,
        QUEUE_PRIORITY: _priority,
        QUEUE_LANGUAGE: _language,
    }
    told = {name: value for name in readers if (value := event.variable(name)) is not None}
    return {name: value for name, value in told.items() if readers[name](value) is None}


def _whole(value: str | None) -> int | None:
    return int(value) if value and _WHOLE.fullmatch(value) else None


def _turn(value: str | None) -> int | None:
    number = _whole(value)
    return number if number is not None and number >= 0 else None


def _priority(value: str | None) -> int | None:
    number = _whole(value)
    return number if number is not None and -100 <= number <= 100 else None


def _language(value: str | None) -> str | None:
    return value if value and _LANGUAGE.fullmatch(value) else None
