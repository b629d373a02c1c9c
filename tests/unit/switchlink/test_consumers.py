"""What the switch is told when the directory changes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.switchlink import consumers
from services.switchlink.consumers import Consumers
from services.switchlink.domain.legs import LegTable
from services.switchlink.lamps import Lamps
from services.switchlink.locations import Locations
from shared.bus.memory import MemoryBus
from shared.contracts.directory import DeviceChanged, DeviceSummary, ExtensionChanged, TenantChanged, TrunkChanged
from shared.esl.commands import ApiCommand
from tests.support.waiting import eventually

TENANT, EXTENSION, DEVICE = UUID(int=1), UUID(int=2), UUID(int=3)
DOMAIN = "acme.example"
TENANT_STATE = {"slug": "acme", "display_name": "Acme", "domain": DOMAIN, "country": "IR", "time_zone": "UTC"}


class Told(list[Any]):
    """Takes every message down."""

    put = list.extend


@dataclass
class Node:
    """Takes every command down."""

    node_id: str = "n1"
    tenant_of_domain: dict[str, UUID] = field(default_factory=dict)
    registrations: dict[str, datetime] = field(default_factory=dict)
    table: LegTable | None = None
    on_registered: list[Any] = field(default_factory=list)
    on_unregistered: list[Any] = field(default_factory=list)
    on_connected: list[Any] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    published: Told = field(default_factory=Told)

    async def api(self, command: ApiCommand) -> str:
        self.told.append(command.text())
        return "+OK"


@dataclass
class Executor:
    async def handle(self, command: object) -> None: ...


def consumers_of(bus: MemoryBus, node: Node) -> Consumers:
    return Consumers(bus, node, Executor(), Lamps(node), Locations(node, node.published))  # type: ignore[arg-type]


def tenant(revision: int = 1, **values: object) -> TenantChanged:
    return TenantChanged(id=TENANT, tenant_id=TENANT, revision=revision, **{**TENANT_STATE, **values})


def extension(revision: int = 1, **values: object) -> ExtensionChanged:
    state = {"number": "101", "display_name": "Sara", "call_class": "national"}
    devices = (DeviceSummary(id=DEVICE, sip_username="101"), DeviceSummary(id=uuid4(), sip_username="101-2"))
    about = {"id": EXTENSION, "tenant_id": TENANT, "revision": revision, "devices": devices}
    return ExtensionChanged(**{**state, **about, **values})


def device(revision: int = 1, **values: object) -> DeviceChanged:
    about = {"id": DEVICE, "tenant_id": TENANT, "revision": revision, "extension_id": EXTENSION}
    return DeviceChanged(**{**about, "domain": DOMAIN, "sip_username": "101", **values})


def trunk(revision: int = 1, **values: object) -> TrunkChanged:
    about = {"id": UUID(int=9), "tenant_id": TENANT, "revision": revision}
    return TrunkChanged(**{**about, "display_name": "T", "kind": "ip", "proxy": "192.0.2.1", **values})


@pytest.fixture
async def bus():
    bus = MemoryBus()
    await bus.start()
    await bus.ensure_streams()
    yield bus
    await bus.stop()


@pytest.fixture
async def started(bus):
    """Starts the consumers and gives the node, once it heard that everything is known."""
    running: list[Consumers] = []

    async def start() -> Node:
        node = Node()
        consumer = consumers_of(bus, node)
        await consumer.start()
        running.append(consumer)
        await tells(node, "xml_flush_cache")
        return node

    yield start
    for consumer in running:
        await consumer.stop()


async def tells(node: Node, *wanted: str) -> None:
    """Wait until the switch was told that, in this order and nothing else; then begin anew."""

    async def look() -> list[str]:
        return node.told

    await eventually(look, lambda told: len(told) >= len(wanted), timeout=5)
    assert node.told == list(wanted)
    node.told.clear()


async def test_what_stood_in_the_stream_costs_one_command_not_one_for_each_device(bus, started):
    await bus.publish_many([tenant(), extension(), *(device(id=uuid4()) for _ in range(50))])

    node = await started()

    assert node.tenant_of_domain == {DOMAIN: TENANT}


async def test_a_phone_that_registers_before_its_tenant_is_heard_of_is_told_of_to_other_nodes_then(bus, started):
    node = await started()
    node.table = LegTable("n1", "c1")
    node.registrations[f"101@{DOMAIN}"] = datetime(2026, 3, 14, 11, tzinfo=UTC)

    await bus.publish(tenant())

    await tells(node, "xml_flush_cache")
    assert [(event.sip_username, event.tenant_id, event.node_id) for event in node.published] == [("101", TENANT, "n1")]
    await bus.publish(tenant(2, display_name="Acme Ltd"))
    await tells(node, "xml_flush_cache")
    assert len(node.published) == 1, "it is no news"


async def test_changed_device_is_forgotten_and_a_disabled_one_unregistered(bus, started):
    node = await started()

    await bus.publish(device(2))
    await tells(node, f"xml_flush_cache id 101 {DOMAIN}")
    await bus.publish(device(3, enabled=False))
    await tells(node, f"xml_flush_cache id 101 {DOMAIN}", f"sofia profile phones flush_inbound_reg 101@{DOMAIN}")


async def test_renamed_device_loses_the_registration_of_its_old_name(bus, started):
    node = await started()

    await bus.publish(device(2, sip_username="105", previous_sip_username="101"))

    await tells(
        node,
        f"xml_flush_cache id 105 {DOMAIN}",
        f"xml_flush_cache id 101 {DOMAIN}",
        f"sofia profile phones flush_inbound_reg 101@{DOMAIN}",
    )


async def test_change_of_an_extension_is_one_of_its_devices(bus, started):
    await bus.publish(tenant())
    node = await started()

    await bus.publish(extension(2, number="109"))
    await tells(node, f"xml_flush_cache id 101 {DOMAIN}", f"xml_flush_cache id 101-2 {DOMAIN}")
    await bus.publish(extension(3, enabled=False))
    await tells(
        node,
        f"xml_flush_cache id 101 {DOMAIN}",
        f"sofia profile phones flush_inbound_reg 101@{DOMAIN}",
        f"xml_flush_cache id 101-2 {DOMAIN}",
        f"sofia profile phones flush_inbound_reg 101-2@{DOMAIN}",
    )


async def test_device_removed_while_nobody_listened_loses_its_registration(bus, started):
    await bus.publish(device(2, removed=True))
    node = Node()
    consumer = consumers_of(bus, node)
    await consumer.start()

    await tells(node, f"sofia profile phones flush_inbound_reg 101@{DOMAIN}", "xml_flush_cache")
    await consumer.stop()


async def test_disabled_tenant_is_forgotten(bus, started):
    await bus.publish(tenant())
    node = await started()

    await bus.publish(tenant(2, enabled=False))

    await tells(node, "xml_flush_cache")


async def test_trunk_changed_while_the_switch_reads_trunks_is_read_again(bus, started, monkeypatch):
    monkeypatch.setattr(consumers, "TRUNK_SETTLE_SECONDS", 0)
    node = await started()
    reading, go_on = asyncio.Event(), asyncio.Event()
    tell = node.api

    async def slow(command: ApiCommand) -> str:
        if "rescan" in command.text() and not reading.is_set():
            reading.set()
            await go_on.wait()
        return await tell(command)

    node.api = slow  # type: ignore[method-assign]
    await bus.publish(trunk(1))
    await reading.wait()
    await bus.publish(trunk(2))
    await tells(node, f"sofia profile trunks killgw {UUID(int=9)}")
    go_on.set()

    await tells(node, "sofia profile trunks rescan", "sofia profile trunks rescan")
