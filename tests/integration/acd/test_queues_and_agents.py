"""Queues and agents over REST: what is kept, what is told of it, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from services.acd.domain.model import AgentState, AgentStatus
from services.acd.records import Entry
from services.acd.store import FloorStore
from shared.contracts.acd import AcdState, AgentChanged, QueueChanged, QueueJoined
from shared.contracts.routing import FindWayOut, WayOut, WayOutReply
from shared.db.outbox import Outbox
from shared.db.republishing import Republisher
from shared.telephony.ids import new_id
from tests.integration.acd.world import SARA, SARAS_USER, SUPPORT, Acd
from tests.support.waiting import eventually
from tests.unit.routing.town import ACME, NOON, RIVAL


def store_of(acd: Acd) -> FloorStore:
    return FloorStore(acd.database, Outbox(acd.database))


@pytest.fixture
async def heard(acd: Acd) -> Callable[[int], Awaitable[list[Any]]]:
    """What others on the bus are told, once there is so much of it."""
    events: list[AcdState] = []

    async def hear(event: AcdState) -> None:
        events.append(event)

    await acd.bus.replicate([QueueChanged, AgentChanged], hear)

    async def told(count: int) -> list[Any]:
        await eventually(lambda: _count(events), lambda found: found >= count)
        return events

    return told


async def _count(events: list[AcdState]) -> int:
    return len(events)


async def test_a_queue_is_kept_found_changed_and_removed(acd: Acd, heard: Any) -> None:
    whole = {
        **SUPPORT,
        "strategy": "best_skill",
        "weight": 2.5,
        "max_waiting": 20,
        "overflow": [
            {"when": "full", "destination": "voicemail:101"},
            {"when": "waited", "seconds": 300, "destination": "external:+982112345678"},
            {"when": "closed", "destination": "flow:night"},
        ],
        "hours": {"weekly": {"monday": "09:00-17:00"}},
        "announcements": {"position": True, "comfort": ["please-wait"], "every_seconds": 30},
        "leave_keys": {"1": "voicemail:101"},
        "survey_flow": "how-was-it",
    }
    made = await acd.admin.made("/v1/queues", whole)
    path = f"/v1/queues/{made['id']}"
    first = {"when": "full", "seconds": None, "destination": "voicemail:101", "offers_callback": False}
    assert made["overflow"][0] == first
    assert made["overflow"][1] == {**whole["overflow"][1], "offers_callback": False}
    assert made["hours"]["time_zone"] == "Asia/Tehran", "the tenant's clock"
    assert made["announcements"]["comfort"] == ["please-wait"]
    assert made["announcements"]["estimated_wait"] is False
    assert made["leave_keys"] == {"1": "voicemail:101"}
    assert {name: made[name] for name in ("rings", "strategy", "weight", "survey_flow", "revision")} == {
        "rings": SUPPORT["rings"], "strategy": "best_skill", "weight": 2.5, "survey_flow": "how-was-it", "revision": 1
    }  # fmt: skip
    assert (await acd.admin.get(path)).json() == made
    assert [one["id"] for one in (await acd.admin.get("/v1/queues", slug="support")).json()["items"]] == [made["id"]]
    assert (await acd.admin.get("/v1/queues", slug="sales")).json()["items"] == []
    changed = await acd.admin.patch(path, {"ring_seconds": 30, "survey_flow": None}, headers={"If-Match": '"1"'})
    assert (changed.json()["ring_seconds"], changed.json()["weight"], changed.json()["revision"]) == (30, 2.5, 2)
    assert changed.headers["etag"] == '"2"'
    assert (await acd.admin.patch(path, {"weight": 1, "revision": 1})).status_code == 412
    assert (await acd.admin.delete(path)).status_code == 204
    assert (await acd.admin.get(path)).status_code == 404
    told = await heard(3)
    assert [(one.revision, one.removed, one.survey) for one in told] == [
        (1, False, "how-was-it"), (2, False, ""), (3, True, "")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"rings": "WT<60 english"}, "rings"),
        ({"rings": "english>100"}, "rings"),
        ({"overflow": [{"when": "waited", "destination": "hangup:busy"}]}, "overflow.0"),
        ({"overflow": [{"when": "full", "seconds": 5, "destination": "hangup:busy"}]}, "overflow.0"),
        ({"overflow": [{"when": "full", "destination": "queue:support"}]}, "overflow.0.destination"),
        ({"ring_seconds": 2}, "ring_seconds"),
        ({"music": "our song"}, "music"),
        ({"announcements": {"every_seconds": 1}}, "announcements.every_seconds"),
        ({"leave_keys": {"1": "queue:support"}}, "leave_keys.1"),
        ({"leave_keys": {"12": "hangup:busy"}}, "leave_keys.12.[key]"),
        ({"callback": {"most_attempts": 0}}, "callback.most_attempts"),
        ({"overflow": [{"when": "estimated_wait", "destination": "hangup:busy"}]}, "overflow.0"),
        ({"hours": {"weekly": {"monday": "09:00-17:00"}}}, "hours"),
        ({"strategy": "fastest"}, "strategy"),
    ],
)
async def test_a_queue_that_makes_no_sense_is_refused_with_its_field(
    acd: Acd, body: dict[str, Any], field: str
) -> None:
    answer = await acd.admin.post("/v1/queues", {"slug": "support", **body})
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    made = await acd.admin.made("/v1/queues", {"slug": "support"})
    changed = await acd.admin.patch(f"/v1/queues/{made['id']}", body)
    assert (changed.status_code, changed.json()["field"]) == (422, field), changed.text


async def test_a_wrong_ring_is_named_by_its_position(acd: Acd) -> None:
    answer = await acd.admin.post("/v1/queues", {"slug": "support", "rings": "WT<60: english>50; farsi"})
    assert answer.json()["detail"].startswith("at character 25: expected '>' or '>=' after farsi")


async def test_a_slug_is_taken_once_in_a_tenant(acd: Acd) -> None:
    await acd.admin.made("/v1/queues", SUPPORT)
    again = await acd.admin.post("/v1/queues", SUPPORT)
    assert (again.status_code, again.json()["code"], again.json()["field"]) == (409, "queue_slug_taken", "slug")
    await acd.rival.made("/v1/queues", SUPPORT)


async def test_the_same_request_is_served_once(acd: Acd) -> None:
    key = {"Idempotency-Key": "once"}
    first, again = [await acd.admin.post("/v1/queues", SUPPORT, headers=key) for _ in range(2)]
    assert (first.status_code, again.status_code, first.json()["id"]) == (201, 201, again.json()["id"])


async def test_a_queue_with_callers_stays(acd: Acd) -> None:
    made = await acd.admin.made("/v1/queues", SUPPORT)
    entry = Entry(queue_id=made["id"], joined_at=NOON, leg_id="leg")
    joined = QueueJoined(tenant_id=ACME.id, queue_id=made["id"], queue="support", entry_id=entry.id, joined_at=NOON)
    await store_of(acd).join(ACME.id, [entry], lambda _: joined)
    answer = await acd.admin.delete(f"/v1/queues/{made['id']}")
    assert (answer.status_code, answer.json()["code"]) == (409, "queue_has_callers")


async def test_an_agent_is_kept_found_changed_and_removed(acd: Acd, heard: Any) -> None:
    made = await acd.admin.made("/v1/agents", SARA)
    path = f"/v1/agents/{made['id']}"
    assert (made["phone"], made["skills"], made["queues"]) == ("extension:101", {"english": 80}, [])
    for filters in ({"display_name": "Sara"}, {"phone": "extension:101"}, {"user_id": str(SARAS_USER)}):
        assert [one["id"] for one in (await acd.admin.get("/v1/agents", **filters)).json()["items"]] == [made["id"]]
    for filters in ({"display_name": "Reza"}, {"phone": "extension:102"}, {"user_id": str(new_id())}):
        assert (await acd.admin.get("/v1/agents", **filters)).json()["items"] == []
    changed = await acd.admin.patch(path, {"phone": "extension:102", "skills": {"farsi": 100}})
    assert (changed.json()["phone"], changed.json()["skills"]) == ("extension:102", {"farsi": 100})
    assert (await acd.admin.patch(path, {"display_name": "S"}, headers={"If-Match": '"1"'})).status_code == 412
    assert (await acd.admin.delete(path)).status_code == 204
    gone = await acd.admin.get(path)
    assert (gone.status_code, gone.json()["code"]) == (404, "agent_unknown")
    told = await heard(3)
    assert [(one.revision, one.removed, one.phone) for one in told] == [
        (1, False, "extension:101"), (2, False, "extension:102"), (3, True, "extension:102")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"phone": "queue:support"}, "phone"),
        ({"phone": "101"}, "phone"),
        ({"phone": "external:09121234567"}, "phone"),
        ({"skills": {"english": 101}}, "skills.english"),
        ({"skills": {"Grüße": 1}}, "skills.Grüße.[key]"),
        ({"display_name": None}, "display_name"),
    ],
)
async def test_an_agent_who_makes_no_sense_is_refused_with_the_field(
    acd: Acd, body: dict[str, Any], field: str
) -> None:
    answer = await acd.admin.post("/v1/agents", {**SARA, **body})
    assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    made = await acd.admin.made("/v1/agents", SARA)
    changed = await acd.admin.patch(f"/v1/agents/{made['id']}", body)
    assert (changed.status_code, changed.json()["field"]) == (422, field), changed.text


async def test_a_phone_that_is_none_is_told_what_is_accepted(acd: Acd) -> None:
    answer = await acd.admin.post("/v1/agents", {**SARA, "phone": "voicemail:101"})
    assert "extension:<number>, or a mobile as external:+<number>" in answer.json()["detail"], answer.text


MOBILE = "external:+989121234567"


async def test_a_mobile_is_an_agents_phone_when_routing_calls_it(acd: Acd) -> None:
    reply = WayOutReply(ways=(WayOut(trunk_id=new_id(), number="09121234567"),))
    asked: list[FindWayOut] = []

    async def answer(command: FindWayOut) -> WayOutReply:
        asked.append(command)
        return reply

    without = await acd.admin.post("/v1/agents", {**SARA, "phone": MOBILE})
    assert (without.status_code, without.json()["code"]) == (503, "routing_not_ready")
    await acd.bus.serve(FindWayOut, answer, queue="routing")
    made = await acd.admin.made("/v1/agents", {**SARA, "phone": MOBILE})
    assert made["phone"] == MOBILE
    assert [(one.number, one.tenant_id) for one in asked] == [(MOBILE.removeprefix("external:"), ACME.id)]

    path = f"/v1/agents/{made['id']}"
    for code, told in (("outbound_rule", "phone_not_allowed"), ("no_trunk", "phone_unreachable")):
        reply = WayOutReply(ok=False, code=code, detail=f"because of {code}")
        refused = await acd.admin.patch(path, {"phone": "external:+989121234568"})
        body = refused.json()
        assert (refused.status_code, body["code"], body["field"]) == (422, told, "phone")
        assert f"because of {code}" in body["detail"]
        file = [{"display_name": "Mina", "phone": MOBILE}, {"display_name": "Reza", "phone": "extension:101"}]
        imported = (await acd.admin.post("/v1/agents/import?mode=best_effort&dry_run=true", file)).json()
        assert [row["status"] for row in imported["rows"]] == ["refused", "valid"]
        assert imported["rows"][0]["errors"][0]["code"] == told
    assert (await acd.admin.get(path)).json()["phone"] == MOBILE


async def test_a_user_is_one_agent(acd: Acd) -> None:
    await acd.admin.made("/v1/agents", SARA)
    again = await acd.admin.post("/v1/agents", {**SARA, "display_name": "Sara again"})
    assert (again.status_code, again.json()["code"]) == (409, "user_has_agent")


async def test_an_agent_at_work_is_not_removed(acd: Acd) -> None:
    made = await acd.admin.made("/v1/agents", SARA)
    path = f"/v1/agents/{made['id']}"
    for status, answer in ((AgentStatus.AVAILABLE, 409), (AgentStatus.OFFLINE, 204)):
        await store_of(acd).save(ACME.id, states=[AgentState(made["id"], status, NOON, "signed_in")])
        assert (await acd.admin.delete(path)).status_code == answer


async def test_who_serves_a_queue_is_put_listed_and_removed(acd: Acd, heard: Any) -> None:
    queue, agent = await acd.admin.made("/v1/queues", SUPPORT), await acd.admin.made("/v1/agents", SARA)
    path = f"/v1/queues/{queue['id']}/agents"
    put = await acd.admin.put(f"{path}/{agent['id']}", {"level": 2})
    member = {"agent_id": agent["id"], "display_name": "Sara", "phone": "extension:101", "level": 2, "position": 0}
    assert (put.status_code, put.json()) == (200, member)
    assert (await acd.admin.put(f"{path}/{agent['id']}", {"position": 3})).json() == {
        **member,
        "level": 1,
        "position": 3,
    }
    assert [one["position"] for one in (await acd.admin.get(path)).json()["items"]] == [3]
    shown = (await acd.admin.get(f"/v1/agents/{agent['id']}")).json()
    assert shown["queues"] == [{"queue_id": queue["id"], "level": 1, "position": 3}]
    assert (await acd.admin.put(f"{path}/{agent['id']}", {"level": 10})).status_code == 422
    assert (await acd.admin.put(f"{path}/{new_id()}", {})).json()["code"] == "agent_unknown"
    assert (await acd.admin.delete(f"{path}/{agent['id']}")).status_code == 204
    assert (await acd.admin.delete(f"{path}/{agent['id']}")).status_code == 404
    told = [one for one in await heard(5) if isinstance(one, AgentChanged)]
    assert [(one.revision, len(one.queue_ids)) for one in told] == [(1, 0), (2, 1), (3, 1), (4, 0)]


async def test_members_come_page_by_page(acd: Acd) -> None:
    queue = await acd.admin.made("/v1/queues", SUPPORT)
    made = [await acd.admin.made("/v1/agents", {**SARA, "user_id": None, "display_name": f"A{n}"}) for n in range(5)]
    for agent in made:
        await acd.admin.put(f"/v1/queues/{queue['id']}/agents/{agent['id']}", {})
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await acd.admin.get(f"/v1/queues/{queue['id']}/agents", limit=2, **cursor)).json()
        found += [one["agent_id"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == [agent["id"] for agent in made]


async def test_a_removed_queue_is_served_by_nobody(acd: Acd, heard: Any) -> None:
    queue, agent = await acd.admin.made("/v1/queues", SUPPORT), await acd.admin.made("/v1/agents", SARA)
    await acd.admin.put(f"/v1/queues/{queue['id']}/agents/{agent['id']}", {})
    assert (await acd.admin.delete(f"/v1/queues/{queue['id']}")).status_code == 204
    assert (await acd.admin.get(f"/v1/agents/{agent['id']}")).json()["queues"] == []
    told = [one for one in await heard(5) if isinstance(one, AgentChanged)]
    assert [(one.revision, len(one.queue_ids)) for one in told] == [(1, 0), (2, 1), (3, 0)]


async def test_changes_at_once_make_each_a_revision_of_its_own(acd: Acd, heard: Any) -> None:
    made = await acd.admin.made("/v1/agents", SARA)
    path = f"/v1/agents/{made['id']}"
    answers = await asyncio.gather(*(acd.admin.patch(path, {"skills": {"english": n}}) for n in range(5)))
    assert sorted(one.json()["revision"] for one in answers) == [2, 3, 4, 5, 6]
    assert [one.revision for one in await heard(6)] == [1, 2, 3, 4, 5, 6]


async def test_agents_are_imported_with_skills_and_queues(acd: Acd, heard: Any) -> None:
    await acd.admin.made("/v1/queues", SUPPORT)
    await acd.admin.made("/v1/queues", {"slug": "sales"})
    file = (
        "display_name,phone,skills,queues\nSara,extension:101,english:80 farsi,support:2 sales\nReza,extension:102,,\n"
    )
    headers = {"Content-Type": "text/csv"}
    dry = await acd.admin.ask("POST", "/v1/agents/import?dry_run=true", content=file, headers=headers)
    assert (dry.json()["applied"], [row["status"] for row in dry.json()["rows"]]) == (False, ["valid", "valid"])
    done = await acd.admin.ask("POST", "/v1/agents/import", content=file, headers=headers)
    assert (done.status_code, done.json()["created"]) == (200, 2), done.text
    [sara] = (await acd.admin.get("/v1/agents", display_name="Sara")).json()["items"]
    assert sara["skills"] == {"english": 80, "farsi": 100}
    assert sorted(one["level"] for one in sara["queues"]) == [1, 2]
    told = {one.display_name: len(one.queue_ids) for one in await heard(4) if isinstance(one, AgentChanged)}
    assert told == {"Sara": 2, "Reza": 0}


async def test_a_wrong_row_of_an_import_is_told_by_its_field(acd: Acd) -> None:
    await acd.admin.made("/v1/agents", SARA)
    rows = [
        {"display_name": "Reza", "phone": "extension:102"},
        {"display_name": "Sara again", "phone": "extension:103", "user_id": str(SARAS_USER)},
        {"display_name": "Lost", "phone": "extension:104", "queues": [{"queue": "nowhere"}]},
        {"display_name": "Phoneless"},
        {"display_name": "Mobile", "phone": "external:09121234567"},
    ]
    refused = (await acd.admin.post("/v1/agents/import", rows)).json()
    assert (refused["applied"], refused["refused"]) == (False, 4)
    assert [[error["field"] for error in row["errors"]] for row in refused["rows"]] == [
        [], ["user_id"], ["queues.0"], ["phone"], ["phone"]
    ]  # fmt: skip
    done = await acd.admin.ask("POST", "/v1/agents/import?mode=best_effort", json=rows)
    assert (done.json()["created"], done.json()["refused"]) == (1, 4)


async def test_another_tenants_things_are_not_there(acd: Acd) -> None:
    queue, agent = await acd.admin.made("/v1/queues", SUPPORT), await acd.admin.made("/v1/agents", SARA)
    member = f"/v1/queues/{queue['id']}/agents/{agent['id']}"
    await acd.admin.put(member, {})
    theirs = await acd.rival.made("/v1/queues", {"slug": "theirs"})
    asked = [
        ("GET", f"/v1/queues/{queue['id']}", None),
        ("PATCH", f"/v1/queues/{queue['id']}", {"weight": 1}),
        ("DELETE", f"/v1/queues/{queue['id']}", None),
        ("GET", f"/v1/queues/{queue['id']}/agents", None),
        ("PUT", member, {}),
        ("PUT", f"/v1/queues/{theirs['id']}/agents/{agent['id']}", {}),
        ("DELETE", member, None),
        ("GET", f"/v1/agents/{agent['id']}", None),
        ("PATCH", f"/v1/agents/{agent['id']}", {"display_name": "Stolen"}),
        ("DELETE", f"/v1/agents/{agent['id']}", None),
        ("GET", f"/v1/agents/{agent['id']}/status", None),
        ("GET", f"/v1/agents/{agent['id']}/history", None),
        ("GET", f"/v1/agents/{agent['id']}/attendance?day=2026-03-14", None),
        ("POST", f"/v1/agents/{agent['id']}/sign-in", None),
        ("GET", f"/v1/queues/{queue['id']}/waiting", None),
    ]
    for method, path, body in asked:
        answer = await acd.rival.ask(method, path, json=body)
        assert answer.status_code == 404, (method, path, answer.text)
    for path in ("/v1/queues", "/v1/agents"):
        assert {one["slug"] for one in (await acd.rival.get("/v1/queues")).json()["items"]} == {"theirs"}, path
        assert (await acd.rival.get(path, tenant_id=str(ACME.id))).status_code == 404


async def test_the_platform_names_a_tenant_that_is_there(acd: Acd) -> None:
    platform = acd.person("platform_admin", tenant=None)
    assert (await platform.post("/v1/queues", SUPPORT)).json()["code"] == "tenant_required"
    assert (await platform.post(f"/v1/queues?tenant_id={new_id()}", SUPPORT)).status_code == 404
    assert (await platform.post(f"/v1/agents?tenant_id={new_id()}", SARA)).status_code == 404
    made = await platform.made(f"/v1/queues?tenant_id={RIVAL.id}", SUPPORT)
    assert made["tenant_id"] == str(RIVAL.id)


async def test_roles_and_scopes_say_who_configures_and_who_looks(acd: Acd) -> None:
    queue = await acd.admin.made("/v1/queues", SUPPORT)
    people = {
        "admin": (acd.admin, 200, 200),
        "manager": (acd.person("manager"), 200, 403),
        "supervisor": (acd.supervisor, 200, 403),
        "quality": (acd.person("quality"), 200, 403),
        "agent": (acd.person("agent"), 403, 403),
        "reading key": (acd.person(scopes={"queues:read"}), 200, 403),
        "writing key": (acd.person(scopes={"queues:write"}), 403, 200),
        "other key": (acd.person(scopes={"agents:write"}), 403, 403),
    }
    for who, (person, seen, changed) in people.items():
        assert (await person.get("/v1/queues")).status_code == seen, who
        assert (await person.patch(f"/v1/queues/{queue['id']}", {"weight": 2})).status_code == changed, who
    assert (await acd.client.get("/v1/queues")).status_code == 401


async def test_a_stream_that_was_lost_is_told_of_every_queue_and_agent_again(acd: Acd, heard: Any) -> None:
    queue, agent = await acd.admin.made("/v1/queues", SUPPORT), await acd.admin.made("/v1/agents", SARA)
    rivals = await acd.rival.made("/v1/queues", SUPPORT)
    await acd.admin.put(f"/v1/queues/{queue['id']}/agents/{agent['id']}", {"level": 1})
    told = list(await heard(4))
    republisher = next(one for one in acd.app.components if isinstance(one, Republisher))
    assert await republisher.publish_if_new() == 0
    async with acd.database.platform() as session:
        await session.execute(text("DELETE FROM published_streams"))
    assert await republisher.publish_if_new() == 3
    again = (await heard(7))[4:]
    assert {str(event.id) for event in again} == {queue["id"], agent["id"], rivals["id"]}
    newest = {event.id: event for event in told}
    assert all(event == newest[event.id].model_copy(update=_new_message(event)) for event in again)


def _new_message(event: AcdState) -> dict[str, Any]:
    """A repetition is a message of its own."""
    return {"message_id": event.message_id, "occurred_at": event.occurred_at}
