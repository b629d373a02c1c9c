"""An agent asks another agent about a caller from a queue, over REST, on both switches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.test_queue_consults import becomes, does
from tests.e2e.test_queue_contacts import refused, talking
from tests.e2e.test_queues import agent, queue, signed_in, status
from tests.support.call_flows import number_of, told
from tests.support.company import PATIENCE_SECONDS, Company
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def test_agent_asks_another_agent_who_has_the_caller_in_the_end(company: Company) -> None:
    _, mina, call, answer = await talking(company, wrap_up_seconds=600)
    phone, reza = await company.phone("202"), await agent(company, "202")
    await signed_in(company, reza)
    asks = {"agent_id": reza["id"]}
    await does(company, mina, "consult", asks)
    rung = await phone.incoming()
    await rung.ring()
    await status(company, reza, "ringing")
    await rung.reject(486)
    await becomes(company, mina, None)
    await company.hear_each_other(call, answer)
    await company.post("acd", f"/v1/agents/{reza['id']}/pause", {"reason": "lunch"})
    assert await refused(company, f"/v1/contacts/{mina['contact']}/consult", asks) == 409
    await company.post("acd", f"/v1/agents/{reza['id']}/unpause")

    await does(company, mina, "consult", {"destination": "extension:202"})
    taken = await phone.incoming()
    await taken.answer()
    await becomes(company, mina, "talking")
    await status(company, reza, "on_contact")
    await company.hear_each_other(answer, taken)
    await does(company, mina, "consult/swap")
    await becomes(company, mina, "on_hold")
    await company.hear_each_other(call, answer)
    async with told(company) as events:
        await does(company, mina, "consult/complete")
        assert await answer.ended() == 200
        await company.hear_each_other(call, taken)
        await status(company, mina, "wrap_up")
        theirs = await status(company, reza, "on_contact")
        await call.hang_up()
        assert await taken.ended() == 200
        await status(company, reza, "wrap_up")
        first = await events.event("queue.contact_ended")
        last = await events.event("queue.contact_ended", count=2)
    assert (first["agent_id"], first["destination"]) == (mina["id"], f"agent:{reza['id']}")
    assert (last["agent_id"], last["entry_id"], last["ended"]) == (reza["id"], theirs["entry_id"], "hung_up")


async def stands(company: Company, who: dict[str, Any]) -> None:
    """Wait until the floor has the agent's connection."""

    async def leg() -> Any:
        return (await status(company, who, "available"))["standing_leg_id"]

    await eventually(leg, timeout=PATIENCE_SECONDS)


async def test_agents_whose_phones_stay_connected_ask_each_other(company: Company) -> None:
    """Nobody's phone rings, three talk, and both connections stay for the next caller."""
    phones, (_, carrier) = [await company.phone("201"), await company.phone("202")], await company.carrier()
    support = await queue(company, "support", wrap_up_seconds=600)
    mina = await agent(company, "201", support, standing=True)
    reza = await agent(company, "202", standing=True)
    lines = []
    for phone, who in zip(phones, (mina, reza), strict=True):
        await signed_in(company, who)
        lines.append(await phone.incoming())
        await lines[-1].answer()
        await stands(company, who)
    call = await carrier.dial(await number_of(company, "queue:support"))
    await call.answered()
    mina["contact"] = (await status(company, mina, "on_contact"))["entry_id"]
    await company.hear_each_other(call, lines[0])
    await does(company, mina, "consult", {"agent_id": reza["id"]})
    await becomes(company, mina, "talking")
    await company.hear_each_other(*lines)
    await does(company, mina, "consult/cancel")
    await becomes(company, mina, None)
    await company.hear_each_other(call, lines[0])
    await status(company, reza, "available")

    await does(company, mina, "consult", {"agent_id": reza["id"]})
    await becomes(company, mina, "talking")
    await does(company, mina, "consult/conference")
    await becomes(company, mina, "conference")
    await company.hear_each_other(call, *lines)
    await does(company, mina, "consult/complete")
    await status(company, mina, "wrap_up")
    await company.hear_each_other(call, lines[1])
    await call.hang_up()
    await status(company, reza, "wrap_up")
    for who in (mina, reza):
        assert (await status(company, who, "wrap_up"))["standing_leg_id"] is not None
        await company.post("acd", f"/v1/agents/{who['id']}/sign-out")
    for line in lines:
        assert await line.ended() == 200
