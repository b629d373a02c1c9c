"""A part of ``mailbox``: which box, its PIN, and a new PIN.

A box that there is not is asked for its PIN like any other, so that nobody finds out by phone which boxes there are.
"""

from __future__ import annotations

from typing import Final

from services.ivr.domain.actions import Piece, Query, Sound, Store
from services.ivr.domain.events import Found, Gathered, Stored
from services.ivr.domain.mailbox_menu import At, Transitions, main_menu, wrong
from services.ivr.domain.mailbox_pins import LEAST_DIGITS, MOST_DIGITS, fingerprint, is_weak
from services.ivr.domain.node import Leave, Outcome
from services.ivr.domain.writes_voicemail import CheckPin, FindMailbox, MailboxFound, SetPin

_MOST_NUMBER: Final = 8


def ask_number(at: At, *first: Sound) -> Outcome:
    """Ask whose box it is."""
    return at.keys("number", (*first, Piece("vm-enter-mailbox")), most=_MOST_NUMBER, asked=True)


def find(at: At, number: str) -> Outcome:
    """Look for the box of a number."""
    return at.wait("find", Query(FindMailbox(number, at.here.now)), number=number)


def _number_given(at: At, event: Gathered) -> Outcome:
    if 2 <= len(event.digits) <= _MOST_NUMBER and event.digits.isdigit():
        return find(at, event.digits)
    if event.digits == "*" or at.last_try():
        return at.end("denied")
    sounds = (wrong(event.digits), Piece("vm-enter-mailbox"))
    return at.keys("number", sounds, most=_MOST_NUMBER, tries=at.next_try())


def _found(at: At, event: Found) -> Outcome:
    mailbox: MailboxFound | None = event.answer
    if mailbox is None or not mailbox.enabled:
        if at.memo.get("asked"):
            return _ask_pin(at, box="")
        return at.end("unknown", Piece("ivr-invalid"))
    if mailbox.locked:
        return at.end("locked", Piece("vm-locked"))
    known = At(at.here, {**at.memo, "box": mailbox.id, "lang": mailbox.language})
    if not mailbox.has_pin and at.memo.get("own"):
        return ask_new(known)
    return _ask_pin(known)


def _ask_pin(at: At, *first: Sound, tries: int = 1, **changes: str) -> Outcome:
    sounds = (*first, Piece("vm-enter-pin"))
    return at.keys("pin", sounds, most=MOST_DIGITS, hidden=True, tries=tries, **changes)


def _pin_given(at: At, event: Gathered) -> Outcome:
    if event.digits:
        return at.wait("check", Query(CheckPin(at.box, event.digits, at.here.now)), tries=at.memo.get("tries", 1))
    if at.last_try():
        return at.end("denied")
    return _ask_pin(at, wrong(""), tries=at.next_try())


def _checked(at: At, event: Found) -> Outcome:
    if event.answer == "right":
        return _in(at)
    if event.answer == "locked":
        return at.end("locked", Piece("vm-locked"))
    if at.last_try():
        return at.end("denied", Piece("vm-wrong-pin"))
    return _ask_pin(at, Piece("vm-wrong-pin"), tries=at.next_try())


def _in(at: At, *first: str) -> Outcome:
    return Leave("done") if at.memo.get("only_pin") else main_menu(at, *first)


# A new PIN


def ask_new(at: At, *first: Sound, tries: int = 1) -> Outcome:
    """Ask for a new PIN, twice."""
    sounds = (*first, Piece("vm-new-pin"))
    return at.keys("new_pin", sounds, most=MOST_DIGITS, hidden=True, tries=tries, pin=None)


def _new_given(at: At, event: Gathered) -> Outcome:
    if LEAST_DIGITS <= len(event.digits) <= MOST_DIGITS and not is_weak(event.digits, str(at.memo.get("number", ""))):
        sounds = (Piece("vm-repeat-pin"),)
        mark = fingerprint(event.digits, at.here.facts.leg_id)
        tries = at.memo.get("tries", 1)
        return at.keys("pin_again", sounds, most=MOST_DIGITS, hidden=True, tries=tries, pin=mark)
    return _again(at, Piece("vm-weak-pin") if event.digits else wrong(""))


def _repeated(at: At, event: Gathered) -> Outcome:
    if event.digits and fingerprint(event.digits, at.here.facts.leg_id) == at.memo.get("pin"):
        return at.wait("pin_set", Store(SetPin(at.box, event.digits)), pin=None)
    return _again(at, wrong(event.digits))


def _was_set(at: At, event: Stored) -> Outcome:
    if event.answer == "changed":
        return _in(at, "vm-pin-changed")
    return _again(at, Piece("vm-weak-pin"))


def _again(at: At, first: Sound) -> Outcome:
    if not at.last_try():
        return ask_new(at, first, tries=at.next_try())
    # Without a PIN there is nothing to come back to.
    return main_menu(at) if at.memo.get("in") else at.end("denied", first)


TRANSITIONS: Final[Transitions] = {
    ("number", Gathered): _number_given,
    ("find", Found): _found,
    ("pin", Gathered): _pin_given,
    ("check", Found): _checked,
    ("new_pin", Gathered): _new_given,
    ("pin_again", Gathered): _repeated,
    ("pin_set", Stored): _was_set,
}
