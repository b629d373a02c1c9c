"""What the other nodes are told of the devices registered here, and legs that end with another node."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.switchlink.domain.devices import registrations_of
from services.switchlink.domain.legs import LegTable
from services.switchlink.locations import LONGEST_SECONDS, Locations
from services.switchlink.other_nodes import OtherNodes
from shared.contracts.nodes import DeviceLocated, DeviceRegistered, DeviceUnregistered, NodeReported
from shared.esl import DownReason, SwitchDisconnected
from shared.esl.commands import ApiCommand

ACME = UUID(int=1)
NOW = datetime(2026, 3, 14, 10, tzinfo=UTC)
DOMAIN = "acme.example"


@dataclass
class Node:
    """A switch."""

    node_id: str = "one"
    table: LegTable | None = field(default_factory=lambda: LegTable("one", "c1"))
    tenant_of_domain: dict[str, UUID] = field(default_factory=lambda: {DOMAIN: ACME})
    registrations: dict[str, datetime] = field(default_factory=dict)
    on_registered: list[Any] = field(default_factory=list)
    on_unregistered: list[Any] = field(default_factory=list)
    on_connected: list[Any] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    away: bool = False

    async def api(self, command: ApiCommand) -> str:
        if self.away:
            raise SwitchDisconnected(DownReason.FAILED, "away")
        self.told.append(command.text())
        return "+OK"

    def registers(self, user: str, at: datetime = NOW, *, domain: str = DOMAIN) -> None:
        self.registrations[f"{user}@{domain}"] = at + timedelta(seconds=3600)
        about = {"tenant_id": self.tenant_of_domain.get(domain), "occurred_at": at, "domain": domain}
        for told in self.on_registered:
            told(DeviceRegistered(node_id=self.node_id, sip_username=user, expires_seconds=3600, **about))

    def unregisters(self, user: str) -> None:
        del self.registrations[f"{user}@{DOMAIN}"]
        for told in self.on_unregistered:
            told(DeviceUnregistered(node_id=self.node_id, sip_username=user, domain=DOMAIN, tenant_id=ACME))


class Published(list[DeviceLocated]):
    """Everything that was told."""

    put = list.extend

    def taken(self) -> list[tuple[str, bool]]:
        found = [(event.sip_username, not event.removed) for event in self]
        self.clear()
        return found


@pytest.fixture
def node() -> Node:
    return Node()


def started(node: Node) -> tuple[Locations, Published]:
    published = Published()
    made = Locations(node, published)  # type: ignore[arg-type]
    made.caught_up()
    return made, published


def connected(node: Node) -> None:
    for told in node.on_connected:
        told()


def test_each_registration_and_each_end_is_told(node: Node):
    _, published = started(node)
    node.registers("sara")
    assert (published[0].registered_at, published[0].core_id, published[0].tenant_id) == (NOW, "c1", ACME)
    node.registers("sara", NOW + timedelta(seconds=60))
    assert published[1].registered_at == NOW + timedelta(seconds=60)
    assert published[1].revision > published[0].revision
    node.unregisters("sara")
    assert published.taken() == [("sara", True), ("sara", True), ("sara", False)]


def test_an_end_of_what_was_never_told_is_no_news(node: Node):
    _, published = started(node)
    node.registrations["sara@acme.example"] = NOW
    node.unregisters("sara")
    assert published == []


def test_a_device_of_nobodys_domain_is_told_once_it_is_known_whose_it_is(node: Node):
    locations, published = started(node)
    node.registers("lee", domain="new.example")
    assert published == []
    node.tenant_of_domain["new.example"] = ACME
    locations.tell_all()
    assert published.taken() == [("lee", True)]


def test_what_the_switch_has_is_told_when_it_is_there_and_what_it_lost_is_taken_back(node: Node):
    _, published = started(node)
    node.registers("sara")
    node.registers("lee")
    published.clear()
    connected(node)
    assert published == [], "all of it was told"
    del node.registrations["lee@acme.example"]
    node.registrations["mina@acme.example"] = NOW
    connected(node)
    assert published.taken() == [("lee", False), ("mina", True)]


def test_in_a_new_life_of_the_switch_all_is_told_anew(node: Node):
    _, published = started(node)
    node.registers("sara")
    node.table = LegTable("one", "c2")
    published.clear()
    connected(node)
    assert [event.core_id for event in published] == ["c2"]


async def test_a_process_that_begins_knows_what_the_one_before_it_told(node: Node):
    _, before = started(node)
    for user in ("sara", "lee"):
        node.registers(user)
    locations = Locations(node, after := Published())  # type: ignore[arg-type]
    for event in before:
        await locations.told(event)
    await locations.told(before[0].model_copy(update={"node_id": "two"}))
    del node.registrations["lee@acme.example"]
    connected(node)
    assert after == [], "what was told before is not known yet"
    locations.caught_up()
    assert after.taken() == [("lee", False)]


def test_a_registration_whose_beginning_nobody_saw_is_as_old_as_it_can_be(node: Node):
    _, published = started(node)
    node.registrations["sara@acme.example"] = NOW
    connected(node)
    assert published[0].registered_at == NOW - timedelta(seconds=LONGEST_SECONDS)


def test_before_the_switch_was_reached_nothing_is_told(node: Node):
    node.table = None
    node.registrations["sara@acme.example"] = NOW
    _, published = started(node)
    assert published == []


def test_rows_of_the_switch_are_read():
    rows = [{"reg_user": "sara", "realm": DOMAIN, "expires": "1773482400"}, {"reg_user": "lee", "realm": "b.example"}]
    assert registrations_of(rows) == {
        "sara@acme.example": NOW,
        "lee@b.example": datetime(1970, 1, 1, tzinfo=UTC),
    }


def leg(node: Node, number: int, peer: str = "") -> str:
    leg_id = str(UUID(int=number))
    assert node.table is not None
    headers = {"Event-Name": "CHANNEL_CREATE", "Unique-ID": leg_id, "variable_seda_tenant_id": str(ACME)}
    node.table.apply(headers | ({"variable_seda_hop_peer": peer} if peer else {}))
    return leg_id


def report(core_id: str, **more: Any) -> NodeReported:
    return NodeReported(revision=1, **{"node_id": "two", "core_id": core_id, "state": "up", **more})


async def test_legs_end_with_the_life_of_the_switch_they_were_connected_to(node: Node):
    others = OtherNodes(node)  # type: ignore[arg-type]
    old, new = leg(node, 1, "two/c1"), leg(node, 2, "two/c2")
    for number, peer in ((3, ""), (4, "three/c1"), (5, "two2/c1")):
        leg(node, number, peer)
    await others.reported(report("c1", node_id="one", lost=True))
    await others.reported(report("c2", state="down"))
    assert node.told == [f"uuid_kill {old} NETWORK_OUT_OF_ORDER"]
    await others.reported(report("c2", state="down", lost=True))
    assert node.told[1:] == [f"uuid_kill {one} NETWORK_OUT_OF_ORDER" for one in (old, new)]


async def test_a_switch_that_cannot_be_told_is_told_at_the_next_report(node: Node):
    others = OtherNodes(node)  # type: ignore[arg-type]
    leg_id = leg(node, 1, "two/c1")
    node.away = True
    await others.reported(report("c2"))
    node.away = False
    await others.reported(report("c2"))
    assert node.told == [f"uuid_kill {leg_id} NETWORK_OUT_OF_ORDER"]
