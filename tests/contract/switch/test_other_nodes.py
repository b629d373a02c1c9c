"""Calls between two nodes: the other node is the carrier here, which a switch cannot tell apart."""

from __future__ import annotations

import pytest

from tests.contract.switch.bench import Bench
from tests.contract.switch.drivers import DOMAIN
from tests.contract.switch.scenes import Compare, phone
from tests.contract.switch.test_standing import stands
from tests.support.fake_xml_curl import Actions

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROOF = "1,1773482400,tenant,call,internal,one/c1;c2lnbmF0dXJl"
PEER = "two/c2"


async def test_phone_of_another_node(bench: Bench, compare: Compare) -> None:
    def by_node(form: dict[str, str]) -> Actions:
        told = f"^^!seda_extension=102!sip_h_X-Seda-Hop={PROOF}!seda_hop_peer={PEER}"
        return [
            ("export", f"seda_call_id={form['Unique-ID']}"),
            ("export", "seda_direction=internal"),
            ("set", "hangup_after_bridge=true"),
            ("bridge", f"[{told}]sofia/trunks/bob.desk@{bench.driver.carrier_address}"),
        ]

    bench.route(by_node)
    alice, node = await phone(bench, "101"), await bench.driver.carrier()
    call = await alice.dial("102")
    far = await node.incoming()
    bench.note("X-Seda-Hop", await far.header("X-Seda-Hop"))
    await far.ring()
    await call.ringing()
    await bench.event("CHANNEL_PROGRESS", Call_Direction="inbound")
    await far.answer()
    await call.answered()
    await bench.wait_bridged(await bench.leg("102", "inbound"), await bench.leg("bob.desk", "outbound"))
    await far.hang_up()
    assert await call.ended() == 200
    await compare()


async def test_caller_of_another_node_is_connected_with_a_leg_that_stands(bench: Bench, compare: Compare) -> None:
    taken, agent = await stands(bench)

    def join(form: dict[str, str]) -> Actions:
        assert form["Caller-Destination-Number"] == f"leg-{agent}"
        return [
            ("set", f"seda_call_id={form['Unique-ID']}"),
            ("set", "hangup_after_bridge=true"),
            ("intercept", agent),
            ("hangup", "SUBSCRIBER_ABSENT"),
        ]

    bench.route(join)
    node = await bench.driver.carrier()
    first = await node.dial(f"leg-{agent}", headers={"X-Seda-Hop": PROOF})
    await first.answered()
    leg = await bench.leg(f"leg-{agent}")
    await bench.event("CHANNEL_BRIDGE", leg)
    await bench.wait_bridged(leg, agent)
    await first.hang_up()
    await bench.event("CHANNEL_DESTROY", leg)
    await bench.times("CHANNEL_PARK", 2)
    second = await node.dial(f"leg-{agent}", headers={"X-Seda-Hop": PROOF})
    await second.answered()
    await bench.times("CHANNEL_BRIDGE", 2)
    await bench.wait_bridged(bench.legs()[-1], agent)
    await taken.hang_up()
    assert await second.ended() == 200
    gone = await node.dial(f"leg-{agent}", headers={"X-Seda-Hop": PROOF})
    assert await gone.ended() == 480
    await compare()


async def test_call_from_another_node(bench: Bench, compare: Compare) -> None:
    def to_bob(form: dict[str, str]) -> Actions:
        assert form["variable_sip_h_X-Seda-Hop"] == PROOF
        return [
            ("export", f"seda_call_id={form['Unique-ID']}"),
            ("export", "seda_direction=internal"),
            ("set", f"seda_hop_peer={PEER}"),
            ("set", "hangup_after_bridge=true"),
            ("bridge", f"[seda_extension=102,origination_callee_id_number=102]sofia/phones/102%{DOMAIN}"),
        ]

    bench.route(to_bob)
    bob, node = await phone(bench, "102"), await bench.driver.carrier()
    call = await node.dial("102", headers={"X-Seda-Hop": PROOF})
    incoming = await bob.incoming()
    bench.note("the phone's own", await incoming.header("X-Seda-Hop"))
    await incoming.ring()
    await call.ringing()
    await bench.event("CHANNEL_PROGRESS", Call_Direction="inbound")
    await incoming.answer()
    await call.answered()
    await bench.wait_bridged(await bench.leg("102", "inbound"), await bench.leg("102", "outbound"))
    await call.hang_up()
    assert await incoming.ended() == 200
    await compare()
