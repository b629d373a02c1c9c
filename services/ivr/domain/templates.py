"""Texts with variables of the call in them: ``Hello {customer.name}``. A brace of its own is written twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Final

from pydantic import AfterValidator

_TOKEN: Final = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]{0,39}(?:\.[a-z][a-z0-9_]{0,39})?)\}|[{}]")
MOST_CHARACTERS: Final = 4000


def _checked(text: str) -> str:
    variables_in(text)
    return text


Template = Annotated[str, AfterValidator(_checked)]


@lru_cache(maxsize=4096)
def variables_in(template: str) -> tuple[str, ...]:
    """The variables it names.

    Raises:
        ValueError: a brace neither belongs to a variable nor is doubled.
    """
    return tuple(name for kind, name in _pieces(template) if kind == "variable")


def filled(template: str, variables: Mapping[str, str], *, escape: Callable[[str], str] = str) -> str:
    """The text with the values in it, each passed through ``escape``; an unknown variable is empty."""
    if "{" not in template and "}" not in template:
        return template
    parts = [escape(variables.get(text, "")) if kind == "variable" else text for kind, text in _pieces(template)]
    return "".join(parts)[:MOST_CHARACTERS]


@lru_cache(maxsize=4096)
def _pieces(template: str) -> tuple[tuple[str, str], ...]:
    pieces: list[tuple[str, str]] = []
    end = 0
    for match in _TOKEN.finditer(template):
        pieces.append(("text", template[end : match.start()]))
        end = match.end()
        token = match.group()
        if token in {"{{", "}}"}:
            pieces.append(("text", token[0]))
        elif match.group(1):
            pieces.append(("variable", match.group(1)))
        else:
            raise ValueError("a brace is written twice, or stands round the name of a variable")
    pieces.append(("text", template[end:]))
    return tuple(pieces)
