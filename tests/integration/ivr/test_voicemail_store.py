"""Mailboxes on a real database: what calls ask of them and tell them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.ivr.domain.writes_voicemail import (
    CheckPin,
    CountMessages,
    FindGreeting,
    FindMailbox,
    FindMessage,
    ForwardMessage,
    MarkMessage,
    MessageCounts,
    RemoveGreeting,
    SaveGreeting,
    SaveMessage,
    SetPin,
)
from tests.integration.ivr.boxes import ACME, NOW, RIVAL, Boxes, a_call


@pytest.fixture
async def boxes(database_for, open_database, tmp_path: Path):
    return Boxes(await open_database(database_for("ivr")), tmp_path / "media")


async def leave(boxes: Boxes, box: object, times: int = 1, **facts: str) -> list[str]:
    """Messages in a box, the oldest first, by id."""
    for _ in range(times):
        call = a_call(**facts)
        name = f"voicemail/{call.leg_id}-101"
        boxes.record(name)
        assert await boxes.do(SaveMessage(str(box.id), name, 2.0, NOW), call=call) == "saved"
    return [str(id) for (id,) in await boxes.query("SELECT id FROM voicemail_messages ORDER BY id")]


async def test_box_as_a_call_finds_it(boxes: Boxes):
    box = await boxes.make(pin="8642", language="fa", message_max_seconds=60)
    found = await boxes.do(FindMailbox("101", NOW))
    assert (found.id, found.language, found.enabled, found.has_pin) == (str(box.id), "fa", True, True)
    assert (found.full, found.locked, found.most_seconds, found.greetings) == (False, False, 60, {})
    assert await boxes.do(FindMailbox("102", NOW)) is None


async def test_message_lights_the_lamp_and_is_told_of(boxes: Boxes):
    box = await boxes.make()
    await leave(boxes, box, caller_name="Sa\nra\x00")
    changed = await boxes.sent("mailbox.changed")
    assert [(one["revision"], one["new_messages"]) for one in changed] == [(1, 0), (2, 1)]
    (left,) = await boxes.sent("voicemail.left")
    assert (left["mailbox"], left["caller_name"], left["seconds"]) == ("101", "Sara", 2.0)


async def test_message_written_twice_is_there_once(boxes: Boxes):
    box = await boxes.make()
    call = a_call()
    what = SaveMessage(str(box.id), "voicemail/x-101", 2.0, NOW)
    assert [await boxes.do(what, call=call) for _ in range(2)] == ["saved", "saved"]
    assert len(await boxes.query("SELECT 1 FROM voicemail_messages")) == 1
    assert len(await boxes.sent("voicemail.left")) == 1


@pytest.mark.parametrize("quota", [{"quota_messages": 2}, {"quota_seconds": 4}])
async def test_full_box_takes_no_more(boxes: Boxes, quota: dict):
    box = await boxes.make(**quota)
    await leave(boxes, box, 2)
    assert (await boxes.do(FindMailbox("101", NOW))).full
    assert await boxes.do(SaveMessage(str(box.id), "voicemail/late-101", 2.0, NOW)) == "full"
    assert await boxes.query("SELECT file FROM media_removals") == [("voicemail/late-101",)]


async def test_many_callers_at_once_do_not_overfill_it(boxes: Boxes):
    box = await boxes.make(quota_messages=3)
    answers = await asyncio.gather(
        *(boxes.do(SaveMessage(str(box.id), f"voicemail/{number}-101", 2.0, NOW)) for number in range(8))
    )
    assert sorted(answers) == ["full"] * 5 + ["saved"] * 3
    changed = await boxes.sent("mailbox.changed")
    assert [(one["revision"], one["new_messages"]) for one in changed] == [(1, 0), (2, 1), (3, 2), (4, 3)]


async def test_box_that_is_gone(boxes: Boxes):
    assert await boxes.do(SaveMessage(str(UUID(int=7)), "voicemail/x-101", 2.0, NOW)) == "unknown"


# PIN


async def test_pin(boxes: Boxes):
    box = await boxes.make()
    check = CheckPin(str(box.id), "9735148627", NOW)
    assert await boxes.do(check) == "wrong"
    assert await boxes.do(SetPin(str(box.id), "1234")) == "weak"
    assert await boxes.do(SetPin(str(box.id), "9735148627")) == "changed"
    assert await boxes.do(check) == "right"
    assert await boxes.do(CheckPin("", "9735148627", NOW)) == "wrong"
    ((stored,),) = await boxes.query("SELECT pin_hash FROM mailboxes")
    assert stored.startswith("$argon2id$")
    assert "9735148627" not in str(await boxes.sent("mailbox.changed"))


async def test_box_is_locked_after_wrong_pins_and_opens_again(boxes: Boxes):
    box = await boxes.make(pin="8642")

    async def check(pin: str, minutes: int = 0) -> str:
        return await boxes.do(CheckPin(str(box.id), pin, NOW + timedelta(minutes=minutes)))

    assert [await check("1111") for _ in range(5)] == ["wrong"] * 4 + ["locked"]
    assert await check("8642") == "locked"
    assert (await boxes.do(FindMailbox("101", NOW))).locked
    assert await check("1111", 31) == "wrong"
    assert await check("8642", 31) == "right"
    assert [await check("1111", 31) for _ in range(4)] == ["wrong"] * 4


async def test_many_calls_at_once_have_no_more_tries_than_one(boxes: Boxes):
    box = await boxes.make(pin="8642")
    pins = [*[str(number) for number in range(1000, 1011)], "8642"]
    answers = await asyncio.gather(*(boxes.do(CheckPin(str(box.id), pin, NOW)) for pin in pins))
    assert answers.count("wrong") + answers.count("right") <= 5


# Listening


async def test_listening_goes_through_both_folders(boxes: Boxes):
    box = await boxes.make()
    one, two, three = await leave(boxes, box, 3)
    await boxes.do(MarkMessage(str(box.id), one, "saved", NOW - timedelta(days=1)))

    async def look(folder: str, beside: str = "", step: int = 1) -> str:
        found = await boxes.do(FindMessage(str(box.id), folder, NOW, beside, step))
        return found.id if found else ""

    assert await look("new") == two
    await boxes.do(MarkMessage(str(box.id), two, "saved", NOW))
    assert await look("new", two) == three
    assert await look("new", three, -1) == two
    assert await look("new", two, 0) == two
    assert await look("new", three) == ""
    assert await look("saved") == one
    assert await look("saved", one) == ""
    await boxes.do(MarkMessage(str(box.id), two, "deleted", NOW))
    assert await look("new", three, -1) == ""
    assert await boxes.do(CountMessages(str(box.id))) == MessageCounts(1, 1)
    changed = (await boxes.sent("mailbox.changed"))[-1]
    assert (changed["new_messages"], changed["saved_messages"]) == (1, 1)


async def test_marking_a_message_that_is_gone(boxes: Boxes):
    box = await boxes.make()
    await boxes.do(MarkMessage(str(box.id), str(UUID(int=7)), "saved", NOW))
    assert len(await boxes.sent("mailbox.changed")) == 1


async def test_forwarding_makes_a_copy_with_a_file_of_its_own(boxes: Boxes):
    box, other = await boxes.make(), await boxes.make("102", quota_messages=1)
    await boxes.make("103", enabled=False)
    (message,) = await leave(boxes, box)

    async def forward(number: str) -> str:
        return await boxes.do(ForwardMessage(str(box.id), message, number, NOW))

    assert [await forward(number) for number in ("102", "102", "103", "999")] == [
        "forwarded",
        "full",
        "unknown",
        "unknown",
    ]
    found = await boxes.do(FindMessage(str(other.id), "new", NOW))
    assert found.caller_number == "+989121234567"
    first, copy = (await boxes.query("SELECT file, forwarded_from FROM voicemail_messages ORDER BY id"))[:2]
    assert first.file != copy.file
    assert str(copy.forwarded_from) == message
    assert boxes.files.path(ACME, copy.file).read_bytes() == boxes.files.path(ACME, first.file).read_bytes()


# Greetings


async def test_greetings(boxes: Boxes):
    box = await boxes.make()
    await boxes.do(SaveGreeting(str(box.id), "busy", "greetings/a-1", 3.0))
    await boxes.do(SaveGreeting(str(box.id), "busy", "greetings/a-2", 3.0))
    assert (await boxes.do(FindMailbox("101", NOW))).greetings == {"busy": "greetings/a-2"}
    assert await boxes.do(FindGreeting(str(box.id), "busy")) == "greetings/a-2"
    await boxes.do(RemoveGreeting(str(box.id), "busy"))
    await boxes.do(RemoveGreeting(str(box.id), "busy"))
    assert await boxes.do(FindGreeting(str(box.id), "busy")) is None
    assert await boxes.query("SELECT file FROM media_removals ORDER BY id") == [("greetings/a-1",), ("greetings/a-2",)]


# The wall


async def test_other_tenant_sees_and_changes_nothing(boxes: Boxes):
    box = await boxes.make(pin="8642")
    (message,) = await leave(boxes, box)
    rival = {"tenant": RIVAL}
    assert await boxes.do(FindMailbox("101", NOW), **rival) is None
    assert await boxes.do(CheckPin(str(box.id), "8642", NOW), **rival) == "wrong"
    assert await boxes.do(CountMessages(str(box.id)), **rival) == MessageCounts(0, 0)
    assert await boxes.do(FindMessage(str(box.id), "new", NOW), **rival) is None
    assert await boxes.do(SaveMessage(str(box.id), "voicemail/x-101", 2.0, NOW), **rival) == "unknown"
    assert await boxes.do(ForwardMessage(str(box.id), message, "101", NOW), **rival) == "unknown"
    assert await boxes.do(SetPin(str(box.id), "9735148627"), **rival) == "weak"
    await boxes.do(MarkMessage(str(box.id), message, "deleted", NOW), **rival)
    await boxes.do(SaveGreeting(str(box.id), "busy", "greetings/x", 1.0), **rival)
    assert (await boxes.do(FindMailbox("101", NOW))).greetings == {}
    assert await boxes.do(CountMessages(str(box.id))) == MessageCounts(1, 0)
    ((failed,),) = await boxes.query("SELECT failed_pins FROM mailboxes")
    assert failed == 0
