"""Bus in: ended legs use up international minutes."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from datetime import UTC, date, timedelta
from uuid import UUID

from services.routing.domain.caps import METERED
from services.routing.metrics import RoutingMetrics
from services.routing.models import UsageDay
from services.routing.replica import Replica
from services.routing.store import TenantStore, forget_usage_before
from shared.bus.port import Bus, BusError, Subscription
from shared.contracts.calls import CallHungUp
from shared.contracts.catalogue import CALLS
from shared.contracts.routing import InternationalUsageChanged
from shared.db.engine import Database, Session
from shared.db.inbox import first_time
from shared.db.outbox import Outbox
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger
from shared.telephony.schedules import time_zone

log = get_logger(__name__)

CONSUMER = "routing-usage"
RETRY_SECONDS = 0.5
KEEP_USAGE_ROWS = timedelta(days=100)
_METERED = {one.value for one in METERED}
_DAY_STEP = 1_000_000
"""More than a day's seconds of all calls of a tenant that a revision can tell apart from the next day's."""


class UsageConsumer:
    """A component: counts the minutes of metered trunk legs, each leg once."""

    name = "usage"

    def __init__(self, bus: Bus, database: Database, outbox: Outbox, replica: Replica, metrics: RoutingMetrics) -> None:
        self._bus = bus
        self._database = database
        self._outbox = outbox
        self._replica = replica
        self._metrics = metrics
        self._subscription: Subscription | None = None
        self._starting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._starting = asyncio.create_task(self._consume(), name="begin to count usage")

    async def stop(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._subscription is not None:
            await self._subscription.stop()

    async def _consume(self) -> None:
        while True:
            try:
                await self._bus.ensure_streams()
                self._subscription = await self._bus.consume(CONSUMER, CALLS, [CallHungUp], self.handle)
            except BusError as error:
                log.warning("cannot count usage yet", reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return

    async def handle(self, event: CallHungUp) -> None:
        """One ended leg."""
        seconds = math.ceil(event.billable_seconds)
        if event.number_class not in _METERED or event.tenant_id is None or not seconds or not event.trunk_id:
            return
        day = self._day(event, event.tenant_id)
        subjects = [event.tenant_id, *_ids(event.billed_extension_id)]
        async with self._database.tenant(event.tenant_id) as session:
            if not await first_time(session, _leg_key(event), CONSUMER):
                return
            totals = await TenantStore(session, event.tenant_id).add_usage(subjects, day, seconds)
            await self._outbox.add(session, *(_changed(event.tenant_id, one, day, totals[one]) for one in subjects))
        for subject, total in totals.items():
            self._replica.take_usage(UsageDay(subject_id=subject, day=day, tenant_id=event.tenant_id, seconds=total))
        self._metrics.usage_events.inc()

    def _day(self, event: CallHungUp, tenant_id: UUID) -> date:
        """The tenant's local day on which the leg was answered."""
        index = self._replica.config.tenants.get(tenant_id)
        zone = time_zone(index.tenant.time_zone) if index and index.tenant else UTC
        return (event.answered_at or event.occurred_at).astimezone(zone).date()


def forget_usage(clock: Clock) -> Callable[[Session], Awaitable[int]]:
    """The chore of deleting usage that nobody looks at any more."""

    async def forget(session: Session) -> int:
        return await forget_usage_before(session, clock.now().date() - KEEP_USAGE_ROWS)

    return forget


def _changed(tenant_id: UUID, subject: UUID, day: date, seconds: int) -> InternationalUsageChanged:
    revision = day.toordinal() * _DAY_STEP + min(seconds, _DAY_STEP - 1)
    return InternationalUsageChanged(tenant_id=tenant_id, id=subject, revision=revision, day=day, seconds=seconds)


def _leg_key(event: CallHungUp) -> UUID:
    """A leg ends once, however often and by whatever message that is told."""
    return next(iter(_ids(event.leg_id)), event.message_id)


def _ids(text: str | None) -> list[UUID]:
    try:
        return [UUID(text)] if text else []
    except ValueError:
        return []
