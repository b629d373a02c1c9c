"""switchlink beside a switch, simulated and real, with the bus in memory."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import pytest_asyncio

from services.switchlink.app import build
from services.switchlink.settings import SwitchlinkSettings
from shared.bus.memory import MemoryBus
from shared.contracts.catalogue import CALLS, EVENTS
from shared.contracts.message import Delivery, Event
from shared.contracts.records import LegRecord, RejectedRecord, StoreCallRecords, StoreCallRecordsReply
from shared.runtime.app import App
from shared.runtime.metrics import Metrics
from tests.contract.switch.bench import SwitchUnderTest
from tests.contract.switch.conftest import freeswitch, services, simulator, switch  # noqa: F401 -- fixtures
from tests.support.esl_probe import EslProbe
from tests.support.fake_xml_curl import TENANT_ID
from tests.support.waiting import eventually

TENANT = UUID(TENANT_ID)


@dataclass
class Link:
    """A running switchlink, what it published and what it shipped."""

    app: App
    bus: MemoryBus
    switch: SwitchUnderTest
    heard: list[Event] = field(default_factory=list)
    stored: dict[str, LegRecord] = field(default_factory=dict)
    refuse: set[str] = field(default_factory=set)
    storing: bool = True

    async def store(self, command: StoreCallRecords) -> StoreCallRecordsReply:
        if not self.storing:
            return StoreCallRecordsReply(ok=False, code="database_unavailable", detail="away")
        taken = [record for record in command.records if record.leg_id not in self.refuse]
        self.stored |= {record.leg_id: record for record in taken}
        rejected = tuple(
            RejectedRecord(leg_id=record.leg_id, reason="refused by the test")
            for record in command.records
            if record.leg_id in self.refuse
        )
        return StoreCallRecordsReply(stored=tuple(record.leg_id for record in taken), rejected=rejected)

    def told(self, name: str, **wanted: object) -> list[Event]:
        """Messages heard so far by name and fields."""
        return [
            event
            for event in self.heard
            if event.name == name and all(getattr(event, key) == value for key, value in wanted.items())
        ]

    async def hears(self, name: str, **wanted: object) -> Event:
        """The first such message, waited for."""

        async def look() -> list[Event]:
            return self.told(name, **wanted)

        return (await eventually(look))[0]


@asynccontextmanager
async def beside(switch: SwitchUnderTest, tmp_path: Path) -> AsyncIterator[Link]:  # noqa: F811
    """A switchlink that begins to look after a switch."""
    bus = MemoryBus()
    settings = SwitchlinkSettings(
        node_id="n1",
        event_socket_host=switch.host,
        event_socket_port=switch.port,
        event_socket_password=switch.password,
        spool_dir=switch.spool,
        recordings_dir=tmp_path / "recordings",
        report_seconds=0.5,
        lost_after_seconds=1,
    )
    app = build(settings, bus=bus, metrics=Metrics(f"s{uuid4().hex[:6]}"))
    running = Link(app, bus, switch)

    async def hear(event: Event) -> None:
        running.heard.append(event)

    async with app.running():
        streamed = [event for event in EVENTS if event.delivery is Delivery.STREAM]
        await bus.ensure_streams()
        await bus.consume("test", CALLS, streamed, hear)
        await bus.serve(StoreCallRecords, running.store, queue="reporting")
        await running.hears("node.reconciled")
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def link(switch: SwitchUnderTest, tmp_path: Path) -> AsyncIterator[Link]:  # noqa: F811
    """A switchlink beside the switch under test."""
    switch.services.dial = None
    for left in switch.spool.glob("*.json"):
        left.unlink()
    async with beside(switch, tmp_path) as running:
        yield running
    probe = await EslProbe.connect(switch.host, switch.port, switch.password)
    await probe.api("hupall")
    await eventually(lambda: probe.api("show channels as json"), lambda answer: json.loads(answer)["row_count"] == 0)
    await probe.close()
    await switch.driver.close()
