"""A part of ``mailbox``: what callers hear.

1 record, 2 hear, 3 remove; 4, 5, 6 the same for the greeting of one who is busy; 0 back.
"""

from __future__ import annotations

from typing import Any, Final

from services.ivr.domain.actions import Piece, Query, Record, Recording, Sound, Store
from services.ivr.domain.events import Found, Gathered, Played, Recorded, Stored
from services.ivr.domain.mailbox_menu import At, Transitions, main_menu, wrong
from services.ivr.domain.node import Outcome
from services.ivr.domain.writes_voicemail import FindGreeting, GreetingKind, RemoveGreeting, SaveGreeting

MOST_SECONDS: Final = 120
SILENCE_SECONDS: Final = 5
LEAST_SECONDS: Final = 1.0
_KINDS: Final[dict[str, GreetingKind]] = {
    **dict.fromkeys("123", "unavailable"),
    **dict.fromkeys("456", "busy"),
}


def offer(at: At, *first: Sound, tries: int = 1) -> Outcome:
    """The menu of greetings."""
    return at.keys("greetings", (*first, Piece("vm-greeting-menu")), tries=tries, recording=None, seconds=None)


def _chosen(at: At, event: Gathered) -> Outcome:
    key = event.digits
    if key in {"0", "*"}:
        return main_menu(at) if key == "0" else at.end("done")
    kind = _KINDS.get(key)
    if kind is None:
        return main_menu(at) if at.last_try() else offer(at, wrong(key), tries=at.next_try())
    if key in "14":
        return _ask(at, kind)
    if key in "25":
        return at.wait("greeting", Query(FindGreeting(at.box, kind)))
    return at.wait("greeting_removed", Store(RemoveGreeting(at.box, kind)))


def _ask(at: At, kind: GreetingKind) -> Outcome:
    number = int(at.memo.get("recordings", 0)) + 1
    return at.say("greeting_asked", Piece("vm-record-greeting"), kind=kind, recordings=number)


def _asked(at: At, _: Played) -> Outcome:
    name = f"greetings/{at.here.facts.leg_id}-{at.memo.get('recordings', 1)}"
    return at.wait("greeting_recorded", Record(name, MOST_SECONDS, SILENCE_SECONDS))


def _recorded(at: At, event: Recorded) -> Outcome:
    if event.seconds < LEAST_SECONDS:
        return offer(at, wrong(""))
    return _confirm(at, recording=event.name, seconds=event.seconds)


def _confirm(at: At, *first: Sound, tries: int = 1, **changes: Any) -> Outcome:
    recording = str(changes.get("recording") or at.memo.get("recording", ""))
    sounds = (*first, Recording(recording), Piece("vm-keep-or-again"))
    return at.keys("greeting_heard", sounds, tries=tries, **changes)


def _confirmed(at: At, event: Gathered) -> Outcome:
    kind = _kind(at)
    if event.digits == "1":
        recording, seconds = str(at.memo.get("recording", "")), float(at.memo.get("seconds", 0.0))
        return at.wait("greeting_saved", Store(SaveGreeting(at.box, kind, recording, seconds)))
    if event.digits == "2":
        return _ask(at, kind)
    if event.digits in {"0", "*"} or at.last_try():
        return offer(at)
    return _confirm(at, wrong(event.digits), tries=at.next_try())


def _kind(at: At) -> GreetingKind:
    return "busy" if at.memo.get("kind") == "busy" else "unavailable"


def _heard(at: At, event: Found) -> Outcome:
    return offer(at, Recording(str(event.answer)) if event.answer else Piece("vm-record-message"))


TRANSITIONS: Final[Transitions] = {
    ("greetings", Gathered): _chosen,
    ("greeting_asked", Played): _asked,
    ("greeting_recorded", Recorded): _recorded,
    ("greeting_heard", Gathered): _confirmed,
    ("greeting_saved", Stored): lambda at, _: offer(at, Piece("vm-greeting-saved")),
    ("greeting_removed", Stored): lambda at, _: offer(at, Piece("vm-greeting-removed")),
    ("greeting", Found): _heard,
}
