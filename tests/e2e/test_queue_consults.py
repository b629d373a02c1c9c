"""An agent asks somebody about a caller from a queue, over REST, on both switches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.switch.drivers import Call
from tests.e2e.test_queue_contacts import refused, talking
from tests.e2e.test_queues import agent, queue, signed_in, status, waiting
from tests.support.call_flows import once_known, told
from tests.support.company import PATIENCE_SECONDS, Company
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def does(company: Company, mina: dict[str, Any], word: str, body: Any = None) -> dict[str, Any]:
    return await once_known(company, f"/v1/contacts/{mina['contact']}/{word}", body, "acd")


async def becomes(company: Company, mina: dict[str, Any], state: str | None) -> None:
    """Wait until the consult is so far; none: it is over."""

    async def look() -> Any:
        floor = await company.client.get("acd", "/v1/floor", tenant_id=company.tenant_id)
        return next((one["consult_state"] for one in floor["talking"] if one["entry_id"] == mina["contact"]), "gone")

    await eventually(look, lambda found: found == state, timeout=PATIENCE_SECONDS)


async def asked(company: Company, mina: dict[str, Any], destination: str, number: str) -> Call:
    """Whoever is asked talks with the agent; their call."""
    phone = await company.phone(number)
    await does(company, mina, "consult", {"destination": destination})
    taken = await phone.incoming()
    await taken.ring()
    assert await refused(company, f"/v1/contacts/{mina['contact']}/consult/complete") == 409, "nobody answered yet"
    await taken.answer()
    await becomes(company, mina, "talking")
    return taken


async def test_agent_asks_swaps_and_passes_the_caller_on(company: Company) -> None:
    _, mina, call, answer = await talking(company, wrap_up_seconds=600)
    third = await asked(company, mina, "extension:202", "202")
    await company.hear_each_other(answer, third)
    assert await refused(company, f"/v1/contacts/{mina['contact']}/put-back") == 409
    await does(company, mina, "consult/swap")
    await becomes(company, mina, "on_hold")
    await company.hear_each_other(call, answer)
    await does(company, mina, "consult/swap")
    await becomes(company, mina, "talking")
    async with told(company) as events:
        await does(company, mina, "consult/complete")
        assert await answer.ended() == 200
        ended = await events.event("queue.contact_ended")
        assert (ended["ended"], ended["destination"]) == ("transferred", "extension:202")
        assert ended["hold_seconds"] > 0
    await company.hear_each_other(call, third)
    await status(company, mina, "wrap_up")
    await third.hang_up()
    assert await call.ended() == 200


async def test_agent_comes_back_to_the_caller(company: Company) -> None:
    _, mina, call, answer = await talking(company)
    phone = await company.phone("202")
    await does(company, mina, "consult", {"destination": "extension:202"})
    rung = await phone.incoming()
    await rung.reject(486)
    await becomes(company, mina, None)
    await company.hear_each_other(call, answer)
    await does(company, mina, "consult", {"destination": "extension:202"})
    rung = await phone.incoming()
    await rung.ring()
    await becomes(company, mina, "calling")
    await does(company, mina, "consult/cancel")
    assert await rung.ended() == 487
    await becomes(company, mina, None)
    await company.hear_each_other(call, answer)
    third = await asked(company, mina, "extension:202", "202")
    await third.hang_up()
    await becomes(company, mina, None)
    await company.hear_each_other(call, answer)
    await call.hang_up()
    assert await answer.ended() == 200
    await status(company, mina, "available")


async def test_three_talk_and_the_third_leaves(company: Company) -> None:
    _, mina, call, answer = await talking(company)
    third = await asked(company, mina, "extension:202", "202")
    await does(company, mina, "consult/conference")
    await becomes(company, mina, "conference")
    await company.hear_each_other(call, answer, third)
    await third.hang_up()
    await becomes(company, mina, None)
    await company.hear_each_other(call, answer)
    await answer.hang_up()
    assert await call.ended() == 200
    await status(company, mina, "available")


async def test_agent_hangs_up_while_asking_and_the_caller_keeps_the_place(company: Company) -> None:
    support, mina, call, answer = await talking(company, wrap_up_seconds=600)
    third = await asked(company, mina, "extension:202", "202")
    await answer.hang_up()
    assert await third.ended() == 200
    await waiting(company, support, 1)
    await status(company, mina, "wrap_up")
    await call.hang_up()
    await waiting(company, support, 0)


async def test_agent_asks_another_queue_and_passes_the_caller_on_to_its_agent(company: Company) -> None:
    _, mina, call, answer = await talking(company)
    sales = await queue(company, "sales")
    phone = await company.phone("202")
    reza = await agent(company, "202", sales)
    await signed_in(company, reza)
    await does(company, mina, "consult", {"destination": "queue:sales"})
    taken = await phone.incoming()
    await taken.answer()
    await becomes(company, mina, "talking")
    await status(company, reza, "on_contact")
    await does(company, mina, "consult/complete")
    assert await answer.ended() == 200
    await company.hear_each_other(call, taken)
    await status(company, mina, "available")
    await status(company, reza, "on_contact")
    await call.hang_up()
    assert await taken.ended() == 200
    await status(company, reza, "available")
