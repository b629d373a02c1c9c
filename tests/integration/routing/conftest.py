from __future__ import annotations

import httpx
import pytest

from shared.bus.memory import MemoryBus
from shared.runtime.clock import SteppedClock
from tests.integration.routing.switchboard import board, switch_building  # noqa: F401 -- fixtures
from tests.integration.routing.world import Routing, app_for, directory_events, node_event
from tests.support.nats_server import until
from tests.unit.routing.town import NOON, RIVAL


@pytest.fixture
async def routing(database_for, open_database):
    database = await open_database(database_for("routing"))
    bus, clock = MemoryBus(), SteppedClock(NOON)
    app = app_for(bus, database, clock)
    async with app.running():
        await bus.publish_many([*directory_events(), node_event()])
        transport = httpx.ASGITransport(app.asgi, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://routing") as client:
            world = Routing(app, client, bus, database, clock)
            replica = app.http.state.here.replica
            await until(lambda: replica.is_ready and replica.nodes and RIVAL.id in replica.config.tenants)
            yield world
