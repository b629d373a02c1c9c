"""What switchlink tells of callers who wait in a queue, and does for who connects them; on both switches."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.calls import CallQueued
from shared.contracts.switch import Bridge, HangUp, ListLegs, Originate, Transfer
from tests.contract.switch.drivers import DOMAIN, Call
from tests.contract.switch.queue_dialplan import SUPPORT, to_queue
from tests.integration.switchlink.conftest import TENANT, Link, beside
from tests.support.esl_probe import EslProbe
from tests.support.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def waiting(link: Link) -> tuple[Call, CallQueued]:
    """101 called a queue; the call, and what was told of it."""
    link.switch.services.dial = to_queue
    alice = await link.switch.driver.phone("101", display="Alice")
    assert await alice.register() == 200
    call = await alice.dial("600")
    await call.answered()
    queued = await link.hears("call.queued")
    assert isinstance(queued, CallQueued)
    return call, queued


async def agent_of(link: Link, caller: CallQueued) -> tuple[Call, str]:
    """102 took the offer of a caller and is parked; its call and leg."""
    bob = await link.switch.driver.phone("102")
    assert await bob.register() == 200
    leg = str(uuid4())
    offer = Originate(
        node_id="n1",
        tenant_id=TENANT,
        leg_id=leg,
        call_id=caller.call_id,
        dial_string=f"sofia/phones/102%{DOMAIN}",
        ring_timeout_seconds=10,
    )
    asked = asyncio.create_task(link.bus.request(offer, timeout=15))
    taken = await bob.incoming()
    await taken.answer()
    assert (await asked).ok
    await link.hears("call.parked", leg_id=leg)
    return taken, leg


async def listed(link: Link, leg: str) -> dict[str, Any]:
    """What `ListLegs` says of a leg, once it does: who begins to look may see a young call only at the second look."""

    async def look() -> dict[str, Any] | None:
        rows = json.loads((await link.bus.request(ListLegs(node_id="n1", tenant_id=TENANT))).result)
        return next((row for row in rows if row["leg_id"] == leg), None)

    return await eventually(look)


async def test_a_queued_caller_is_told_and_listed(link):
    call, queued = await waiting(link)
    assert (queued.queue_id, queued.turn, queued.priority, queued.language) == (UUID(SUPPORT), 1, 5, "fa")
    assert (queued.caller_number, queued.caller_name, queued.called_number) == ("101", "Alice", "600")
    assert (queued.tenant_id, queued.call_id) == (TENANT, queued.leg_id)
    row = await listed(link, queued.leg_id)
    assert (row["queue_id"], row["queue_turn"], row["other_leg_id"]) == (SUPPORT, 1, None)
    await call.hang_up()
    await link.hears("call.hung_up", leg_id=queued.leg_id)
    assert len(link.told("call.queued")) == 1


async def test_who_waits_is_told_again_by_the_next_switchlink_and_no_event_is_needed(link, tmp_path):
    _, queued = await waiting(link)
    async with beside(link.switch, tmp_path) as after:
        again = await after.hears("call.queued")
        assert (again.message_id, again.leg_id, again.turn) == (queued.message_id, queued.leg_id, 1)
        assert (again.queue_id, again.called_number, again.caller_name) == (UUID(SUPPORT), "600", "Alice")
        assert abs(again.occurred_at - queued.occurred_at).total_seconds() < 1


async def test_an_agents_leg_joins_the_callers_call_and_has_no_place_in_the_queue(link, tmp_path):
    call, queued = await waiting(link)
    _, agent = await agent_of(link, queued)
    assert (await link.hears("call.created", leg_id=agent)).call_id == queued.call_id
    assert (await link.bus.request(Bridge(leg_id=queued.leg_id, other_leg_id=agent, tenant_id=TENANT))).ok
    assert (await listed(link, queued.leg_id))["other_leg_id"] == agent
    await link.hears("call.bridged", leg_id=queued.leg_id, other_leg_id=agent)
    row = await listed(link, agent)
    assert (row["other_leg_id"], row["queue_id"]) == (queued.leg_id, None)
    async with beside(link.switch, tmp_path) as after:
        assert (await listed(after, queued.leg_id))["other_leg_id"] == agent
        assert after.told("call.queued") == []
    await call.hang_up()
    hung_up = await link.hears("call.hung_up", leg_id=queued.leg_id)
    record = await eventually(lambda: stored(link, queued.leg_id))
    assert record.bridged_at is not None
    assert record.bridged_at <= hung_up.occurred_at
    assert record.called_number == "600"


async def stored(link, leg):
    return link.stored.get(leg)


async def test_a_caller_sent_on_after_an_agent_is_in_no_queue(link, tmp_path):
    _, queued = await waiting(link)
    taken, agent = await agent_of(link, queued)
    assert (await link.bus.request(Bridge(leg_id=queued.leg_id, other_leg_id=agent, tenant_id=TENANT))).ok
    await link.hears("call.bridged", leg_id=queued.leg_id)
    await eventually(lambda: listed(link, agent), lambda row: row["other_leg_id"] == queued.leg_id)
    await taken.hang_up()
    await link.hears("call.unbridged", leg_id=queued.leg_id, other_leg_id=agent)
    await link.hears("call.parked", leg_id=queued.leg_id)
    assert (await listed(link, queued.leg_id))["queue_id"] is None


async def test_a_caller_who_gave_up_the_queue_is_not_listed_in_it(link):
    _, queued = await waiting(link)
    leg = queued.leg_id
    dial = link.switch.services.dial
    link.switch.services.dial = lambda form: [
        (name, "local_stream://seda") if name == "park" else (name, data) for name, data in dial(form)
    ]
    assert (await link.bus.request(Transfer(leg_id=leg, number="seda-next", tenant_id=TENANT))).ok
    await eventually(lambda: listed(link, leg), lambda row: row["queue_id"] is None)


async def test_a_bridge_to_a_caller_who_left_is_refused_and_the_agents_leg_can_be_ended(link):
    call, queued = await waiting(link)
    taken, agent = await agent_of(link, queued)
    await call.hang_up()
    await link.hears("call.hung_up", leg_id=queued.leg_id)
    refused = await link.bus.request(Bridge(leg_id=queued.leg_id, other_leg_id=agent, tenant_id=TENANT))
    assert (refused.ok, refused.code) == (False, "call_gone")
    assert (await link.bus.request(HangUp(leg_id=agent, tenant_id=TENANT))).ok
    assert await taken.ended() == 200


async def test_a_caller_who_leaves_in_the_moment_of_the_bridge_leaves_the_agents_leg_in_park(link):
    """Whatever the switch says: `+OK` for two legs of which one hangs up, or `-ERR`."""
    call, queued = await waiting(link)
    taken, agent = await agent_of(link, queued)
    bridge = Bridge(leg_id=queued.leg_id, other_leg_id=agent, tenant_id=TENANT)
    _, reply = await asyncio.gather(call.hang_up(), link.bus.request(bridge))
    await link.hears("call.hung_up", leg_id=queued.leg_id)
    probe = await EslProbe.connect(link.switch.host, link.switch.port, link.switch.password)
    try:
        if not link.told("call.bridged") and not link.told("call.hung_up", leg_id=agent):
            assert reply.code in {"call_gone", "refused"}
            assert (await listed(link, agent))["other_leg_id"] is None
            dumped = json.loads(await probe.api(f"uuid_dump {agent} json"))
            assert dumped["Channel-State"] in {"CS_PARK", "CS_EXECUTE"}
            assert (await link.bus.request(HangUp(leg_id=agent, tenant_id=TENANT))).ok
    finally:
        await probe.close()
    assert await taken.ended() == 200


async def test_a_queue_that_is_none_is_passed_over(link):
    link.switch.services.dial = lambda form: [
        (name, data.replace(SUPPORT, "support")) for name, data in to_queue(form) or []
    ]
    alice = await link.switch.driver.phone("101")
    assert await alice.register() == 200
    await (await alice.dial("600")).answered()
    answered = await link.hears("call.answered")
    assert (await listed(link, answered.leg_id))["queue_id"] is None
    assert link.told("call.queued") == []
