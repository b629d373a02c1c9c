"""Call records, from the switch's spool and events to the REST API, on a real database."""

import asyncio
import csv
import io

import pytest

from shared.contracts.nodes import NodeLost, NodeReconciled, NodeStarted
from shared.contracts.records import StoreCallRecords
from tests.support.reporting import OTHER, TENANT, Events, at, leg, token
from tests.support.waiting import eventually


async def ship(reporting, *legs):
    return await reporting.bus.request(StoreCallRecords(node_id="n1", records=legs), timeout=5)


async def records(reporting, **query):
    answer = await reporting.client.get("/v1/call-records", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def open_legs(reporting):
    from sqlalchemy import text

    async with reporting.database.platform() as session:
        return list((await session.execute(text("SELECT leg_id FROM open_legs ORDER BY leg_id"))).scalars())


async def test_a_call_delivered_twice_in_any_order_is_one_record(reporting):
    a, b = leg("a"), leg("b", "a", extension="102")
    first = await ship(reporting, b)
    assert first.stored == ("b",)
    for _ in range(2):
        assert set((await ship(reporting, a, b)).stored) == {"a", "b"}
    [call] = await records(reporting)
    assert (call["call_id"], call["leg_count"], call["answered_by"], call["talk_seconds"]) == ("a", 2, "102", 10)
    assert call["cause_text"] == "Call ended"
    whole = (await reporting.client.get("/v1/call-records/a", params={"language": "fa"})).json()
    assert [one["leg_id"] for one in whole["legs"]] == ["a", "b"]
    assert whole["cause_text"] == "تماس پایان یافت"


async def test_legs_of_one_call_stored_at_the_same_moment_are_not_overlooked(reporting):
    legs = [leg("a"), *(leg(f"b{i}", "a") for i in range(8))]
    await asyncio.gather(*(ship(reporting, one) for one in legs))
    [call] = await records(reporting)
    assert call["leg_count"] == 9


async def test_another_tenants_calls_do_not_exist(reporting):
    await ship(reporting, leg("a"), leg("x", tenant_id=OTHER), leg("nobody", tenant_id=None))
    assert [call["call_id"] for call in await records(reporting)] == ["a"]
    assert (await reporting.client.get("/v1/call-records/x")).json()["code"] == "call_record_not_found"
    answer = await reporting.client.get("/v1/call-records", params={"tenant_id": str(OTHER)})
    assert answer.status_code == 404
    answer = await reporting.client.get("/v1/call-records", headers=token("agent"))
    assert answer.status_code == 403


async def test_filters_and_pages(reporting):
    await ship(
        reporting,
        leg("c1", started_at=at(0), extension="101"),
        leg("c2", started_at=at(60), answered_at=None, bridged_at=None, ended_at=at(70), cause="USER_BUSY"),
        leg("c3", started_at=at(120), ended_at=at(500), direction="outbound", called_number="+982112345678"),
    )
    assert [c["call_id"] for c in await records(reporting)] == ["c3", "c2", "c1"]
    assert [c["call_id"] for c in await records(reporting, answered=False)] == ["c2"]
    assert [c["call_id"] for c in await records(reporting, category="busy")] == ["c2"]
    assert [c["call_id"] for c in await records(reporting, number="+982112345678")] == ["c3"]
    assert [c["call_id"] for c in await records(reporting, extension="101")] == ["c1"]
    assert [c["call_id"] for c in await records(reporting, since=at(60).isoformat())] == ["c3", "c2"]
    assert [c["call_id"] for c in await records(reporting, until=at(60).isoformat())] == ["c1"]
    seen, cursor = [], None
    while True:
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await reporting.client.get("/v1/call-records", params=query)).json()
        seen += [call["call_id"] for call in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ["c3", "c2", "c1"]


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"limit": 0}, "invalid", "limit"),
        ({"cursor": "nonsense"}, "invalid_cursor", "cursor"),
        ({"since": "2026-01-01T00:00:00"}, "invalid", "since"),
        ({"since": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, "invalid_period", "until"),
        ({"direction": "sideways"}, "invalid", "direction"),
        ({"number": "1\x00"}, "invalid", "number"),
        ({"min_talk_seconds": "nan"}, "invalid", "min_talk_seconds"),
    ],
)
async def test_a_bad_question_gets_a_code_and_the_field(reporting, query, code, field):
    answer = await reporting.client.get("/v1/call-records", params=query)
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, code, field)


