"""PostgreSQL or NATS go away, and come back."""

from __future__ import annotations

import contextlib

import httpx
import pytest

from shared.bus.nats import NatsBus
from shared.contracts.directory import DeviceChanged, ExtensionChanged, TenantChanged
from shared.db.engine import Database
from shared.db.migrations import upgrade
from shared.runtime.clock import SystemClock
from tests.integration.directory.world import Directory, app_for, follow, problem
from tests.support.nats_server import delete_streams, until
from tests.support.postgres import PROJECT
from tests.support.waiting import eventually

MIGRATIONS = PROJECT / "services" / "directory" / "migrations"


@pytest.fixture
async def world(own_postgres, clean_nats_url, tmp_path):
    roles = own_postgres.provision("directory")
    upgrade(
        own_postgres.url(roles.owner), "directory", roles.service, PROJECT / "services" / "directory" / "migrations"
    )
    database = Database(own_postgres.url(roles.service), schema="directory", pool_timeout_seconds=2)
    bus = NatsBus(clean_nats_url, "directory")
    app = app_for(tmp_path, bus=bus, database=database, clock=SystemClock())
    async with app.running():
        transport = httpx.ASGITransport(app.asgi, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://directory", timeout=30) as client:
            yield Directory(app, client, bus, database, SystemClock())


async def test_phones_are_found_while_the_database_is_away(world, own_postgres):
    _, admin = await world.tenant("acme")
    await world.phone(admin)
    own_postgres.kill()
    assert await world.look_up("101", "acme.example") is not None
    problem(await admin.get("/v1/extensions"), 503, "database_unavailable")
    body = {"number": "102", "display_name": "B"}
    problem(await admin.post("/v1/extensions", body, headers={"Idempotency-Key": "k"}), 503, "database_unavailable")
    problem(
        await world.client.post("/v1/tokens", json={"email": "a@b.example", "password": "x"}),
        503,
        "database_unavailable",
    )
    ready = await world.client.get("/readyz")
    assert ready.status_code == 503
    assert ready.json()["checks"]["database"] != "ok"
    own_postgres.start()

    async def works() -> bool:
        return (await admin.get("/v1/extensions")).status_code == 200

    await eventually(works, timeout=20)
    made = await admin.post("/v1/extensions", body, headers={"Idempotency-Key": "k"})
    assert made.status_code == 201


async def test_a_stream_that_was_lost_is_filled_again(world, clean_nats_url):
    _, admin = await world.tenant("acme")
    extension, device = await world.phone(admin)
    republisher = world.app.http.state.services.republisher
    await republisher.publish_if_new()
    assert await republisher.publish_if_new() == 0
    await delete_streams(clean_nats_url)
    with contextlib.suppress(TimeoutError):
        await republisher.publish_if_new()
    await follow(world)
    await until(lambda: len(world.events) >= 3, timeout=20)
    assert world.told(ExtensionChanged, extension["id"])[-1].devices[0].sip_username == "101"
    assert world.told(DeviceChanged, device["id"])
    assert any(isinstance(event, TenantChanged) for event in world.events)


async def test_changes_made_while_nats_is_away_are_told_when_it_returns(own_postgres, nats_server, tmp_path):
    roles = own_postgres.provision("directory")
    upgrade(
        own_postgres.url(roles.owner), "directory", roles.service, PROJECT / "services" / "directory" / "migrations"
    )
    database = Database(own_postgres.url(roles.service), schema="directory")
    app = app_for(tmp_path, bus=NatsBus(nats_server.url, "directory"), database=database, clock=SystemClock())
    async with app.running():
        transport = httpx.ASGITransport(app.asgi, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://directory", timeout=30) as client:
            world = Directory(app, client, NatsBus(nats_server.url, "watcher"), database, SystemClock())
            nats_server.kill()
            _, admin = await world.tenant("acme")
            extension, _ = await world.phone(admin)
            assert await world.look_up("101", "acme.example") is not None
            nats_server.start()
            await world.bus.start()
            await follow(world)
            await until(lambda: len(world.told(ExtensionChanged, extension["id"])) >= 1, timeout=30)
            await world.bus.stop()
