"""What callers are asked after their call, and what they leave in flows, on both switches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.call_flows import number_of, once_known, played, publish, text, told
from tests.support.company import PATIENCE_SECONDS, Company
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

ASK = {"tries": 1, "first_seconds": 20}
BYE = {"type": "hangup"}
SURVEY = {
    "start": "rate",
    "nodes": {
        "rate": {
            "type": "survey",
            **ASK,
            "survey": "care",
            "question": "rating",
            "scale": "one_to_five",
            "announcement": text(en="How was it?"),
            "exits": {"done": "solved", "no_input": "bye", "invalid": "bye"},
        },
        "solved": {
            "type": "survey",
            **ASK,
            "survey": "care",
            "question": "solved",
            "scale": "yes_no",
            "announcement": text(en="Solved?"),
            "exits": {"done": "bye", "no_input": "bye", "invalid": "bye"},
        },
        "bye": BYE,
    },
}


async def listed(company: Company, path: str, count: int = 1) -> list[dict[str, Any]]:
    """What ivr lists, oldest first, once there is so much."""

    async def look() -> list[dict[str, Any]]:
        page = await company.client.get("ivr", path, tenant_id=company.tenant_id)
        return list(reversed(page["items"]))

    return await eventually(look, lambda found: len(found) >= count, timeout=PATIENCE_SECONDS)


async def test_caller_answers_a_survey_when_the_agent_has_hung_up(company: Company) -> None:
    agent, (_, carrier) = await company.phone("201"), await company.carrier()
    await company.post("routing", "/v1/ring-groups", {"slug": "care", "members": [{"extension": "201"}]})
    await publish(company, "after", SURVEY)
    group = {"type": "ring_group", "group": "care", "survey_flow": "after", "exits": {"no_answer": "bye"}}
    await publish(company, "line", {"start": "care", "nodes": {"care": group, "bye": BYE}})
    number = await number_of(company, "flow:line")

    async with told(company) as events, played(company.platform) as sounds:
        call = await carrier.dial(number)
        answer = await agent.incoming()
        await answer.answer()
        await company.hear_each_other(call, answer)
        await answer.hang_up()
        await sounds.sound("/spoken/")
        await call.dtmf("4")
        await sounds.sound("/spoken/", count=2)
        await call.dtmf("1")
        assert await call.ended() == 200
        await events.event("survey.answered", count=2)
        entered = await events.event("flow.entered", flow="after")

    answers = await listed(company, "/v1/survey-answers", 2)
    assert [(one["question"], one["number"], one["agent"]) for one in answers] == [
        ("rating", 4, "201"),
        ("solved", 1, "201"),
    ]
    record = await company.record(legs=2)
    assert {one["call_id"] for one in answers} == {record["call_id"]} == {entered["call_id"]}
    assert [event["number"] for event in events.of("survey.answered", agent="201")] == [4, 1]
    summary = await company.client.get("ivr", "/v1/surveys/care/summary", tenant_id=company.tenant_id)
    assert {one["question"]: one["mean"] for one in summary["questions"]} == {"rating": 4.0, "solved": 1.0}


async def test_caller_asks_to_be_called_back_on_another_number(company: Company) -> None:
    _, carrier = await company.carrier()
    ask = {
        "type": "callback_request",
        **ASK,
        "announcement": text(en="Press 1 or 2."),
        "exits": {"done": "bye", "no_input": "bye", "invalid": "bye"},
    }
    await publish(company, "back", {"start": "ask", "nodes": {"ask": ask, "bye": BYE}})
    number = await number_of(company, "flow:back")
    async with told(company) as events, played(company.platform) as sounds:
        call = await carrier.dial(number)
        await sounds.sound("/spoken/")
        await call.dtmf("2")
        await sounds.sound("callback-number")
        await call.dtmf("02188776655#")
        assert await call.ended() == 200
        await events.event("callback.requested", number="02188776655")

    [request] = await listed(company, "/v1/callback-requests")
    assert (request["number"], request["caller_number"], request["done_at"]) == ("02188776655", "+982122223333", None)
    await company.post("ivr", f"/v1/callback-requests/{request['id']}/done", {"note": "called"})


async def test_message_of_a_caller_who_hangs_up_in_the_middle_is_kept(company: Company) -> None:
    _, carrier = await company.carrier()
    record = {
        "type": "record_message",
        "topic": "complaint",
        "least_seconds": 0,
        "exits": {"done": "bye", "nothing": "bye"},
    }
    await publish(company, "say", {"start": "record", "nodes": {"record": record, "bye": BYE}})
    number = await number_of(company, "flow:say")
    async with told(company) as events, played(company.platform) as sounds:
        call = await carrier.dial(number)
        await call.answered()
        await sounds.recording()
        folder = company.platform.settings.var / "media" / company.tenant_id

        async def begun() -> bool:
            return any(path.stat().st_size > 20_000 for path in folder.rglob("*.wav"))  # the switch writes in blocks

        if company.platform.real:
            await eventually(begun, timeout=PATIENCE_SECONDS)
        await call.hang_up()
        await events.event("message.recorded", topic="complaint")
        left = await events.event("flow.left", reason="hung_up_by_caller")

    [message] = await listed(company, "/v1/recorded-messages")
    assert (message["topic"], message["node"], message["call_id"]) == ("complaint", "record", left["call_id"])
    assert message["seconds"] > 0 or not company.platform.real  # the simulated caller left within a frame


async def test_a_known_customer_is_spoken_to_in_her_language_through_an_inner_flow(company: Company) -> None:
    _, carrier = await company.carrier()
    customer = {"name": "Sara", "language": "fa", "numbers": ["+982122223333"], "attributes": {"tier": "gold"}}
    await once_known(company, "/v1/customers", customer)
    greet = {"type": "play", "announcement": text(en="Hello.", fa="سلام."), "exits": {"done": "back"}}
    inner = {"start": "greet", "languages": ["en", "fa"], "nodes": {"greet": greet, "back": {"type": "return"}}}
    await publish(company, "hello", inner)
    nodes = {
        "who": {"type": "customer_lookup", "exits": {"found": "hello", "unknown": "bye"}},
        "hello": {"type": "subflow", "flow": "hello", "exits": {"done": "tier"}},
        "tier": {
            "type": "branch",
            "conditions": [{"value": "{customer.tier}", "test": "equals", "than": "gold", "exit": "gold"}],
            "exits": {"gold": "room", "otherwise": "bye"},
        },
        "room": {"type": "conference", "room": "lounge"},
        "bye": BYE,
    }
    await publish(company, "line", {"start": "who", "languages": ["en", "fa"], "nodes": nodes})
    number = await number_of(company, "flow:line")

    async with told(company) as events, played(company.platform) as sounds:
        call = await carrier.dial(number)
        await sounds.sound("/spoken/")
        await events.event("flow.left", reason="sent_on", destination="conference:lounge")
        await eventually(lambda: company.switch_api("conference list"), lambda told: "lounge" in told, PATIENCE_SECONDS)
        await call.hang_up()
    assert events.way() == ["who:found", "greet:done", "back:return", "hello:done", "tier:gold"]


@pytest.mark.freeswitch
@pytest.mark.parametrize("accepts", [True, False], ids=["presses 1", "presses nothing"])
async def test_a_mobile_is_connected_only_when_somebody_presses_1(real_company: Company, accepts: bool) -> None:
    company = real_company
    _, carrier = await company.carrier()
    alice = await company.phone("201")
    mobile = {
        "type": "external",
        "number": "+989121234567",
        "ring_seconds": 8,
        "press_to_accept": True,
        "exits": {"busy": "sorry", "no_answer": "sorry", "unavailable": "sorry"},
    }
    sorry = {"type": "hangup", "announcement": text(en="Nobody.")}
    await publish(company, "duty", {"start": "mobile", "nodes": {"mobile": mobile, "sorry": sorry}})
    number = await number_of(company, "flow:duty")

    async with told(company) as events, played(company.platform) as sounds:
        call = await alice.dial(number)
        answer = await carrier.incoming()
        await answer.answer()
        await sounds.sound("ivr-accept-call")
        if accepts:
            await answer.dtmf("1")
            await company.hear_each_other(call, answer)
            await answer.hang_up()
            assert await call.ended() == 200
        else:
            await sounds.sound("/spoken/")
            assert await call.ended() == 200
            await events.event("flow.left", reason="hung_up_by_flow")
            assert events.way()[0].startswith("mobile:")
