"""Everything the OpenAPI allows, and much that it does not: no 5xx, and no status that is not documented."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from schemathesis import GenerationMode

from services.ivr.domain.writes import CallbackRequest, RecordedMessage, SurveyAnswer
from services.ivr.results import Results
from shared.bus.memory import MemoryBus
from shared.db.engine import Database
from shared.db.outbox import Outbox
from shared.runtime.clock import SteppedClock
from tests.integration.ivr.test_flows import published
from tests.integration.ivr.test_prompts import made as made_prompt
from tests.integration.ivr.test_results import CALL
from tests.integration.ivr.world import Ivr, app_for, directory_events, has_directory
from tests.support.nats_server import until
from tests.support.openapi_probe import Operations, Probed, Served, serving
from tests.support.postgres import PROJECT
from tests.unit.routing.town import ACME, NOON

DOCUMENT = app_for(
    MemoryBus(), Database("postgresql://nobody@localhost/none", schema="ivr"), SteppedClock(), Path("media")
).http.openapi()
OPERATIONS = Operations(DOCUMENT)


@pytest.fixture(scope="module")
def served(database_templates: Any) -> Iterator[Served]:
    target = database_templates.copy("ivr", Path(PROJECT) / "services" / "ivr" / "migrations")

    @asynccontextmanager
    async def world() -> AsyncIterator[Probed]:
        database, bus, clock = target.open(), MemoryBus(), SteppedClock(NOON)
        with tempfile.TemporaryDirectory() as folder:
            app = app_for(bus, database, clock, Path(folder))
            async with app.running():
                await bus.publish_many(directory_events())
                transport = httpx.ASGITransport(app.http)
                async with httpx.AsyncClient(transport=transport, base_url="http://ivr") as client:
                    ivr = Ivr(app, client, bus, database, clock)
                    await until(lambda: has_directory(ivr.library))
                    platform = ivr.person("platform_admin", tenant=None)
                    tokens = {"platform": platform.token, "tenant": ivr.admin.token}
                    yield Probed(app.http, await possessions(ivr), tokens)

    with serving(world) as found:
        yield found
    database_templates.drop(target)


async def possessions(ivr: Ivr) -> dict[str, str]:
    """One of each thing, by the name of its path parameter."""
    flow = await published(ivr)
    prompt = await made_prompt(ivr)
    customer = await ivr.admin.made("/v1/customers", {"name": "Sara", "numbers": ["+989121234567"]})
    mailbox = await ivr.admin.made("/v1/mailboxes", {"number": "101", "pin": "274961"})
    media = ivr.app.http.state.here.prompts.recording(ACME.id, "x").parents[1]
    results = Results(ivr.database, Outbox(ivr.database), ivr.clock, media)
    answer = SurveyAnswer("after-call", "why", "comment", None, "comments/x", 1.0, "", "")
    return {
        "flow_id": flow["id"],
        "version": "1",
        "prompt_id": prompt["id"],
        "language": "en",
        "customer_id": customer["id"],
        "mailbox_id": mailbox["id"],
        "survey": "after-call",
        "answer_id": await results.save(ACME.id, CALL, answer),
        "request_id": await results.save(ACME.id, CALL, CallbackRequest("0211", "")),
        "message_id": await results.save(ACME.id, CALL, RecordedMessage("ask", "", "messages/x", 1.0)),
        "tenant_id": str(ACME.id),
    }


@pytest.mark.parametrize("label", OPERATIONS.labels)
def test_what_the_document_allows(served: Served, label: str) -> None:
    OPERATIONS.probe(served, label, GenerationMode.POSITIVE)


@pytest.mark.parametrize("label", OPERATIONS.labels)
def test_what_the_document_does_not_allow(served: Served, label: str) -> None:
    OPERATIONS.probe(served, label, GenerationMode.NEGATIVE)


def test_every_operation_documents_its_refusals() -> None:
    assert len(OPERATIONS.labels) >= 40
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            assert {"401", "403"} <= set(operation["responses"]), (method, path)
            assert operation.get("description"), (method, path)
