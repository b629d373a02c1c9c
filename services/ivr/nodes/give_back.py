"""return: a flow that was entered by another goes back to it; on its own, the call ends."""

from __future__ import annotations

from typing import Literal

from services.ivr.domain.node import Here, Kind, NodeConfig, Outcome, Return, never_waits


class Config(NodeConfig):
    """Ends a flow inside a flow."""

    type: Literal["return"] = "return"


def begin(_: Config, __: Here) -> Outcome:
    """Go back."""
    return Return()


KIND = Kind(Config, begin, never_waits)
