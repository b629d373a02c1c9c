"""ring_group: send the call to the members of a ring group."""

from __future__ import annotations

from typing import Literal

from services.ivr.domain.names import PromptSlug
from services.ivr.domain.node import Here, Kind, Outcome
from services.ivr.nodes.going import GoingConfig, came_back, go
from shared.telephony.destinations import Destination, DestinationKind


class Config(GoingConfig):
    """Sends the call to the members of a ring group. Comes back when an exit is wired and nobody took it."""

    type: Literal["ring_group"] = "ring_group"
    group: PromptSlug

    def destinations(self) -> tuple[Destination, ...]:
        return (Destination(DestinationKind.RING_GROUP, self.group),)


def begin(config: Config, _: Here) -> Outcome:
    """Send it there."""
    return go(config, config.destinations()[0])


KIND = Kind(Config, begin, came_back)
