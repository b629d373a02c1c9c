"""The live view of a tenant's queues and agents, looked up while somebody watches it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from uuid import UUID
from zoneinfo import ZoneInfo

from services.reporting.domain.live import AgentNow, FloorNow, QueueNow, by_status, day_of
from services.reporting.store_live import LiveStore
from shared.bus.following import Following
from shared.bus.port import Bus
from shared.contracts.acd import AgentChanged, QueueChanged
from shared.contracts.directory import TenantChanged
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger

log = get_logger(__name__)

LOOK_SECONDS = 0.5


class LiveFloors:
    """A component. However many watch a tenant, this process looks it up once in ``LOOK_SECONDS``."""

    name = "live floors"

    def __init__(self, bus: Bus, store: LiveStore, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._zones: dict[UUID, tzinfo] = {}
        self._queues: dict[UUID, dict[UUID, QueueNow]] = {}
        self._agents: dict[UUID, dict[UUID, AgentNow]] = {}
        self._watched: dict[UUID, Watched] = {}
        self._following = Following(
            bus, "names of queues and agents", ([TenantChanged, QueueChanged, AgentChanged], self._take)
        )

    async def start(self) -> None:
        await self._following.start()

    async def stop(self) -> None:
        for watched in self._watched.values():
            watched.end()
        await self._following.stop()

    async def now(self, tenant_id: UUID) -> FloorNow:
        """The whole view."""
        at = self._clock.now()
        waiting = await self._store.waiting(tenant_id)
        ended = await self._store.ended(tenant_id, self.midnight(tenant_id, at))
        heard = await self._store.statuses(tenant_id)
        agents = {
            id_: replace(heard.get(id_, agent), display_name=agent.display_name, queue_ids=agent.queue_ids)
            for id_, agent in self._agents.get(tenant_id, {}).items()
        }
        queues = {}
        for id_, queue in self._queues.get(tenant_id, {}).items():
            count, longest = waiting.get(id_, (0, None))
            queues[id_] = replace(
                queue,
                waiting=count,
                longest_since=longest,
                agents=by_status(agents.values(), id_),
                day=day_of(ended.get(id_, ())),
            )
        return FloorNow(at, queues, agents)

    @asynccontextmanager
    async def watch(self, tenant_id: UUID) -> AsyncIterator[AsyncIterator[FloorNow]]:
        """The view as it is, then what changed in it, or that nothing did, every ``LOOK_SECONDS``."""
        watched = self._watched.get(tenant_id)
        if watched is None:
            watched = self._watched[tenant_id] = Watched(self, tenant_id, self._clock)
        watched.watchers += 1
        try:
            yield watched.changes()
        finally:
            watched.watchers -= 1
            if not watched.watchers:
                watched.end()
                self._watched.pop(tenant_id, None)

    def midnight(self, tenant_id: UUID, at: datetime) -> datetime:
        """When the tenant's day began."""
        local = at.astimezone(self._zones.get(tenant_id, UTC))
        return local.replace(hour=0, minute=0, second=0, microsecond=0)

    async def _take(self, event: TenantChanged | QueueChanged | AgentChanged) -> None:
        if isinstance(event, TenantChanged):
            self._zones[event.id] = ZoneInfo(event.time_zone)
        elif event.tenant_id is None:
            return
        elif isinstance(event, QueueChanged):
            queues = self._queues.setdefault(event.tenant_id, {})
            queues.pop(event.id, None)
            if not event.removed:
                queues[event.id] = QueueNow(event.id, event.slug, event.display_name)
        else:
            agents = self._agents.setdefault(event.tenant_id, {})
            agents.pop(event.id, None)
            if not event.removed:
                agents[event.id] = AgentNow(event.id, event.display_name, event.queue_ids)


class Watched:
    """A tenant's view that somebody watches."""

    def __init__(self, floors: LiveFloors, tenant_id: UUID, clock: Clock) -> None:
        self.watchers = 0
        self._floors, self._tenant_id, self._clock = floors, tenant_id, clock
        self._latest: FloorNow | None = None
        self._looked = asyncio.Condition()
        self._task = asyncio.create_task(self._look_forever(), name=f"live view of {tenant_id}")

    def end(self) -> None:
        """Look no more."""
        self._task.cancel()

    async def changes(self) -> AsyncIterator[FloorNow]:
        """The whole view, then what changed since the one before."""
        seen = await self._other_than(None)
        yield seen
        while True:
            latest = await self._other_than(seen)
            yield latest.since(seen)
            seen = latest

    async def _other_than(self, seen: FloorNow | None) -> FloorNow:
        async with self._looked:
            while self._latest is None or self._latest is seen:
                await self._looked.wait()
            return self._latest

    async def _look_forever(self) -> None:
        while True:
            try:
                found = await self._floors.now(self._tenant_id)
            except Exception as error:  # who watches sees the time of the last view stand still
                log.warning("cannot look at the live view", tenant_id=str(self._tenant_id), reason=str(error)[:500])
            else:
                async with self._looked:
                    self._latest = found
                    self._looked.notify_all()
            await self._clock.sleep(LOOK_SECONDS)
