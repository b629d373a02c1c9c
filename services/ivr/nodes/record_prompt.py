"""record_prompt: somebody of the tenant records a prompt by phone. Only in Seda's own flows, after a PIN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from pydantic import Field

from services.ivr.domain.actions import Gather, Piece, Play, Record, Recording, Sound, Store
from services.ivr.domain.events import Event, Gathered, Played, Recorded, Stored
from services.ivr.domain.names import PromptSlug
from services.ivr.domain.node import Here, Kind, Leave, NodeConfig, Outcome, Wait
from services.ivr.domain.writes_voicemail import SaveRecordedPrompt

MOST_RECORDINGS: Final = 10
MOST_TRIES: Final = 3
KEEP, AGAIN = "1", "2"


class Config(NodeConfig):
    """Records, plays it back; 1 keeps it in the caller's language, 2 records again."""

    MUST_EXIT = ("done", "nothing")
    MAY_EXIT = ("failed",)
    TAKES_INPUT = True

    type: Literal["record_prompt"] = "record_prompt"
    prompt: PromptSlug
    most_seconds: int = Field(default=300, ge=5, le=900)


def begin(_: Config, here: Here) -> Outcome:
    """Say what is wanted."""
    return _ask(here, 1)


def resume(config: Config, here: Here, event: Event) -> Outcome:
    """Record, play back, keep."""
    todo = _TRANSITIONS.get((str(here.memo.get("phase", "")), type(event)))
    return todo(config, here, event) if todo else Leave("failed")


def _asked(config: Config, here: Here, _: Played) -> Outcome:
    name = f"prompts/recorded/{here.facts.leg_id}-{here.memo.get('take', 1)}"
    return _wait(here, "record", Record(name, config.most_seconds, silence_seconds=6))


def _recorded(_: Config, here: Here, event: Recorded) -> Outcome:
    if event.seconds < 1:
        return _next_take(here, Piece("ivr-no-input"))
    return _confirm(here, name=event.name, seconds=event.seconds, tries=1)


def _stored(_: Config, here: Here, __: Stored) -> Outcome:
    return _wait(here, "bye", Play((Piece("vm-saved"), Piece("vm-goodbye")), here.language))


def _confirmed(config: Config, here: Here, event: Gathered) -> Outcome:
    digits = event.digits
    if digits == KEEP:
        name, seconds = str(here.memo.get("name", "")), float(here.memo.get("seconds", 0.0))
        return _wait(here, "keep", Store(SaveRecordedPrompt(config.prompt, here.language, name, seconds)))
    if digits == AGAIN:
        return _next_take(here)
    tries = int(here.memo.get("tries", 1)) + 1
    if tries > MOST_TRIES:
        return Leave("nothing")
    return _confirm(here, Piece("ivr-invalid" if digits else "ivr-no-input"), tries=tries)


def _confirm(here: Here, *first: Sound, **changes: Any) -> Outcome:
    name = str(changes.get("name") or here.memo.get("name", ""))
    sounds = (*first, Recording(name), Piece("vm-keep-or-again"))
    return _wait(here, "confirm", Gather(sounds, here.language, 1, 1, 5.0, 5.0), **changes)


def _next_take(here: Here, *first: Sound) -> Outcome:
    take = int(here.memo.get("take", 1)) + 1
    return Leave("nothing") if take > MOST_RECORDINGS else _ask(here, take, *first)


def _ask(here: Here, take: int, *first: Sound) -> Outcome:
    return Wait(Play((*first, Piece("record-prompt-now")), here.language), {"phase": "ask", "take": take})


def _wait(here: Here, phase: str, action: Any, **changes: Any) -> Outcome:
    return Wait(action, {**here.memo, **changes, "phase": phase})


_TRANSITIONS: Final[dict[tuple[str, type], Callable[[Config, Here, Any], Outcome]]] = {
    ("ask", Played): _asked,
    ("record", Recorded): _recorded,
    ("confirm", Gathered): _confirmed,
    ("keep", Stored): _stored,
    ("bye", Played): lambda _, __, ___: Leave("done"),
}

KIND = Kind(Config, begin, resume)
