from __future__ import annotations

import httpx
import pytest

from shared.bus.memory import MemoryBus
from shared.runtime.clock import SteppedClock
from tests.integration.directory.world import Directory, app_for, follow


@pytest.fixture
async def directory(database_for, open_database, tmp_path):
    database = await open_database(database_for("directory"))
    bus, clock = MemoryBus(), SteppedClock()
    app = app_for(tmp_path, bus=bus, database=database, clock=clock)
    async with app.running():
        transport = httpx.ASGITransport(app.asgi, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://directory") as client:
            world = Directory(app, client, bus, database, clock)
            await follow(world)
            yield world
