"""What happens to calls, as ``switchlink`` tells it: one message per leg and step."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Event, Moment

Direction = Literal["internal", "inbound", "outbound"]
"""Of a call, as the tenant sees it."""

LegDirection = Literal["inbound", "outbound"]
"""Of a leg, as the switch sees it: ``inbound`` legs called the switch, ``outbound`` legs were called by it."""


class LegEvent(Event):
    """Base of all messages about one leg of a call."""

    owner: ClassVar[str] = "switchlink"

    node_id: str
    core_id: str = Field(description="FreeSWITCH's Core-UUID: one life of one switch process")
    call_id: str = Field(description="the first leg's channel UUID")
    leg_id: str = Field(description="this channel's UUID")

    def key(self) -> str:
        return self.call_id


class CallCreated(LegEvent):
    """A leg came into being."""

    name: ClassVar[str] = "call.created"

    direction: Direction = "internal"
    leg_direction: LegDirection
    caller_number: str = ""
    caller_name: str = ""
    called_number: str = ""
    extension: str | None = Field(default=None, description="extension number this leg belongs to, if any")
    extension_id: str | None = None
    device_id: str | None = None
    trunk_id: str | None = None


class CallRinging(LegEvent):
    """The far end of a leg rings (180) or sends early media (183): told once a leg, for whichever came first."""

    name: ClassVar[str] = "call.ringing"
    early_media: bool = False


class CallAnswered(LegEvent):
    """A leg was answered."""

    name: ClassVar[str] = "call.answered"


class CallBridged(LegEvent):
    """Two legs hear each other."""

    name: ClassVar[str] = "call.bridged"
    other_leg_id: str


class CallUnbridged(LegEvent):
    """Two legs no longer hear each other."""

    name: ClassVar[str] = "call.unbridged"
    other_leg_id: str | None = None


class CallHeld(LegEvent):
    """A leg's phone put the other side on hold."""

    name: ClassVar[str] = "call.held"


class CallResumed(LegEvent):
    """A hold ended."""

    name: ClassVar[str] = "call.resumed"


class CallParked(LegEvent):
    """A leg waits in park, bridged to nobody."""

    name: ClassVar[str] = "call.parked"


class CallQueued(LegEvent):
    """A caller's leg came to a queue: answered, hearing music, waiting for ``acd`` to connect it."""

    name: ClassVar[str] = "call.queued"

    queue_id: UUID
    turn: int = Field(default=0, ge=0, description="how often the leg was sent to a queue")
    priority: int = 0
    language: str = ""
    caller_number: str = ""
    caller_name: str = ""
    called_number: str = ""


class CallUnparked(LegEvent):
    """A leg left park."""

    name: ClassVar[str] = "call.unparked"


class CallDigitReceived(LegEvent):
    """A key was pressed on a leg. Not sent where the leg hides its digits."""

    name: ClassVar[str] = "call.digit_received"
    digit: str = Field(pattern=r"^[0-9A-D*#]$")
    duration_ms: int = Field(default=0, ge=0)


class CallRecordingStarted(LegEvent):
    """The switch began to record a leg."""

    name: ClassVar[str] = "call.recording_started"
    file: str


class CallRecordingStopped(LegEvent):
    """The switch closed a recording."""

    name: ClassVar[str] = "call.recording_stopped"
    file: str
    duration_ms: int = Field(default=0, ge=0)


class CallHungUp(LegEvent):
    """A leg ended. The record with all its times follows (``store_call_records``)."""

    name: ClassVar[str] = "call.hung_up"

    cause: str = Field(description="FreeSWITCH's cause name, or Seda's own switch_lost")
    direction: Direction = "internal"
    leg_direction: LegDirection = "inbound"
    called_number: str = ""
    trunk_id: str | None = None
    extension_id: str | None = None
    answered_at: Moment | None = None
    billable_seconds: float = Field(default=0, ge=0)
    number_class: str | None = Field(default=None, description="of a number called through a trunk, as routing read it")
    billed_extension_id: str | None = Field(
        default=None, description="extension in whose name a trunk was used: who called, or who forwarded"
    )


CALL_EVENTS: tuple[type[LegEvent], ...] = (
    CallCreated,
    CallRinging,
    CallAnswered,
    CallBridged,
    CallUnbridged,
    CallHeld,
    CallResumed,
    CallParked,
    CallQueued,
    CallUnparked,
    CallDigitReceived,
    CallRecordingStarted,
    CallRecordingStopped,
    CallHungUp,
)
