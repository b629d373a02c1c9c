"""An agent's phone loses its power, on a real FreeSWITCH: the caller keeps the place and the next agent takes over."""

from __future__ import annotations

import pytest

from tests.e2e.test_queues import agent, floor_has_read, queue, signed_in, status
from tests.support.call_flows import number_of, told
from tests.support.company import PATIENCE_SECONDS, Company

pytestmark = [pytest.mark.freeswitch, pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def test_a_phone_that_is_unplugged_while_it_rings_is_a_missed_offer(real_company: Company) -> None:
    company = real_company
    for number in ("201", "202"):
        await company.extension(number)
    dying, healthy = await company.sip_phone("201"), await company.phone("202")
    _, carrier = await company.carrier()
    support = await queue(company, "support", strategy="top_down", ring_seconds=5, max_missed=1)
    agents = [await agent(company, number, support) for number in ("201", "202")]
    await company.change("acd", "PUT", f"/v1/queues/{support['id']}/agents/{agents[1]['id']}", {"level": 2})
    for one in agents:
        await signed_in(company, one)
    await floor_has_read(company)
    number = await number_of(company, "queue:support")
    async with told(company) as events:
        call = await carrier.dial(number)
        ringing = await dying.incoming(PATIENCE_SECONDS)
        ringing.ring()
        await status(company, agents[0], "ringing")
        await dying.close()
        failed = await events.event("queue.offer_failed")
        assert (failed["reason"], failed["agent_id"]) == ("no_answer", agents[0]["id"])
        answer = await healthy.incoming()
        await answer.answer()
        await company.hear_each_other(call, answer)
        left = await events.event("queue.left", outcome="answered")
        assert (left["agent_id"], left["entry_id"]) == (agents[1]["id"], failed["entry_id"])
        await call.hang_up()
    assert (await status(company, agents[0], "paused"))["pause_reason"] == "missed_calls"
