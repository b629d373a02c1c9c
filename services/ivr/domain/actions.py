"""What a flow wants done, as data. One executor carries it out (``services.ivr.performing``).

A step of a flow ends in exactly one of these. An ``Ask`` is answered by an event; an ``End`` ends the program's part in
the call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from services.ivr.domain.values import value
from shared.telephony.causes import CAUSES, Cause
from shared.telephony.destinations import Destination
from shared.telephony.handover import NotTaken

# What is heard


@value
class Prompt:
    """A prompt of the tenant, in the caller's language."""

    slug: str


@value
class Piece:
    """A sound that comes with Seda, below ``<language>/``: ``pieces/seven``, ``ivr-invalid``."""

    name: str


@value
class Speech:
    """A text for the synthesiser."""

    text: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording made earlier, by its name in the tenant's media folder."""

    name: str


@dataclass(frozen=True, slots=True)
class Beep:
    """The tone after which one speaks."""


Sound = Prompt | Piece | Speech | Recording | Beep


# What is asked of the switch


@value
class Play:
    """Play sounds to their end, or until one of ``stop_keys`` is pressed. Answered by ``Played``."""

    sounds: tuple[Sound, ...]
    language: str
    stop_keys: str = ""


@value
class Gather:
    """Play sounds and take keys; the first key ends the sounds. Answered by ``Gathered``.

    Args:
        least, most: how many keys, 1-40.
        first_seconds: how long to wait for the first key after the sounds.
        between_seconds: how long for each further one.
        terminators: keys that end the input early.
        hidden: keep the keys out of events, logs, records and recordings.
    """

    sounds: tuple[Sound, ...]
    language: str
    least: int
    most: int
    first_seconds: float
    between_seconds: float
    terminators: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Listen:
    """Play sounds and hear what the caller says. Answered by ``Heard`` or ``NotHeard``."""

    sounds: tuple[Sound, ...]
    language: str
    choices: Mapping[str, tuple[str, ...]]
    seconds: float


@dataclass(frozen=True, slots=True)
class Record:
    """Record the caller until a key, silence or the limit. Answered by ``Recorded``.

    Args:
        name: of the file, below the tenant's media folder, without ending.
        silence_seconds: this much silence ends it.
    """

    name: str
    most_seconds: int
    silence_seconds: int
    stop_keys: str = "#"
    beep: bool = True


# What is asked of the world


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request of the tenant's. Answered by ``Responded`` or ``RequestFailed`` within ``seconds``, all told."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None
    seconds: float
    tries: int


@dataclass(frozen=True, slots=True)
class FindCustomer:
    """Who has this number? Answered by ``CustomerFound`` or ``CustomerUnknown``."""

    number: str


@value
class Store:
    """Write something down that must not be lost. Answered by ``Stored`` or ``StoreFailed``."""

    what: object


@dataclass(frozen=True, slots=True)
class Query:
    """Read something of the tenant's. Answered by ``Found`` (``None``: there is no such thing) or ``QueryFailed``."""

    what: object


Ask = Play | Gather | Listen | Record | Request | FindCustomer | Store | Query


# How it ends


@dataclass(frozen=True, slots=True)
class HangUp:
    """Hang up."""

    cause: Cause = CAUSES["NORMAL_CLEARING"]


@dataclass(frozen=True, slots=True)
class GoTo:
    """Hand the call to routing, which takes it to ``destination``.

    Args:
        comes_back: whether routing hands it back, as ``CameBack``, when nobody took it.
        accept_key: whether who answers must press 1 to be connected: a mobile's mailbox does not.
        ring_seconds: how long to ring; none: as routing would.
        after: slug of the flow for the caller when who answered has hung up; empty: none.
        not_taken: why who was called before did not take the call; empty: nobody was.
    """

    destination: Destination
    comes_back: bool = False
    accept_key: bool = False
    ring_seconds: int | None = None
    after: str = ""
    not_taken: NotTaken | Literal[""] = ""


End = HangUp | GoTo
Action = Ask | End


# What is told, beside the action


@value
class Note:
    """Something worth telling: the message's name, and its fields."""

    name: str
    node: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FlowRef:
    """A version of a flow."""

    id: UUID
    version: int
