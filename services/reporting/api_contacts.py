"""REST of reporting: what became of queues' contacts."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from services.reporting.errors import InvalidPeriod
from services.reporting.live import LiveFloors
from services.reporting.schemas import QueueContacts, QueueContactsReport
from services.reporting.store_contacts import ContactStore
from shared.http.auth import Principal, TenantQuery, require, tenant_of
from shared.http.errors import NotFound, problems
from shared.runtime.clock import Clock

SCOPE = "queue-contacts:read"
Reader = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", "quality", scope=SCOPE))]


def router(contacts: ContactStore, floors: LiveFloors, clock: Clock) -> APIRouter:
    """The routes; ``floors`` knows when a tenant's day begins."""
    routes = APIRouter(prefix="/v1", tags=["queues"])

    @routes.get("/queue-contacts", responses=problems(NotFound, InvalidPeriod))
    async def count_queue_contacts(
        *,
        principal: Reader,
        since: Annotated[
            AwareDatetime | None, Query(description="ended at or after; none: today (the tenant's)")
        ] = None,
        until: Annotated[AwareDatetime | None, Query(description="ended before; none: now")] = None,
        queue_id: Annotated[UUID | None, Query(description="only of this queue")] = None,
        agent_id: Annotated[UUID | None, Query(description="only of this agent")] = None,
        tenant_id: TenantQuery = None,
    ) -> QueueContactsReport:
        """What became of each queue's contacts: talk and hold, consults, transfers by kind and place, put back."""
        tenant, now = tenant_of(principal, tenant_id), clock.now()
        since, until = since or floors.midnight(tenant, now), until or now
        if until < since:
            raise InvalidPeriod(field="until")
        found = await contacts.by_queue(tenant, since, until, queue_id=queue_id, agent_id=agent_id)
        items = [QueueContacts.model_validate(one) for one in found]
        return QueueContactsReport(since=since, until=until, items=items)

    return routes
