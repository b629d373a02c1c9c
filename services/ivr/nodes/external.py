"""external: send the call to a number outside, such as somebody's mobile."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from services.ivr.domain.node import Here, Kind, Leave, Outcome
from services.ivr.domain.templates import Template, filled
from services.ivr.nodes.going import GoingConfig, came_back, go
from shared.telephony.destinations import Destination, DestinationKind


class Config(GoingConfig):
    """Sends the call outside, by the tenant's trunks and in the tenant's name."""

    type: Literal["external"] = "external"
    number: Template = Field(
        min_length=1, max_length=80, description="in international form (+982112345678), or a {variable}"
    )
    ring_seconds: int | None = Field(default=None, ge=5, le=120)
    press_to_accept: bool = Field(
        default=False, description="who answers presses 1 to be connected, so that a mobile's mailbox is not"
    )

    def problems(self) -> Iterator[tuple[str, str, str]]:
        try:
            self.destinations()
        except ValueError as error:
            yield "bad_number", "number", str(error)

    def destinations(self) -> tuple[Destination, ...]:
        return () if "{" in self.number else (Destination(DestinationKind.EXTERNAL, self.number),)


def begin(config: Config, here: Here) -> Outcome:
    """Send it there; a variable that holds no number is as good as one that cannot be reached."""
    try:
        destination = Destination(DestinationKind.EXTERNAL, filled(config.number, here.variables).strip())
    except ValueError:
        return Leave("unavailable")
    return go(config, destination, ring_seconds=config.ring_seconds, accept_key=config.press_to_accept)


KIND = Kind(Config, begin, came_back)
