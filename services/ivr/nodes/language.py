"""language: in which language the caller is spoken to from here on."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services.ivr.domain.names import Language
from services.ivr.domain.node import Here, Kind, Leave, NodeConfig, Outcome, never_waits


class Config(NodeConfig):
    """Sets the language: always the same, or what a variable says."""

    MUST_EXIT = ("done",)

    type: Literal["language"] = "language"
    language: Language | None = None
    variable: str | None = Field(
        default=None,
        max_length=81,
        pattern=r"^[a-z][a-z0-9_.]*$",
        description="holds en, fa or ar; what it does not know leaves the language as it is",
    )


def begin(config: Config, here: Here) -> Outcome:
    """Set it, if the flow speaks it."""
    wanted = config.language or here.variables.get(config.variable or "", "")
    return Leave("done", language=wanted if wanted in here.languages else None)


KIND = Kind(Config, begin, never_waits)
