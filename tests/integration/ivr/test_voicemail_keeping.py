"""Messages past their time go, and files only after their rows; what a crash leaves behind is swept up."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.ivr.domain.writes_voicemail import CountMessages, MarkMessage, MessageCounts, SaveGreeting, SaveMessage
from services.ivr.voicemail_keeping import VoicemailKeeping
from shared.runtime.clock import SteppedClock
from tests.integration.ivr.boxes import ACME, NOW, RIVAL, Boxes, a_call


@pytest.fixture
async def boxes(database_for: Any, open_database: Any, tmp_path: Path) -> Boxes:
    return Boxes(await open_database(database_for("ivr")), tmp_path / "media")


@pytest.fixture
def keeping(boxes: Boxes) -> VoicemailKeeping:
    return VoicemailKeeping(boxes.database, boxes.changes, boxes.files, clock=SteppedClock(NOW))


async def leave(boxes: Boxes, box: Any, days_ago: int) -> str:
    call = a_call()
    name = f"voicemail/{call.leg_id}-{box.number}"
    boxes.record(name)
    what = SaveMessage(str(box.id), name, 2.0, NOW - timedelta(days=days_ago))
    assert await boxes.do(what, call=call) == "saved"
    ((message,),) = await boxes.query("SELECT id FROM voicemail_messages ORDER BY id DESC LIMIT 1")
    return str(message)


def recordings(boxes: Boxes) -> int:
    return len(list(boxes.media.glob("*/voicemail/*.wav")))


async def test_new_and_saved_messages_go_when_their_time_is_over(boxes: Boxes, keeping: VoicemailKeeping):
    box = await boxes.make(retention_days_new=30, retention_days_saved=7)
    for_ever = await boxes.make("102")
    await leave(boxes, for_ever, 4000)
    for days_ago in (31, 29):
        await leave(boxes, box, days_ago)
    for days_ago in (8, 6):
        saved = await leave(boxes, box, 20)
        await boxes.do(MarkMessage(str(box.id), saved, "saved", NOW - timedelta(days=days_ago)))
    assert await keeping.expire() == 2
    assert await boxes.do(CountMessages(str(box.id))) == MessageCounts(1, 1)
    told = (await boxes.sent("mailbox.changed"))[-1]
    assert (told["number"], told["new_messages"], told["saved_messages"]) == ("101", 1, 1)
    assert recordings(boxes) == 5
    assert await keeping.remove_files() == 2
    assert recordings(boxes) == 3
    assert await keeping.expire() == 0


async def test_deleted_message_can_be_had_back_for_a_week(boxes: Boxes, keeping: VoicemailKeeping):
    box = await boxes.make()
    for days_ago in (6, 8):
        message = await leave(boxes, box, 10)
        await boxes.do(MarkMessage(str(box.id), message, "deleted", NOW - timedelta(days=days_ago)))
    assert await keeping.expire() == 1


async def test_message_heard_in_its_last_moment_is_kept(
    boxes: Boxes, keeping: VoicemailKeeping, monkeypatch: pytest.MonkeyPatch
):
    box = await boxes.make(retention_days_new=1)
    message = await leave(boxes, box, 2)
    expire = keeping._expire

    async def hear_first(*given: Any) -> int:
        await boxes.do(MarkMessage(str(box.id), message, "saved", NOW))
        return await expire(*given)

    monkeypatch.setattr(keeping, "_expire", hear_first)
    assert await keeping.expire() == 0
    assert await boxes.do(CountMessages(str(box.id))) == MessageCounts(0, 1)


async def test_many_at_once(boxes: Boxes, keeping: VoicemailKeeping, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("services.ivr.voicemail_keeping.BATCH", 3)
    one, other = await boxes.make(retention_days_new=1), await boxes.make("102", retention_days_new=1)
    for _ in range(4):
        await leave(boxes, one, 2)
        await leave(boxes, other, 2)
    assert await keeping.expire() == 8
    assert await keeping.remove_files() == 8
    assert recordings(boxes) == 0


async def test_file_stays_when_the_deletion_of_its_row_is_not_committed(boxes: Boxes, keeping: VoicemailKeeping):
    box = await boxes.make()
    await leave(boxes, box, 0)

    async def be_killed_before_the_commit() -> None:
        async with boxes.changes.open(ACME) as store:
            (row,) = await store.messages(box.id, states=("new",), limit=5, after=None)
            await store.remove_message(row)
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        await be_killed_before_the_commit()
    assert await keeping.remove_files() == 0
    assert recordings(boxes) == 1


async def test_removed_box_takes_its_files_along(boxes: Boxes, keeping: VoicemailKeeping):
    box = await boxes.make()
    await leave(boxes, box, 0)
    boxes.record("greetings/a-1")
    await boxes.do(SaveGreeting(str(box.id), "busy", "greetings/a-1", 1.0))
    async with boxes.changes.open(ACME) as store:
        row = await store.box(box.id, lock=True)
        assert row is not None
        await store.remove_box(row)
    assert await keeping.remove_files() == 2
    assert list(boxes.media.glob("*/*/*.wav")) == []


async def test_file_that_is_gone_or_cannot_be_deleted(boxes: Boxes, keeping: VoicemailKeeping):
    stuck = boxes.files.path(ACME, "voicemail/stuck")
    stuck.mkdir(parents=True)
    async with boxes.changes.open(ACME) as store:
        for name in ("voicemail/never-there", "../../etc/passwd", "voicemail/stuck"):
            await store.remove_file(name)
    assert await keeping.remove_files() == 2
    assert await boxes.query("SELECT file FROM media_removals") == [("voicemail/stuck",)]
    stuck.rmdir()
    assert await keeping.remove_files() == 1


async def test_orphans_are_swept_when_they_are_a_day_old(boxes: Boxes, keeping: VoicemailKeeping):
    box = await boxes.make()
    await leave(boxes, box, 0)
    boxes.record("greetings/used-1")
    await boxes.do(SaveGreeting(str(box.id), "busy", "greetings/used-1", 1.0))
    await boxes.make("101", RIVAL)
    kept = [boxes.record("voicemail/young"), boxes.record("prompts/other")]
    swept = [boxes.record(f"{folder}/old") for folder in ("voicemail", "greetings", "echo")]
    swept.append(boxes.record("voicemail/old", tenant=RIVAL))
    (boxes.media / "spoken").mkdir()
    old = (NOW - timedelta(days=2)).timestamp()
    for path in boxes.media.glob("*/*/*.wav"):
        os.utime(path, (old, old))
    young = NOW.timestamp()
    os.utime(kept[0], (young, young))
    assert await keeping.sweep() == 4
    assert not any(path.exists() for path in swept)
    assert all(path.exists() for path in kept)
    assert recordings(boxes) == 2
    assert await keeping.sweep() == 0


async def test_rounds_go_on_after_a_fault(boxes: Boxes):
    clock = SteppedClock(NOW)
    keeping = VoicemailKeeping(boxes.database, boxes.changes, boxes.files, clock=clock)
    box = await boxes.make(retention_days_new=1)
    tries: list[int] = []
    expire = keeping.expire

    async def fail_once() -> int:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("away")
        return await expire()

    keeping.expire = fail_once  # type: ignore[method-assign]
    await leave(boxes, box, 2)
    await keeping.start()
    while await boxes.do(CountMessages(str(box.id))) != MessageCounts(0, 0):
        await clock.advance(61)
    await keeping.stop()
    assert len(tries) >= 2
