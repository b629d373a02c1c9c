"""Agents and callers in line over REST: who may change them, what the owner of the queues is asked, what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.acd.domain.model import AgentState, AgentStatus
from services.acd.records import Entry, PastStatus
from services.acd.store import FloorStore
from shared.contracts.acd import ACD_COMMANDS, ChangeAgent, ChangeWaiting, FloorReply, ShowFloor
from shared.db.outbox import Outbox
from shared.telephony.ids import new_id
from tests.integration.acd.world import SARA, SARAS_USER, SUPPORT, Acd, FakeFloor, caller
from tests.unit.routing.town import ACME, NOON


@pytest.fixture
async def sara(acd: Acd) -> str:
    return str((await acd.admin.made("/v1/agents", SARA))["id"])


CHANGES: list[tuple[str, Any, dict[str, Any]]] = [
    ("sign-in", None, {"action": "sign_in"}),
    ("sign-out", {}, {"action": "sign_out"}),
    ("pause", {"reason": "lunch", "seconds": 1800}, {"action": "pause", "pause_reason": "lunch", "seconds": 1800}),
    ("pause", {"reason": "ناهار"}, {"action": "pause", "pause_reason": "ناهار", "seconds": None}),
    ("unpause", None, {"action": "unpause"}),
    ("wrap-up-done", None, {"action": "wrap_up_done"}),
    ("wrap-up-extend", {"seconds": 60}, {"action": "wrap_up_extend", "seconds": 60}),
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0])
async def test_an_agent_changes_what_they_do(
    acd: Acd, floor: FakeFloor, sara: str, change: tuple[str, Any, dict[str, Any]]
) -> None:
    word, body, command = change
    answer = await acd.sara.post(f"/v1/agents/{sara}/{word}", body)
    assert (answer.status_code, answer.json()["status"]) == (200, "available"), answer.text
    [asked] = floor.asked
    assert isinstance(asked, ChangeAgent)
    assert {name: getattr(asked, name) for name in command} == command
    assert (str(asked.agent_id), asked.tenant_id, asked.forced, asked.by) == (
        sara, ACME.id, False, f"user:{SARAS_USER}"
    )  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0])
async def test_a_supervisor_forces_what_an_agent_does_and_may_ask_without_force(
    acd: Acd, floor: FakeFloor, sara: str, change: tuple[str, Any, dict[str, Any]]
) -> None:
    word, body, _ = change
    for forced in (None, False, True):
        more = {} if forced is None else {"forced": forced}
        sent = {**(body or {}), **more} or None
        assert (await acd.supervisor.post(f"/v1/agents/{sara}/{word}", sent)).status_code == 200
    assert [one.forced for one in floor.asked if isinstance(one, ChangeAgent)] == [True, False, True]


async def test_agents_change_and_see_themselves_only(acd: Acd, floor: FakeFloor, sara: str) -> None:
    other = acd.person("agent", user=new_id())
    for person, status in ((acd.sara, 200), (other, 403), (acd.supervisor, 200), (acd.person("quality"), 200)):
        for path in ("", "/status", "/history", "/attendance?day=2026-03-14"):
            assert (await person.ask("GET", f"/v1/agents/{sara}{path}")).status_code == status, path
    may = {
        "herself": (acd.sara, 200),
        "another agent": (other, 403),
        "supervisor": (acd.supervisor, 200),
        "manager": (acd.person("manager"), 200),
        "admin": (acd.admin, 200),
        "quality": (acd.person("quality"), 403),
        "an agent who judges quality": (acd.person("quality", "agent", user=SARAS_USER), 200),
        "key": (acd.person(scopes={"floor:write"}), 200),
        "other key": (acd.person(scopes={"agents:write"}), 403),
    }
    for who, (person, status) in may.items():
        assert (await person.post(f"/v1/agents/{sara}/sign-in")).status_code == status, who
    asked = len(floor.asked)
    assert (await acd.sara.post(f"/v1/agents/{sara}/sign-out", {"forced": True})).status_code == 403
    assert len(floor.asked) == asked
    assert (await acd.sara.get("/v1/agents/me")).json()["id"] == sara
    for person in (other, acd.person(scopes={"agents:read"})):
        assert (await person.get("/v1/agents/me")).json()["code"] == "agent_unknown"


@pytest.mark.parametrize(
    "told",
    [
        (FloorReply(ok=False, code="illegal_change", detail="WrapUpSkipped is impossible"), 409, "illegal_change"),
        (FloorReply(ok=False, code="not_found"), 404, "agent_unknown"),
        (FloorReply(ok=False, code="not_ready"), 503, "floor_not_ready"),
        (FloorReply(ok=False, code="internal"), 503, "floor_not_ready"),
        (FloorReply(result="of another release"), 503, "floor_not_ready"),
    ],
)
async def test_what_the_owner_refuses_is_told(
    acd: Acd, floor: FakeFloor, sara: str, told: tuple[FloorReply, int, str]
) -> None:
    reply, status, code = told
    floor.refusal = reply
    answer = await acd.sara.post(f"/v1/agents/{sara}/wrap-up-done")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    if reply.detail:
        assert answer.json()["detail"] == reply.detail


async def test_without_an_owner_nothing_is_done(acd: Acd, sara: str) -> None:
    answer = await acd.sara.post(f"/v1/agents/{sara}/sign-in")
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "floor_not_ready", "1")
    assert (await acd.supervisor.get("/v1/floor")).status_code == 503


async def test_a_tenant_without_queues_and_agents_has_an_empty_floor(acd: Acd) -> None:
    shown = (await acd.rival.get("/v1/floor")).json()
    assert (shown["queues"], shown["agents"], shown["talking"]) == ([], [], [])


async def test_an_owner_who_is_silent_is_told_apart(acd: Acd, sara: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(_: object) -> None:
        return None

    monkeypatch.setattr("services.acd.asking.ANSWER_SECONDS", 0.05)
    for command in ACD_COMMANDS:
        await acd.bus.serve(command, silent, key=str(ACME.id))
    answer = await acd.sara.post(f"/v1/agents/{sara}/sign-in")
    assert (answer.status_code, answer.json()["code"]) == (504, "floor_deadline_exceeded")


async def test_a_supervisor_sees_and_steers_who_waits(acd: Acd, floor: FakeFloor) -> None:
    queue = await acd.admin.made("/v1/queues", SUPPORT)
    waiting = f"/v1/queues/{queue['id']}/waiting"
    assert (await acd.supervisor.get(waiting)).json()["code"] == "floor_not_ready"
    entry = new_id()
    agents = {"available": 2, "paused": 1}
    floor.queues = [
        {
            "queue_id": queue["id"], "slug": "support", "callers": 1, "longest_wait_seconds": 3.5, "agents": agents,
            "waiting": [caller(entry, queue["id"])],
        }
    ]  # fmt: skip
    shown = (await acd.supervisor.get(waiting)).json()
    assert (shown["callers"], [one["entry_id"] for one in shown["items"]]) == (1, [str(entry)])
    whole = (await acd.supervisor.get("/v1/floor")).json()
    assert whole["queues"][0]["agents"] == agents
    assert [one.queue_id for one in floor.asked if isinstance(one, ShowFloor)][1:] == [UUID(queue["id"]), None]
    path = f"/v1/waiting/{entry}"
    for word, body, expected in (
        ("move", {"queue_id": queue["id"]}, {"action": "move", "queue_id": UUID(queue["id"])}),
        ("prioritise", {"priority": 10}, {"action": "prioritise", "priority": 10}),
        ("front", None, {"action": "front"}),
        ("send", {"destination": "voicemail:101"}, {"action": "send", "destination": "voicemail:101"}),
    ):
        answer = await acd.supervisor.post(f"{path}/{word}", body)
        assert (answer.status_code, answer.json()["entry_id"]) == (200, str(entry)), answer.text
        asked = floor.asked[-1]
        assert isinstance(asked, ChangeWaiting)
        assert {name: getattr(asked, name) for name in expected} == expected
    unknown = await acd.supervisor.post(f"{path}/move", {"queue_id": str(new_id())})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "queue_unknown")
    assert (await acd.supervisor.post(f"{path}/prioritise", {"priority": 101})).status_code == 422
    for person in (acd.sara, acd.person("quality"), acd.person(scopes={"floor:read"})):
        assert (await person.post(f"{path}/prioritise", {"priority": 1})).status_code == 403
    assert (await acd.sara.get("/v1/floor")).status_code == 403
    floor.refusal = FloorReply(ok=False, code="not_found")
    gone = await acd.supervisor.post(f"{path}/prioritise", {"priority": 1})
    assert (gone.status_code, gone.json()["code"]) == (404, "caller_not_waiting")


def contact_of(agent: UUID, at: datetime, **about: Any) -> Entry:
    """A contact of an agent that began at that moment, and is over."""
    return Entry(
        new_id(), at, leg_id=f"leg of {at}/{about}", state="left", outcome="answered", agent_id=agent,
        answered_at=at, left_at=at, **about,
    )  # fmt: skip


async def test_what_an_agent_did_is_listed_and_summed_by_day(acd: Acd, sara: str) -> None:
    midnight = datetime(2026, 3, 13, 20, 30, tzinfo=UTC)  # in Tehran
    agent = UUID(sara)
    assert (await acd.sara.get(f"/v1/agents/{sara}/status")).json()["status"] == "offline"

    def past(status: str, begin: int, end: int, **more: Any) -> PastStatus:
        since, until = midnight + timedelta(minutes=begin), midnight + timedelta(minutes=end)
        return PastStatus(agent, AgentStatus(status), "r", since, until, **more)

    history = [
        past("offline", -600, 480), past("available", 480, 500), past("on_contact", 500, 530),
        past("paused", 530, 560, pause_reason="lunch"), past("available", 560, 680),
    ]  # fmt: skip
    since = midnight + timedelta(minutes=680)
    now = AgentState(agent, AgentStatus.PAUSED, since, "paused", pause_reason="lunch", leaving=True)
    contacts = [
        contact_of(agent, since, ended="transferred", consults=2, held_seconds=40.5),
        contact_of(agent, since, ended="put_back", held_seconds=1.5),
        contact_of(agent, since - timedelta(days=1), ended="transferred"),
    ]
    store = FloorStore(acd.database, Outbox(acd.database))
    await store.save(ACME.id, states=[now], history=history, entries=contacts)
    shown = (await acd.sara.get(f"/v1/agents/{sara}/status")).json()
    assert (shown["status"], shown["pause_reason"], shown["next"]) == ("paused", "lunch", "offline")
    first = (await acd.sara.get(f"/v1/agents/{sara}/history", limit=3)).json()
    assert [one["status"] for one in first["items"]] == ["available", "paused", "on_contact"]
    second = (await acd.sara.get(f"/v1/agents/{sara}/history", limit=3, cursor=first["next_cursor"])).json()
    assert [one["status"] for one in second["items"]] == ["available", "offline"]
    assert second["next_cursor"] is None
    day = (await acd.sara.get(f"/v1/agents/{sara}/attendance", day="2026-03-14")).json()
    assert (datetime.fromisoformat(day["begin"]), day["talk_seconds"], day["available_seconds"]) == (
        midnight, 1800.0, 8400.0
    )  # fmt: skip
    assert day["break_seconds"] == {"lunch": 1800.0 + (NOON - since).total_seconds()}
    assert [stint["signed_out_at"] for stint in day["stints"]] == [None]
    counted = {"contacts": 2, "transferred": 1, "put_back": 1, "consults": 2, "hold_seconds": 42.0}
    assert {name: day[name] for name in counted} == counted
    before = (await acd.sara.get(f"/v1/agents/{sara}/attendance", day="2026-03-13")).json()
    assert (before["signed_in_seconds"], before["occupancy"]) == (0.0, None)
    assert (await acd.sara.get(f"/v1/agents/{sara}/attendance", day="someday")).status_code == 422
