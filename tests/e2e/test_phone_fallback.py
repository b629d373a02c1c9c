"""Routing is away: the dialplan in freeswitch/conf connects the extensions of one tenant and tells everybody else."""

from __future__ import annotations

import asyncio
import json

import pytest

from freeswitch.phone import OutgoingCall
from tests.support.office import OTHER_DOMAIN, Office

pytestmark = [pytest.mark.freeswitch, pytest.mark.asyncio(loop_scope="module")]


async def routing_away(office: Office, how: str = "refuses") -> None:
    """Directory answers from the switch's cache; routing does not answer at all, or with a failure."""
    office.services.cacheable_ms = 600_000
    if how == "hangs":
        office.services.dial_may_answer.clear()
    elif how == "fails":
        office.services.dial_status = "503 Service Unavailable"
    elif how == "knows nothing":
        office.services.dial = lambda _: None


async def heard_announcement(call: OutgoingCall) -> None:
    """Speech before any answer."""
    await call.ringing()
    async with asyncio.timeout(10):
        await call.stream.heard(voice_packets=50)
    assert not call.established


@pytest.mark.parametrize("how", ["refuses", "fails", "knows nothing"])
async def test_extension_of_the_same_tenant_is_connected(office: Office, how: str) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    await routing_away(office, how)
    await alice.register()
    await bob.register()
    if how == "refuses":
        await office.services.stop()

    call, answer = await office.connect(alice, bob, display="Somebody else", from_user="999")
    first, second = await office.legs(2)
    assert answer.caller_uri.startswith("sip:101@")
    await call.hang_up()

    caller = json.loads((await office.record_of(first)).read_text())["variables"]
    callee = json.loads((await office.record_of(second)).read_text())["variables"]
    assert caller["seda_call_id"] == callee["seda_call_id"] == first
    assert caller["seda_tenant_id"] == callee["seda_tenant_id"] == office.services.tenant_id
    assert caller["seda_direction"] == callee["seda_direction"] == "internal"
    assert caller["seda_fallback"] == "true"
    assert (caller["seda_extension"], callee["seda_extension"]) == ("101", "102")


async def test_routing_that_hangs_is_not_waited_for(office: Office) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    await routing_away(office, "hangs")
    call = await alice.dial("102")

    answer = await bob.incoming()

    assert not office.services.dial_may_answer.is_set()
    await call.cancel()
    assert (await answer.ended()).status == 487


async def test_extension_without_a_phone_is_announced(office: Office) -> None:
    alice = await office.phone("101")
    await routing_away(office, "fails")

    call = await alice.dial("199")

    await heard_announcement(call)
    end = await call.ended(20)
    assert (end.status, "USER_NOT_REGISTERED" in end.cause) == (480, True)


@pytest.mark.parametrize("number", ["+982188776655", "0912345678901", "seda-next", "*97"])
async def test_anything_else_is_announced(office: Office, number: str) -> None:
    alice = await office.phone("101")
    await routing_away(office, "fails")

    call = await alice.dial(number)

    await heard_announcement(call)
    await call.cancel()


async def test_caller_from_outside_is_announced_and_refused(office: Office) -> None:
    carrier = await office.phone("+982112345678", domain="carrier.example", registered=False, proxy=office.node.trunks)
    await office.phone("102")
    await routing_away(office, "fails")

    call = await carrier.dial("102")

    await heard_announcement(call)
    assert (await call.ended(20)).status == 503


async def test_other_tenants_extension_is_not_reached(office: Office) -> None:
    alice = await office.phone("101")
    stranger = await office.phone("103", domain=OTHER_DOMAIN)
    await routing_away(office, "fails")

    call = await alice.dial(f"sip:103@{OTHER_DOMAIN}")

    await heard_announcement(call)
    await call.cancel()
    with pytest.raises(TimeoutError):
        await stranger.incoming(timeout=0.1)


async def test_emergency_call_leaves_by_the_trunk_set_for_it(office: Office) -> None:
    alice = await office.phone("101")
    await routing_away(office, "fails")
    call = await alice.dial("112", from_user="999")

    answer = await office.carrier.incoming()
    answer.answer()
    await call.answered()

    assert answer.invite.uri.startswith("sip:112@")
    assert answer.caller_uri.startswith("sip:+982100000000@")
    await call.hang_up()


async def test_emergency_call_that_the_trunk_refuses_is_announced(office: Office) -> None:
    alice = await office.phone("101")
    await routing_away(office, "fails")
    call = await alice.dial("112")

    (await office.carrier.incoming()).reject(503)

    await heard_announcement(call)
    await call.cancel()


async def test_emergency_trunk_is_for_proven_callers_only(office: Office) -> None:
    carrier = await office.phone("112", domain="carrier.example", registered=False, proxy=office.node.trunks)
    await routing_away(office, "fails")

    call = await carrier.dial("112")

    await heard_announcement(call)
    await call.cancel()
    with pytest.raises(TimeoutError):
        await office.carrier.incoming(timeout=0.1)
