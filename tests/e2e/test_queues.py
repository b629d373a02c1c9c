"""Queues from outside to an agent's phone, on both switches."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import pytest

from shared.http.client import ApiProblem, ServiceAway
from tests.e2e.test_ivr_survey import SURVEY, listed
from tests.support.call_flows import number_of, once_known, played, publish, told
from tests.support.company import PASSWORD, PATIENCE_SECONDS, Company
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


async def queue(company: Company, slug: str, **fields: Any) -> dict[str, Any]:
    return await once_known(company, "/v1/queues", {"slug": slug, **fields}, "acd")


async def agent(company: Company, number: str, *queues: dict[str, Any], **fields: Any) -> dict[str, Any]:
    body = {"display_name": f"Agent {number}", "phone": f"extension:{number}", **fields}
    made = await once_known(company, "/v1/agents", body, "acd")
    for one in queues:
        await company.change("acd", "PUT", f"/v1/queues/{one['id']}/agents/{made['id']}", {"level": 1})
    return made


async def signed_in(company: Company, who: dict[str, Any]) -> None:
    """Once the floor has an owner that knows the agent."""

    async def try_it() -> bool:
        try:
            await company.post("acd", f"/v1/agents/{who['id']}/sign-in")
        except ServiceAway:
            return False
        except ApiProblem as problem:
            if problem.status in (404, 503):
                return False
            raise
        return True

    await eventually(try_it, timeout=PATIENCE_SECONDS)


async def status(company: Company, who: dict[str, Any], wanted: str) -> dict[str, Any]:
    async def look() -> dict[str, Any]:
        return dict(await company.client.get("acd", f"/v1/agents/{who['id']}/status", tenant_id=company.tenant_id))

    return await eventually(look, lambda found: found["status"] == wanted, timeout=PATIENCE_SECONDS)


async def waiting(company: Company, of: dict[str, Any], count: int) -> list[dict[str, Any]]:
    async def look() -> list[dict[str, Any]]:
        try:
            page = await company.client.get("acd", f"/v1/queues/{of['id']}/waiting", tenant_id=company.tenant_id)
        except (ApiProblem, ServiceAway):
            return [{}] * 99
        return list(page["items"])

    return await eventually(look, lambda found: len(found) == count, timeout=PATIENCE_SECONDS)


async def floor_has_read(company: Company) -> None:
    """Wait until the floor has read what is configured: it reads all at once, so a queue that is made now, too."""
    await waiting(company, await queue(company, f"last-{secrets.token_hex(4)}"), 0)


async def test_survey_after_a_queue_call(company: Company) -> None:
    phone, (_, carrier) = await company.phone("201"), await company.carrier()
    await publish(company, "after", SURVEY)
    support = await queue(company, "support", survey_flow="after")
    mina = await agent(company, "201", support)
    await signed_in(company, mina)
    number = await number_of(company, "queue:support")

    async with told(company) as events, played(company.platform) as sounds:
        call = await carrier.dial(number)
        answer = await phone.incoming()
        await answer.ring()
        await answer.answer()
        await company.hear_each_other(call, answer)
        talking = await status(company, mina, "on_contact")
        await answer.hang_up()
        await events.event("flow.entered", flow="after")
        await sounds.sound("/spoken/")
        await call.dtmf("5")
        await sounds.sound("/spoken/", count=2)
        await call.dtmf("1")
        assert await call.ended() == 200
        await events.event("survey.answered", count=2)
        connected = await events.event("queue.connected", queue="support")
        await events.event("queue.contact_ended")

    assert talking["calls"] == 1
    answers = await listed(company, "/v1/survey-answers", 2)
    assert [(one["question"], one["number"], one["agent"], one["queue"]) for one in answers] == [
        ("rating", 5, "201", "support"),
        ("solved", 1, "201", "support"),
    ]
    record = await company.record(legs=2)
    assert {one["call_id"] for one in answers} == {record["call_id"]} == {connected["call_id"]}
    await status(company, mina, "available")


async def test_who_waits_is_served_when_an_agent_signs_in_and_the_next_after_wrap_up(company: Company) -> None:
    phone, (_, carrier) = await company.phone("201"), await company.carrier()
    support = await queue(company, "support", wrap_up_seconds=600)
    mina = await agent(company, "201", support)
    number = await number_of(company, "queue:support")
    first = await carrier.dial(number)
    await first.answered()
    await waiting(company, support, 1)
    second = await carrier.dial(number)
    await second.answered()
    line = await waiting(company, support, 2)
    assert [one["position"] for one in line] == [1, 2]
    assert {one["estimated_wait_seconds"] for one in line} == {None}, "nobody serves"
    await signed_in(company, mina)
    answer = await phone.incoming()
    await answer.ring()
    await status(company, mina, "ringing")
    await answer.answer()
    await company.hear_each_other(first, answer)
    await status(company, mina, "on_contact")
    (behind,) = await waiting(company, support, 1)
    assert (
        behind["estimated_wait_low_seconds"] < behind["estimated_wait_seconds"] < behind["estimated_wait_high_seconds"]
    )
    await first.hang_up()
    assert await answer.ended() == 200
    await status(company, mina, "wrap_up")
    await company.post("acd", f"/v1/agents/{mina['id']}/wrap-up-done")
    answer = await phone.incoming()
    await answer.answer()
    await company.hear_each_other(second, answer)
    await status(company, mina, "on_contact")
    await answer.hang_up()
    assert await second.ended() == 200
    history = await company.client.get("acd", f"/v1/agents/{mina['id']}/history", tenant_id=company.tenant_id)
    assert [one["status"] for one in reversed(history["items"])][:6] == [
        "offline",
        "available",
        "reserved",
        "ringing",
        "on_contact",
        "wrap_up",
    ]


async def test_an_agent_who_does_not_take_the_caller_leaves_the_place_to_the_next(company: Company) -> None:
    busy, free = await company.phone("201"), await company.phone("202")
    _, carrier = await company.carrier()
    support = await queue(company, "support", strategy="top_down")
    agents = [await agent(company, number, support) for number in ("201", "202")]
    await company.change("acd", "PUT", f"/v1/queues/{support['id']}/agents/{agents[1]['id']}", {"level": 2})
    for one in agents:
        await signed_in(company, one)
    await floor_has_read(company)
    number = await number_of(company, "queue:support")
    async with told(company) as events:
        call = await carrier.dial(number)
        await (await busy.incoming()).reject(486)
        answer = await free.incoming()
        await answer.answer()
        await company.hear_each_other(call, answer)
        failed = await events.event("queue.offer_failed")
        assert (failed["reason"], failed["agent_id"]) == ("busy", agents[0]["id"])
        left = await events.event("queue.left", outcome="answered")
        assert left["agent_id"] == agents[1]["id"]
        await call.hang_up()
    await asyncio.gather(*(status(company, one, "available") for one in agents))


async def on_other_call(company: Company, who: dict[str, Any], *, on: bool) -> dict[str, Any]:
    """What the agent does once the floor and the live view say so."""

    async def live() -> bool:
        shown = await company.client.get("reporting", "/v1/live", tenant_id=company.tenant_id)
        return next(one["on_other_call"] for one in shown["agents"] if one["agent_id"] == who["id"]) is on

    await eventually(live, timeout=PATIENCE_SECONDS)
    return dict(await company.client.get("acd", f"/v1/agents/{who['id']}/status", tenant_id=company.tenant_id))


async def test_an_agent_who_talks_with_a_colleague_is_offered_no_caller_until_that_is_over(company: Company) -> None:
    phone, colleague = await company.phone("201"), await company.phone("202")
    _, carrier = await company.carrier()
    support = await queue(company, "support")
    mina = await agent(company, "201", support)
    await signed_in(company, mina)
    number = await number_of(company, "queue:support")

    own = await phone.dial("202")
    rings = await colleague.incoming()
    await rings.ring()
    assert (await on_other_call(company, mina, on=True))["status"] == "available", "from the first moment"
    await own.hang_up()
    await rings.ended()
    await on_other_call(company, mina, on=False)

    theirs = await colleague.dial("201")
    talk = await phone.incoming()
    await talk.answer()
    await theirs.answered()
    await on_other_call(company, mina, on=True)
    call = await carrier.dial(number)
    await waiting(company, support, 1)
    assert (await on_other_call(company, mina, on=True))["status"] == "available"
    await theirs.hang_up()
    assert await talk.ended() == 200
    answer = await phone.incoming()
    await answer.answer()
    await company.hear_each_other(call, answer)
    talking = await status(company, mina, "on_contact")
    assert (talking["on_other_call"], talking["missed"]) == (False, 0)
    await answer.hang_up()
    assert await call.ended() == 200


async def test_a_caller_who_gives_up_leaves_nobody_ringing(company: Company) -> None:
    phone, (_, carrier) = await company.phone("201"), await company.carrier()
    support = await queue(company, "support")
    mina = await agent(company, "201", support)
    await signed_in(company, mina)
    number = await number_of(company, "queue:support")
    async with told(company) as events:
        call = await carrier.dial(number)
        ringing = await phone.incoming()
        await ringing.ring()
        await status(company, mina, "ringing")
        await call.hang_up()
        await ringing.ended()
        left = await events.event("queue.left")
        assert left["outcome"] in ("abandoned", "short_abandoned")
    assert (await status(company, mina, "available"))["missed"] == 0


async def test_of_several_devices_of_an_agent_the_one_that_is_registered_rings(company: Company) -> None:
    extension = await company.extension("201")
    second = {"sip_username": "201-2", "password": PASSWORD}
    await company.post("directory", f"/v1/extensions/{extension['id']}/devices", second)
    _, carrier = await company.carrier()
    support = await queue(company, "support")
    mina = await agent(company, "201", support)
    phone = await company.device("201-2")
    await signed_in(company, mina)
    call = await carrier.dial(await number_of(company, "queue:support"))
    answer = await phone.incoming()
    await answer.answer()
    await status(company, mina, "on_contact")
    await company.hear_each_other(call, answer)
    await answer.hang_up()
    assert await call.ended() == 200


async def test_a_caller_hangs_up_and_is_called_back_when_the_turn_comes(company: Company) -> None:
    phone, (_, carrier) = await company.phone("201"), await company.carrier()
    support = await queue(company, "support", callback_enabled=True, callback={"key": "2"})
    mina = await agent(company, "201", support)
    number = await number_of(company, "queue:support")
    async with told(company) as events, played(company.platform) as sounds:
        call = await carrier.dial(number)
        await call.answered()
        await waiting(company, support, 1)
        await call.dtmf("2")
        await sounds.sound("callback-confirm")
        await call.dtmf("1")
        asked = await events.event("queue.callback_requested")
        await sounds.sound("callback-keeps-place")  # at once, in the middle of the question
        await call.hang_up()
        left = await events.event("queue.left")
        assert (left["outcome"], left["entry_id"]) == ("callback", asked["entry_id"])
        (kept,) = await waiting(company, support, 1)
        assert (kept["leg_id"], kept["callback"]["state"]) == (None, "waiting")
        await signed_in(company, mina)
        answer = await phone.incoming()
        await answer.answer()
        customer = await carrier.incoming()
        await customer.ring()
        await customer.answer()
        await company.hear_each_other(customer, answer)
        ended = await events.event("queue.callback_ended")
        assert (ended["outcome"], ended["attempts"], ended["agent_id"]) == ("kept", 1, mina["id"])
        await status(company, mina, "on_contact")
        await customer.hang_up()
        assert await answer.ended() == 200
        await events.event("queue.contact_ended")
    await status(company, mina, "available")
    listed = await company.client.get("acd", "/v1/callbacks", tenant_id=company.tenant_id)
    assert [one["callback"]["state"] for one in listed["items"]] == ["kept"]


async def test_a_caller_is_told_the_place_in_line_and_leaves_by_a_key(company: Company) -> None:
    phone, (_, carrier) = await company.phone("202"), await company.carrier()
    told_place = {"position": True, "first_seconds": 0, "every_seconds": 3600}
    await queue(company, "support", announcements=told_place, leave_keys={"1": "extension:202"})
    number = await number_of(company, "queue:support")
    async with told(company) as events, played(company.platform) as sounds:
        call = await carrier.dial(number)
        await call.answered()
        await sounds.sound("queue-next")
        await call.dtmf("*")
        await call.dtmf("1")
        answer = await phone.incoming()
        await answer.answer()
        await company.hear_each_other(call, answer)
        left = await events.event("queue.left")
        assert (left["outcome"], left["destination"]) == ("left_by_key", "extension:202")
        await call.hang_up()
