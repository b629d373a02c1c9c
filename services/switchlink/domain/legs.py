"""The legs that are up on this node, as its events tell it, and the messages that follow from each event."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha1
from typing import Any, Final, Literal
from uuid import UUID

from services.switchlink.domain.headers import Headers, Reader
from services.switchlink.domain.queues import QueuePlace, queue_place, waits
from shared.contracts.calls import (
    CallAnswered,
    CallBridged,
    CallCreated,
    CallDigitReceived,
    CallHeld,
    CallHungUp,
    CallParked,
    CallQueued,
    CallRecordingStarted,
    CallRecordingStopped,
    CallResumed,
    CallRinging,
    CallUnbridged,
    CallUnparked,
    LegEvent,
)
from shared.telephony.queueing import QUEUED
from shared.telephony.safe_text import one_line

REMEMBER_ENDED: Final = 10_000
"""How many ended legs are remembered, so that a command about one is told ``call_gone``."""

_DIRECTIONS: Final = {"internal", "inbound", "outbound"}


@dataclass(frozen=True, slots=True)
class Leg:
    """One live leg."""

    leg_id: str
    call_id: str
    tenant_id: UUID | None
    leg_direction: Literal["inbound", "outbound"]
    direction: Literal["internal", "inbound", "outbound"]
    created_at: datetime
    caller_number: str = ""
    caller_name: str = ""
    called_number: str = ""
    extension: str | None = None
    extension_id: str | None = None
    device_id: str | None = None
    trunk_id: str | None = None
    parked: bool = False
    """Whether it waits in park for commands."""
    held: bool | None = False
    """Whether its phone holds the call; none: not known, of a leg that was there before the connection."""
    agent_leg: bool = False
    """Whether acd called it for somebody in a queue."""
    hop_peer: str = ""
    """The life of another node's switch to which it is a leg; empty: to none."""
    answered_at: datetime | None = None
    other_leg_id: str | None = None
    queue: QueuePlace | None = None
    """The place its variables name; it is told once the leg waits in it."""
    queued_at: datetime | None = None
    announced: bool = False
    """Whether ``call.created`` has been told. A leg is announced once its tenant is known."""
    rings: bool = False
    """Whether ``call.ringing`` has been told."""

    @property
    def is_waited_for(self) -> bool:
        """Whether somebody in a queue waits for what happens to it."""
        return self.agent_leg or self.queue is not None


def is_end_of_fallback(event: Reader) -> bool:
    """Whether a call has ended that the switch's own dialplan answered, since routing did not."""
    ended = event.name == "CHANNEL_HANGUP_COMPLETE" and event.text("Call-Direction") == "inbound"
    return ended and event.variable("seda_fallback") == "true"


def is_parked(event: Reader) -> bool:
    """Whether a leg (of ``uuid_dump``) waits in park: as a state of its own, or by the dialplan's application."""
    state, application = event.text("Channel-State"), event.variable("current_application")
    return state == "CS_PARK" or (state == "CS_EXECUTE" and application == "park")


