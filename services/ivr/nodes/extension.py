"""extension: send the call to an extension of the tenant, with its forwarding and do-not-disturb."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from services.ivr.domain.node import Here, Kind, Outcome
from services.ivr.nodes.going import GoingConfig, came_back, go
from shared.telephony.destinations import Destination, DestinationKind


class Config(GoingConfig):
    """Sends the call to an extension, with its forwarding and do-not-disturb.

    Comes back when an exit is wired and nobody took it.
    """

    type: Literal["extension"] = "extension"
    number: str = Field(pattern=r"^[0-9]{2,8}$")
    ring_seconds: int | None = Field(default=None, ge=5, le=120, description="without: as the extension says")

    def destinations(self) -> tuple[Destination, ...]:
        return (Destination(DestinationKind.EXTENSION, self.number),)


def begin(config: Config, _: Here) -> Outcome:
    """Send it there."""
    return go(config, config.destinations()[0], ring_seconds=config.ring_seconds)


KIND = Kind(Config, begin, came_back)
