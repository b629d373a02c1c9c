"""voicemail_deposit: a caller leaves a message in a mailbox. Only in Seda's own flows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from pydantic import Field

from services.ivr.domain.actions import Piece, Play, Query, Record, Recording, Sound, Store
from services.ivr.domain.events import Event, Found, Played, Recorded, Stored, StoreFailed
from services.ivr.domain.node import Here, Kind, Leave, NodeConfig, Outcome, Wait
from services.ivr.domain.variables import VOICEMAIL_REASON
from services.ivr.domain.writes_voicemail import FindMailbox, MailboxFound, SaveMessage

MOST_STORE_TRIES: Final = 3


class Config(NodeConfig):
    """Greets, records and keeps. ``owner``: the caller pressed * to come to the box's menu."""

    MUST_EXIT = ("done", "full", "unknown", "nothing")
    MAY_EXIT = ("owner", "failed")
    TAKES_INPUT = True

    type: Literal["voicemail_deposit"] = "voicemail_deposit"
    mailbox: str = Field(pattern=r"^[0-9]{2,8}$", description="number of the box")
    least_seconds: float = Field(default=1.0, ge=0, le=30, description="shorter ones are thrown away")
    silence_seconds: int = Field(default=5, ge=2, le=60)


def begin(config: Config, here: Here) -> Outcome:
    """Look for the box; or, after another process died, write down what was recorded already."""
    if here.memo.get("phase") == "keep":
        return _keep(here, 1)
    return Wait(Query(FindMailbox(config.mailbox, here.now)), {"phase": "find"})


def resume(config: Config, here: Here, event: Event) -> Outcome:
    """Greet, record, keep, thank."""
    todo = _TRANSITIONS.get((str(here.memo.get("phase", "")), type(event)))
    return todo(config, here, event) if todo else Leave("failed")


def _found(_: Config, here: Here, event: Found) -> Outcome:
    mailbox: MailboxFound | None = event.answer
    if mailbox is None or not mailbox.enabled:
        return Leave("unknown")
    if mailbox.full:
        return _say_full(here)
    own = mailbox.greetings.get("busy") if here.variables.get(VOICEMAIL_REASON) == "busy" else None
    own = own or mailbox.greetings.get("unavailable")
    greeting: Sound = Recording(own) if own else Piece("vm-record-message")
    memo = {"phase": "greet", "box": mailbox.id, "number": mailbox.number, "most": mailbox.most_seconds}
    # '#' goes straight to the tone, '*' to the owner's menu.
    return Wait(Play((greeting,), here.language, stop_keys="*#"), memo)


def _greeted(config: Config, here: Here, event: Played) -> Outcome:
    if event.key == "*":
        return Leave("owner")
    name = f"voicemail/{here.facts.leg_id}-{here.memo.get('number', config.mailbox)}"
    most = int(here.memo.get("most", 180))
    return Wait(Record(name, most, config.silence_seconds), {**here.memo, "phase": "record"})


def _recorded(config: Config, here: Here, event: Recorded) -> Outcome:
    if event.seconds < config.least_seconds:
        return Leave("nothing")
    return _keep(here, 1, name=event.name, seconds=event.seconds)


def _keep(here: Here, tries: int, *, name: str | None = None, seconds: float | None = None) -> Outcome:
    recording = name if name is not None else str(here.memo.get("name", ""))
    length = seconds if seconds is not None else float(here.memo.get("seconds", 0.0))
    what = SaveMessage(str(here.memo.get("box", "")), recording, length, here.now)
    return Wait(Store(what), {**here.memo, "phase": "keep", "name": recording, "seconds": length, "tries": tries})


def _kept(_: Config, here: Here, event: Stored) -> Outcome:
    if event.answer == "full":
        return _say_full(here)
    if event.answer == "unknown":
        return Leave("unknown")
    return Wait(Play((Piece("vm-goodbye"),), here.language), {"phase": "bye", "exit": "done"})


def _not_kept(_: Config, here: Here, __: StoreFailed) -> Outcome:
    tries = int(here.memo.get("tries", 1))
    return Leave("failed") if tries >= MOST_STORE_TRIES else _keep(here, tries + 1)


def _say_full(here: Here) -> Outcome:
    return Wait(Play((Piece("vm-mailbox-full"),), here.language), {"phase": "bye", "exit": "full"})


_TRANSITIONS: Final[dict[tuple[str, type], Callable[[Config, Here, Any], Outcome]]] = {
    ("find", Found): _found,
    ("greet", Played): _greeted,
    ("record", Recorded): _recorded,
    ("keep", Stored): _kept,
    ("keep", StoreFailed): _not_kept,
    ("bye", Played): lambda _, here, __: Leave(str(here.memo.get("exit", "failed"))),
}

KIND = Kind(Config, begin, resume, hears_hang_up=True)
