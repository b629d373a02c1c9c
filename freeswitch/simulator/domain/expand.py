"""Variable expansion in application data: `${name}`, `${name:offset:length}`; API calls are off."""

from __future__ import annotations

import re
from collections.abc import Callable

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_SLICE = re.compile(r"^(?P<name>[^:]+):(?P<offset>-?\d+)(?::(?P<length>\d+))?$")


def expand(text: str, lookup: Callable[[str], str | None]) -> str:
    """Replace variables in `text` by what `lookup` gives, unknown ones by nothing; a value is not expanded again.

    Nested names (`${a_${b}}`) are resolved from the inside. Source: switch_channel_expand_variables_check.
    """
    if "${" not in text:
        return text

    def value_of(match: re.Match[str]) -> str:
        name = match.group(1)
        sliced = _SLICE.match(name)
        if sliced is None:
            return lookup(name) or ""
        value = lookup(sliced["name"]) or ""
        offset = int(sliced["offset"])
        value = value[offset:]
        return value[: int(sliced["length"])] if sliced["length"] else value

    inner_first = re.sub(r"\$\{([^{}]*)\$\{([^{}]*)\}([^{}]*)\}", lambda m: _nested(m, lookup), text)
    return _VARIABLE.sub(value_of, inner_first)


def _nested(match: re.Match[str], lookup: Callable[[str], str | None]) -> str:
    name = f"{match.group(1)}{lookup(match.group(2)) or ''}{match.group(3)}"
    return lookup(name) or ""
