"""Bus in: other services ask how a number outside is reached."""

from __future__ import annotations

import asyncio

from services.routing.domain.call import World
from services.routing.domain.route import DialTrunk
from services.routing.domain.ways_out import NoWayOut, ways_out
from services.routing.rendering import LANGUAGES
from services.routing.replica import Replica
from shared.bus.port import Bus, BusError, Subscription
from shared.contracts.routing import FindWayOut, WayOut, WayOutReply
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger
from shared.telephony.ids import new_leg_id

log = get_logger(__name__)

RETRY_SECONDS = 0.5


class WaysOut:
    """A component: any replica answers, from memory."""

    name = "ways out"

    def __init__(self, bus: Bus, replica: Replica, clock: Clock) -> None:
        self._bus = bus
        self._replica = replica
        self._clock = clock
        self._subscription: Subscription | None = None
        self._starting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._starting = asyncio.create_task(self._serve(), name="begin to tell ways out")

    async def stop(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._subscription is not None:
            await self._subscription.stop()

    async def _serve(self) -> None:
        while self._subscription is None:
            try:
                self._subscription = await self._bus.serve(FindWayOut, self.find, queue="routing")
            except BusError as error:
                log.warning("cannot tell ways out yet", reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def find(self, command: FindWayOut) -> WayOutReply:
        """The trunks for one number."""
        if not self._replica.is_ready or command.tenant_id is None:
            return WayOutReply(ok=False, code="not_ready", detail="the configuration is still being read")
        index = self._replica.config.tenants.get(command.tenant_id)
        if index is None or index.tenant is None:
            return WayOutReply(ok=False, code="not_found", detail="no such tenant")
        world = World(self._replica.config, self._replica.usage, self._clock.now())
        found = ways_out(world, index, index.tenant, command.number, str(new_leg_id()))
        if isinstance(found, NoWayOut):
            return WayOutReply(ok=False, code=found.code, detail=found.why)
        ways = tuple(map(_way, found))
        language = index.tenant.language if index.tenant.language in LANGUAGES else "en"
        return WayOutReply(ways=ways, number_class=found[0].number_class, language=language)


def _way(step: DialTrunk) -> WayOut:
    shown = step.shown
    return WayOut(
        trunk_id=step.trunk_id,
        number=step.number,
        shown_number=shown.number,
        shown_name=shown.name,
        hidden=shown.hidden,
    )
