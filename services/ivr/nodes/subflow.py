"""subflow: go through another flow of the tenant and come back."""

from __future__ import annotations

from typing import Literal

from services.ivr.domain.names import PromptSlug
from services.ivr.domain.node import Enter, Here, Kind, NodeConfig, Outcome, never_waits


class Config(NodeConfig):
    """Enters the published version of a flow; when that ends by a ``return``, the call goes on by ``done``."""

    MUST_EXIT = ("done",)
    MAY_EXIT = ("unavailable",)

    type: Literal["subflow"] = "subflow"
    flow: PromptSlug

    def flows(self) -> tuple[str, ...]:
        return (self.flow,)


def begin(config: Config, _: Here) -> Outcome:
    """Enter it."""
    return Enter(config.flow)


KIND = Kind(Config, begin, never_waits)
