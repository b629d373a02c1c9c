"""set: give variables values."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.ivr.domain.names import VariableName
from services.ivr.domain.node import Here, Kind, Leave, NodeConfig, Outcome, never_waits
from services.ivr.domain.templates import Template, filled, variables_in


class Config(NodeConfig):
    """Sets variables, all at once: values refer to what was before. What is made of a hidden one is hidden."""

    MUST_EXIT = ("done",)

    type: Literal["set"] = "set"
    variables: dict[VariableName, Annotated[Template, Field(max_length=1000)]] = Field(min_length=1, max_length=20)


def begin(config: Config, here: Here) -> Outcome:
    """Set them."""
    values = {name: filled(value, here.variables) for name, value in config.variables.items()}
    hidden = {name for name, value in config.variables.items() if not here.hidden.isdisjoint(variables_in(value))}
    return Leave("done", values, frozenset(hidden))


KIND = Kind(Config, begin, never_waits)
