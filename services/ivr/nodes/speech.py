"""speech: the caller says what is wanted; where nobody can listen, or nothing was understood, keys do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.ivr.domain.actions import Gather, Listen, Note, Sound
from services.ivr.domain.announcements import Announcement
from services.ivr.domain.events import Event, Gathered, Heard
from services.ivr.domain.names import ExitName, Language
from services.ivr.domain.node import Here, Kind, Leave, Outcome, Wait
from services.ivr.nodes.asking import INVALID, NO_INPUT, Asking, AskingConfig, ask, ask_again

Phrase = Annotated[str, Field(min_length=1, max_length=60)]


class Choice(BaseModel):
    """What may be said, in each language, and the key that does the same."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exit: ExitName
    phrases: dict[Language, tuple[Phrase, ...]] = Field(min_length=1)
    key: str = Field(pattern=r"^[0-9*#]$")


class Config(AskingConfig):
    """Listens for a choice. Its exits are those of the choices, and ``no_input`` and ``invalid``."""

    type: Literal["speech"] = "speech"
    choices: tuple[Choice, ...] = Field(min_length=1, max_length=12)
    keys_announcement: Announcement = Field(default=(), description="said before keys are taken instead")
    seconds: float = Field(default=6.0, ge=1, le=30, description="how long to listen")

    def must_exit(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.exit for one in self.choices))

    def problems(self) -> Iterator[tuple[str, str, str]]:
        keys = [one.key for one in self.choices]
        if len(set(keys)) < len(keys):
            yield "same_key", "choices", "two choices have the same key"
        for place, one in enumerate(self.choices):
            if one.exit in {NO_INPUT, INVALID}:
                yield "bad_exit", f"choices.{place}.exit", "a choice has an exit of its own"


def begin(config: Config, here: Here) -> Outcome:
    """Listen."""
    grammar = {one.exit: one.phrases.get(here.language, ()) for one in config.choices}  # type: ignore[call-overload]
    return Wait(Listen(here.render(config.announcement), here.language, grammar, config.seconds), {"attempt": 1})


def resume(config: Config, here: Here, event: Event) -> Outcome:
    """Go by what was said, or ask for keys."""
    if isinstance(event, Heard) and event.choice in config.must_exit():
        return Leave(event.choice, {"said": event.text[:200]}, notes=(Note("speech.understood", here.node),))
    if isinstance(event, Gathered):
        taken = next((one.exit for one in config.choices if one.key == event.digits), None)
        if taken is not None:
            return Leave(taken, notes=(Note("input.taken", here.node, {"digits": event.digits}),))
        return ask_again(config, here, _asking(config, here), missed=not event.digits, given=event.digits)
    note = Note("speech.not_understood", here.node)
    return ask(here, _asking(config, here), attempt=1, note=note)


def _asking(config: Config, here: Here) -> Asking:
    def gather(first: tuple[Sound, ...]) -> Gather:
        sounds = here.render(config.keys_announcement or config.announcement)
        return Gather((*first, *sounds), here.language, 1, 1, config.first_seconds, config.first_seconds)

    return gather


KIND = Kind(Config, begin, resume)
