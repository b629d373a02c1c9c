"""What switchlink tells of a switch, does to it and ships from it; on both switches."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import orjson
import pytest

from shared.bus.port import BusTimeout
from shared.contracts.directory import DeviceChanged
from shared.contracts.switch import Bridge, Drain, HangUp, Hold, ListLegs, Originate, Park, Record, Transfer, Undrain
from tests.contract.switch.drivers import DOMAIN, Call
from tests.integration.switchlink.conftest import TENANT, Link
from tests.support.fake_xml_curl import dial_extension
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def answered(link: Link) -> tuple[Call, Call]:
    alice, bob = await link.switch.driver.phone("101", display="Alice"), await link.switch.driver.phone("102")
    assert await alice.register() == 200
    assert await bob.register() == 200
    await link.hears("device.registered", sip_username="102")
    outgoing = await alice.dial("102")
    incoming = await bob.incoming()
    await incoming.ring()
    await outgoing.ringing()
    await incoming.answer()
    await outgoing.answered()
    await link.hears("call.bridged")
    return outgoing, incoming


async def test_a_call_is_told_step_by_step_and_shipped_once(link):
    outgoing, incoming = await answered(link)
    await incoming.hang_up()
    await outgoing.ended()
    created = await link.hears("call.created", leg_direction="inbound")
    for name in ("call.ringing", "call.answered", "call.bridged", "call.hung_up"):
        event = await link.hears(name, call_id=created.call_id)
        assert (event.tenant_id, event.node_id) == (TENANT, "n1")
    both = await eventually(
        lambda: stored_of(link, created.call_id),
        lambda legs: len(legs) == 2,
    )
    a, b = sorted(both, key=lambda leg: leg.leg_direction)
    assert (a.leg_id, a.extension, a.called_number) == (created.call_id, "101", "102")
    assert (b.extension, b.hung_up_by, b.cause) == ("102", "callee", "NORMAL_CLEARING")
    assert a.answered_at >= a.ringing_at >= a.started_at
    await eventually(lambda: spooled(link), lambda files: files == [])
    await link.hears("call.hung_up", leg_id=created.leg_id)
    names = [event.name for event in link.heard if getattr(event, "leg_id", None) == created.leg_id]
    assert names[0] == "call.created"
    assert names.count("call.created") == names.count("call.hung_up") == 1


async def stored_of(link, call_id):
    return [leg for leg in link.stored.values() if leg.call_id == call_id]


async def test_records_wait_in_the_spool_until_they_are_stored(link):
    link.storing = False
    outgoing, incoming = await answered(link)
    await outgoing.hang_up()
    await incoming.ended()
    await eventually(lambda: spooled(link), lambda files: len(files) == 2)
    link.storing = True
    await eventually(lambda: spooled(link), lambda files: files == [])
    assert len(link.stored) == 2


async def stored_count(link):
    return len(link.stored)


async def spooled(link):
    return list(link.switch.spool.glob("*.json"))


async def test_a_record_that_can_never_be_stored_is_put_aside_and_holds_up_none(link):
    (link.switch.spool / "broken.cdr.json").write_text('{"variables": {}}')
    outgoing, incoming = await answered(link)
    await outgoing.hang_up()
    await incoming.ended()
    await eventually(lambda: stored_count(link), lambda count: count == 2)
    await eventually(lambda: spooled(link), lambda files: files == [])
    assert (link.switch.spool / "bad" / "broken.cdr.json").exists()


async def test_commands_act_on_the_call_and_say_honestly_what_happened(link, tmp_path):
    outgoing, _ = await answered(link)
    leg = (await link.hears("call.created", leg_direction="inbound")).leg_id
    listed = await link.bus.request(ListLegs(node_id="n1", tenant_id=TENANT))
    assert leg in listed.result
    assert (await link.bus.request(ListLegs(node_id="n1", tenant_id=uuid4()))).result == "[]"
    for command in (
        Record(leg_id=leg, tenant_id=TENANT, action="start", file="one.wav"),
        Record(leg_id=leg, tenant_id=TENANT, action="stop", file="one.wav"),
        Hold(leg_id=leg, tenant_id=TENANT),
        Hold(leg_id=leg, tenant_id=TENANT, on=False),
    ):
        reply = await link.bus.request(command)
        assert (reply.ok, reply.node_id) == (True, "n1"), reply
    await link.hears("call.recording_started", leg_id=leg)
    await link.hears("call.recording_stopped", leg_id=leg)
    refused = await link.bus.request(Record(leg_id=leg, tenant_id=TENANT, action="start", file="../evil.wav"))
    assert (refused.ok, refused.code) == (False, "invalid")
    assert (await link.bus.request(HangUp(leg_id=leg, tenant_id=TENANT))).ok
    await outgoing.ended()
    await link.hears("call.hung_up", leg_id=leg)
    gone = await link.bus.request(HangUp(leg_id=leg, tenant_id=TENANT, node_id="n1"))
    assert (gone.ok, gone.code) == (False, "call_gone")
    never = await link.bus.request(HangUp(leg_id=str(uuid4()), tenant_id=TENANT, node_id="n1"))
    assert (never.ok, never.code) == (False, "call_not_found")


async def test_call_taken_back_from_hold_at_once_goes_on_both_ways(link):
    outgoing, incoming = await answered(link)
    leg = (await link.hears("call.created", leg_direction="inbound")).leg_id
    for on in (True, False):
        assert (await link.bus.request(Hold(leg_id=leg, tenant_id=TENANT, on=on))).ok
    await incoming.hears()
    await outgoing.hears()
    await outgoing.hang_up()
    await incoming.ended()


async def test_another_tenants_call_is_not_there_and_nobody_answers_for_an_unknown_one(link):
    await answered(link)
    leg = (await link.hears("call.created", leg_direction="inbound")).leg_id
    reply = await link.bus.request(HangUp(leg_id=leg, tenant_id=uuid4(), node_id="n1"))
    assert reply.code == "call_not_found"
    with pytest.raises(BusTimeout):
        await link.bus.request(HangUp(leg_id=str(uuid4()), tenant_id=TENANT), timeout=0.3)


async def test_originate_rings_then_tells_the_outcome_and_never_calls_twice(link):
    bob = await link.switch.driver.phone("102")
    await bob.register()
    leg = str(uuid4())
    command = Originate(
        node_id="n1", tenant_id=TENANT, leg_id=leg, dial_string=f"sofia/phones/102%{DOMAIN}", ring_timeout_seconds=10
    )
    asked = asyncio.create_task(link.bus.request(command, timeout=15))
    incoming = await bob.incoming()
    await incoming.answer()
    reply = await asked
    assert (reply.ok, reply.leg_id) == (True, leg)
    created = await link.hears("call.created", leg_id=leg)
    assert (created.tenant_id, created.call_id) == (TENANT, leg)
    assert (await link.bus.request(command, timeout=15)) == reply
    other = str(uuid4())
    nobody = Originate(
        node_id="n1", tenant_id=TENANT, leg_id=other, dial_string=f"sofia/phones/109%{DOMAIN}", ring_timeout_seconds=5
    )
    failed = await link.bus.request(nobody, timeout=15)
    assert (failed.ok, failed.code, failed.detail) == (False, "refused", "USER_NOT_REGISTERED")


async def test_two_parked_legs_are_bridged(link):
    legs = []
    for user in ("101", "102"):
        phone = await link.switch.driver.phone(user)
        await phone.register()
        leg = str(uuid4())
        command = Originate(
            node_id="n1",
            tenant_id=TENANT,
            leg_id=leg,
            dial_string=f"sofia/phones/{user}%{DOMAIN}",
            ring_timeout_seconds=10,
        )
        asked = asyncio.create_task(link.bus.request(command, timeout=15))
        await (await phone.incoming()).answer()
        assert (await asked).ok
        await link.hears("call.parked", leg_id=leg)
        legs.append(leg)
    assert (await link.bus.request(Bridge(leg_id=legs[0], other_leg_id=legs[1], tenant_id=TENANT))).ok
    bridged = await link.hears("call.bridged", leg_id=legs[0])
    assert bridged.other_leg_id == legs[1]
    assert (await link.bus.request(Park(leg_id=legs[0], tenant_id=TENANT))).ok


async def test_a_blind_transfer_goes_through_the_dialplan(link):
    link.switch.services.dial = dial_extension
    await answered(link)
    carol = await link.switch.driver.phone("103")
    await carol.register()
    leg = (await link.hears("call.created", leg_direction="inbound")).leg_id
    reply = await link.bus.request(Transfer(leg_id=leg, tenant_id=TENANT, number="103"))
    assert reply.ok, reply
    incoming = await carol.incoming()
    await incoming.answer()
    await link.hears("call.created", extension="103")


async def test_a_draining_node_takes_no_new_calls_and_goes_on_with_the_others(link):
    outgoing, incoming = await answered(link)
    carol = await link.switch.driver.phone("103")
    assert await carol.register() == 200
    assert (await link.bus.request(Drain(node_id="n1"))).ok
    leg = str(uuid4())
    refused = await link.bus.request(
        Originate(node_id="n1", tenant_id=TENANT, leg_id=leg, dial_string=f"sofia/phones/102%{DOMAIN}")
    )
    assert refused.code == "node_draining"
    waits = (await link.hears("call.created", leg_direction="inbound")).call_id
    wanted = Originate(
        node_id="n1",
        tenant_id=TENANT,
        leg_id=leg,
        call_id=waits,
        dial_string=f"{{seda_agent_leg=true}}sofia/phones/103%{DOMAIN}",
    )
    asked = asyncio.create_task(link.bus.request(wanted, timeout=15))
    await (await carol.incoming()).answer()
    assert (await asked).ok, "who waits here is served"
    legs = orjson.loads((await link.bus.request(ListLegs(node_id="n1", tenant_id=TENANT))).result)
    assert [one["leg_id"] for one in legs if one["agent_leg"]] == [leg]
    assert (await link.bus.request(HangUp(leg_id=leg, tenant_id=TENANT))).ok
    await link.hears("call.hung_up", leg_id=leg)
    assert len(link.told("call.hung_up")) == 1
    await outgoing.hang_up()
    await incoming.ended()
    assert (await link.bus.request(Undrain(node_id="n1"))).ok


async def test_a_wrong_password_is_told_and_counted(link):
    phone = await link.switch.driver.phone("101", password="wrong")
    assert await phone.register() in {401, 403}
    refused = await link.hears("device.registration_refused")
    assert refused.sip_username == "101"


async def test_a_call_that_routing_did_not_answer_is_counted_once(link):
    """Callers notice; the switch alone knows that its own dialplan was at work."""

    async def counted() -> float:
        metrics = link.app.metrics
        return metrics.registry.get_sample_value(f"seda_{metrics.service}_fallback_calls_total")

    outgoing, incoming = await answered(link)
    await incoming.hang_up()
    await outgoing.ended()
    await link.hears("call.hung_up", leg_direction="inbound")
    assert await counted() == 0
    alice, bob = await link.switch.driver.phone("101"), await link.switch.driver.phone("102")
    assert (await alice.register(), await bob.register()) == (200, 200)
    link.switch.services.dial_status = "503 Service Unavailable"
    try:
        outgoing = await alice.dial("102")
        incoming = await bob.incoming()
        await incoming.answer()
        await outgoing.answered()
        await outgoing.hang_up()
        await incoming.ended()
    finally:
        link.switch.services.dial_status = "200 OK"
    await eventually(counted, lambda count: count > 0)
    await eventually(lambda: legs_up(link), lambda count: count == 0)
    assert await counted() == 1


async def legs_up(link):
    metrics = link.app.metrics
    return metrics.registry.get_sample_value(f"seda_{metrics.service}_legs")


async def test_a_changed_device_makes_the_switch_forget_what_it_remembered(link):
    asked = len(link.switch.services.asked("directory", user="101"))
    link.switch.services.cacheable_ms = 60_000
    try:
        phone = await link.switch.driver.phone("101")
        await phone.register()
        await phone.register()
        remembered = len(link.switch.services.asked("directory", user="101"))
        await link.bus.publish(
            DeviceChanged(
                tenant_id=TENANT, id=uuid4(), revision=2, extension_id=uuid4(), domain=DOMAIN, sip_username="101"
            )
        )

        async def asked_again():
            await phone.register()
            return len(link.switch.services.asked("directory", user="101"))

        assert await eventually(asked_again, lambda seen: seen > remembered) > asked
    finally:
        link.switch.services.cacheable_ms = None
