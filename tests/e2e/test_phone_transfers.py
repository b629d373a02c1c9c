"""Blind and attended transfers by real phones."""

from __future__ import annotations

import pytest

from freeswitch.phone import RequestRefusedError
from tests.support.office import Office

pytestmark = [pytest.mark.freeswitch, pytest.mark.asyncio(loop_scope="module")]


async def test_callee_transfers_the_caller_to_a_third_phone(office: Office) -> None:
    alice, bob, carol = [await office.phone(user) for user in ("101", "102", "103")]
    call, answer = await office.connect(alice, bob)

    assert await answer.transfer("103") == 200

    second = await carol.incoming()
    second.answer()
    assert (await answer.ended()).by == "remote"
    await office.hear_each_other(call, second)
    asked = office.services.asked("dialplan", **{"Caller-Destination-Number": "103"})[-1]
    assert asked["variable_seda_extension"] == "101"
    assert asked["variable_seda_tenant_id"] == office.services.tenant_id


async def test_caller_transfers_the_callee_whose_leg_has_no_domain_of_its_own(office: Office) -> None:
    """Routing sees the callee's leg: outbound, with what was exported to it, without `domain_name`."""
    alice, bob, carol = [await office.phone(user) for user in ("101", "102", "103")]
    call, answer = await office.connect(alice, bob)
    call_id, callee_leg = await office.legs(2)
    office.services.dial = lambda _: [("bridge", "sofia/phones/103%demo.example")]

    assert await call.transfer("103") == 200

    second = await carol.incoming()
    second.answer()
    await office.hear_each_other(answer, second)
    asked = office.services.asked("dialplan", **{"Caller-Destination-Number": "103"})[-1]
    assert (asked["variable_direction"], asked["Caller-Context"]) == ("outbound", "seda")
    assert (asked["variable_seda_extension"], asked["variable_seda_call_id"]) == ("102", call_id)
    assert asked["Unique-ID"] == asked["Channel-Call-UUID"] == callee_leg
    assert asked["variable_seda_tenant_id"] == office.services.tenant_id
    assert "variable_domain_name" not in asked


async def test_attended_transfer_connects_the_other_two(office: Office) -> None:
    """Who transferred hangs up, as phones do (RFC 5589), where the switch has not done so already.

    On a busy machine it may never: a leg whose thread does not run between the moment in which its partner leaves it
    and that in which the partner talks again takes no notice, and stays (switch_ivr_bridge.c: audio_bridge_thread looks
    at the partner's CF_TRANSFER and CF_BRIDGED, and both are as before by then).
    """
    alice, bob, carol = [await office.phone(user) for user in ("101", "102", "103")]
    first, bob_leg = await office.connect(alice, bob)
    await first.hold()
    second, carol_leg = await office.connect(alice, carol)

    assert await first.transfer_attended(second) == 200

    await first.hang_up()
    await second.hang_up()
    await office.hear_each_other(bob_leg, carol_leg)


@pytest.mark.parametrize("forced", [False, True])
async def test_outside_caller_is_transferred_in_the_context_that_was_forced(office: Office, forced: bool) -> None:
    """Without `force_transfer_context` a trunk's leg asks again in `seda-trunk`, as if 103 came from outside."""
    bob, carol = await office.phone("102"), await office.phone("103")
    carrier = await office.phone("+982112345678", domain="carrier.example", registered=False, proxy=office.node.trunks)
    force = [("set", "force_transfer_context=seda")] if forced else []
    office.services.dial = lambda _: [*force, ("bridge", "sofia/phones/102%demo.example")]
    call, answer = await office.connect(carrier, bob, "+982187654321")
    office.services.dial = lambda _: [("bridge", "sofia/phones/103%demo.example")]

    assert await answer.transfer("103") == 200

    second = await carol.incoming()
    second.answer()
    await office.hear_each_other(call, second)
    asked = office.services.asked("dialplan", **{"Caller-Destination-Number": "103"})[-1]
    assert asked["Caller-Context"] == ("seda" if forced else "seda-trunk")


async def test_trunk_cannot_transfer(office: Office) -> None:
    bob = await office.phone("102")
    carrier = await office.phone("+982112345678", domain="carrier.example", registered=False, proxy=office.node.trunks)
    office.services.dial = lambda _: [("bridge", "sofia/phones/102%demo.example")]
    call, _ = await office.connect(carrier, bob, "+982187654321")

    with pytest.raises(RequestRefusedError, match="REFER refused"):
        await call.transfer("103")
