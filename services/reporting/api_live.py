"""REST of reporting: queues and agents as they are now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from services.reporting.domain.live import AgentNow, FloorNow, QueueNow
from services.reporting.event_stream import EventStreams, TooManyFollowers
from services.reporting.live import LiveFloors
from services.reporting.schemas import LiveAgent, LiveFloor, LiveQueue
from shared.http.auth import Principal, TenantQuery, require, tenant_of
from shared.http.errors import NotFound, problems

Watcher = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="live:read"))]


def router(floors: LiveFloors, streams: EventStreams) -> APIRouter:
    """The routes. Those who watch count as followers of ``streams``."""
    routes = APIRouter(prefix="/v1", tags=["live view"])

    @routes.get("/live", responses=problems(NotFound))
    async def get_live_view(principal: Watcher, tenant_id: TenantQuery = None) -> LiveFloor:
        """Queues and agents now, and each queue's day so far; at most a second old."""
        return shown(await floors.now(tenant_of(principal, tenant_id)))

    @routes.get(
        "/live/changes",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}, **problems(NotFound, TooManyFollowers)},
    )
    async def follow_live_view(principal: Watcher, tenant_id: TenantQuery = None) -> StreamingResponse:
        """The live view (server-sent events): whole at first, then what changed. One is sent at least every second, if
        only with its moment: a view whose moment stands still is out of date."""
        tenant = tenant_of(principal, tenant_id)
        streams.admit()
        return StreamingResponse(lines(floors, streams, tenant), media_type="text/event-stream")

    return routes


async def lines(floors: LiveFloors, streams: EventStreams, tenant_id: UUID) -> AsyncIterator[str]:
    """The stream of an admitted watcher."""
    try:
        async with floors.watch(tenant_id) as changes:
            async for floor in changes:
                yield f"data: {orjson.dumps(shown(floor).model_dump(mode='json')).decode()}\n\n"
    finally:
        streams.release()


def shown(floor: FloorNow) -> LiveFloor:
    """A view as the API tells it."""
    queues = [_queue(queue) for queue in floor.queues.values()]
    return LiveFloor(at=floor.at, queues=queues, agents=[_agent(agent) for agent in floor.agents.values()])


def _queue(queue: QueueNow) -> LiveQueue:
    day = queue.day
    today: dict[str, Any] = {
        name: getattr(day, name)
        for name in ("offered", "answered", "answered_in_time", "abandoned", "short_abandoned", "service_level")
    }
    return LiveQueue(
        queue_id=queue.id,
        slug=queue.slug,
        display_name=queue.display_name,
        waiting=queue.waiting,
        longest_since=queue.longest_since,
        agents=dict(queue.agents),
        abandonment=day.abandonment,
        mean_wait_seconds=day.mean_wait_seconds,
        **today,
    )


def _agent(agent: AgentNow) -> LiveAgent:
    return LiveAgent(
        agent_id=agent.id,
        display_name=agent.display_name,
        queue_ids=list(agent.queue_ids),
        status=agent.status,
        since=agent.since,
        pause_reason=agent.pause_reason,
        queue_id=agent.queue_id,
        entry_id=agent.entry_id,
        on_other_call=agent.on_other_call,
    )
