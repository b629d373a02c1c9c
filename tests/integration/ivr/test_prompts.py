"""Prompts over REST: uploaded, spoken, heard, in use, on every replica."""

from __future__ import annotations

import io
import math
import os
import struct
import wave
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.ivr.domain.node import CallFacts
from services.ivr.domain.writes_voicemail import SaveRecordedPrompt
from services.ivr.errands import errands
from services.ivr.prompt_index import PromptIndex
from services.ivr.results import Results
from shared.contracts.ivr import FlowChanged, IvrState, MailboxChanged, PromptChanged
from shared.db.outbox import Outbox
from shared.db.republishing import Republisher
from tests.integration.ivr.test_flows import published
from tests.integration.ivr.world import Ivr
from tests.support.nats_server import until
from tests.unit.routing.town import ACME, RIVAL


def tone(seconds: float = 1.0, pitch: float = 440.0) -> bytes:
    """A wav file."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = (int(9000 * math.sin(2 * math.pi * pitch * n / 8000)) for n in range(int(8000 * seconds)))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return out.getvalue()


def index_of(ivr: Ivr) -> PromptIndex:
    return next(one for one in ivr.app.components if isinstance(one, PromptIndex))


def file_of(ivr: Ivr, slug: str = "welcome", language: str = "en") -> Path:
    found = index_of(ivr).prompt_file(ACME.id, slug, language)
    assert found is not None
    return found


async def made(ivr: Ivr, slug: str = "welcome", sound: bytes | None = None) -> dict[str, Any]:
    prompt = await ivr.admin.made("/v1/prompts", {"slug": slug})
    answer = await ivr.admin.ask(
        "PUT", sound_path(prompt), content=sound or tone(), headers={"Content-Type": "audio/wav"}
    )
    assert answer.status_code == 200, answer.text
    return prompt


def sound_path(prompt: dict[str, Any], language: str = "en") -> str:
    return f"/v1/prompts/{prompt['id']}/languages/{language}"


async def test_an_upload_is_converted_heard_and_known_to_calls(ivr: Ivr) -> None:
    prompt = await made(ivr)
    shown = (await ivr.admin.get(f"/v1/prompts/{prompt['id']}")).json()
    [variant] = shown["languages"]
    assert (variant["language"], round(variant["seconds"], 1), variant["spoken_text"]) == ("en", 1.0, None)
    assert shown["revision"] > prompt["revision"]
    heard = await ivr.admin.get(sound_path(prompt) + "/audio")
    assert (heard.status_code, heard.headers["content-type"]) == (200, "audio/wav")
    path = file_of(ivr)
    assert path.read_bytes() == heard.content
    assert path.name.startswith(f"{prompt['id']}-en-")
    assert path.parent.parent.name == str(ACME.id)
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert index_of(ivr).prompt_file(RIVAL.id, "welcome", "en") is None
    assert index_of(ivr).prompt_file(ACME.id, "welcome", "fa") is None


async def test_a_prompt_is_asked_for_by_its_slug(ivr: Ivr) -> None:
    for slug in ("welcome", "welcome-2"):
        await ivr.admin.made("/v1/prompts", {"slug": slug})
    assert [one["slug"] for one in (await ivr.admin.get("/v1/prompts", slug="welcome")).json()["items"]] == ["welcome"]
    assert (await ivr.rival.get("/v1/prompts", slug="welcome")).json()["items"] == []


async def test_a_form_does_as_well(ivr: Ivr) -> None:
    prompt = await ivr.admin.made("/v1/prompts", {"slug": "welcome"})
    answer = await ivr.admin.ask("PUT", sound_path(prompt), files={"file": ("../../etc/passwd", tone(), "audio/wav")})
    assert answer.status_code == 200, answer.text
    refused = await ivr.admin.ask("PUT", sound_path(prompt), files={"other": ("x", b"y")})
    assert (refused.status_code, refused.json()["field"]) == (422, "file")


async def test_a_text_is_spoken(ivr: Ivr) -> None:
    prompt = await ivr.admin.made("/v1/prompts", {"slug": "welcome"})
    answer = await ivr.admin.put(sound_path(prompt), {"text": "Good morning"})
    assert (answer.status_code, answer.json()["source"], answer.json()["spoken_text"]) == (
        200,
        "speech",
        "Good morning",
    )
    assert file_of(ivr).stat().st_size > 1000
    for body, field in (({"text": ""}, "text"), ({"words": "x"}, "text"), ({"text": "\x01"}, "text")):
        refused = await ivr.admin.put(sound_path(prompt), body)
        assert (refused.status_code, refused.json()["field"]) == (422, field)


async def test_what_is_no_sound_is_refused_with_the_reason(ivr: Ivr) -> None:
    prompt = await made(ivr)
    before = file_of(ivr)
    for content, status in ((b"", 422), (b"GIF89a" + b"x" * 500, 422), (tone()[:200], 422), (b"x" * 21_000_000, 413)):
        answer = await ivr.admin.ask("PUT", sound_path(prompt), content=content)
        assert answer.status_code == status, answer.text
        assert answer.json()["detail"]
    assert file_of(ivr) == before
    assert [one.name for one in before.parent.iterdir()] == [before.name]
    assert (await ivr.admin.ask("PUT", sound_path(prompt, "xx"), content=tone())).status_code == 422


async def test_a_former_sound_stays_for_an_hour(ivr: Ivr) -> None:
    prompt = await made(ivr)
    before = file_of(ivr)
    await ivr.admin.ask("PUT", sound_path(prompt), content=tone(pitch=300))
    after = file_of(ivr)
    assert after != before
    await sweep(ivr)
    assert before.exists()
    await ivr.clock.advance(3601)
    await swept(ivr, before)
    assert after.exists()
    assert (await ivr.admin.delete(f"/v1/prompts/{prompt['id']}")).status_code == 204
    assert after.exists()
    assert index_of(ivr).prompt_file(ACME.id, "welcome", "en") is None
    await ivr.clock.advance(3601)
    await swept(ivr, after)


async def sweep(ivr: Ivr) -> None:
    """What ivr's own chore does each hour; it may be doing so at this moment."""
    async with ivr.database.platform() as session:
        await ivr.app.http.state.here.prompts.sweep(session)


