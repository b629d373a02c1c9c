"""The owner's menu of a mailbox: what its parts share. Where it is stands in the node's memo.

Each part is a table from (phase, class of the event) to what is done; what stands in none ends the node by ``failed``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.ivr.domain import speaking
from services.ivr.domain.actions import Ask, Gather, Note, Piece, Play, Query, Sound
from services.ivr.domain.events import Event
from services.ivr.domain.names import LANGUAGES
from services.ivr.domain.node import Here, Leave, Outcome, Wait
from services.ivr.domain.writes_voicemail import CountMessages, MessageCounts, MessageFound

MOST_TRIES: Final = 3
"""How often one question is asked."""
MOST_STEPS: Final = 2_000
"""Answers in one call, all told: whoever leans on a key is let go of some time."""
MENU: Final = "vm-menu"
FIRST_SECONDS: Final = 5.0
BETWEEN_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class At:
    """Where the owner is.

    Args:
        here: the call.
        memo: ``phase``; ``box`` (id), ``number``, ``lang`` of the box; ``in``: the PIN was right; ``tries`` of the
            question; ``steps`` so far; and what a part notes for itself.
    """

    here: Here
    memo: Mapping[str, Any]

    @property
    def language(self) -> str:
        """The box's language; the caller's as long as there is no box."""
        found = str(self.memo.get("lang") or self.here.language)
        return found if found in LANGUAGES else "en"

    @property
    def box(self) -> str:
        """The box's id."""
        return str(self.memo.get("box", ""))

    def wait(self, phase: str, action: Ask, *notes: Note, **changes: Any) -> Outcome:
        """Do this in that phase, with changes of the memo; a value of None is forgotten."""
        steps = int(self.memo.get("steps", 0)) + 1
        memo = {**self.memo, "tries": 1, **changes, "phase": phase, "steps": steps}
        if steps > MOST_STEPS:
            return Leave("failed")
        return Wait(action, {key: value for key, value in memo.items() if value is not None}, notes)

    def keys(
        self, phase: str, sounds: tuple[Sound, ...], *, most: int = 1, hidden: bool = False, **changes: Any
    ) -> Outcome:
        """Ask for keys: one, or up to ``most`` that end with #."""
        terminators = "#" if most > 1 else ""
        between = BETWEEN_SECONDS if most > 1 else FIRST_SECONDS
        return self.wait(
            phase, Gather(sounds, self.language, 1, most, FIRST_SECONDS, between, terminators, hidden), **changes
        )

    def say(self, phase: str, *sounds: Sound, **changes: Any) -> Outcome:
        """Say this, then go on in that phase."""
        return self.wait(phase, Play(sounds, self.language), **changes)

    def last_try(self) -> bool:
        """Whether the question has been asked often enough."""
        return int(self.memo.get("tries", 1)) >= MOST_TRIES

    def next_try(self) -> int:
        """The number of the next try."""
        return int(self.memo.get("tries", 1)) + 1

    def end(self, exit_name: str, *first: Sound) -> Outcome:
        """Say goodbye and leave."""
        return self.say("bye", *first, Piece("vm-goodbye"), exit=exit_name)

    def zone(self) -> tzinfo:
        """The tenant's time zone."""
        try:
            return ZoneInfo(self.here.facts.time_zone)
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")


Handler = Callable[[At, Any], Outcome]
Transitions = dict[tuple[str, type], Handler]


def follow(transitions: Mapping[tuple[str, type], Handler], at: At, event: Event) -> Outcome:
    """Do what stands in the table; nothing there: the node fails."""
    handler = transitions.get((str(at.memo.get("phase", "")), type(event)))
    return handler(at, event) if handler else Leave("failed")


def wrong(digits: str) -> Piece:
    """What is said when keys were of no use, or none came."""
    return Piece("ivr-invalid" if digits else "ivr-no-input")


def said(names: tuple[str, ...]) -> tuple[Sound, ...]:
    """Pieces of speech as sounds."""
    return tuple(Piece(f"pieces/{name}") for name in names)


# The main menu: every part comes back to it.


def main_menu(at: At, *first: str) -> Outcome:
    """Say how many messages there are, and offer the menu. ``first``: pieces that are said before."""
    return at.wait("counts", Query(CountMessages(at.box)), say=list(first), **{"in": True}, message=None, folder=None)


def offer_menu(at: At, counts: MessageCounts) -> Outcome:
    """The counts, then the menu."""
    first = tuple(Piece(name) for name in at.memo.get("say", ()))
    return at.keys("menu", (*first, *counts_said(counts, at.language), Piece(MENU)), say=None)


def counts_said(counts: MessageCounts, language: str) -> tuple[Sound, ...]:
    """How many messages there are; kinds of which there are none are not said."""
    if not counts.new and not counts.saved:
        return (Piece("vm-no-messages"),)
    found: list[Sound] = [Piece("vm-you-have")]
    if counts.new:
        found += said(speaking.say_count(counts.new, "new message", language))
    if counts.saved:
        found += said(speaking.say_count(counts.saved, "saved message", language))
    return tuple(found)


def envelope(at: At, message: MessageFound) -> tuple[Sound, ...]:
    """When a message came, and from which number; what there are no words for is left out."""
    sounds: list[Sound] = []
    try:
        received = datetime.fromisoformat(message.received_at).astimezone(at.zone())
        today = at.here.now.astimezone(at.zone()).date()
        day = () if received.date() == today else speaking.say_date(received.date(), at.language)
        sounds += [Piece("vm-received-at"), *said(day), *said(speaking.say_time(received.time(), at.language))]
    except ValueError:
        pass
    try:
        number = speaking.say_digits(message.caller_number, at.language)
        sounds += [Piece("vm-from"), *said(number)]
    except ValueError:
        pass
    return tuple(sounds)
