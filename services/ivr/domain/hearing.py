"""Which choice is meant by what a caller said, as a recogniser wrote it down."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

_SAME: Final = str.maketrans(
    {
        "ي": "ی",  # Arabic yeh and kaf for Persian ones, and their like
        "ى": "ی",
        "ك": "ک",
        "ة": "ه",
        "ۀ": "ه",
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ؤ": "و",
        "\u200c": " ",  # zero-width non-joiner
        "ـ": "",
    }
)


def choice_of(text: str, choices: Mapping[str, tuple[str, ...]]) -> str:
    """The choice one of whose phrases was said: alone, or else as whole words within more; empty: none, or several.

    Args:
        text: what was said, in any spelling.
        choices: choice -> its phrases, in the same language.
    """
    said = plain(text)
    exact = [name for name, phrases in choices.items() if any(plain(phrase) == said for phrase in phrases)]
    if exact:
        return exact[0]
    within = [
        name
        for name, phrases in choices.items()
        if any(f" {plain(phrase)} " in f" {said} " for phrase in phrases if plain(phrase))
    ]
    return within[0] if len(within) == 1 else ""


def plain(text: str) -> str:
    """Letters and digits only, in one spelling and one case, with single spaces."""
    spelled = unicodedata.normalize("NFKD", text.casefold().translate(_SAME))
    kept = [char if char.isalnum() else " " for char in spelled if not unicodedata.combining(char)]
    digits = [str(unicodedata.digit(char, char)) if char.isdigit() else char for char in kept]
    return " ".join("".join(digits).split())
