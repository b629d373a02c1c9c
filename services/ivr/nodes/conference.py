"""conference: send the call to a conference room of the tenant."""

from __future__ import annotations

from typing import Literal

from services.ivr.domain.names import PromptSlug
from services.ivr.domain.node import Here, Kind, NodeConfig, Outcome
from services.ivr.nodes.going import EXITS, came_back, go
from shared.telephony.destinations import Destination, DestinationKind


class Config(NodeConfig):
    """Sends the call to a conference room of the tenant. Comes back when an exit is wired and nobody took it."""

    MAY_EXIT = EXITS

    type: Literal["conference"] = "conference"
    room: PromptSlug

    def destinations(self) -> tuple[Destination, ...]:
        return (Destination(DestinationKind.CONFERENCE, self.room),)


def begin(config: Config, _: Here) -> Outcome:
    """Send it there."""
    return go(config, config.destinations()[0])


KIND = Kind(Config, begin, came_back)
