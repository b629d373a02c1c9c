"""Calls to and from a carrier, and how the switch learns of trunks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.freeswitch_node import FreeSwitchNode
from tests.support.office import TRUNK_ID, Office, gateway

pytestmark = [pytest.mark.freeswitch, pytest.mark.asyncio(loop_scope="module")]


async def gateways(node: FreeSwitchNode) -> set[str]:
    status = await node.api("sofia status")
    return {line.split("::")[1].split()[0] for line in status.splitlines() if "\tgateway\t" in line}


async def test_phone_calls_out_through_a_trunk(office: Office) -> None:
    alice = await office.phone("101")
    caller_id = ("set", "effective_caller_id_number=+982188776655")
    office.services.dial = lambda _: [caller_id, ("bridge", f"sofia/gateway/{TRUNK_ID}/+989121234567")]

    call = await alice.dial("09121234567")
    answer = await office.carrier.incoming()
    answer.answer()
    await call.answered()

    assert answer.invite.uri.startswith("sip:+989121234567@")
    assert answer.caller_uri.startswith("sip:+982188776655@")
    await office.hear_each_other(call, answer)
    await answer.hang_up()
    assert (await call.ended()).by == "remote"


async def test_carrier_reaches_a_phone(office: Office) -> None:
    bob = await office.phone("102")
    carrier = await office.phone("+982112345678", domain="carrier.example", registered=False, proxy=office.node.trunks)
    office.services.dial = lambda _: [("bridge", "sofia/phones/102%demo.example")]

    call, answer = await office.connect(carrier, bob, "+982188776655")

    asked = office.services.asked("dialplan")[-1]
    assert (asked["Caller-Context"], asked["variable_sofia_profile_name"]) == ("seda-trunk", "trunks")
    assert (asked["Caller-Destination-Number"], asked["variable_sip_network_ip"]) == ("+982188776655", "127.0.0.1")
    await answer.hang_up()
    assert (await call.ended()).by == "remote"


async def test_unknown_trunk_fails_at_once(office: Office) -> None:
    alice = await office.phone("101")
    office.services.dial = lambda _: [("bridge", "sofia/gateway/nowhere/1"), ("hangup", "${originate_disposition}")]

    assert "INVALID_GATEWAY" in (await (await alice.dial("1")).ended()).cause


async def test_rescan_adds_trunks_and_replaces_only_those_taken_down_first(office: Office) -> None:
    normal = office.services.gateways_xml
    office.services.gateways_xml = gateway("trunk-2", 9)
    try:
        await office.node.api("sofia profile trunks rescan")
        assert await gateways(office.node) == {TRUNK_ID, "trunk-2"}  # what directory no longer names stays

        office.services.gateways_xml = gateway("trunk-2", 10)
        await office.node.api("sofia profile trunks killgw trunk-2")
        await office.node.api("sofia profile trunks rescan")
        assert "127.0.0.1:10" in await office.node.api("sofia status gateway trunk-2")
    finally:
        office.services.gateways_xml = normal
        await office.node.api("sofia profile trunks killgw trunk-2")


async def test_nodes_run_side_by_side_and_learn_trunks_when_the_directory_comes(office: Office, tmp_path: Path) -> None:
    nodes = [FreeSwitchNode(tmp_path / name) for name in ("first", "second")]
    try:
        await asyncio.gather(*(node.start() for node in nodes))
        assert [await gateways(node) for node in nodes] == [set(), set()]

        nodes[0].env["SEDA_DIRECTORY_SWITCH_URL"] = office.services.directory_url
        await nodes[0].kill()
        await nodes[0].start()
        assert [await gateways(node) for node in nodes] == [{TRUNK_ID}, set()]
    finally:
        await asyncio.gather(*(node.kill() for node in nodes))
