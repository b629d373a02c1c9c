"""What an agent or a supervisor does with a caller from a queue, over REST, on both switches."""

from __future__ import annotations

from typing import Any

import pytest

from shared.http.client import ApiProblem
from tests.contract.switch.drivers import Call
from tests.e2e.test_queues import agent, queue, signed_in, status, waiting
from tests.support.call_flows import number_of, told
from tests.support.company import PATIENCE_SECONDS, Company
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def talking(company: Company, **fields: Any) -> tuple[dict[str, Any], dict[str, Any], Call, Call]:
    """A caller from outside talks with the agent of 201: queue, agent (with the contact), and either's call."""
    phone, (_, carrier) = await company.phone("201"), await company.carrier()
    support = await queue(company, "support", **fields)
    mina = await agent(company, "201", support)
    await signed_in(company, mina)
    call = await carrier.dial(await number_of(company, "queue:support"))
    answer = await phone.incoming()
    await answer.answer()
    await company.hear_each_other(call, answer)
    talks = await status(company, mina, "on_contact")
    return support, {**mina, "contact": talks["entry_id"]}, call, answer


async def refused(company: Company, path: str, body: Any = None) -> int:
    with pytest.raises(ApiProblem) as problem:
        await company.post("acd", path, body)
    return problem.value.status


async def test_caller_is_transferred_to_an_extension_and_the_agent_wraps_up(company: Company) -> None:
    third = await company.phone("202")
    _, mina, call, answer = await talking(company, wrap_up_seconds=600)
    contact = f"/v1/contacts/{mina['contact']}"
    assert await refused(company, f"{contact}/transfer", {"destination": "extension:299"}) == 422
    assert await refused(company, f"{contact}/transfer", {"destination": "queue:nothing"}) == 422
    async with told(company) as events:
        await company.post("acd", f"{contact}/transfer", {"destination": "extension:202"})
        ended = await events.event("queue.contact_ended")
        assert (ended["ended"], ended["destination"]) == ("transferred", "extension:202")
    assert await answer.ended() == 200
    await status(company, mina, "wrap_up")
    taken = await third.incoming()
    await taken.answer()
    await company.hear_each_other(call, taken)
    assert await refused(company, f"{contact}/end") == 410
    assert await refused(company, f"/v1/contacts/{mina['id']}/end") == 404
    await call.hang_up()
    assert await taken.ended() == 200

    async def counted() -> list[tuple[int, ...]]:
        report = await company.client.get("reporting", "/v1/queue-contacts", tenant_id=company.tenant_id)
        names = ("contacts", "transferred", "blind", "to_extension")
        return [tuple(one[name] for name in names) for one in report["items"]]

    await eventually(counted, lambda found: found == [(1, 1, 1, 1)], timeout=PATIENCE_SECONDS)


async def test_caller_is_put_back_and_keeps_the_place(company: Company) -> None:
    support, mina, call, answer = await talking(company, wrap_up_seconds=600)
    _, carrier = await company.carrier()
    second = await carrier.dial(await number_of(company, "queue:support"))
    await second.answered()
    [behind] = await waiting(company, support, 1)
    assert await refused(company, f"/v1/contacts/{behind['entry_id']}/end") == 409
    async with told(company) as events:
        back = await company.post("acd", f"/v1/contacts/{mina['contact']}/put-back")
        assert (await events.event("queue.contact_ended"))["ended"] == "put_back"
    assert await answer.ended() == 200
    assert back["position"] == 1, "before who came later"
    line = await waiting(company, support, 2)
    assert [one["entry_id"] for one in line] == [back["entry_id"], behind["entry_id"]]
    await status(company, mina, "wrap_up")
    await call.hang_up()
    await second.hang_up()
    await waiting(company, support, 0)


async def test_caller_is_transferred_to_an_agent_who_then_has_the_contact(company: Company) -> None:
    other = await company.phone("202")
    support, mina, call, answer = await talking(company)
    reza = await agent(company, "202")
    contact = f"/v1/contacts/{mina['contact']}/transfer"
    await signed_in(company, reza)
    await company.post("acd", f"/v1/agents/{reza['id']}/pause", {"reason": "lunch"})
    assert await refused(company, contact, {"agent_id": reza["id"]}) == 409
    await company.post("acd", f"/v1/agents/{reza['id']}/unpause")
    await company.post("acd", contact, {"agent_id": reza["id"]})
    assert await answer.ended() == 200
    taken = await other.incoming()
    await taken.answer()
    await company.hear_each_other(call, taken)
    talks = await status(company, reza, "on_contact")
    assert talks["queue_id"] == support["id"]
    await company.post("acd", f"/v1/contacts/{talks['entry_id']}/end")
    assert await taken.ended() == 200
    assert await call.ended() == 200
    await status(company, reza, "available")


async def test_hold_key_of_the_agents_phone_is_hold_of_the_contact(company: Company) -> None:
    _, _, call, answer = await talking(company)
    async with told(company) as events:
        await answer.hold()
        await events.event("call.held")
        await answer.resume()
        await events.event("call.resumed")
        await company.hear_each_other(call, answer)
        await call.hang_up()
        ended = await events.event("queue.contact_ended")
    assert 0 < ended["hold_seconds"] < ended["hold_seconds"] + ended["talk_seconds"]