async def swept(ivr: Ivr, *files: Path) -> None:
    """Sweep, and wait until the files are gone, whoever deletes them."""
    await sweep(ivr)
    await until(lambda: not any(file.exists() for file in files))


async def test_what_was_recorded_by_phone_and_not_kept_goes_after_a_day(ivr: Ivr) -> None:
    prompt = await made(ivr)
    prompts = ivr.app.http.state.here.prompts
    for name in ("kept", "not-kept"):
        path = prompts.recording(ACME.id, f"prompts/recorded/{name}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(tone(pitch=300))
        now = ivr.clock.now().timestamp()
        os.utime(path, (now, now))
    await prompts.record(ACME.id, prompt["slug"], "en", prompts.recording(ACME.id, "prompts/recorded/kept"))
    await ivr.clock.advance(23 * 3600)
    await sweep(ivr)
    recorded = list(path.parent.iterdir())
    assert len(recorded) == 2
    await ivr.clock.advance(2 * 3600)
    await swept(ivr, *recorded)
    assert file_of(ivr).exists()


async def test_a_prompt_in_use_is_not_deleted(ivr: Ivr) -> None:
    prompt = await made(ivr)
    flow = {
        "start": "hello",
        "nodes": {
            "hello": {"type": "play", "announcement": ["welcome"][0], "exits": {"done": "end"}},
            "end": {"type": "hangup"},
        },
    }
    main = await published(ivr, "main", flow)
    uses = (await ivr.admin.get(f"/v1/prompts/{prompt['id']}/used-by")).json()["items"]
    assert uses == [
        {"flow": "main", "version": None, "node": "hello", "field": "announcement"},
        {"flow": "main", "version": 1, "node": "hello", "field": "announcement"},
    ]
    for path in (f"/v1/prompts/{prompt['id']}", sound_path(prompt)):
        refused = await ivr.admin.delete(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "prompt_in_use")
    await ivr.admin.patch(f"/v1/flows/{main['id']}", {"draft": {"start": "end", "nodes": {"end": {"type": "hangup"}}}})
    assert (await ivr.admin.delete(sound_path(prompt))).status_code == 409
    await ivr.admin.post(f"/v1/flows/{main['id']}/unpublish")
    assert (await ivr.admin.delete(sound_path(prompt))).status_code == 204
    assert (await ivr.admin.get(sound_path(prompt) + "/audio")).status_code == 404


async def test_a_flow_needs_its_prompts_in_every_language(ivr: Ivr) -> None:
    await made(ivr)
    draft = {
        "start": "a",
        "languages": ["en", "fa"],
        "nodes": {"a": {"type": "hangup", "announcement": ["welcome"][0]}},
    }
    flow = await ivr.admin.made("/v1/flows", {"slug": "main", "draft": draft})
    [problem] = (await ivr.admin.get(f"/v1/flows/{flow['id']}/problems")).json()["problems"]
    assert (problem["code"], problem["node"], problem["field"]) == ("missing_language", "a", "announcement")


async def test_other_replicas_follow(ivr: Ivr, tmp_path: Path) -> None:
    other = PromptIndex(ivr.bus, ivr.database, tmp_path / "media")
    await other.start()
    try:
        told: list[PromptChanged] = []

        async def keep(event: PromptChanged) -> None:
            told.append(event)

        await ivr.bus.replicate([PromptChanged], keep)
        await made(ivr)
        await until(lambda: other.prompt_file(ACME.id, "welcome", "en") == file_of(ivr))
        await until(lambda: any(event.languages == ("en",) for event in told))
    finally:
        await other.stop()


async def test_a_prompt_is_recorded_by_phone(ivr: Ivr) -> None:
    prompt = await ivr.admin.made("/v1/prompts", {"slug": "welcome"})
    prompts = ivr.app.http.state.here.prompts
    recording = prompts.recording(ACME.id, "recorded/l-1")
    recording.parent.mkdir(parents=True)
    recording.write_bytes(tone())

    class Call:
        tenant_id: UUID = ACME.id
        facts = CallFacts()

    media = recording.parents[2]
    results = Results(ivr.database, Outbox(ivr.database), ivr.clock, media)
    save = errands(results, prompts)[SaveRecordedPrompt]
    await save(SaveRecordedPrompt("welcome", "fa", "recorded/l-1", 1.0), Call())  # type: ignore[arg-type]
    assert file_of(ivr, language="fa").exists()
    shown = (await ivr.admin.get(f"/v1/prompts/{prompt['id']}")).json()
    assert [one["language"] for one in shown["languages"]] == ["fa"]


async def test_prompts_are_listed_named_and_a_tenants_own(ivr: Ivr) -> None:
    prompt = await made(ivr)
    path = f"/v1/prompts/{prompt['id']}"
    named = await ivr.admin.patch(path, {"display_name": "Willkommen"})
    assert named.json()["display_name"] == "Willkommen"
    assert (await ivr.admin.patch(path, {"display_name": "x", "revision": 1})).status_code == 412
    taken = await ivr.admin.post("/v1/prompts", {"slug": "welcome"})
    assert (taken.status_code, taken.json()["code"]) == (409, "prompt_slug_taken")
    [listed] = (await ivr.admin.get("/v1/prompts")).json()["items"]
    assert [one["language"] for one in listed["languages"]] == ["en"]
    for method, rest in (
        ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "/used-by"), ("PUT", "/languages/en"),
        ("GET", "/languages/en/audio"), ("DELETE", "/languages/en"),
    ):  # fmt: skip
        answer = await ivr.rival.ask(method, path + rest, json={"text": "mine"} if method == "PUT" else {})
        assert answer.status_code == 404, (method, rest)
    assert (await ivr.rival.get("/v1/prompts")).json()["items"] == []
    assert (await ivr.person("quality").get(path)).status_code == 200
    assert (await ivr.person("manager").delete(path)).status_code == 403


async def test_a_stream_that_was_lost_is_told_of_flows_prompts_and_mailboxes_again(ivr: Ivr) -> None:
    await made(ivr)
    await published(ivr)
    await ivr.admin.made("/v1/mailboxes", {"number": "101", "pin": "4071"})
    told: dict[UUID, IvrState] = {}

    async def hear(event: IvrState) -> None:
        told[event.id] = event

    await ivr.bus.replicate([FlowChanged, PromptChanged, MailboxChanged], hear)
    await until(lambda: {type(event) for event in told.values()} == {FlowChanged, PromptChanged, MailboxChanged})
    before = dict(told)
    republisher = next(one for one in ivr.app.components if isinstance(one, Republisher))
    assert await republisher.publish_if_new() == 0
    async with ivr.database.platform() as session:
        await session.execute(text("DELETE FROM published_streams"))
    assert await republisher.publish_if_new() == 3
    await until(lambda: all(told[one].message_id != before[one].message_id for one in before))
    for one, event in before.items():
        new = {"message_id": told[one].message_id, "occurred_at": told[one].occurred_at}
        assert told[one] == event.model_copy(update=new)
