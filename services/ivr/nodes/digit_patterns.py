"""Regular expressions for keys: only those whose matching ends soon, whatever a caller presses."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_PART: Final = re.compile(r"\\.|\[(?:\\.|[^\]])*\]|\{[0-9]*,?[0-9]*\}|.", re.DOTALL)
_QUANTIFIER: Final = re.compile(r"[*+?]|\{([0-9]*)(,?)([0-9]*)\}")
MOST_KEYS: Final = 40
MOST_WAYS: Final = 100_000
"""Ways to match that may have to be tried: some milliseconds."""


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, ready."""
    return re.compile(pattern, re.ASCII)


def fault(pattern: str) -> str:
    """What is wrong with a pattern; empty when nothing is."""
    try:
        re.compile(pattern, re.ASCII)
    except (re.error, OverflowError) as error:
        return f"not a regular expression: {error}"
    return _slow(pattern)


def _slow(pattern: str) -> str:
    """Backtracking tries every way to divide the keys among repetitions and choices, so these are counted."""
    ways = 1
    choices = [1]
    plain = [True]  # of each open group: whether it holds neither repetition nor choice
    closed_plain = True  # of what a repetition would repeat
    for part in _PART.findall(pattern):
        repeated = _QUANTIFIER.fullmatch(part)
        if repeated:
            if not closed_plain:
                return "a repeated group holds no repetition or choice of its own"
            ways *= _ways(part, repeated)
            plain[-1], closed_plain = False, True
        elif part == "(":
            choices.append(1)
            plain.append(True)
        elif part == ")" and len(plain) > 1:
            ways *= choices.pop()
            closed_plain = plain.pop()
            plain[-1] = plain[-1] and closed_plain
        elif part == "|":
            choices[-1] += 1
            plain[-1] = False
        else:
            closed_plain = True
    return "" if ways * choices[0] <= MOST_WAYS else "it has too many repetitions and choices"


def _ways(part: str, found: re.Match[str]) -> int:
    if part == "?":
        return 2
    if part in "*+":
        return MOST_KEYS + 1
    least, comma, most = found.groups()
    if not comma:
        return 1
    return max(1, min(int(most or MOST_KEYS), MOST_KEYS) - min(int(least or 0), MOST_KEYS) + 1)
