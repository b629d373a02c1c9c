"""Sentences that other services have said to callers: announcements, prompts, and values in the language's words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal

from services.ivr.domain.actions import Piece, Prompt, Sound
from services.ivr.domain.speaking import Unspeakable, say_digits, say_duration, say_number

__all__ = ["Kind", "sentence"]

Kind = Literal["announcement", "prompt", "number", "digits", "duration"]

_SAY: Final[dict[str, Callable[[str, str], tuple[str, ...]]]] = {
    "number": lambda value, language: say_number(int(value), language),
    "digits": say_digits,
    "duration": lambda value, language: say_duration(int(value), language),
}


def sentence(parts: Iterable[tuple[Kind, str]], language: str) -> tuple[Sound, ...]:
    """What is heard, in order. Raises Unspeakable for a value that there are no words for."""
    sounds: list[Sound] = []
    for kind, value in parts:
        if kind == "announcement":
            sounds.append(Piece(value))
        elif kind == "prompt":
            sounds.append(Prompt(value))
        else:
            try:
                sounds += [Piece(f"pieces/{name}") for name in _SAY[kind](value, language)]
            except ValueError as error:
                raise Unspeakable(f"{kind} {value[:40]!r}: {error}") from error
    return tuple(sounds)
