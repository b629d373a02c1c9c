"""What callers leave behind: written once with its message, listed, counted, done."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.ivr.domain.flow import Flow
from services.ivr.domain.node import CallFacts
from services.ivr.domain.writes import CallbackRequest, RecordedMessage, SurveyAnswer
from services.ivr.results import Results
from shared.contracts.catalogue import CALLS
from shared.contracts.ivr import CallbackRequested, MessageRecorded, SurveyAnswered
from shared.db.outbox import Outbox
from tests.integration.ivr.test_prompts import tone
from tests.integration.ivr.world import Ivr
from tests.support.nats_server import until
from tests.unit.ivr.calls import END, flow
from tests.unit.routing.town import ACME, RIVAL


@dataclass(frozen=True)
class Call:
    facts: CallFacts
    flow: Flow
    node: str = "ask"
    language: str = "en"


CALL = Call(CallFacts(call_id="c-1", leg_id="l-1", caller_number="+989121234567"), flow({"ask": END}))
ANSWER = SurveyAnswer("after-call", "how-good", "nps", 9, "", 0.0, "agent-1", "support")


def on_leg(leg_id: str, node: str = "ask") -> Call:
    return replace(CALL, facts=replace(CALL.facts, leg_id=leg_id), node=node)


def results(ivr: Ivr) -> Results:
    return Results(ivr.database, Outbox(ivr.database), ivr.clock, media_of(ivr))


def media_of(ivr: Ivr) -> Path:
    return ivr.app.http.state.here.prompts.recording(ACME.id, "x").parents[1]


async def heard(ivr: Ivr, *kinds: type[Any]) -> list[Any]:
    found: list[Any] = []

    async def keep(event: Any) -> None:
        found.append(event)

    await ivr.bus.consume("test", CALLS, list(kinds), keep)
    return found


async def test_an_answer_is_written_once_and_told_once(ivr: Ivr) -> None:
    told = await heard(ivr, SurveyAnswered, CallbackRequested, MessageRecorded)
    first = await results(ivr).save(ACME.id, CALL, ANSWER)
    assert await results(ivr).save(ACME.id, CALL, replace(ANSWER, number=1)) == first
    other = await results(ivr).save(ACME.id, on_leg("l-1", "again"), CallbackRequest("0211", "sales"))
    await results(ivr).save(ACME.id, CALL, RecordedMessage("ask", "complaint", "messages/l-1-ask", 3.0))
    await until(lambda: len(told) == 3)
    by_name = {event.name: event for event in told}
    answered = by_name["survey.answered"]
    assert (str(answered.answer_id), answered.number, answered.agent, answered.flow, answered.flow_version) == (
        first,
        9,
        "agent-1",
        "main",
        1,
    )
    assert str(by_name["callback.requested"].callback_id) == other
    assert by_name["message.recorded"].topic == "complaint"
    [listed] = (await ivr.admin.get("/v1/survey-answers")).json()["items"]
    assert (listed["id"], listed["number"], listed["leg_id"], listed["has_comment"]) == (first, 9, "l-1", False)


async def test_an_answer_that_waited_is_written_once_by_whichever_replica_comes_first(ivr: Ivr) -> None:
    told = await heard(ivr, SurveyAnswered)
    one, other = results(ivr), results(ivr)
    for _ in range(2):  # a process was killed before it knew that the first file stood
        await one.spool.put(ACME.id, CALL, ANSWER, ivr.clock.now())
    await one.spool.put(ACME.id, on_leg("l-2"), ANSWER, ivr.clock.now())
    await one.save(ACME.id, CALL, ANSWER)  # the table had taken it after all

    assert await other.spool.flush() == await one.spool.flush() == 0

    await until(lambda: len(told) == 2)
    listed = (await ivr.admin.get("/v1/survey-answers")).json()["items"]
    assert sorted((each["leg_id"], each["number"], each["agent"]) for each in listed) == [
        ("l-1", 9, "agent-1"),
        ("l-2", 9, "agent-1"),
    ]


async def test_a_survey_is_summed_up(ivr: Ivr) -> None:
    for place, number in enumerate((10, 9, 9, 8, 6, 0)):
        await results(ivr).save(ACME.id, on_leg(f"l-{place}"), replace(ANSWER, number=number))
    comment = replace(ANSWER, question="why", scale="comment", number=None, recording="comments/x", seconds=4.0)
    await results(ivr).save(ACME.id, on_leg("l-1", "why"), comment)
    await results(ivr).save(RIVAL.id, on_leg("l-9"), ANSWER)
    summary = (await ivr.person("quality").get("/v1/surveys/after-call/summary")).json()
    assert summary["questions"] == [
        {
            "question": "how-good", "scale": "nps", "count": 6, "mean": 7.0, "comments": 0,
            "distribution": {"0": 1, "6": 1, "8": 1, "9": 2, "10": 1}, "nps": (3 - 2) * 100 / 6,
        },
        {
            "question": "why", "scale": "comment", "count": 0, "mean": None, "comments": 1, "distribution": {},
            "nps": None,
        },
    ]  # fmt: skip
    later = (ivr.clock.now() + timedelta(seconds=1)).isoformat()
    assert (await ivr.admin.get("/v1/surveys/after-call/summary", **{"from": later})).json()["questions"] == []


async def test_answers_are_filtered_and_paged(ivr: Ivr) -> None:
    for place in range(5):
        await results(ivr).save(
            ACME.id, on_leg(f"l-{place}"), replace(ANSWER, queue="sales" if place % 2 else "support")
        )
        await ivr.clock.advance(60)
    ids: list[str] = []
    cursor = None
    while True:
        page = (await ivr.admin.get("/v1/survey-answers", limit=2, **({"cursor": cursor} if cursor else {}))).json()
        ids += [one["leg_id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert ids == ["l-4", "l-3", "l-2", "l-1", "l-0"]
    found = (await ivr.admin.get("/v1/survey-answers", queue="sales", survey="after-call")).json()["items"]
    assert [one["leg_id"] for one in found] == ["l-3", "l-1"]
    start = (ivr.clock.now() - timedelta(seconds=130)).isoformat()
    found = (await ivr.admin.get("/v1/survey-answers", **{"from": start})).json()["items"]
    assert [one["leg_id"] for one in found] == ["l-4", "l-3"]
    assert (await ivr.admin.get("/v1/survey-answers", cursor="x")).json()["code"] == "invalid_cursor"


async def test_a_callback_is_done_once(ivr: Ivr) -> None:
    request = await results(ivr).save(ACME.id, CALL, CallbackRequest("+982112345678", "sales"))
    assert len((await ivr.admin.get("/v1/callback-requests", done=False)).json()["items"]) == 1
    path = f"/v1/callback-requests/{request}/done"
    sara, reza = ivr.person("supervisor", subject="user:sara"), ivr.person("manager", subject="user:reza")
    assert (await sara.post(path, {"note": "sold"})).json()["done_by"] == "user:sara"
    again = (await reza.post(path, {"note": "mine"})).json()
    assert (again["done_by"], again["done_note"]) == ("user:sara", "sold")
    assert (await ivr.admin.get("/v1/callback-requests", done=False)).json()["items"] == []
    assert (await ivr.rival.post(path, {})).status_code == 404
    assert (await ivr.person("quality").post(path, {})).status_code == 403


async def test_a_message_is_heard(ivr: Ivr) -> None:
    message = await results(ivr).save(ACME.id, CALL, RecordedMessage("ask", "complaint", "messages/l-1-ask", 1.0))
    path = f"/v1/recorded-messages/{message}/audio"
    gone = await ivr.admin.get(path)
    assert (gone.status_code, gone.json()["code"]) == (404, "recording_gone")
    file = ivr.app.http.state.here.prompts.recording(ACME.id, "messages/l-1-ask")
    file.parent.mkdir(parents=True)
    file.write_bytes(tone())
    heard = await ivr.admin.get(path)
    assert (heard.status_code, heard.headers["content-type"], heard.content) == (200, "audio/wav", tone())
    assert (await ivr.rival.get(path)).status_code == 404
    [listed] = (await ivr.admin.get("/v1/recorded-messages", topic="complaint")).json()["items"]
    assert (listed["id"], "recording" in listed) == (message, False)
    assert (await ivr.rival.get("/v1/recorded-messages")).json()["items"] == []
