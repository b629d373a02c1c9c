"""Calls to and from a carrier through a gateway."""

from __future__ import annotations

import pytest

from tests.contract.switch.bench import GATEWAY, Bench
from tests.contract.switch.drivers import DOMAIN
from tests.contract.switch.scenes import Compare, phone
from tests.support.fake_xml_curl import Actions

pytestmark = pytest.mark.asyncio(loop_scope="session")


def out_by_gateway(form: dict[str, str]) -> Actions:
    number = form["Caller-Destination-Number"]
    return [
        ("export", f"seda_call_id={form['Unique-ID']}"),
        ("export", "seda_direction=outbound"),
        ("set", "hangup_after_bridge=true"),
        ("set", "continue_on_fail=true"),
        ("set", "effective_caller_id_number=+442071234567"),
        ("set", "effective_caller_id_name=Acme"),
        ("bridge", f"[seda_trunk_id={GATEWAY},origination_callee_id_number={number}]sofia/gateway/{GATEWAY}/{number}"),
        ("hangup", "${originate_disposition}"),
    ]


async def test_trunk_outbound(bench: Bench, compare: Compare) -> None:
    bench.route(out_by_gateway)
    alice, carrier = await phone(bench, "101"), await bench.driver.carrier()
    call = await alice.dial("12025550199")
    far = await carrier.incoming()
    await far.ring()
    await call.ringing()
    await bench.event("CHANNEL_PROGRESS", Call_Direction="inbound")
    await far.answer()
    await call.answered()
    await bench.wait_bridged(await bench.leg("12025550199", "inbound"), await bench.leg("12025550199", "outbound"))
    await far.hang_up()
    assert await call.ended() == 200
    await compare()


async def test_trunk_outbound_refused(bench: Bench, compare: Compare) -> None:
    bench.route(out_by_gateway)
    alice, carrier = await phone(bench, "101"), await bench.driver.carrier()
    call = await alice.dial("12025550198")
    await (await carrier.incoming()).reject(503)
    assert await call.ended() == 503
    await compare()


async def test_trunk_unknown_gateway(bench: Bench, compare: Compare) -> None:
    bench.route(
        lambda _form: [("set", "continue_on_fail=true"), ("bridge", "sofia/gateway/none/1202"), ("respond", "503")]
    )
    alice = await phone(bench, "101")
    assert await (await alice.dial("12025550197")).ended() == 503
    await compare()


async def test_trunk_inbound(bench: Bench, compare: Compare) -> None:
    def to_bob(form: dict[str, str]) -> Actions:
        return [
            ("export", f"seda_call_id={form['Unique-ID']}"),
            ("export", "seda_direction=inbound"),
            ("set", "hangup_after_bridge=true"),
            ("bridge", f"[seda_extension=102,origination_callee_id_number=102]sofia/phones/102%{DOMAIN}"),
        ]

    bench.route(to_bob)
    bob, carrier = await phone(bench, "102"), await bench.driver.carrier()
    call = await carrier.dial("442071234567")
    incoming = await bob.incoming()
    await incoming.ring()
    await call.ringing()
    await bench.event("CHANNEL_PROGRESS", Call_Direction="inbound")
    await incoming.answer()
    await call.answered()
    await bench.wait_bridged(await bench.leg("442071234567"), await bench.leg("102"))
    await call.hang_up()
    assert await incoming.ended() == 200
    await compare()


async def test_trunk_inbound_refused(bench: Bench, compare: Compare) -> None:
    bench.route(lambda _form: [("respond", "403")])
    carrier = await bench.driver.carrier()
    assert await (await carrier.dial("442071234567")).ended() == 403
    await compare()
