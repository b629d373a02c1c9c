"""Contacts over REST: whose they are, what the owner of the queues is asked, and what is refused how."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from services.acd.records import Entry
from services.acd.store import FloorStore
from shared.contracts.acd import ChangeContact, FloorReply
from shared.db.outbox import Outbox
from shared.telephony.ids import new_id
from tests.integration.acd.world import SARA, SUPPORT, Acd, FakeFloor
from tests.unit.routing.town import ACME, NOON, id_of


@pytest.fixture
async def contact(acd: Acd) -> Entry:
    """Sara talks with a caller."""
    sara = await acd.admin.made("/v1/agents", SARA)
    queue = await acd.admin.made("/v1/queues", SUPPORT)
    entry = Entry(UUID(queue["id"]), NOON, leg_id="leg", state="connected", agent_id=UUID(sara["id"]))
    await FloorStore(acd.database, Outbox(acd.database)).save(ACME.id, entries=[entry])
    return entry


ASKED: list[tuple[str, Any, dict[str, Any]]] = [
    ("transfer", {"destination": "queue:support"}, {"action": "transfer", "destination": "queue:support"}),
    ("transfer", {"destination": "external:+982112345678"}, {"destination": "external:+982112345678"}),
    ("put-back", None, {"action": "put_back"}),
    ("end", None, {"action": "end"}),
]


@pytest.mark.parametrize("what", ASKED, ids=lambda what: what[0])
async def test_an_agent_and_a_supervisor_ask_the_owner(
    acd: Acd, floor: FakeFloor, contact: Entry, what: tuple[str, Any, dict[str, Any]]
) -> None:
    word, body, expected = what
    for person, agent_id in ((acd.sara, contact.agent_id), (acd.supervisor, None)):
        answer = await person.post(f"/v1/contacts/{contact.id}/{word}", body)
        assert answer.status_code == 200, answer.text
        asked = floor.asked[-1]
        assert isinstance(asked, ChangeContact)
        assert (asked.entry_id, asked.agent_id) == (contact.id, agent_id), "an agent's only while it is theirs"
        assert {name: getattr(asked, name) for name in expected} == expected


async def test_what_cannot_be_is_refused_and_nobody_is_asked(acd: Acd, floor: FakeFloor, contact: Entry) -> None:
    path = f"/v1/contacts/{contact.id}"
    for body in ({}, {"destination": "extension:101", "agent_id": str(new_id())}, {"destination": "nowhere"}):
        assert (await acd.sara.post(f"{path}/transfer", body)).status_code == 422
    unknown = await acd.sara.post(f"{path}/transfer", {"destination": "queue:nothing"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "destination_unknown")
    for person in (acd.person("agent"), acd.person("quality"), acd.person(scopes={"floor:read"})):
        assert (await person.post(f"{path}/end")).status_code == 403
    none = await acd.sara.post(f"/v1/contacts/{new_id()}/end")
    assert (none.status_code, none.json()["code"]) == (404, "contact_unknown")
    assert (await acd.rival.post(f"{path}/end")).status_code == 404
    over = replace(contact, state="left", outcome="answered")
    await FloorStore(acd.database, Outbox(acd.database)).save(ACME.id, entries=[over])
    gone = await acd.sara.post(f"{path}/end")
    assert (gone.status_code, gone.json()["code"]) == (410, "contact_over")
    assert floor.asked == []


async def test_who_leads_listens_by_the_own_phone_or_another(acd: Acd, floor: FakeFloor, contact: Entry) -> None:
    path = f"/v1/contacts/{contact.id}/supervise"
    leila = id_of("leila's user")
    await acd.admin.made("/v1/agents", {"display_name": "Leila", "phone": "extension:102", "user_id": str(leila)})
    supervisor = acd.person("supervisor", user=leila)
    for body, phone in (
        ({"mode": "listen"}, "extension:102"),
        ({"mode": "whisper", "phone": "extension:103"}, "extension:103"),
    ):
        answer = await supervisor.post(path, body)
        assert answer.status_code == 200, answer.text
        asked = floor.asked[-1]
        assert isinstance(asked, ChangeContact)
        assert (asked.action, asked.entry_id, asked.mode) == ("supervise", contact.id, body["mode"])
        assert (asked.destination, asked.by) == (phone, f"user:{leila}")
    assert (await supervisor.delete(path)).status_code == 204
    assert isinstance(floor.asked[-1], ChangeContact)
    assert floor.asked[-1].action == "unsupervise"


async def test_who_may_not_listen_or_has_no_phone_is_refused_and_nobody_is_asked(
    acd: Acd, floor: FakeFloor, contact: Entry
) -> None:
    path, body = f"/v1/contacts/{contact.id}/supervise", {"mode": "listen", "phone": "extension:102"}
    for person in (acd.sara, acd.person("quality"), acd.person(scopes={"floor:read"})):
        assert (await person.post(path, body)).status_code == 403
        assert (await person.delete(path)).status_code == 403
    for wrong in ({}, {"mode": "shout"}, {"mode": "listen", "phone": "external:+982112345678"}, {"mode": "listen\n"}):
        assert (await acd.supervisor.post(path, wrong)).status_code == 422
    needed = await acd.supervisor.post(path, {"mode": "listen"})
    assert (needed.status_code, needed.json()["code"]) == (422, "phone_needed")
    assert (await acd.rival.post(path, body)).status_code == 404
    assert (await acd.supervisor.post(f"/v1/contacts/{new_id()}/supervise", body)).status_code == 404
    over = replace(contact, state="left", outcome="answered")
    await FloorStore(acd.database, Outbox(acd.database)).save(ACME.id, entries=[over])
    assert (await acd.supervisor.post(path, body)).status_code == 410
    assert floor.asked == []


async def test_why_a_supervisor_does_not_listen_is_told(acd: Acd, floor: FakeFloor, contact: Entry) -> None:
    path, body = f"/v1/contacts/{contact.id}/supervise", {"mode": "listen", "phone": "extension:102"}
    for code, status, told, field in (
        ("not_reached", 409, "phone_not_reached", "phone"),
        ("destination_unknown", 422, "destination_unknown", "phone"),
        ("illegal_change", 409, "illegal_change", None),
        ("gone", 410, "contact_over", None),
    ):
        floor.refusal = FloorReply(ok=False, code=code, detail="CALL_REJECTED")
        answer = await acd.supervisor.post(path, body)
        assert (answer.status_code, answer.json()["code"]) == (status, told)
        assert field is None or f'"{field}"' in answer.text


async def test_owners_refusals_are_told(acd: Acd, floor: FakeFloor, contact: Entry) -> None:
    for code, status, told in (
        ("gone", 410, "contact_over"),
        ("illegal_change", 409, "illegal_change"),
        ("destination_unknown", 422, "destination_unknown"),
        ("not_found", 404, "agent_unknown"),
        ("not_ready", 503, "floor_not_ready"),
    ):
        floor.refusal = FloorReply(ok=False, code=code, detail="why")
        answer = await acd.supervisor.post(f"/v1/contacts/{contact.id}/transfer", {"destination": "extension:102"})
        assert (answer.status_code, answer.json()["code"]) == (status, told)
