"""Dial strings of `bridge` and `originate` (switch_ivr_originate.c: brackets, `|` and `,`)."""

from __future__ import annotations

from dataclasses import dataclass, field

_CLOSERS = {"{": "}", "[": "]", "<": ">"}


class BadDialString(ValueError):
    """Brackets that do not close, or nothing to dial."""


@dataclass(frozen=True)
class Endpoint:
    """One place to ring: `sofia` `phones/102%acme.test` with the variables of its `[...]`."""

    kind: str
    target: str
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The endpoint as dialled."""
        return f"{self.kind}/{self.target}"


@dataclass(frozen=True)
class DialString:
    """Groups tried one after the other (`|`), each rung at once (`,`), with the variables of `{...}`."""

    groups: tuple[tuple[Endpoint, ...], ...]
    variables: dict[str, str] = field(default_factory=dict)


def parse_dial_string(text: str) -> DialString:
    """Parse a dial string.

    Raises:
        BadDialString: when a bracket does not close or no endpoint is left.
    """
    rest = text.strip()
    variables: dict[str, str] = {}
    while rest[:1] in {"{", "<"}:
        inside, rest = _bracket(rest)
        variables.update(parse_variables(inside))
        rest = rest.lstrip()
    groups = tuple(tuple(_endpoint(part) for part in _split(group, ",") if part.strip()) for group in _split(rest, "|"))
    if not groups or not all(groups):
        raise BadDialString(f"nothing to dial in {text!r}")
    return DialString(groups, variables)


def parse_variables(inside: str) -> dict[str, str]:
    """Variables of one bracket: `a=1,b='x,y'`, or with another separator after `^^`."""
    separator = ","
    if inside.startswith("^^") and len(inside) > 2:
        separator, inside = inside[2], inside[3:]
    out: dict[str, str] = {}
    for part in _split(inside, separator, brackets=False):
        name, found, value = part.partition("=")
        if found:
            out[name.strip()] = _unquote(value)
    return out


def _unquote(value: str) -> str:
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] == "'":
        value = value[1:-1]
    return value.replace("\\,", ",").replace("\\'", "'")


def _bracket(text: str) -> tuple[str, str]:
    """Split `{inside}rest`; quotes and nested brackets of the same kind are respected."""
    opener, closer = text[0], _CLOSERS[text[0]]
    depth, quoted = 0, False
    for position, character in enumerate(text):
        if character == "'" and text[position - 1] != "\\":
            quoted = not quoted
        elif quoted:
            continue
        elif character == opener:
            depth += 1
        elif character == closer:
            depth -= 1
            if depth == 0:
                return text[1:position], text[position + 1 :]
    raise BadDialString(f"{opener} does not close in {text!r}")


def _split(text: str, separator: str, *, brackets: bool = True) -> list[str]:
    """Split at `separator` outside quotes and brackets; a backslash keeps the next character."""
    parts, current, depth, quoted, escaped = [], "", 0, False, False
    for character in text:
        if escaped:
            current, escaped = current + "\\" + character, False
            continue
        if character == "\\":
            escaped = True
            continue
        if character == "'":
            quoted = not quoted
        elif not quoted and brackets and character in "[{<":
            depth += 1
        elif not quoted and brackets and character in "]}>":
            depth -= 1
        elif character == separator and not quoted and depth == 0:
            parts.append(current)
            current = ""
            continue
        current += character
    return [*parts, current]


def _endpoint(text: str) -> Endpoint:
    rest = text.strip()
    variables: dict[str, str] = {}
    while rest[:1] == "[":
        inside, rest = _bracket(rest)
        variables.update(parse_variables(inside))
        rest = rest.lstrip()
    kind, found, target = rest.partition("/")
    if not found or not kind:
        raise BadDialString(f"not an endpoint: {text!r}")
    return Endpoint(kind.strip(), target.strip(), variables)
