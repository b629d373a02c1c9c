"""branch: go on by what is known of the call: variables, the caller, the number called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from services.ivr.domain.names import ExitName
from services.ivr.domain.node import Here, Kind, Leave, NodeConfig, Outcome, never_waits
from services.ivr.domain.templates import Template, filled

Test = Literal[
    "equals", "differs", "less", "at_most", "more", "at_least", "begins", "ends", "contains", "is_set", "is_not_set"
]
OTHERWISE: Final = "otherwise"


class Condition(BaseModel):
    """If it holds, the call goes on by ``exit``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Template = Field(min_length=1, max_length=200, description="what is looked at, such as {caller_number}")
    test: Test
    than: Template = Field(default="", max_length=200, description="what it is compared with")
    exit: ExitName


class Config(NodeConfig):
    """Takes the exit of the first condition that holds; else ``otherwise``."""

    MUST_EXIT = (OTHERWISE,)

    type: Literal["branch"] = "branch"
    conditions: tuple[Condition, ...] = Field(min_length=1, max_length=40)

    def must_exit(self) -> tuple[str, ...]:
        return (*dict.fromkeys(one.exit for one in self.conditions), OTHERWISE)

    def problems(self) -> Iterator[tuple[str, str, str]]:
        for place, one in enumerate(self.conditions):
            if one.exit == OTHERWISE:
                yield "bad_exit", f"conditions.{place}.exit", "a condition has an exit of its own"


def begin(config: Config, here: Here) -> Outcome:
    """Take the first that holds."""
    for one in config.conditions:
        if holds(one.test, filled(one.value, here.variables), filled(one.than, here.variables)):
            return Leave(one.exit)
    return Leave(OTHERWISE)


def holds(test: str, value: str, than: str) -> bool:
    """Whether ``value`` passes: compared as numbers where both are numbers, else as text, whatever its case."""
    return _TESTS[test](value.strip(), than.strip())


def _compare(value: str, than: str) -> int:
    try:
        one, other = Decimal(value), Decimal(than)
        if one.is_finite() and other.is_finite():
            return (one > other) - (one < other)
    except InvalidOperation:
        pass
    left, right = value.casefold(), than.casefold()
    return (left > right) - (left < right)


_TESTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "equals": lambda value, than: _compare(value, than) == 0,
    "differs": lambda value, than: _compare(value, than) != 0,
    "less": lambda value, than: _compare(value, than) < 0,
    "at_most": lambda value, than: _compare(value, than) <= 0,
    "more": lambda value, than: _compare(value, than) > 0,
    "at_least": lambda value, than: _compare(value, than) >= 0,
    "begins": lambda value, than: value.casefold().startswith(than.casefold()),
    "ends": lambda value, than: value.casefold().endswith(than.casefold()),
    "contains": lambda value, than: than.casefold() in value.casefold(),
    "is_set": lambda value, _: value != "",
    "is_not_set": lambda value, _: value == "",
}

KIND = Kind(Config, begin, never_waits)
