"""queue: send the call to a queue, where an agent takes it."""

from __future__ import annotations

from typing import Literal

from services.ivr.domain.names import PromptSlug
from services.ivr.domain.node import Here, Kind, Outcome
from services.ivr.nodes.going import GoingConfig, came_back, go
from shared.telephony.destinations import Destination, DestinationKind


class Config(GoingConfig):
    """Sends the call to a queue, where an agent takes it. Comes back when an exit is wired and nobody took it."""

    type: Literal["queue"] = "queue"
    queue: PromptSlug

    def destinations(self) -> tuple[Destination, ...]:
        return (Destination(DestinationKind.QUEUE, self.queue),)


def begin(config: Config, _: Here) -> Outcome:
    """Send it there."""
    return go(config, config.destinations()[0])


KIND = Kind(Config, begin, came_back)
