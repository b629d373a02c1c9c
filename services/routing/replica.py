"""The configuration in memory: the directory's part by its messages, routing's own by its tables."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from uuid import UUID

from services.routing.domain.call import Usage
from services.routing.domain.index import Config
from services.routing.metrics import RoutingMetrics
from services.routing.mirror import MIRRORED, Mirror, Mirrored
from services.routing.models import UsageDay
from services.routing.reading import routes_of
from services.routing.store import TenantStore, load_all, usage_since
from shared.bus.following import Following
from shared.bus.port import Bus
from shared.contracts.nodes import DeviceLocated, NodeReported
from shared.contracts.routing import InternationalUsageChanged, RoutingConfigChanged
from shared.db.engine import Database
from shared.runtime.clock import Clock
from shared.runtime.memory import settle
from shared.telephony.numbers import warm_up
from shared.telephony.whereabouts import Located, Whereabouts

KEEP_USAGE = timedelta(days=2)
"""Whatever the time zone, today's usage is younger."""


class StillReading(Exception):
    """Not all of the configuration is here yet."""


class Replica:
    """A component. ``config`` and ``usage`` are what `decide` looks at."""

    name = "replica"

    def __init__(self, bus: Bus, database: Database, metrics: RoutingMetrics, clock: Clock) -> None:
        self._database = database
        self._metrics = metrics
        self._clock = clock
        self.config = Config()
        self._mirror = Mirror(self.config)
        self._seconds: dict[tuple[UUID, date], int] = {}
        self._turns: Counter[UUID] = Counter()
        self.usage = Usage(self._seconds, self._turns)
        self.nodes: dict[str, NodeReported] = {}
        self.whereabouts = Whereabouts()
        self._following = Following(
            bus,
            "the directory",
            ([*MIRRORED, NodeReported, DeviceLocated, InternationalUsageChanged], self._take),
            # Apart from the others: when the tables cannot be read, the directory's messages go on.
            ([RoutingConfigChanged], self._routes_changed),
            then=self._warm_up,
        )

    @property
    def is_ready(self) -> bool:
        """Whether everything that stood in the streams and tables at the start is here."""
        return self._following.is_caught_up

    async def check(self) -> None:
        """For ``/readyz``. Raises StillReading."""
        if not self.is_ready:
            raise StillReading("the configuration is still being read")

    async def start(self) -> None:
        """Read the tables, then follow the messages as soon as NATS is there."""
        async with self._database.platform() as session:
            for tenant_id, rows in (await load_all(session)).items():
                self.config.put_routes(routes_of(tenant_id, rows))
            for row in await usage_since(session, self._oldest_day()):
                self.take_usage(row)
        await self._following.start()

    async def stop(self) -> None:
        await self._following.stop()

    def _warm_up(self) -> None:
        """No call waits for a numbering plan to be loaded, or for a full garbage collection over the configuration."""
        for country in self.config.countries:
            warm_up(country)
        settle()

    async def _take(self, event: Mirrored | NodeReported | DeviceLocated | InternationalUsageChanged) -> None:
        if isinstance(event, NodeReported):
            self._node_reported(event)
        elif isinstance(event, DeviceLocated):
            self._device_located(event)
        elif isinstance(event, InternationalUsageChanged):
            self._usage_changed(event)
        else:
            self._mirror.apply(event)

    def _node_reported(self, event: NodeReported) -> None:
        if event.removed:
            self.nodes.pop(event.node_id, None)
        else:
            self.nodes[event.node_id] = event

        is_up = not event.removed and event.state != "down"
        self.whereabouts.reported(event.node_id, event.core_id, event.sip_address, is_up=is_up)

    def _device_located(self, event: DeviceLocated) -> None:
        told = Located(event.core_id, event.registered_at, event.revision, is_there=not event.removed)
        self.whereabouts.located(event.sip_username, event.domain, event.node_id, told)

    # Routing's own rows

    async def _routes_changed(self, event: RoutingConfigChanged) -> None:
        held = self.config.tenant(event.id).routes
        if event.revision > held.revision:
            await self.reload(event.id)

    async def reload(self, tenant_id: UUID) -> None:
        """Read a tenant's rows again."""
        async with self._database.tenant(tenant_id) as session:
            routes = routes_of(tenant_id, await TenantStore(session, tenant_id).all_rows())
        if routes.revision >= self.config.tenant(tenant_id).routes.revision:
            self.config.put_routes(routes)

    # Usage

    def take_turn(self, ring_group_id: UUID) -> None:
        """A round robin begins with the next member from now on. Each replica counts its own turns."""
        self._turns[ring_group_id] += 1

    def take_usage(self, row: UsageDay) -> None:
        """What the table says of a day."""
        self._seconds[row.subject_id, row.day] = row.seconds

    def _usage_changed(self, event: InternationalUsageChanged) -> None:
        oldest = self._oldest_day()
        if event.day >= oldest:
            key = (event.id, event.day)
            self._seconds[key] = max(event.seconds, self._seconds.get(key, 0))
        for key in [key for key in self._seconds if key[1] < oldest]:
            del self._seconds[key]

    def _oldest_day(self) -> date:
        return self._clock.now().date() - KEEP_USAGE
