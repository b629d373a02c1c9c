"""Arguments of an application, separated at blanks (switch_separate_string)."""

from __future__ import annotations


def separate(text: str, most: int) -> list[str]:
    """At most `most` arguments; single quotes hold one together and are removed, the last takes the rest."""
    out: list[str] = []
    rest = text.strip(" ")
    while rest and len(out) < most - 1:
        length, quoted = 0, False
        while length < len(rest) and (quoted or rest[length] != " "):
            quoted ^= rest[length] == "'"
            length += 1
        out.append(rest[:length].replace("'", ""))
        rest = rest[length:].lstrip(" ")
    if rest:
        out.append(rest.replace("'", ""))
    return out
