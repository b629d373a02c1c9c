"""Kinds of fields that several resources have."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, StringConstraints

Revision = Annotated[int, Field(ge=1, le=2**31 - 1)]
Keys = Annotated[str, StringConstraints(pattern=r"^[0-9*#]{0,40}$", max_length=40)]
Dialled = Annotated[str, StringConstraints(pattern=r"^[+*#0-9A-Za-z._-]{0,64}$", max_length=64)]


def storable(value: Any) -> Any:
    """JSON that PostgreSQL can keep and people can read: no control character, no half of a character.

    Raises:
        ValueError: where there is one.
    """
    ahead: list[tuple[str, Any]] = [("", value)]
    while ahead:
        place, one = ahead.pop()
        if isinstance(one, dict):
            ahead += [(place, name) for name in one] + [(f"{place}.{name}", inner) for name, inner in one.items()]
        elif isinstance(one, list):
            ahead += [(f"{place}.{index}", inner) for index, inner in enumerate(one)]
        elif isinstance(one, str) and any(_is_control(char) for char in one):
            raise ValueError(f"{place.lstrip('.')[:200]!r} holds a control character")
    return value


def _is_control(char: str) -> bool:
    code = ord(char)
    return (code < 0x20 and char not in "\n\t") or code == 0x7F or 0xD800 <= code <= 0xDFFF
