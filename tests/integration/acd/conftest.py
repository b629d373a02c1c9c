from __future__ import annotations

import httpx
import pytest

from shared.bus.memory import MemoryBus
from shared.runtime.clock import SteppedClock
from tests.integration.acd.world import Acd, FakeFloor, app_for, directory_events, is_ready
from tests.support.published import everything_is_published
from tests.support.waiting import eventually
from tests.unit.routing.town import ACME, NOON


@pytest.fixture
async def acd(database_for, open_database):
    database = await open_database(database_for("acd"))
    bus, clock = MemoryBus(), SteppedClock(NOON)
    app = app_for(bus, database, clock)
    async with app.running():
        await bus.publish_many(directory_events())
        transport = httpx.ASGITransport(app.http, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://acd") as client:
            await eventually(lambda: is_ready(app))
            await everything_is_published(database)
            yield Acd(app, client, bus, database, clock)


@pytest.fixture
async def floor(acd):
    fake = FakeFloor()
    await fake.serve(acd.bus, ACME.id)
    return fake
