"""REST of reporting: events as they happen."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from services.reporting.event_stream import EventStreams, TooManyFollowers
from shared.http.auth import Principal, TenantQuery, require, tenant_of
from shared.http.errors import NotFound, problems

Follower = Annotated[Principal, Depends(require("tenant_admin", "manager", "supervisor", scope="events:read"))]


def router(streams: EventStreams) -> APIRouter:
    """The route, on this process's streams."""
    routes = APIRouter(prefix="/v1", tags=["events"])

    @routes.get(
        "/events",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}}, **problems(NotFound, TooManyFollowers)},
    )
    async def follow_events(
        principal: Follower,
        only: Annotated[str, Query(max_length=64, pattern=r"^[a-z._]*$", description="names that begin so")] = "",
        tenant_id: TenantQuery = None,
    ) -> StreamingResponse:
        """The tenant's events as they happen (server-sent events), from now on; none is kept for who was away."""
        tenant = tenant_of(principal, tenant_id)
        streams.admit()
        return StreamingResponse(streams.lines(tenant, only), media_type="text/event-stream")

    return routes
