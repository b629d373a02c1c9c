"""What mailboxes are asked and told, as values; ``services.ivr.voicemail`` carries them out.

Ids are text, and answers are plain or frozen values, so that a flow's memo can keep them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

GreetingKind = Literal["unavailable", "busy"]
MessageState = Literal["new", "saved", "deleted"]
PinVerdict = Literal["right", "wrong", "locked"]
ForwardVerdict = Literal["forwarded", "unknown", "full"]
SaveVerdict = Literal["saved", "full", "unknown"]
PinChange = Literal["changed", "weak"]

# Questions (`Query`)


@dataclass(frozen=True, slots=True)
class FindMailbox:
    """The box of a number. Answered by `MailboxFound`, or none."""

    number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CheckPin:
    """Whether this is the box's PIN; wrong ones are counted. Answered by a `PinVerdict`. An empty id: no such box."""

    mailbox_id: str
    pin: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True)
class CountMessages:
    """How many wait. Answered by `MessageCounts`."""

    mailbox_id: str


@dataclass(frozen=True, slots=True)
class FindMessage:
    """The message ``step`` places after ``beside`` (0: itself). Answered by `MessageFound`, or none.

    Args:
        folder: ``new``: those not heard before ``since``; ``saved``: the others.
        beside: a message's id; empty: the folder's beginning (its end, for ``step`` -1).
    """

    mailbox_id: str
    folder: Literal["new", "saved"]
    since: datetime
    beside: str = ""
    step: Literal[-1, 0, 1] = 1


@dataclass(frozen=True, slots=True)
class FindGreeting:
    """The box's own greeting. Answered by the recording's name, or none."""

    mailbox_id: str
    kind: GreetingKind


# Their answers


@dataclass(frozen=True, slots=True)
class MailboxFound:
    """A box.

    Args:
        greetings: kind -> the recording's name.
        full: it takes no further message.
        locked: too many wrong PINs not long ago.
    """

    id: str
    number: str
    language: str
    enabled: bool
    has_pin: bool
    full: bool
    locked: bool
    most_seconds: int
    greetings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessageCounts:
    """Messages of a box."""

    new: int
    saved: int


@dataclass(frozen=True, slots=True)
class MessageFound:
    """A message. ``received_at`` is ISO 8601 with its offset."""

    id: str
    recording: str
    seconds: float
    caller_number: str
    received_at: str
    state: MessageState


# Writes (`Store`)


@dataclass(frozen=True, slots=True)
class SaveMessage:
    """What a caller said. Once for a leg and box, however often it is written. Answered by a `SaveVerdict`."""

    mailbox_id: str
    recording: str
    seconds: float
    at: datetime


@dataclass(frozen=True, slots=True)
class MarkMessage:
    """The owner heard a message, and keeps or deletes it. One that is gone already is let be."""

    mailbox_id: str
    message_id: str
    state: MessageState
    at: datetime


@dataclass(frozen=True, slots=True)
class ForwardMessage:
    """A copy of a message for another box. Answered by a `ForwardVerdict`."""

    mailbox_id: str
    message_id: str
    to_number: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SetPin:
    """A new PIN. Answered by a `PinChange`."""

    mailbox_id: str
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SaveGreeting:
    """The box's own greeting from now on."""

    mailbox_id: str
    kind: GreetingKind
    recording: str
    seconds: float


@dataclass(frozen=True, slots=True)
class RemoveGreeting:
    """Callers hear Seda's own words again."""

    mailbox_id: str
    kind: GreetingKind


@dataclass(frozen=True, slots=True)
class SaveRecordedPrompt:
    """A prompt of the tenant, recorded by phone, for one language. Answered by none."""

    slug: str
    language: str
    recording: str
    seconds: float