async def test_the_export_is_the_list_with_hostile_names_disarmed(reporting):
    await ship(reporting, leg("a", caller_name="=1+1"), leg("c", started_at=at(5), caller_name='سارا "S"\n,x'))
    answer = await reporting.client.get("/v1/call-records.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["call_id"], row["caller_name"]) for row in rows] == [("c", 'سارا "S"\n,x'), ("a", "'=1+1")]


async def test_a_lost_switch_closes_its_calls_with_what_the_events_told(reporting):
    one, two = Events("a"), Events("b", "a")
    await reporting.bus.publish_many([one.created(0), two.created(1), one.answered(3), two.answered(3)])
    await eventually(lambda: open_legs(reporting), lambda legs: legs == ["a", "b"])
    await reporting.bus.publish(NodeLost(node_id="n1", core_id="core-1", occurred_at=at(20)))
    [call] = await eventually(lambda: records(reporting))
    assert (call["cause"], call["category"], call["total_seconds"], call["leg_count"]) == (
        "switch_lost",
        "switch_lost",
        20,
        2,
    )
    assert await open_legs(reporting) == []


async def test_a_leg_told_of_after_its_switch_was_lost_is_closed_too(reporting):
    await reporting.bus.publish(NodeLost(node_id="n1", core_id="core-1", occurred_at=at(20)))
    await reporting.bus.publish(Events("late").created(19))
    [call] = await eventually(lambda: records(reporting))
    assert (call["call_id"], call["cause"]) == ("late", "switch_lost")


async def test_a_new_life_of_the_switch_ends_the_calls_of_the_old_one_only(reporting):
    await reporting.bus.publish(NodeStarted(node_id="n1", core_id="core-1", occurred_at=at(-5)))
    await reporting.bus.publish(Events("old").created(0))
    await eventually(lambda: open_legs(reporting))
    await reporting.bus.publish(NodeStarted(node_id="n1", core_id="core-2", occurred_at=at(30)))
    await reporting.bus.publish(Events("new", core_id="core-2").created(31))
    [call] = await eventually(lambda: records(reporting))
    assert (call["call_id"], call["cause"]) == ("old", "switch_lost")
    await eventually(lambda: open_legs(reporting), lambda legs: legs == ["new"])


async def test_the_switchs_own_record_replaces_the_stand_in(reporting):
    await reporting.bus.publish(Events("a").created(0))
    await eventually(lambda: open_legs(reporting))
    await reporting.bus.publish(NodeLost(node_id="n1", core_id="core-1", occurred_at=at(20)))
    await eventually(lambda: records(reporting))
    await ship(reporting, leg("a", cause="NORMAL_CLEARING"))
    [call] = await records(reporting)
    assert (call["cause"], call["talk_seconds"]) == ("NORMAL_CLEARING", 10)
    # and a stand-in never replaces the switch's own
    await reporting.bus.publish(Events("a").created(0))
    await reporting.bus.publish(NodeLost(node_id="n1", core_id="core-1", occurred_at=at(40)))
    await ship(reporting, leg("z", started_at=at(100), ended_at=at(101)))
    assert {c["call_id"]: c["cause"] for c in await records(reporting)}["a"] == "NORMAL_CLEARING"


async def test_a_leg_that_ended_unseen_waits_for_its_record_and_is_closed_without_one(reporting):
    await reporting.bus.publish_many([Events("a").created(0), Events("b").created(0)])
    await eventually(lambda: open_legs(reporting), lambda legs: legs == ["a", "b"])
    seen = NodeReconciled(node_id="n1", core_id="core-1", live_leg_ids=("b",), occurred_at=at(10))
    await reporting.bus.publish(seen)
    recorder = next(part for part in reporting.app.components if part.name == "recorder")

    async def swept():
        await recorder.sweep()
        return await records(reporting)

    assert await swept() == []
    await reporting.clock.advance(75)
    [call] = await eventually(swept)
    assert (call["call_id"], call["cause"]) == ("a", "NORMAL_UNSPECIFIED")
    assert await open_legs(reporting) == ["b"]


async def test_finished_calls_are_told_of_once_their_last_leg_is_stored(reporting):
    told = []

    async def hear(event):
        told.append((event.call_id, event.tenant_id, event.cause))

    from shared.contracts.catalogue import CALLS
    from shared.contracts.records import CallRecorded

    await reporting.bus.consume("test", CALLS, [CallRecorded], hear)
    await reporting.bus.publish_many([Events("a").created(0), Events("b", "a").created(0)])
    await eventually(lambda: open_legs(reporting), lambda legs: legs == ["a", "b"])
    await ship(reporting, leg("b", "a"))
    await ship(reporting, leg("c"))
    await ship(reporting, leg("a"))

    async def heard():
        return told

    await eventually(heard, lambda calls: len(calls) == 2)
    assert told == [("c", TENANT, "NORMAL_CLEARING"), ("a", TENANT, "NORMAL_CLEARING")]


async def test_events_and_records_of_the_same_legs_at_the_same_moment_leave_no_open_leg(reporting):
    """A short call's record comes as early as its events: neither fails because of the other, in whatever order."""
    replies = []
    for number in range(12):
        ids = [f"{number}-{place}" for place in range(20)]
        events = [event for leg_id in reversed(ids) for event in (Events(leg_id).created(0), Events(leg_id).hung_up(1))]
        told = asyncio.create_task(reporting.bus.publish_many(events))
        replies += await asyncio.gather(*(ship(reporting, *(leg(leg_id) for leg_id in part)) for part in (ids, ids)))
        await told
    assert {(reply.code, reply.detail) for reply in replies} == {("ok", "")}
    assert len(await records(reporting, limit=200)) == 200
    await eventually(lambda: open_legs(reporting), lambda legs: not legs)
