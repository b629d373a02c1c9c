"""gather: several keys, such as an order number or a PIN."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from services.ivr.domain.actions import Gather, Note, Sound
from services.ivr.domain.events import Event, Gathered
from services.ivr.domain.names import VariableName
from services.ivr.domain.node import Here, Kind, Leave, Outcome
from services.ivr.nodes.asking import Asking, AskingConfig, ask, ask_again
from services.ivr.nodes.digit_patterns import compiled, fault

_PATTERN_PARTS = r"[0-9*#\[\]().|?+^$\-\\d{},]{1,100}"
"""Enough of a regular expression for digits."""


class Config(AskingConfig):
    """Asks for keys and keeps them in a variable."""

    MUST_EXIT = ("done",)

    type: Literal["gather"] = "gather"
    variable: VariableName
    least: int = Field(default=1, ge=1, le=40)
    most: int = Field(default=10, ge=1, le=40)
    between_seconds: float = Field(default=3.0, ge=1, le=30, description="wait for each further key")
    terminators: str = Field(default="#", max_length=12, pattern=r"^[0-9*#]*$")
    pattern: str | None = Field(
        default=None,
        pattern=f"^{_PATTERN_PARTS}$",
        description="a regular expression that all keys together fit, without nested repetitions",
    )
    hidden: bool = Field(default=False, description="keep the keys out of events, logs, records and recordings")

    def problems(self) -> Iterator[tuple[str, str, str]]:
        if self.most < self.least:
            yield "bad_length", "most", "most is at least as many as least"
        if self.pattern is not None and (wrong := fault(self.pattern)):
            yield "bad_pattern", "pattern", wrong


def begin(config: Config, here: Here) -> Outcome:
    """Ask."""
    return ask(here, _asking(config, here), attempt=int(here.memo.get("attempt", 1)))


def resume(config: Config, here: Here, event: Event) -> Outcome:
    """Take the keys, if they fit."""
    digits = event.digits if isinstance(event, Gathered) else ""
    if len(digits) >= config.least and (config.pattern is None or compiled(config.pattern).fullmatch(digits)):
        hidden = frozenset({config.variable}) if config.hidden else frozenset()
        shown = "" if config.hidden else digits
        note = Note("input.taken", here.node, {"digits": shown})
        return Leave("done", {config.variable: digits}, hidden, notes=(note,))
    given = "" if config.hidden else digits
    return ask_again(config, here, _asking(config, here), missed=not digits, given=given)


def _asking(config: Config, here: Here) -> Asking:
    def gather(first: tuple[Sound, ...]) -> Gather:
        return Gather(
            (*first, *here.render(config.announcement)),
            here.language,
            config.least,
            config.most,
            config.first_seconds,
            config.between_seconds,
            config.terminators,
            config.hidden,
        )

    return gather


KIND = Kind(Config, begin, resume)
