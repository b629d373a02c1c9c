"""Agents whose phone stays connected between callers, on both switches."""

from __future__ import annotations

import pytest

from tests.e2e.test_queues import agent, queue, signed_in, status, waiting
from tests.support.call_flows import number_of, played, told
from tests.support.company import Company

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def test_callers_are_put_through_at_once_and_the_agent_hears_a_beep(company: Company) -> None:
    phone, (_, carrier) = await company.phone("201"), await company.carrier()
    support = await queue(company, "support")
    mina = await agent(company, "201", support, standing=True)
    number = await number_of(company, "queue:support")

    async with told(company) as events, played(company.platform) as sounds:
        await signed_in(company, mina)
        connection = await phone.incoming()
        await connection.answer()
        standing = await events.event("agent.standing_changed")
        assert (standing["agent_id"], standing["up"]) == (mina["id"], True)
        for count in (1, 2):
            call = await carrier.dial(number)
            await call.answered()
            await events.event("queue.connected", count=count)
            talking = await status(company, mina, "on_contact")
            assert talking["standing_leg_id"] == standing["leg_id"]
            await company.hear_each_other(call, connection)
            await sounds.sound("tone_stream", count=count, leg=standing["leg_id"])
            await call.hang_up()
            await status(company, mina, "available")
        last = await carrier.dial(number)
        await last.answered()
        await status(company, mina, "on_contact")
        await connection.hang_up()
        assert await last.ended() == 200
        ended = await events.event("agent.standing_changed", count=2)
        assert (ended["up"], ended["leg_id"]) == (False, standing["leg_id"])

    assert (await status(company, mina, "paused"))["pause_reason"] == "disconnected"
    late = await carrier.dial(number)
    await late.answered()
    await waiting(company, support, 1)
    await company.post("acd", f"/v1/agents/{mina['id']}/unpause")
    again = await phone.incoming()
    await again.answer()
    await status(company, mina, "on_contact")
    await company.hear_each_other(late, again)
    await late.hang_up()
    await status(company, mina, "available")
    await company.post("acd", f"/v1/agents/{mina['id']}/sign-out")
    assert await again.ended() == 200
