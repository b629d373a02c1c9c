"""Calls that go on: next steps after a failed bridge, limits, forked and sequential ringing, fallback dialplan."""

from __future__ import annotations

import pytest

from tests.contract.switch.bench import Bench
from tests.contract.switch.drivers import DOMAIN
from tests.contract.switch.scenes import Compare, answered_alone, phone, to_extension
from tests.support.fake_xml_curl import Actions

pytestmark = pytest.mark.asyncio(loop_scope="session")
NEXT = "seda-next"


def in_steps(form: dict[str, str]) -> Actions:
    """Ring 102, then whatever happened, 103: each step is asked for anew."""
    if form["Caller-Destination-Number"] != NEXT:
        return to_extension(form, then=[("set", "seda_step=1"), ("transfer", f"{NEXT} XML seda")])
    assert form["variable_originate_disposition"], "the failed bridge's outcome comes with the question"
    return to_extension({**form, "Caller-Destination-Number": "103"})


async def test_continuation_after_busy(bench: Bench, compare: Compare) -> None:
    bench.route(in_steps)
    alice, bob, carol = [await phone(bench, user) for user in ("101", "102", "103")]
    call = await alice.dial("102")
    await (await bob.incoming()).reject(486)
    second = await carol.incoming()
    await second.answer()
    await call.answered()
    await bench.wait_bridged(await bench.leg("102", "inbound"), await bench.leg("103"))
    await call.hang_up()
    assert await second.ended() == 200
    await compare()


async def test_continuation_after_unregistered(bench: Bench, compare: Compare) -> None:
    bench.route(in_steps)
    alice, carol = await phone(bench, "101"), await phone(bench, "103")
    call = await alice.dial("104")
    await (await carol.incoming()).reject(486)
    assert await call.ended() == 486
    await compare()


async def test_fork_one_answers(bench: Bench, compare: Compare) -> None:
    both = f"[seda_extension=102]sofia/phones/102%{DOMAIN},[seda_extension=103]sofia/phones/103%{DOMAIN}"
    bench.route(lambda _form: [("set", "hangup_after_bridge=true"), ("bridge", both)])
    alice, bob, carol = [await phone(bench, user) for user in ("101", "102", "103")]
    call = await alice.dial("600")
    first, second = await bob.incoming(), await carol.incoming()
    await first.ring()
    await bench.event("CHANNEL_PROGRESS", await bench.leg("102"))
    await second.ring()
    await bench.event("CHANNEL_PROGRESS", await bench.leg("103"))
    await call.ringing()
    await bench.event("CHANNEL_PROGRESS", await bench.leg("600"))
    await second.answer()
    await call.answered()
    assert await first.ended() == 487
    await bench.wait_bridged(await bench.leg("600"), await bench.leg("103"))
    await call.hang_up()
    assert await second.ended() == 200
    await compare()


async def test_sequence_in_one_dial_string(bench: Bench, compare: Compare) -> None:
    one_after_other = f"sofia/phones/102%{DOMAIN}|sofia/phones/103%{DOMAIN}"
    bench.route(lambda _form: [("set", "hangup_after_bridge=true"), ("bridge", one_after_other)])
    alice, bob, carol = [await phone(bench, user) for user in ("101", "102", "103")]
    call = await alice.dial("601")
    await (await bob.incoming()).reject(486)
    second = await carol.incoming()
    await second.answer()
    await call.answered()
    await bench.wait_bridged(await bench.leg("601"), await bench.leg("103"))
    await second.hang_up()
    assert await call.ended() == 200
    await compare()


async def test_limit_exceeded(bench: Bench, compare: Compare) -> None:
    def limited(form: dict[str, str]) -> Actions:
        if form["Caller-Destination-Number"] == "limit-reached":
            return [("hangup", "CALL_REJECTED")]
        return [("limit", "hash seda calls 1 limit-reached XML seda"), ("answer", ""), ("park", "")]

    bench.route(limited)
    alice, bob = await phone(bench, "101"), await phone(bench, "102")
    first = await alice.dial("710")
    await first.answered()
    await bench.event("CHANNEL_PARK")
    second = await bob.dial("710")
    assert await second.ended() == 603
    await first.hang_up()
    await compare()


async def test_limit_of_rate(bench: Bench, compare: Compare) -> None:
    bench.route(lambda _form: [("limit", "hash seda rate 1/60 !USER_BUSY"), ("answer", ""), ("park", "")])
    alice, bob = await phone(bench, "101"), await phone(bench, "102")
    first = await alice.dial("711")
    await first.answered()
    await bench.event("CHANNEL_PARK")
    assert await (await bob.dial("711")).ended() == 486
    await first.hang_up()
    await compare()


async def test_limited_talk(bench: Bench, compare: Compare) -> None:
    call, leg = await answered_alone(bench, "712", ("sched_hangup", "+1 ALLOTTED_TIMEOUT"), ("park", ""))
    await bench.event("CHANNEL_PARK", leg)
    assert await call.ended() == 200
    await compare()


async def test_refused_by_dialplan(bench: Bench, compare: Compare) -> None:
    bench.route(lambda _form: [("respond", "404")])
    alice = await phone(bench, "101")
    assert await (await alice.dial("999")).ended() == 404
    await compare()


async def test_no_such_route_falls_back(bench: Bench, compare: Compare) -> None:
    bench.route(lambda _form: None)
    alice, bob = await phone(bench, "101"), await phone(bench, "102")
    call = await alice.dial("102")
    await (await bob.incoming()).answer()
    await call.answered()
    await bench.wait_bridged(await bench.leg("102", "inbound"), await bench.leg("102", "outbound"))
    await call.hang_up()
    await compare()


async def test_early_media(bench: Bench, compare: Compare) -> None:
    actions = [("pre_answer", ""), ("sleep", "300"), ("hangup", "UNALLOCATED_NUMBER")]
    bench.route(lambda _form: actions)
    alice = await phone(bench, "101")
    assert await (await alice.dial("713")).ended() == 404
    await compare()


async def test_variables(bench: Bench, compare: Compare) -> None:
    call, leg = await answered_alone(
        bench,
        "714",
        ("set", "seda_step=${caller_id_number}-${caller_id_name:1:3}-${nothing}"),
        ("unset", "seda_step"),
        ("multiset", "^^|seda_step=1|seda_direction=inbound"),
        ("export", "nolocal:seda_trunk_id=t"),
        ("ring_ready", ""),
        ("playback", "silence_stream://100"),
        ("park", ""),
    )
    await bench.event("CHANNEL_PARK", leg)
    await bench.api(f"uuid_getvar {leg} export_vars")
    await call.hang_up()
    await compare()
