"""How agents' phones are called."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from services.acd.floor import Floor
from services.acd.floor_changes import CallAgent
from services.acd.nodes import Nodes
from services.acd.reaching import BARRED, UNKNOWN, Caller, NotCallable, Origin, Reaching, Way
from services.acd.ways_out import WaysOut
from shared.bus.memory import MemoryBus
from shared.contracts.directory import ExtensionChanged, TenantChanged
from shared.contracts.nodes import DeviceLocated, NodeReported
from shared.contracts.routing import FindWayOut, WayOut, WayOutReply
from shared.runtime.clock import SteppedClock
from shared.telephony.destinations import Destination
from tests.support.waiting import eventually
from tests.unit.acd.call_centre import TENANT, CallCentre, agent, queue

MOBILE = Destination.parse("external:+989121234567")
CARRIER, SECOND = UUID(int=1), UUID(int=2)
ORIGIN = Origin(TENANT, "node-1", str(UUID(int=3)))


class World:
    """Routing answers with what a test wants."""

    def __init__(self, bus: MemoryBus) -> None:
        self.clock = SteppedClock(datetime(2026, 3, 14, 8, tzinfo=UTC))
        self.reaching = Reaching(Nodes(bus), WaysOut(bus), self.clock, switch_secret="s" * 40)
        ways = tuple(
            WayOut(trunk_id=one, number="09121234567", shown_number="+982112345678") for one in (CARRIER, SECOND)
        )
        self.reply = WayOutReply(ways=ways, number_class="national", language="fa")

    async def answer(self, _: FindWayOut) -> WayOutReply:
        return self.reply

    async def way(self) -> Way:
        return await self.reaching.way(ORIGIN, MOBILE, Caller("+982188776655"), 20, {"seda_agent_leg": True})


@pytest.fixture
async def bus() -> AsyncIterator[MemoryBus]:
    made = MemoryBus()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def world(bus: MemoryBus) -> World:
    made = World(bus)
    await bus.serve(FindWayOut, made.answer, queue="routing")
    return made


async def test_a_mobile_rings_as_long_as_a_phone_and_then_has_time_to_press_1(world: World) -> None:
    way = await world.way()
    text = str(way.dial_string)
    assert f"leg_timeout=20]sofia/gateway/{CARRIER}/09121234567|" in text
    assert "group_confirm_key=1" in text
    assert "group_confirm_file=fa/ivr-accept-call.wav" in text
    assert (way.seconds, way.caller_number) == (30, "+982112345678"), "only numbers of the tenant are shown outside"


async def test_a_trunk_that_failed_comes_last_for_a_while(world: World) -> None:
    assert not world.reaching.failed(await world.way(), "USER_BUSY")
    assert world.reaching.failed(await world.way(), "NORMAL_TEMPORARY_FAILURE")
    assert (await world.way()).trunks == (SECOND, CARRIER)
    await world.clock.advance(61)
    assert (await world.way()).trunks == (CARRIER, SECOND)


@pytest.mark.parametrize(
    ("code", "cause"),
    [("outbound_rule", BARRED), ("class_of_service", BARRED), ("no_trunk", UNKNOWN), ("not_ready", UNKNOWN)],
)
async def test_a_number_that_is_barred_is_the_agents_matter_and_a_missing_trunk_is_not(
    world: World, code: str, cause: str
) -> None:
    world.reply = WayOutReply(ok=False, code=code)
    with pytest.raises(NotCallable) as refused:
        await world.way()
    assert refused.value.cause == cause


async def test_without_routing_it_is_not_known(bus: MemoryBus) -> None:
    with pytest.raises(NotCallable) as refused:
        await World(bus).way()
    assert refused.value.cause == UNKNOWN


DESK = Destination.parse("extension:101")
STATE: dict[str, Any] = {"tenant_id": TENANT, "revision": 1}


async def two_nodes(bus: MemoryBus, registered_on: str, state: str = "up") -> tuple[Nodes, Reaching]:
    """Maryam's desk phone is registered on one of the nodes."""
    await bus.ensure_streams()
    devices = [{"id": UUID(int=5), "sip_username": "maryam", "enabled": True}]
    about = {"slug": "acme", "display_name": "Acme", "country": "IR", "time_zone": "UTC", "domain": "acme.example"}
    extension = {"number": "101", "display_name": "Maryam", "call_class": "internal", "devices": devices}
    where = {"node_id": registered_on, "core_id": "c1", "domain": "acme.example", "sip_username": "maryam"}
    report: dict[str, Any] = {"core_id": "c1", "revision": 1}
    await bus.publish_many(
        [
            NodeReported(node_id="node-1", state="up", sip_address="10.0.0.1:5080", sessions=5, **report),
            NodeReported(node_id="node-2", state=state, sip_address="10.0.0.2:5080", sessions=9, **report),
            TenantChanged(id=TENANT, **STATE, **about),
            ExtensionChanged(id=UUID(int=4), **STATE, **extension),
            DeviceLocated(registered_at=datetime(2026, 3, 14, tzinfo=UTC), **where, **STATE),
        ]
    )
    nodes = Nodes(bus)
    await nodes.start()

    async def ready() -> bool:
        return nodes.is_ready

    await eventually(ready)
    clock = SteppedClock(datetime(2026, 3, 14, 8, tzinfo=UTC))
    return nodes, Reaching(nodes, WaysOut(bus), clock, switch_secret="s" * 40)


