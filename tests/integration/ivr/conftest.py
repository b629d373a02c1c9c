from __future__ import annotations

import httpx
import pytest

from shared.bus.memory import MemoryBus
from shared.runtime.clock import SteppedClock
from tests.integration.ivr.world import Ivr, app_for, directory_events, has_directory
from tests.support.nats_server import until
from tests.support.published import everything_is_published
from tests.unit.routing.town import NOON


@pytest.fixture
async def ivr(database_for, open_database, tmp_path):
    database = await open_database(database_for("ivr"))
    bus, clock = MemoryBus(), SteppedClock(NOON)
    app = app_for(bus, database, clock, tmp_path / "media")
    async with app.running():
        await bus.publish_many(directory_events())
        transport = httpx.ASGITransport(app.http, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://ivr") as client:
            world = Ivr(app, client, bus, database, clock)
            await until(lambda: has_directory(world.library))
            await everything_is_published(database)
            yield world
