"""Calls in Seda's own flows, with a mailbox kept in memory that answers what the nodes ask."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from services.ivr.domain.actions import Gather, Piece, Query, Record, Recording, Sound, Store
from services.ivr.domain.built_in import built_in_flow
from services.ivr.domain.events import Found, Gathered, Played, Recorded, Stored
from services.ivr.domain.mailbox_pins import is_weak
from services.ivr.domain.writes_voicemail import (
    CheckPin,
    CountMessages,
    FindGreeting,
    FindMailbox,
    FindMessage,
    ForwardMessage,
    MailboxFound,
    MarkMessage,
    MessageCounts,
    MessageFound,
    RemoveGreeting,
    SaveGreeting,
    SaveMessage,
    SetPin,
)
from tests.unit.ivr.calls import FACTS, Call

RECEIVED = datetime(2026, 3, 14, 7, 5, tzinfo=UTC)
OWNER = replace(FACTS, extension="101")


@dataclass
class Box:
    """The mailbox 101."""

    pin: str = "8642"
    messages: list[MessageFound] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)
    greetings: dict[str, str] = field(default_factory=dict)
    full: bool = False
    enabled: bool = True
    locked: bool = False
    wrong: int = 0
    forwarded: list[tuple[str, str]] = field(default_factory=list)
    saved: list[SaveMessage] = field(default_factory=list)
    prompts: list[object] = field(default_factory=list)

    def leave(self, *states: str) -> Box:
        for state in states:
            number = len(self.messages) + 1
            self.messages.append(
                MessageFound(str(number), f"voicemail/{number}", 4.0, "+98912", RECEIVED.isoformat(), state)  # type: ignore[arg-type]
            )
        return self

    def states(self) -> dict[str, str]:
        return {one.id: one.state for one in self.messages}

    def answer(self, what: object) -> Any:
        return getattr(self, f"_{type(what).__name__}")(what)

    def _FindMailbox(self, what: FindMailbox) -> Any:
        if what.number != "101":
            return Found(None)
        found = MailboxFound(
            id="box",
            number="101",
            language="en",
            enabled=self.enabled,
            has_pin=bool(self.pin),
            full=self.full,
            locked=self.locked,
            most_seconds=60,
            greetings=dict(self.greetings),
        )
        return Found(found)

    def _CheckPin(self, what: CheckPin) -> Any:
        if self.wrong >= 5:
            return Found("locked")
        if what.mailbox_id == "box" and self.pin and what.pin == self.pin:
            self.wrong = 0
            return Found("right")
        self.wrong += 1
        return Found("wrong")

    def _CountMessages(self, _: CountMessages) -> Any:
        states = list(self.states().values())
        return Found(MessageCounts(states.count("new"), states.count("saved")))

    def _FindMessage(self, what: FindMessage) -> Any:
        def new(one: MessageFound) -> bool:
            return one.state == "new" or (one.state == "saved" and one.id in self.heard)

        found = [one for one in self.messages if one.state != "deleted" and new(one) == (what.folder == "new")]
        if what.step == 0:
            found = [one for one in found if one.id == what.beside]
        elif what.step > 0:
            found = [one for one in found if not what.beside or one.id > what.beside]
        else:
            found = [one for one in found if not what.beside or one.id < what.beside][::-1]
        return Found(found[0] if found else None)

    def _FindGreeting(self, what: FindGreeting) -> Any:
        return Found(self.greetings.get(what.kind))

    def _SaveMessage(self, what: SaveMessage) -> Any:
        if self.full:
            return Stored("full")
        self.saved.append(what)
        return Stored("saved")

    def _MarkMessage(self, what: MarkMessage) -> Any:
        self.messages = [replace(one, state=what.state) if one.id == what.message_id else one for one in self.messages]
        self.heard.add(what.message_id)
        return Stored()

    def _ForwardMessage(self, what: ForwardMessage) -> Any:
        if what.to_number != "102":
            return Stored("full" if what.to_number == "103" else "unknown")
        self.forwarded.append((what.message_id, what.to_number))
        return Stored("forwarded")

    def _SetPin(self, what: SetPin) -> Any:
        if is_weak(what.pin, "101"):
            return Stored("weak")
        self.pin = what.pin
        return Stored("changed")

    def _SaveGreeting(self, what: SaveGreeting) -> Any:
        self.greetings[what.kind] = what.recording
        return Stored()

    def _RemoveGreeting(self, what: RemoveGreeting) -> Any:
        self.greetings.pop(what.kind, None)
        return Stored()

    def _SaveRecordedPrompt(self, what: object) -> Any:
        self.prompts.append(what)
        return Stored()


class BoxCall(Call):
    """A call in one of Seda's flows; questions of the store are answered at once."""

    def __init__(self, name: str, argument: str, box: Box | None = None, **more: Any) -> None:
        self.box = box or Box()
        super().__init__(built_in_flow(name, argument), **more)

    def tell(self, event: Any) -> Any:
        super().tell(event)
        while isinstance(self.action, Query | Store):
            super().tell(self.box.answer(self.action.what))
        return self.action

    def speak(self, seconds: float = 3.0, *, key: str = "#") -> Any:
        """Say something into the recording that is on."""
        assert isinstance(self.action, Record), self.action
        return self.tell(Recorded(self.action.name, seconds, key))

    def keys(self, *pressed: str) -> Any:
        """Answer one question after the other; the last action."""
        for digits in pressed:
            assert isinstance(self.action, Gather), self.action
            self.tell(Gathered(digits))
        return self.action

    def heard(self) -> list[str]:
        """What is being said, by name."""
        return [name_of(sound) for sound in self.action.sounds]

    def over(self) -> Any:
        """Hear what is said to its end."""
        return self.tell(Played())


def name_of(sound: Sound) -> str:
    return sound.name if isinstance(sound, Piece | Recording) else type(sound).__name__
