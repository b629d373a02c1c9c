"""One change of a tenant's queues and agents: rows and messages in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified

from services.acd.models import AgentRow, QueueRow
from services.acd.store import TenantStore
from services.acd.store_platform import every, queues_of
from shared.contracts.acd import AgentChanged, QueueChanged
from shared.db.engine import Database
from shared.db.outbox import Outbox
from shared.runtime.clock import Clock

BATCH: Final = 500


@dataclass(slots=True)
class Change:
    """An open change. Say what is told of; it is told as it stands at the end."""

    store: TenantStore
    clock: Clock
    _queues: dict[UUID, tuple[QueueRow, bool]] = field(default_factory=dict)
    _agents: dict[UUID, tuple[AgentRow, bool]] = field(default_factory=dict)

    def tell_queue(self, row: QueueRow, *, removed: bool = False) -> None:
        """Tell everybody of a queue's new state."""
        self._queues[row.id] = (row, removed)

    def tell_agent(self, row: AgentRow, *, removed: bool = False) -> None:
        """Tell everybody of an agent's new state."""
        self._agents[row.id] = (row, removed)

    def serves_otherwise(self, row: AgentRow) -> None:
        """The agent serves other queues than before: a new revision, which is told."""
        row.updated_at = self.clock.now()
        flag_modified(row, "updated_at")  # also where that is the same moment
        self.tell_agent(row)

    async def messages(self) -> list[QueueChanged | AgentChanged]:
        """What is told."""
        served = await self.store.memberships([*self._agents]) if self._agents else {}
        told: list[QueueChanged | AgentChanged] = [_queue_changed(*one) for one in self._queues.values()]
        told += [
            _agent_changed(row, tuple(one.queue_id for one in served[row.id]), removed)
            for row, removed in self._agents.values()
        ]
        return told


class ConfigurationChanges:
    """Opens changes."""

    def __init__(self, database: Database, outbox: Outbox, clock: Clock) -> None:
        self._database = database
        self._outbox = outbox
        self._clock = clock

    @asynccontextmanager
    async def reading(self, tenant_id: UUID) -> AsyncIterator[TenantStore]:
        """Queries of one tenant."""
        async with self._database.tenant(tenant_id) as session:
            yield TenantStore(session, tenant_id)

    @asynccontextmanager
    async def open(self, tenant_id: UUID) -> AsyncIterator[Change]:
        """A change: committed whole at the end and told to everybody, or not at all."""
        async with self.reading(tenant_id) as store:
            change = Change(store, self._clock)
            yield change
            await store.flush()  # what is told has the revision that is kept
            await self._outbox.add(store.session, *await change.messages())


class WholeConfiguration:
    """Tells everybody of every queue and agent that there is."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    async def publish_all(self) -> int:
        """Write the state of each into the outbox; how many messages that were."""
        return await self._publish(QueueRow) + await self._publish(AgentRow)

    async def _publish(self, model: type[QueueRow] | type[AgentRow]) -> int:
        count, after = 0, None
        while True:
            async with self._database.platform() as session:
                rows = await every(session, model, after=after, limit=BATCH)
                served = await queues_of(session, [row.id for row in rows])
                await self._outbox.add(
                    session,
                    *(
                        _queue_changed(row, False)
                        if isinstance(row, QueueRow)
                        else _agent_changed(row, served.get(row.id, ()), False)
                        for row in rows
                    ),
                )
            count += len(rows)
            if len(rows) < BATCH:
                return count
            after = rows[-1].id


def _queue_changed(row: QueueRow, removed: bool) -> QueueChanged:
    return QueueChanged(
        tenant_id=row.tenant_id,
        id=row.id,
        revision=row.revision + removed,
        removed=removed,
        slug=row.slug,
        display_name=row.display_name,
        enabled=row.enabled,
        survey=row.survey_flow or "",
        music=row.music,
    )


def _agent_changed(row: AgentRow, queue_ids: tuple[UUID, ...], removed: bool) -> AgentChanged:
    return AgentChanged(
        tenant_id=row.tenant_id,
        id=row.id,
        revision=row.revision + removed,
        removed=removed,
        display_name=row.display_name,
        phone=row.phone,
        user_id=row.user_id,
        queue_ids=queue_ids,
    )
