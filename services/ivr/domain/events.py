"""What happens to a flow: the answers to its actions, and the call's own doings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shared.telephony.causes import Cause


@dataclass(frozen=True, slots=True)
class Started:
    """The call has come."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The program that had the call died; this one goes on at the same node, from the node's beginning."""


@dataclass(frozen=True, slots=True)
class CameBack:
    """Nobody took the call where it was sent."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class Played:
    """The sounds are over; ``key`` ended them early, if any."""

    key: str = ""


@dataclass(frozen=True, slots=True)
class Gathered:
    """The caller's keys, without the terminator; none when none were pressed in time."""

    digits: str
    terminator: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """The caller said ``text``, which is the ``choice`` (none: none of them)."""

    text: str
    choice: str = ""


@dataclass(frozen=True, slots=True)
class NotHeard:
    """The caller said nothing, or nobody here can listen (``listening`` false)."""

    listening: bool = True


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the caller said is in ``name``; ``hung_up`` when the caller left while speaking."""

    name: str
    seconds: float
    key: str = ""
    hung_up: bool = False


@dataclass(frozen=True, slots=True)
class Responded:
    """The answer to an HTTP request; ``document`` is its JSON, if it was any."""

    status: int
    document: Any = None


@dataclass(frozen=True, slots=True)
class RequestFailed:
    """No answer worth the name: ``deadline``, ``unreachable``, ``not_allowed``, ``too_large``, ``not_json``."""

    reason: str


@dataclass(frozen=True, slots=True)
class CustomerFound:
    """Who it is."""

    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomerUnknown:
    """Nobody the tenant knows, or the list cannot be read (``failed``)."""

    failed: bool = False


@dataclass(frozen=True, slots=True)
class Stored:
    """It is written down."""

    answer: Any = None


@dataclass(frozen=True, slots=True)
class StoreFailed:
    """It could not be written down."""

    code: str = "unavailable"


@dataclass(frozen=True, slots=True)
class Found:
    """What was asked for; none when there is no such thing."""

    answer: Any


@dataclass(frozen=True, slots=True)
class QueryFailed:
    """It could not be read."""

    code: str = "unavailable"


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller has left."""

    cause: Cause


Event = (
    Started
    | Resumed
    | CameBack
    | Played
    | Gathered
    | Heard
    | NotHeard
    | Recorded
    | Responded
    | RequestFailed
    | CustomerFound
    | CustomerUnknown
    | Stored
    | StoreFailed
    | Found
    | QueryFailed
    | HungUp
)
