"""Everything the OpenAPI allows, and much that it does not: no 5xx, and no status that is not documented."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from schemathesis import GenerationMode

from shared.bus.memory import MemoryBus
from shared.contracts.routing import FindWayOut, WayOut, WayOutReply
from shared.db.engine import Database
from shared.runtime.clock import SteppedClock
from tests.integration.acd.world import SARA, SUPPORT, Acd, FakeFloor, app_for, directory_events, is_ready
from tests.support.openapi_probe import Operations, Probed, Served, serving
from tests.support.postgres import PROJECT
from tests.support.waiting import eventually
from tests.unit.routing.town import ACME, NOON, id_of

DOCUMENT = app_for(
    MemoryBus(), Database("postgresql://nobody@localhost/none", schema="acd"), SteppedClock()
).http.openapi()
OPERATIONS = Operations(DOCUMENT)


@pytest.fixture(scope="module")
def served(database_templates: Any) -> Iterator[Served]:
    target = database_templates.copy("acd", Path(PROJECT) / "services" / "acd" / "migrations")

    @asynccontextmanager
    async def world() -> AsyncIterator[Probed]:
        database, bus, clock = target.open(), MemoryBus(), SteppedClock(NOON)
        app = app_for(bus, database, clock)
        floor = FakeFloor()
        async with app.running():
            await bus.publish_many(directory_events())
            await floor.serve(bus, ACME.id)
            await bus.serve(FindWayOut, any_mobile_is_called, queue="routing")
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app.http), base_url="http://acd") as client:
                acd = Acd(app, client, bus, database, clock)
                await eventually(lambda: is_ready(app))
                platform = acd.person("platform_admin", tenant=None)
                tokens = {"platform": platform.token, "tenant": acd.admin.token, "tenant agent": acd.sara.token}
                yield Probed(app.http, await possessions(acd, floor), tokens)

    with serving(world) as found:
        yield found
    database_templates.drop(target)


async def any_mobile_is_called(_: FindWayOut) -> WayOutReply:
    return WayOutReply(ways=(WayOut(trunk_id=id_of("carrier"), number="09121234567"),))


async def possessions(acd: Acd, floor: FakeFloor) -> dict[str, str]:
    """One of each thing, by the name of its path parameter."""
    queue, agent = await acd.admin.made("/v1/queues", SUPPORT), await acd.admin.made("/v1/agents", SARA)
    await acd.admin.put(f"/v1/queues/{queue['id']}/agents/{agent['id']}", {})
    floor.queues = [{"queue_id": queue["id"], "slug": "support", "callers": 0, "waiting": []}]
    return {
        "queue_id": queue["id"], "agent_id": agent["id"], "entry_id": str(id_of("caller")), "tenant_id": str(ACME.id)
    }  # fmt: skip


@pytest.mark.parametrize("label", OPERATIONS.labels)
def test_what_is_allowed_is_served_as_documented(served: Served, label: str) -> None:
    OPERATIONS.probe(served, label, GenerationMode.POSITIVE)


@pytest.mark.parametrize("label", OPERATIONS.labels)
def test_what_is_not_allowed_is_refused_as_documented(served: Served, label: str) -> None:
    OPERATIONS.probe(served, label, GenerationMode.NEGATIVE)


def test_every_operation_says_who_may_not_and_what_it_does() -> None:
    assert len(OPERATIONS.labels) >= 22
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            assert {"401", "403"} <= set(operation["responses"]), (method, path)
            assert operation.get("description"), (method, path)
