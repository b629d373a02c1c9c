"""``/v1/mailboxes`` on a real database."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.ivr.domain.writes_voicemail import CheckPin, FindMailbox, SaveMessage
from tests.integration.ivr.boxes import ACME, NOW, a_call
from tests.integration.ivr.mailbox_world import MailboxWorld, running


@pytest.fixture
async def world(database_for, open_database, tmp_path: Path):
    async with running(await open_database(database_for("ivr")), tmp_path / "media") as found:
        yield found


async def a_box(world: MailboxWorld, number: str = "101", **fields: Any) -> str:
    return str((await world.admin.made("/v1/mailboxes", {"number": number, **fields}))["id"])


async def a_message(world: MailboxWorld, box: str, seconds: float = 2.0) -> str:
    call = a_call()
    name = f"voicemail/{call.leg_id}-101"
    world.boxes.record(name, seconds)
    await world.boxes.do(SaveMessage(box, name, seconds, NOW), call=call)
    found = (await world.admin.get(f"/v1/mailboxes/{box}/messages")).json()["items"]
    return str(found[-1]["id"])


async def test_box_from_beginning_to_end(world: MailboxWorld):
    made = await world.admin.ask("POST", "/v1/mailboxes", json={"number": "101", "email": "Sara@Example.com"})
    assert made.status_code == 201
    assert made.headers["ETag"] == '"1"'
    box = made.json()
    assert (box["email"], box["has_pin"], box["quota_messages"]) == ("sara@example.com", False, 100)
    assert UUID(box["extension_id"]).int == ACME.int + 101
    path = f"/v1/mailboxes/{box['id']}"
    changed = await world.admin.ask("PATCH", path, json={"language": "fa", "email": None, "revision": 1})
    assert (changed.json()["language"], changed.json()["email"], changed.json()["revision"]) == ("fa", None, 2)
    stale = await world.admin.ask("PATCH", path, json={"enabled": False, "revision": 1})
    assert (stale.status_code, stale.json()["code"]) == (412, "revision_conflict")
    assert (await world.admin.get("/v1/mailboxes", number="101")).json()["items"][0]["language"] == "fa"
    assert (await world.admin.ask("DELETE", path)).status_code == 204
    assert (await world.admin.get(path)).status_code == 404
    told = await world.lamps(3)
    assert [(one.revision, one.removed) for one in told] == [(1, False), (2, False), (3, True)]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"number": "1"}, "number"),
        ({"number": "104", "email": "a\nb@example.com"}, "email"),
        ({"number": "104", "email": "a@b@example.com"}, "email"),
        ({"number": "104", "quota_messages": 0}, "quota_messages"),
        ({"number": "104", "language": "de"}, "language"),
        ({"number": "104", "pin_hash": "x"}, "pin_hash"),
        ({"number": "104", "pin": "12"}, "pin"),
        ({"number": "104", "pin": "1234"}, "pin"),
        ({"number": "104", "pin": "0104"}, "pin"),
        ({"number": "101"}, "number"),
    ],
)
async def test_box_that_cannot_be_made(world: MailboxWorld, body: dict, field: str):
    await a_box(world)
    answer = await world.admin.ask("POST", "/v1/mailboxes", json=body)
    assert answer.status_code in {409, 422}, answer.text
    assert field in str(answer.json())


async def test_same_post_twice_makes_one_box(world: MailboxWorld):
    same = {"json": {"number": "101"}, "headers": {"Idempotency-Key": "k"}}
    first, second = [await world.admin.ask("POST", "/v1/mailboxes", **same) for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json())


async def test_bulk_makes_what_it_can_and_says_why_not_the_rest(world: MailboxWorld):
    await a_box(world)
    numbers = ["101", "102", "999", "103", "102"]
    report = await world.admin.made("/v1/mailboxes/bulk", {"numbers": numbers, "language": "ar"})
    assert (report["created"], report["refused"]) == (2, 3)
    codes = [row["errors"][0]["code"] if row["errors"] else row["status"] for row in report["rows"]]
    assert codes == ["mailbox_number_taken", "created", "extension_unknown", "created", "mailbox_number_taken"]
    made = (await world.admin.get("/v1/mailboxes")).json()["items"]
    assert [(one["number"], one["language"]) for one in made] == [("101", "en"), ("102", "ar"), ("103", "ar")]
    assert sorted(one.number for one in await world.lamps(3)) == ["101", "102", "103"]


async def test_pages(world: MailboxWorld):
    await world.admin.made("/v1/mailboxes/bulk", {"numbers": ["101", "102", "103"]})
    first = (await world.admin.get("/v1/mailboxes", limit=2)).json()
    second = (await world.admin.get("/v1/mailboxes", limit=2, cursor=first["next_cursor"])).json()
    assert [one["number"] for one in first["items"] + second["items"]] == ["101", "102", "103"]
    assert second["next_cursor"] is None
    assert (await world.admin.get("/v1/mailboxes", cursor="x")).json()["code"] == "invalid_cursor"


# PIN


async def test_pin_is_set_by_the_administrator_and_shown_to_nobody(world: MailboxWorld, caplog: Any, capsys: Any):
    box = await a_box(world, pin="8642097531")
    assert await world.boxes.do(CheckPin(box, "8642097531", NOW)) == "right"
    for _ in range(5):
        await world.boxes.do(CheckPin(box, "1111", NOW))
    assert (await world.admin.get(f"/v1/mailboxes/{box}")).json()["locked_until"] is not None
    path = f"/v1/mailboxes/{box}/pin"
    assert (await world.admin.ask("PUT", path, json={"pin": "4444"})).json()["code"] == "weak_pin"
    assert (await world.admin.ask("PUT", path, json={"pin": "9735148620"})).status_code == 204
    assert await world.boxes.do(CheckPin(box, "9735148620", NOW)) == "right"
    shown = (await world.admin.get(f"/v1/mailboxes/{box}")).text
    assert '"has_pin":true' in shown
    written = shown + caplog.text + "".join(capsys.readouterr()) + str(await world.lamps(2))
    assert not any(secret in written for secret in ("9735148620", "8642097531", "argon2"))
    assert (await world.admin.ask("DELETE", path)).status_code == 204
    assert not (await world.boxes.do(FindMailbox("101", NOW))).has_pin


# Messages


async def test_messages_are_listed_marked_and_deleted(world: MailboxWorld):
    box = await a_box(world)
    one, two = await a_message(world, box), await a_message(world, box)
    path = f"/v1/mailboxes/{box}/messages"
    listed = (await world.admin.get(path)).json()["items"]
    assert [(row["id"], row["state"], row["caller_name"]) for row in listed] == [
        (one, "new", "Sara"),
        (two, "new", "Sara"),
    ]
    saved = (await world.admin.ask("PATCH", f"{path}/{one}", json={"state": "saved"})).json()
    assert saved["state"] == "saved"
    assert saved["listened_at"] is not None
    assert [row["id"] for row in (await world.admin.get(path, state="new")).json()["items"]] == [two]
    await world.admin.ask("PATCH", f"{path}/{two}", json={"state": "deleted"})
    assert [row["id"] for row in (await world.admin.get(path, state="deleted")).json()["items"]] == [two]
    shown = (await world.admin.get(f"/v1/mailboxes/{box}")).json()
    assert (shown["new_messages"], shown["saved_messages"]) == (0, 1)
    assert (await world.admin.ask("DELETE", f"{path}/{one}")).status_code == 204
    assert (await world.admin.get(f"{path}/{one}")).status_code == 404
    lamp = [(one.new_messages, one.saved_messages) for one in await world.lamps(6)]
    assert lamp == [(0, 0), (1, 0), (2, 0), (1, 1), (0, 1), (0, 0)]


async def test_deleted_message_comes_back_only_while_there_is_room(world: MailboxWorld):
    box = await a_box(world, quota_messages=1)
    one = await a_message(world, box)
    path = f"/v1/mailboxes/{box}/messages/{one}"
    await world.admin.ask("PATCH", path, json={"state": "deleted"})
    await a_message(world, box)
    assert (await world.admin.ask("PATCH", path, json={"state": "new"})).json()["code"] == "mailbox_full"


async def test_audio_whole_and_in_parts(world: MailboxWorld):
    box = await a_box(world)
    path = f"/v1/mailboxes/{box}/messages/{await a_message(world, box)}/audio"
    whole = await world.admin.get(path)
    assert (whole.status_code, whole.headers["content-type"], whole.content[:4]) == (200, "audio/wav", b"RIFF")
    part = await world.admin.ask("GET", path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert (await world.admin.ask("GET", path, headers={"Range": "bytes=99999999-"})).status_code == 416
    for found in (world.boxes.media / str(ACME)).glob("voicemail/*.wav"):
        found.unlink()
    assert (await world.admin.get(path)).json()["code"] == "recording_gone"


async def test_forward(world: MailboxWorld):
    box, other = await a_box(world), await a_box(world, "102", quota_messages=1)
    path = f"/v1/mailboxes/{box}/messages/{await a_message(world, box)}/forward"
    copy = await world.admin.made(path, {"number": "102"})
    assert copy["mailbox_id"] == other
    assert (await world.admin.get(f"/v1/mailboxes/{other}/messages/{copy['id']}/audio")).status_code == 200
    assert (await world.admin.ask("POST", path, json={"number": "102"})).json()["code"] == "mailbox_full"
    assert (await world.admin.ask("POST", path, json={"number": "999"})).json()["code"] == "mailbox_unknown"


# Greetings


async def test_greeting_is_uploaded_heard_and_deleted(world: MailboxWorld, tmp_path: Path):
    box = await a_box(world)
    path = f"/v1/mailboxes/{box}/greetings/busy"
    assert (await world.admin.ask("PUT", path, content=b"no sound at all" * 9)).json()["code"] == "audio_not_audio"
    uploaded = await world.admin.ask("PUT", path, content=a_tone(tmp_path))
    assert (uploaded.status_code, uploaded.json()["seconds"]) == (200, 2.0), uploaded.text
    assert (await world.admin.get(f"/v1/mailboxes/{box}/greetings")).json()[0]["kind"] == "busy"
    assert (await world.admin.get(f"{path}/audio")).content[:4] == b"RIFF"
    assert (await world.admin.get(f"/v1/mailboxes/{box}")).json()["greetings"] == ["busy"]
    assert (await world.admin.ask("DELETE", path)).status_code == 204
    assert (await world.admin.get(f"{path}/audio")).status_code == 404
    assert (await world.admin.ask("PUT", path.replace("busy", "other"), content=b"x")).status_code == 422


def a_tone(folder: Path) -> bytes:
    path = folder / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes((b"\x00\x20" * 10 + b"\x00\xe0" * 10) * 800)
    return path.read_bytes()


# Who may


PATHS = [
    ("GET", ""),
    ("PATCH", ""),
    ("DELETE", ""),
    ("PUT", "/pin"),
    ("DELETE", "/pin"),
    ("GET", "/messages"),
    ("GET", "/messages/{message}"),
    ("PATCH", "/messages/{message}"),
    ("DELETE", "/messages/{message}"),
    ("POST", "/messages/{message}/forward"),
    ("GET", "/messages/{message}/audio"),
    ("GET", "/greetings"),
    ("PUT", "/greetings/busy"),
    ("DELETE", "/greetings/busy"),
    ("GET", "/greetings/busy/audio"),
]
BODIES = {"/pin": {"pin": "97351"}, "/messages/{message}": {"state": "saved"}, "/forward": {"number": "101"}, "": {}}


async def test_other_tenant_gets_nowhere(world: MailboxWorld, tmp_path: Path):
    box = await a_box(world)
    message = await a_message(world, box)
    await world.rival.made("/v1/mailboxes", {"number": "101"})
    before = (await world.admin.get(f"/v1/mailboxes/{box}")).text
    for method, path in PATHS:
        body = next((value for end, value in BODIES.items() if path.endswith(end)), {})
        sent = {"content": a_tone(tmp_path)} if "greetings" in path else {"json": body}
        options = {} if method in {"GET", "DELETE"} else sent
        answer = await world.rival.ask(method, f"/v1/mailboxes/{box}{path.format(message=message)}", **options)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path, answer.text)
    assert (await world.admin.get(f"/v1/mailboxes/{box}")).text == before
    assert [one["id"] for one in (await world.rival.get("/v1/mailboxes")).json()["items"]] != [box]


@pytest.mark.parametrize("role", ["agent", "supervisor", "quality"])
async def test_others_of_the_tenant_may_not(world: MailboxWorld, role: str):
    box = await a_box(world)
    assert (await world.person(role).get(f"/v1/mailboxes/{box}/messages")).status_code == 403


async def test_manager_listens_but_makes_no_boxes(world: MailboxWorld):
    box = await a_box(world)
    manager = world.person("manager")
    assert (await manager.get(f"/v1/mailboxes/{box}/messages")).status_code == 200
    assert (await manager.ask("POST", "/v1/mailboxes", json={"number": "102"})).status_code == 403
    assert (await manager.ask("PUT", f"/v1/mailboxes/{box}/pin", json={"pin": "97351"})).status_code == 403


async def test_scopes_of_api_keys(world: MailboxWorld):
    box = await a_box(world)
    reader = world.person(scopes={"voicemail:read"})
    assert (await reader.get(f"/v1/mailboxes/{box}")).status_code == 200
    assert (await reader.ask("DELETE", f"/v1/mailboxes/{box}")).status_code == 403
    assert (await world.client.get(f"/v1/mailboxes/{box}")).status_code == 401
