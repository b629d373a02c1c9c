"""Everything the OpenAPI allows, and much that it does not: no 5xx, and no status that is not documented.

Bounded and repeatable: a few derandomised examples per operation, against the real application, served by uvicorn, on
a real database.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.directory.app import build
from shared.bus.memory import MemoryBus
from shared.runtime.clock import SteppedClock
from tests.integration.directory.test_tenant_wall import possessions
from tests.integration.directory.world import Directory, app_for, settings_for
from tests.support.ports import free_port

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 10
DOCUMENT = build(
    settings_for(Path("unused"), database_url=SecretStr("postgresql://nobody@localhost/none"))
).http.openapi()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {operation.label: operation for found in SCHEMA.get_all_operations() for operation in [found.ok()]}
ORDERED = sorted(OPERATIONS, key=lambda label: (label.startswith("DELETE"), label))
OWNERS = {"tenant_id": "tenants", "extension_id": "extensions", "device_id": "devices", "number_id": "numbers",
          "trunk_id": "trunks", "user_id": "users", "key_id": "api-keys"}  # fmt: skip


def asks(label: str) -> str:
    """``?`` when the operation takes a parameter that can be wrong."""
    method, path = label.split(" ", 1)
    return "?" if DOCUMENT["paths"][path][method.lower()].get("parameters") else ""


@dataclass
class Served:
    """The application on a port, with the ids of what is in it and the tokens of two people."""

    url: str
    ids: dict[str, str]
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def served(database_templates: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    database = database_templates.copy("directory", Path(__file__).parents[3] / "services" / "directory" / "migrations")
    ready: Future[Served] = Future()
    server: list[uvicorn.Server] = []
    thread = threading.Thread(
        target=lambda: asyncio.run(serve(database, tmp_path_factory.mktemp("keys"), ready, server)), daemon=True
    )
    thread.start()
    yield ready.result(60)
    server[0].should_exit = True
    thread.join(30)
    database_templates.drop(database)


async def serve(target: Any, folder: Path, ready: Future[Served], server: list[uvicorn.Server]) -> None:
    import httpx

    try:
        database, bus, clock = target.open(), MemoryBus(), SteppedClock()
        app = app_for(folder, bus=bus, database=database, clock=clock)
        port = free_port()
        config = uvicorn.Config(app.asgi, host="127.0.0.1", port=port, log_config=None, lifespan="off")
        server.append(uvicorn.Server(config))
        async with app.running():
            async with httpx.AsyncClient(transport=httpx.ASGITransport(app.asgi), base_url="http://d") as client:
                world = Directory(app, client, bus, database, clock)
                tenant, admin = await world.tenant("acme")
                ids = {name: thing["id"] for name, thing in (await possessions(admin)).items()}
                tokens = {"platform": world.platform.token, "tenant": admin.token}
                ready.set_result(Served(f"http://127.0.0.1:{port}", {**ids, "tenants": tenant["id"]}, tokens))
            await server[0].serve()
    except BaseException as error:
        if not ready.done():
            ready.set_exception(error)
        raise


def probe(served: Served, label: str, mode: GenerationMode) -> None:
    """Send examples of one operation and check the answers."""
    operation = OPERATIONS[label]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        who=st.sampled_from(["platform", "tenant", "tenant"]),
        real=st.booleans(),
    )
    def send(case: Any, who: str, real: bool) -> None:
        if real:
            for name in set(case.path_parameters or {}) & set(OWNERS):
                case.path_parameters[name] = served.ids[OWNERS[name]]
            if "tenant_id" in (case.query or {}):
                case.query["tenant_id"] = served.ids["tenants"]
        headers = {"Authorization": f"Bearer {served.tokens[who]}"}
        case.call_and_validate(base_url=served.url, headers=headers, checks=CHECKS)

    send()


@pytest.mark.parametrize("label", ORDERED)
def test_what_the_document_allows(served, label):
    probe(served, label, GenerationMode.POSITIVE)


@pytest.mark.parametrize("label", [label for label in ORDERED if OPERATIONS[label].body or "?" in asks(label)])
def test_what_the_document_does_not_allow(served, label):
    probe(served, label, GenerationMode.NEGATIVE)


def test_every_operation_is_probed_and_documents_its_refusals():
    assert len(ORDERED) >= 40
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            if operation.get("security"):
                assert {"401", "403"} <= set(operation["responses"]), (method, path)
            assert operation.get("description"), (method, path)