async def test_a_phone_on_another_node_is_called_from_the_callers_by_way_of_it(bus: MemoryBus) -> None:
    nodes, reaching = await two_nodes(bus, "node-2")
    text = str((await reaching.way(ORIGIN, DESK, Caller("+982188776655"), 20, {"seda_agent_leg": True})).dial_string)
    assert "]sofia/trunks/maryam@10.0.0.2:5080" in text
    assert "seda_hop_peer=node-2/c1" in text
    assert f"sip_h_X-Seda-Hop=1,1773475260,{TENANT},{ORIGIN.call_id},internal,node-1/c1;" in text
    assert nodes.beside(TENANT, DESK) == "node-2", "where no caller is yet, its own switch calls it"
    assert nodes.beside(TENANT, MOBILE) == "node-1", "the one with fewest calls"
    await nodes.stop()


async def test_a_phone_on_the_callers_node_or_on_none_that_is_up_is_called_there(bus: MemoryBus) -> None:
    nodes, reaching = await two_nodes(bus, "node-1")
    text = str((await reaching.way(ORIGIN, DESK, Caller(), 20, {})).dial_string)
    assert text.endswith("]sofia/phones/maryam%acme.example")
    assert "X-Seda-Hop" not in text
    await bus.publish_many([NodeReported(node_id="node-1", core_id="c2", state="down", revision=2)])

    async def gone() -> bool:
        return nodes.beside(TENANT, DESK) == "node-2"

    await eventually(gone)
    text = str((await reaching.way(ORIGIN, DESK, Caller(), 20, {})).dial_string)
    assert text.endswith("]sofia/phones/maryam%acme.example")
    await nodes.stop()


async def test_a_leg_that_stands_on_another_node_is_called_there_unless_that_is_away(bus: MemoryBus) -> None:
    nodes, reaching = await two_nodes(bus, "node-2")
    stands = str(UUID(int=9))
    way = reaching.way_to_standing(ORIGIN, stands, "node-2", Caller("+982188776655"), {"seda_agent_leg": True})
    assert str(way.dial_string).endswith(f"]sofia/trunks/leg-{stands}@10.0.0.2:5080")
    assert (way.seconds, way.caller_number) == (5, "+982188776655")
    with pytest.raises(NotCallable) as away:
        reaching.way_to_standing(ORIGIN, stands, "node-3", Caller(), {})
    assert away.value.cause == UNKNOWN, "nobody's fault"
    await nodes.stop()


async def test_a_phone_on_a_draining_node_is_called_by_it_but_no_new_call_begins_there(bus: MemoryBus) -> None:
    nodes, reaching = await two_nodes(bus, "node-2", "draining")
    assert nodes.beside(TENANT, DESK) == "node-1"
    assert "@10.0.0.2:5080" in str((await reaching.way(ORIGIN, DESK, Caller(), 20, {})).dial_string)
    await nodes.stop()


def mobile_agent() -> CallCentre:

    made = CallCentre([queue(max_missed=1)], [replace(agent("maryam"), phone=MOBILE)])
    made.works("maryam")
    made.calls("ali")
    return made


@pytest.mark.parametrize("cause", ["NORMAL_TEMPORARY_FAILURE", "GATEWAY_DOWN", "NETWORK_OUT_OF_ORDER"])
def test_an_agent_is_not_blamed_for_a_trunk_that_failed(cause: str) -> None:
    centre = mobile_agent()
    centre.hangs_up(centre.phone("maryam"), cause)
    assert (centre.state("maryam").status, centre.state("maryam").missed) == ("available", 0)
    assert centre.line() == ["ali"]
    centre.passes(3)
    assert centre.called() == ["maryam"], "and is called again"


@pytest.mark.parametrize("cause", ["ALLOTTED_TIMEOUT", "NORMAL_CLEARING", "USER_BUSY", "SUBSCRIBER_ABSENT"])
def test_who_presses_nothing_or_is_away_has_missed_the_caller_who_keeps_the_place(cause: str) -> None:
    centre = mobile_agent()
    centre.misses("maryam", cause)
    assert (centre.state("maryam").status, centre.state("maryam").pause_reason) == ("paused", "missed_calls")
    assert centre.line() == ["ali"]
    assert isinstance(centre.floor, Floor)
    assert len(centre.done(CallAgent)) == 1
