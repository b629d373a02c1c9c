"""menu: one key, one way on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from services.ivr.domain.actions import Gather, Note, Sound
from services.ivr.domain.events import Event, Gathered
from services.ivr.domain.names import KEYS
from services.ivr.domain.node import Here, Kind, Leave, Outcome
from services.ivr.nodes.asking import Asking, AskingConfig, ask, ask_again


class Config(AskingConfig):
    """Asks for one key. Its exits are the keys, and ``no_input`` and ``invalid``."""

    type: Literal["menu"] = "menu"

    def keys(self) -> tuple[str, ...]:
        """The keys that lead somewhere."""
        return tuple(name for name in self.exits if len(name) == 1 and name in KEYS)

    def must_exit(self) -> tuple[str, ...]:
        return self.keys()

    def problems(self) -> Iterator[tuple[str, str, str]]:
        if not self.keys():
            yield "no_choice", "exits", "a menu has at least one key"


def begin(config: Config, here: Here) -> Outcome:
    """Ask."""
    return ask(here, _asking(config, here), attempt=int(here.memo.get("attempt", 1)))


def resume(config: Config, here: Here, event: Event) -> Outcome:
    """Go the way of the key."""
    digits = event.digits if isinstance(event, Gathered) else ""
    if len(digits) == 1 and digits in config.exits:
        return Leave(digits, notes=(Note("input.taken", here.node, {"digits": digits}),))
    return ask_again(config, here, _asking(config, here), missed=not digits, given=digits)


def _asking(config: Config, here: Here) -> Asking:
    def gather(first: tuple[Sound, ...]) -> Gather:
        sounds = (*first, *here.render(config.announcement))
        return Gather(sounds, here.language, 1, 1, config.first_seconds, config.first_seconds)

    return gather


KIND = Kind(Config, begin, resume)
