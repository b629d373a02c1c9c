"""Everything the OpenAPI allows, and much that it does not: no 5xx, and no status that is not documented.

Bounded and repeatable: a few derandomised examples per operation, against the real application, served by uvicorn, on
a real database. A node on the bus answers every command.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from shared.bus.memory import MemoryBus
from shared.contracts.switch import (
    Drain,
    HangUp,
    Hold,
    ListLegs,
    Originate,
    Record,
    SwitchReply,
    Transfer,
    Undrain,
)
from shared.db.engine import Database
from shared.runtime.clock import SteppedClock
from tests.integration.routing.world import Routing, app_for, directory_events, node_event
from tests.support.nats_server import until
from tests.support.ports import free_port
from tests.support.postgres import PROJECT
from tests.unit.routing.town import ACME, NOON, OTHER_NUMBER, RIVAL, id_of

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 10
DOCUMENT = app_for(
    MemoryBus(), Database("postgresql://nobody@localhost/none", schema="routing"), SteppedClock()
).http.openapi()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {operation.label: operation for found in SCHEMA.get_all_operations() for operation in [found.ok()]}
ORDERED = sorted(OPERATIONS, key=lambda label: (label.startswith("DELETE"), label))


@dataclass
class Served:
    """The application on a port, with the ids of what is in it and the tokens of two people."""

    url: str
    ids: dict[str, str]
    tokens: dict[str, str]


async def obey(_: Any) -> SwitchReply:
    return SwitchReply(node_id="node-1", result="[]")


@pytest.fixture(scope="module")
def served(database_templates: Any) -> Iterator[Served]:
    target = database_templates.copy("routing", Path(PROJECT) / "services" / "routing" / "migrations")
    ready: Future[Served] = Future()
    server: list[uvicorn.Server] = []
    thread = threading.Thread(target=lambda: asyncio.run(serve(target, ready, server)), daemon=True)
    thread.start()
    yield ready.result(60)
    server[0].should_exit = True
    thread.join(30)
    database_templates.drop(target)


async def serve(target: Any, ready: Future[Served], server: list[uvicorn.Server]) -> None:
    try:
        database, bus, clock = target.open(), MemoryBus(), SteppedClock(NOON)
        app = app_for(bus, database, clock)
        port = free_port()
        config = uvicorn.Config(app.asgi, host="127.0.0.1", port=port, log_config=None, lifespan="off")
        server.append(uvicorn.Server(config))
        async with app.running():
            for command in (Originate, HangUp, Hold, Transfer, Record, ListLegs, Drain, Undrain):
                await bus.serve(command, obey)
            await bus.publish_many([*directory_events(), node_event()])
            replica = app.http.state.here.replica
            await until(lambda: replica.is_ready and replica.nodes and RIVAL.id in replica.config.tenants)
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app.asgi), base_url="http://r") as client:
                world = Routing(app, client, bus, database, clock)
                ids = await possessions(world)
                platform = world.person("platform_admin", tenant=None)
                tokens = {"platform": platform.token, "tenant": world.admin.token}
                ready.set_result(Served(f"http://127.0.0.1:{port}", ids, tokens))
            await server[0].serve()
    except BaseException as error:
        if not ready.done():
            ready.set_exception(error)
        raise


async def possessions(world: Routing) -> dict[str, str]:
    """One of each thing, by the name of its path parameter."""
    group = await world.admin.made("/v1/ring-groups", {"slug": "sales", "members": [{"extension": "101"}]})
    route = await world.admin.made("/v1/inbound-routes", {"number_id": str(id_of(OTHER_NUMBER))})
    rule = await world.admin.made("/v1/outbound-rules", {"prefix": "44"})
    return {
        "ring_group_id": group["id"],
        "route_id": route["id"],
        "rule_id": rule["id"],
        "extension_id": str(id_of("acme/101")),
        "call_id": str(id_of("call")),
        "node_id": "node-1",
        "tenant_id": str(ACME.id),
    }


def probe(served: Served, label: str, mode: GenerationMode) -> None:
    """Send examples of one operation and check the answers."""

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=OPERATIONS[label].as_strategy(generation_mode=mode),
        who=st.sampled_from(["platform", "tenant", "tenant"]),
        real=st.booleans(),
    )
    def send(case: Any, who: str, real: bool) -> None:
        if real:
            for place in (case.path_parameters, case.query):
                for name in set(place or {}) & set(served.ids):
                    place[name] = served.ids[name]
        headers = {"Authorization": f"Bearer {served.tokens[who]}"}
        case.call_and_validate(base_url=served.url, headers=headers, checks=CHECKS)

    send()


@pytest.mark.parametrize("label", ORDERED)
def test_what_the_document_allows(served: Served, label: str) -> None:
    probe(served, label, GenerationMode.POSITIVE)


@pytest.mark.parametrize("label", ORDERED)
def test_what_the_document_does_not_allow(served: Served, label: str) -> None:
    probe(served, label, GenerationMode.NEGATIVE)


def test_every_operation_is_probed_and_documents_its_refusals() -> None:
    assert len(ORDERED) >= 25
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            assert {"401", "403"} <= set(operation["responses"]), (method, path)
            assert operation.get("description"), (method, path)
