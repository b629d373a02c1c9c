"""A part of ``mailbox``: listening, message by message.

A new message counts as saved as soon as its owner has heard it, so that the lamp goes out; one that was cut off by a
hang-up stays new. The messages heard in this call stay in the folder of the new ones, for going back to them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final, Literal

from services.ivr.domain.actions import Piece, Query, Recording, Sound, Store
from services.ivr.domain.events import Found, Gathered, Stored
from services.ivr.domain.mailbox_menu import At, Transitions, envelope, main_menu, wrong
from services.ivr.domain.node import Outcome
from services.ivr.domain.writes_voicemail import FindMessage, ForwardMessage, MarkMessage, MessageFound

_ACTIONS: Final = Piece("vm-message-actions")
_MOST_NUMBER: Final = 8
_ANSWERS: Final = {"forwarded": "vm-forwarded", "full": "vm-mailbox-full"}


def open_folders(at: At) -> Outcome:
    """The new messages, then the saved ones."""
    return _look(At(at.here, {**at.memo, "folder": "new", "since": at.here.now.isoformat(), "message": None}))


def _look(at: At, *first: str, step: Literal[-1, 0, 1] = 1) -> Outcome:
    """Look for a message beside this one."""
    folder: Literal["new", "saved"] = "saved" if at.memo.get("folder") == "saved" else "new"
    beside = str((at.memo.get("message") or {}).get("id", ""))
    what = FindMessage(at.box, folder, _since(at), beside, step)
    return at.wait("look", Query(what), step=step, say=list(first))


def _looked(at: At, event: Found) -> Outcome:
    message: MessageFound | None = event.answer
    if message is not None:
        kept = {"id": message.id, "recording": message.recording, "new": message.state == "new"}
        sounds = (*_first(at), *envelope(at, message), Recording(message.recording), _ACTIONS)
        return at.keys("action", sounds, message=kept, say=None)
    step, folder = int(at.memo.get("step", 1)), at.memo.get("folder")
    first = tuple(at.memo.get("say", ()))
    if step > 0 and folder == "new":
        return _look(At(at.here, {**at.memo, "folder": "saved", "message": None}), *first)
    if step < 0 and folder == "saved":
        return _look(At(at.here, {**at.memo, "folder": "new", "message": None}), *first, step=-1)
    if step < 0:
        return _look(At(at.here, {**at.memo, "message": None}), "ivr-invalid")
    return main_menu(at, *first)


def _pressed(at: At, event: Gathered) -> Outcome:
    """First note that the message was heard, then do what the key says."""
    message = at.memo["message"]
    if message["new"] or event.digits == "3":
        state: Literal["saved", "deleted"] = "deleted" if event.digits == "3" else "saved"
        mark = Store(MarkMessage(at.box, str(message["id"]), state, at.here.now))
        tries = at.memo.get("tries", 1)
        return at.wait("marked", mark, key=event.digits, tries=tries, message={**message, "new": False})
    return _do(at, event.digits)


def _marked(at: At, _: Stored) -> Outcome:
    return _do(at, str(at.memo.get("key", "")))


def _do(at: At, key: str) -> Outcome:
    todo = _KEYS.get(key)
    if todo is not None:
        return todo(at)
    if at.last_try():
        return at.end("done")
    return at.keys("action", (wrong(key), _ACTIONS), tries=at.next_try())


def _play(at: At) -> Outcome:
    return at.keys("action", (Recording(str(at.memo["message"]["recording"])), _ACTIONS))


def _ask_extension(at: At) -> Outcome:
    return at.keys("forward", (Piece("vm-forward-to"),), most=_MOST_NUMBER)


def _extension_given(at: At, event: Gathered) -> Outcome:
    if 2 <= len(event.digits) <= _MOST_NUMBER and event.digits.isdigit():
        message = str(at.memo["message"]["id"])
        return at.wait("forwarded", Store(ForwardMessage(at.box, message, event.digits, at.here.now)))
    return at.keys("action", (wrong(event.digits), _ACTIONS))


def _forwarded(at: At, event: Stored) -> Outcome:
    return at.keys("action", (Piece(_ANSWERS.get(str(event.answer), "ivr-invalid")), _ACTIONS))


def _first(at: At) -> tuple[Sound, ...]:
    return tuple(Piece(name) for name in at.memo.get("say", ()))


def _since(at: At) -> datetime:
    try:
        return datetime.fromisoformat(str(at.memo.get("since", "")))
    except ValueError:
        return at.here.now


_KEYS: Final[dict[str, Callable[[At], Outcome]]] = {
    "1": _play,
    "2": lambda at: _look(at, "vm-saved"),
    "3": lambda at: _look(at, "vm-deleted"),
    "4": _ask_extension,
    "5": _look,
    "6": lambda at: _look(at, step=-1),
    "0": main_menu,
    "*": lambda at: at.end("done"),
}

TRANSITIONS: Final[Transitions] = {
    ("look", Found): _looked,
    ("action", Gathered): _pressed,
    ("marked", Stored): _marked,
    ("forward", Gathered): _extension_given,
    ("forwarded", Stored): _forwarded,
}