@dataclass(slots=True)
class LegTable:
    """Legs of one life of one node. Fed with events in the switch's order; pure but for its own memory.

    Args:
        node_id: this node.
        core_id: the switch process's Core-UUID.
    """

    node_id: str
    core_id: str
    live: dict[str, Leg] = field(default_factory=dict)
    ended: OrderedDict[str, UUID | None] = field(default_factory=OrderedDict)

    def apply(self, headers: Headers) -> list[LegEvent]:
        """Take in one event; return what it means for the bus, in order."""
        event = Reader(headers)
        handler = HANDLERS.get(event.name)
        leg_id = event.leg_id
        if handler is None or leg_id is None or leg_id in self.ended:
            return []
        leg = self._updated(leg_id, event)
        messages: list[LegEvent] = []
        if leg.tenant_id is not None and not leg.announced:
            leg = replace(leg, announced=True)
            messages.append(self._created(leg, event))
        self.live[leg_id] = leg
        message = handler(self, leg, event)
        if message is not None and leg.announced:
            messages.append(message)
        if event.name == "CHANNEL_HANGUP_COMPLETE":
            self.forget(leg_id)
        return messages

    def leaves_park(self, leg_id: str) -> None:
        """A command takes a leg out of park, where it was there."""
        if (leg := self.live.get(leg_id)) is not None:
            self.live[leg_id] = replace(leg, parked=False)

    def forget(self, leg_id: str) -> Leg | None:
        """The leg ended; it is remembered as gone."""
        leg = self.live.pop(leg_id, None)
        self.ended[leg_id] = leg.tenant_id if leg else None
        while len(self.ended) > REMEMBER_ENDED:
            self.ended.popitem(last=False)
        return leg

    def adopt(self, channels: Iterable[Headers]) -> list[LegEvent]:
        """After (re)connecting: take in the legs that are really up. Returns messages for what was not known."""
        messages: list[LegEvent] = []
        for headers in channels:
            event = Reader(headers)
            if event.leg_id is None:
                continue
            self.ended.pop(event.leg_id, None)
            known = self.live.get(event.leg_id)
            leg = self._updated(event.leg_id, event)
            if leg.answered_at is None and event.text("Answer-State") == "answered":
                leg = replace(leg, answered_at=event.moment("Caller-Channel-Answered-Time") or event.occurred_at)
            if leg.tenant_id is not None and not leg.announced:
                leg = replace(leg, announced=True)
                messages.append(self._created(leg, event))
            if leg.announced and leg.answered_at and (known is None or known.answered_at is None):
                messages.append(CallAnswered(**self._about(leg, event)))
            leg = replace(leg, other_leg_id=event.variable("bridge_to"), parked=is_parked(event), held=None)
            if (place := leg.queue) is not None and leg.announced and waits(event):
                leg = replace(leg, queued_at=leg.queued_at or event.moment("Caller-Profile-Created-Time"))
                messages.append(self._queued(leg, place, event))
            self.live[leg.leg_id] = leg
        return messages

    def sweep(self, up: Iterable[str], *, before: datetime) -> list[str]:
        """Forget the legs created before an instant at which only ``up`` were really up; return which."""
        still_up = set(up)
        lost = [leg.leg_id for leg in self.live.values() if leg.created_at < before and leg.leg_id not in still_up]
        for leg_id in lost:
            self.forget(leg_id)
        return lost

    def of_tenant(self, tenant_id: UUID | None) -> list[Leg]:
        """Live legs of one tenant, or all."""
        return [leg for leg in self.live.values() if tenant_id is None or leg.tenant_id == tenant_id]

    def _updated(self, leg_id: str, event: Reader) -> Leg:
        """What is known of a leg after this event. Its tenant, once known, stays: no later event can move it."""
        leg = self.live.get(leg_id) or _new_leg(leg_id, event)
        text = event.text
        direction = text("variable_seda_direction")
        told = {
            "tenant_id": leg.tenant_id or event.tenant_id,
            "call_id": text("variable_seda_call_id") or leg.call_id,
            "direction": direction if direction in _DIRECTIONS else leg.direction,
            "caller_number": one_line(text("Caller-Caller-ID-Number") or leg.caller_number).partition("%")[0].strip(),
            "caller_name": one_line(text("Caller-Caller-ID-Name") or leg.caller_name),
            "called_number": leg.called_number
            or one_line(text("Caller-Destination-Number") or "").partition("%")[0].strip(),
            "extension": text("variable_seda_extension") or leg.extension,
            "extension_id": text("variable_seda_extension_id") or leg.extension_id,
            "device_id": text("variable_seda_device_id") or leg.device_id,
            "trunk_id": text("variable_seda_trunk_id") or leg.trunk_id,
            "hop_peer": text("variable_seda_hop_peer") or leg.hop_peer,
            "agent_leg": leg.agent_leg or text("variable_seda_agent_leg") == "true",
        }
        # most events tell nothing new of the leg itself
        news: dict[str, Any] = {name: value for name, value in told.items() if value != getattr(leg, name)}
        if (text("variable_seda_queue") or leg.queue) and "variable_uuid" in event.headers:
            place = queue_place(event)
            news |= {} if place == leg.queue else {"queue": place, "queued_at": None}
        return replace(leg, **news) if news else leg

    def _about(self, leg: Leg, event: Reader) -> dict[str, Any]:
        """The fields every message about a leg carries. The id is made from the switch's own event identity."""
        return {
            "message_id": _message_id(self.core_id, f"{event.text('Event-Sequence')}/{leg.leg_id}"),
            "occurred_at": event.occurred_at,
            "tenant_id": leg.tenant_id,
            "node_id": self.node_id,
            "core_id": self.core_id,
            "call_id": leg.call_id,
            "leg_id": leg.leg_id,
        }

    def _created(self, leg: Leg, event: Reader) -> CallCreated:
        about = self._about(leg, event)
        about |= {
            "message_id": _message_id(self.core_id, f"created/{leg.leg_id}"),
            "occurred_at": leg.created_at,
        }
        return CallCreated(
            **about,
            direction=leg.direction,
            leg_direction=leg.leg_direction,
            caller_number=leg.caller_number,
            caller_name=leg.caller_name,
            called_number=leg.called_number,
            extension=leg.extension,
            extension_id=leg.extension_id,
            device_id=leg.device_id,
            trunk_id=leg.trunk_id,
        )

    def _queued(self, leg: Leg, place: QueuePlace, event: Reader) -> CallQueued:
        """A leg is told once a turn, always under the same id, however often it is found waiting."""
        about = self._about(leg, event)
        about |= {"message_id": _message_id(self.core_id, f"queued/{leg.leg_id}/{place.turn}")}
        about |= {"occurred_at": leg.queued_at or event.occurred_at}
        return CallQueued(
            **about,
            queue_id=place.queue_id,
            turn=place.turn,
            priority=place.priority,
            language=place.language,
            caller_number=leg.caller_number,
            caller_name=leg.caller_name,
            called_number=leg.called_number,
        )

    def _connect(self, one: str, other: str | None) -> None:
        """Note whom a leg hears; nobody: none."""
        if (leg := self.live.get(one)) is not None:
            self.live[one] = replace(leg, other_leg_id=other)

    # one handler per event; each returns the message to tell, if any

    def ringing(self, leg: Leg, event: Reader) -> LegEvent | None:
        if leg.rings:  # the caller of a phone that rings gets early media as well: the switch's ringback
            return None
        self.live[leg.leg_id] = replace(leg, rings=leg.announced)
        return CallRinging(**self._about(leg, event), early_media=event.name == "CHANNEL_PROGRESS_MEDIA")

    def answered(self, leg: Leg, event: Reader) -> LegEvent | None:
        self.live[leg.leg_id] = replace(leg, answered_at=event.occurred_at)
        return CallAnswered(**self._about(leg, event))

    def bridged(self, leg: Leg, event: Reader) -> LegEvent | None:
        other = event.text("Other-Leg-Unique-ID") or event.text("Bridge-B-Unique-ID")
        if other is None:
            return None
        self._connect(leg.leg_id, other)
        self._connect(other, leg.leg_id)
        return CallBridged(**self._about(leg, event), other_leg_id=other)

    def unbridged(self, leg: Leg, event: Reader) -> LegEvent | None:
        pair = {event.text("Bridge-A-Unique-ID"), event.text("Bridge-B-Unique-ID")} - {None}
        if pair and leg.other_leg_id not in pair:  # it hears another by now
            return CallUnbridged(**self._about(leg, event), other_leg_id=next(iter(pair - {leg.leg_id}), None))
        self._connect(leg.leg_id, None)
        other = self.live.get(leg.other_leg_id or "")
        if other is not None and other.other_leg_id == leg.leg_id:
            self._connect(other.leg_id, None)
        return CallUnbridged(**self._about(leg, event), other_leg_id=leg.other_leg_id)

    def held(self, leg: Leg, event: Reader) -> LegEvent | None:
        self.live[leg.leg_id] = replace(leg, held=True)
        return CallHeld(**self._about(leg, event))

    def resumed(self, leg: Leg, event: Reader) -> LegEvent | None:
        self.live[leg.leg_id] = replace(leg, held=False)
        return CallResumed(**self._about(leg, event))

    def parked(self, leg: Leg, event: Reader) -> LegEvent | None:
        self.live[leg.leg_id] = replace(leg, parked=True)
        return CallParked(**self._about(leg, event))

    def queued(self, leg: Leg, event: Reader) -> LegEvent | None:
        place = leg.queue
        if place is None or leg.queued_at is not None:
            return None
        self.live[leg.leg_id] = replace(leg, queued_at=event.occurred_at)
        return self._queued(leg, place, event)

    def unparked(self, leg: Leg, event: Reader) -> LegEvent | None:
        self.live[leg.leg_id] = replace(leg, parked=False)
        return CallUnparked(**self._about(leg, event))

    def digit(self, leg: Leg, event: Reader) -> LegEvent | None:
        digit = event.text("DTMF-Digit")
        if event.variable("seda_hide_digits") == "true" or digit is None or digit not in "0123456789ABCD*#":
            return None
        samples = event.number("DTMF-Duration") or 0
        return CallDigitReceived(**self._about(leg, event), digit=digit, duration_ms=samples // 8)

    def recording_started(self, leg: Leg, event: Reader) -> LegEvent | None:
        return CallRecordingStarted(**self._about(leg, event), file=event.text("Record-File-Path") or "")

    def recording_stopped(self, leg: Leg, event: Reader) -> LegEvent | None:
        return CallRecordingStopped(
            **self._about(leg, event),
            file=event.text("Record-File-Path") or "",
            duration_ms=event.number("variable_record_ms") or 0,
        )

    def hung_up(self, leg: Leg, event: Reader) -> LegEvent | None:
        microseconds = event.number("variable_billusec")
        return CallHungUp(
            **self._about(leg, event),
            cause=event.text("Hangup-Cause") or "NORMAL_CLEARING",
            direction=leg.direction,
            leg_direction=leg.leg_direction,
            called_number=leg.called_number,
            trunk_id=leg.trunk_id,
            extension_id=leg.extension_id,
            answered_at=leg.answered_at or event.moment("Caller-Channel-Answered-Time"),
            billable_seconds=(microseconds or 0) / 1_000_000,
            number_class=event.variable("seda_number_class"),
            billed_extension_id=event.variable("seda_billed_extension_id"),
        )

    def known(self, leg: Leg, event: Reader) -> LegEvent | None:
        """The event itself is no news; the leg may have been."""
        return None


Handler = Callable[[LegTable, Leg, Reader], LegEvent | None]

HANDLERS: Final[dict[str, Handler]] = {
    "CHANNEL_CREATE": LegTable.known,
    "CHANNEL_ORIGINATE": LegTable.known,
    "CHANNEL_PROGRESS": LegTable.ringing,
    "CHANNEL_PROGRESS_MEDIA": LegTable.ringing,
    "CHANNEL_ANSWER": LegTable.answered,
    "CHANNEL_BRIDGE": LegTable.bridged,
    "CHANNEL_UNBRIDGE": LegTable.unbridged,
    "CHANNEL_HOLD": LegTable.held,
    "CHANNEL_UNHOLD": LegTable.resumed,
    "CHANNEL_PARK": LegTable.parked,
    "CHANNEL_UNPARK": LegTable.unparked,
    QUEUED: LegTable.queued,
    "DTMF": LegTable.digit,
    "RECORD_START": LegTable.recording_started,
    "RECORD_STOP": LegTable.recording_stopped,
    "CHANNEL_HANGUP_COMPLETE": LegTable.hung_up,
}
"""Event name -> what it means. A missing name means nothing to Seda."""

SUBSCRIBED: Final = (*(name for name in HANDLERS if name != QUEUED), "HEARTBEAT")
"""Events asked of the switch by name, beside BACKGROUND_JOB, which the link needs for itself."""

SUBSCRIBED_CUSTOM: Final = (
    "sofia::register",
    "sofia::unregister",
    "sofia::expire",
    "sofia::register_failure",
    "sofia::gateway_state",
    QUEUED,
)
"""CUSTOM subclasses asked of the switch."""


def _new_leg(leg_id: str, event: Reader) -> Leg:
    return Leg(
        leg_id=leg_id,
        call_id=leg_id,
        tenant_id=event.tenant_id,
        leg_direction="outbound" if event.text("Call-Direction") == "outbound" else "inbound",
        direction="internal",
        created_at=event.moment("Caller-Channel-Created-Time") or event.occurred_at,
    )


def _message_id(core_id: str, name: str) -> UUID:
    """The same id for the same event each time (RFC 4122's version 5, which ``uuid.uuid5`` is slower at)."""
    digest = sha1(_namespace(core_id) + name.encode(), usedforsecurity=False).digest()
    return UUID(bytes=digest[:16], version=5)


@lru_cache(maxsize=16)
def _namespace(core_id: str) -> bytes:
    """A namespace for deterministic ids: the switch process's own id, or nil where it is no UUID."""
    try:
        return UUID(core_id).bytes
    except ValueError:
        return bytes(16)
