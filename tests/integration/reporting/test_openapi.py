"""Whatever is asked of reporting, documented or not: no 5xx and no undocumented status."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from shared.bus.memory import MemoryBus
from shared.contracts.records import StoreCallRecords
from shared.db.engine import Database
from shared.runtime.clock import SteppedClock
from tests.support.openapi_probe import GenerationMode, Operations, Probed, Served, serving
from tests.support.postgres import PROJECT, Templates
from tests.support.reporting import TENANT, app_for, leg, token

NOWHERE = Database("postgresql://nobody@localhost/none", schema="reporting")
OPERATIONS = Operations(app_for(MemoryBus(), NOWHERE, SteppedClock()).http.openapi())
STREAMS = ("/v1/events", "/v1/live/changes")
"""These end when the reader goes."""
FINITE = [label for label in OPERATIONS.labels if not label.endswith(STREAMS)]


@pytest.fixture(scope="module")
def served(database_templates: Templates) -> Iterator[Served]:
    target = database_templates.copy("reporting", PROJECT / "services" / "reporting" / "migrations")

    @asynccontextmanager
    async def world() -> AsyncIterator[Probed]:
        bus = MemoryBus()
        app = app_for(bus, target.open(), SteppedClock())
        async with app.running():
            await bus.request(StoreCallRecords(node_id="n1", records=(leg("a"), leg("b", "a"))), timeout=10)
            people = {"manager": token("manager"), "platform": token("platform_admin", tenant=None)}
            tokens = {name: header["Authorization"].removeprefix("Bearer ") for name, header in people.items()}
            yield Probed(app.http, {"call_id": "a", "tenant_id": str(TENANT)}, tokens)

    with serving(world) as running:
        yield running
    database_templates.drop(target)


@pytest.mark.parametrize("label", FINITE)
def test_what_the_document_allows(served: Served, label: str) -> None:
    OPERATIONS.probe(served, label, GenerationMode.POSITIVE)


@pytest.mark.parametrize("label", FINITE)
def test_what_the_document_does_not_allow(served: Served, label: str) -> None:
    OPERATIONS.probe(served, label, GenerationMode.NEGATIVE)


def test_every_operation_is_probed() -> None:
    assert len(FINITE) == len(OPERATIONS.labels) - len(STREAMS) >= 3
