"""One line of the table: what was measured, what it must reach, and whether it does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Row:
    """A figure against its bound.

    Args:
        what: the quantity in words.
        value: what was measured; None: it was not.
        bound: what it must reach; None: told for the reader, nothing to reach.
        sense: whether the bound is the least or the most that is allowed.
        detail: how the value came about, or why there is none.
    """

    what: str
    value: float | None
    unit: str
    bound: float | None = None
    sense: Literal["at least", "at most"] = "at most"
    detail: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the bound is met; None where nothing was measured or there is no bound."""
        if self.value is None or self.bound is None:
            return None
        return self.value >= self.bound if self.sense == "at least" else self.value <= self.bound


def at_least(what: str, value: float | None, unit: str, bound: float, detail: str = "") -> Row:
    """A figure that must not be smaller."""
    return Row(what, value, unit, bound, "at least", detail)


def at_most(what: str, value: float | None, unit: str, bound: float, detail: str = "") -> Row:
    """A figure that must not be larger."""
    return Row(what, value, unit, bound, "at most", detail)


def told(what: str, value: float, unit: str, detail: str = "") -> Row:
    """A figure without a bound."""
    return Row(what, value, unit, detail=detail)
