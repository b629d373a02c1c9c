"""Who is at the far end: has calls, and a script for those that come."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from freeswitch.simulator.domain.far_script import Script
from freeswitch.simulator.waiting import Waiting

if TYPE_CHECKING:
    from freeswitch.simulator.clock import Clock
    from freeswitch.simulator.far_end.leg import FarLeg

REMEMBERED = 200


class Party:
    """A phone or a carrier."""

    def __init__(self, name: str, clock: Clock) -> None:
        self.name = name
        self.script = Script()
        self.legs: dict[str, FarLeg] = {}
        self.past: deque[FarLeg] = deque(maxlen=REMEMBERED)
        self.waiting = Waiting(clock)

    def find(self, uuid: str) -> FarLeg | None:
        """A call of this party, live or lately ended."""
        return self.legs.get(uuid) or next((leg for leg in self.past if leg.uuid == uuid), None)
