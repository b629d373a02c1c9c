"""Mailboxes when extensions get other numbers or are removed: nobody ever hears what was left for somebody else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.ivr.domain.writes_voicemail import CountMessages, FindMailbox, MessageCounts, SaveMessage
from services.ivr.voicemail_keeping import CLOSED_DAYS, VoicemailKeeping
from shared.contracts.directory import ExtensionChanged
from shared.runtime.clock import SteppedClock
from tests.integration.ivr.boxes import ACME, NOW, a_call
from tests.integration.ivr.mailbox_world import MailboxWorld, running
from tests.support.waiting import eventually


@pytest.fixture
async def world(database_for, open_database, tmp_path: Path):
    async with running(await open_database(database_for("ivr")), tmp_path / "media") as found:
        yield found


async def a_box(world: MailboxWorld, number: str, **fields: Any) -> str:
    return str((await world.admin.made("/v1/mailboxes", {"number": number, **fields}))["id"])


async def leave(world: MailboxWorld, box: str) -> None:
    call = a_call()
    name = f"voicemail/{call.leg_id}-x"
    world.boxes.record(name)
    assert await world.boxes.do(SaveMessage(box, name, 2.0, NOW), call=call) == "saved"


async def tell(world: MailboxWorld, extension: int, number: str, revision: int, *, removed: bool = False) -> None:
    """What the directory tells of the extension that was made as ``extension``."""
    event = ExtensionChanged(
        id=UUID(int=ACME.int + extension), tenant_id=ACME, revision=revision, number=number, removed=removed,
        display_name="x", call_class="national",
    )  # fmt: skip
    await world.bus.publish(event)


async def at(world: MailboxWorld, number: str) -> str | None:
    """The box that calls find at a number."""
    found = await world.boxes.do(FindMailbox(number, NOW))
    return found.id if found else None


async def becomes(world: MailboxWorld, number: str, box: str | None) -> None:
    await eventually(lambda: at(world, number), lambda found: found == box)


async def test_a_renumbered_extension_keeps_its_mailbox(world: MailboxWorld):
    box = await a_box(world, "101", pin="8642")
    await leave(world, box)
    await tell(world, 101, "150", 2)
    await becomes(world, "150", box)
    assert await at(world, "101") is None
    assert await world.boxes.do(CountMessages(box)) == MessageCounts(1, 0)
    assert (await world.admin.get(f"/v1/mailboxes/{box}")).json()["has_pin"]
    told = (await world.lamps(3))[-1]
    assert (told.number, told.new_messages, told.removed) == ("150", 1, False)


async def test_two_extensions_exchange_their_numbers_and_keep_their_mailboxes(world: MailboxWorld):
    hers, his = await a_box(world, "101"), await a_box(world, "102")
    for extension, number, revision in ((101, "199", 2), (102, "101", 2), (101, "102", 3)):
        await tell(world, extension, number, revision)
    await becomes(world, "102", hers)
    await becomes(world, "101", his)


async def test_the_next_owner_of_a_number_does_not_inherit_its_mailbox(world: MailboxWorld):
    box = await a_box(world, "101", pin="8642", email="sara@example.com")
    await leave(world, box)
    await tell(world, 101, "101", 2, removed=True)
    await becomes(world, "101", None)
    await tell(world, 777, "101", 1)
    new = await a_box(world, "101")
    assert await at(world, "101") == new
    assert await world.boxes.do(CountMessages(new)) == MessageCounts(0, 0)
    told = [(one.id, one.removed) for one in await world.lamps(4)][-2:]
    assert told == [(UUID(box), True), (UUID(new), False)]


async def test_what_is_in_a_closed_mailbox_can_be_rescued_and_then_goes(world: MailboxWorld):
    box, other = await a_box(world, "101"), await a_box(world, "102")
    await leave(world, box)
    await tell(world, 101, "101", 2, removed=True)
    await becomes(world, "101", None)
    shown = (await world.admin.get(f"/v1/mailboxes/{box}")).json()
    assert (shown["closed_at"], shown["has_pin"], shown["email"], shown["new_messages"]) == (
        "2026-03-14T10:00:00Z", False, None, 1,
    )  # fmt: skip
    assert (await world.admin.get("/v1/mailboxes", number="101")).json()["items"] == []
    assert box in {row["id"] for row in (await world.admin.get("/v1/mailboxes")).json()["items"]}
    (message,) = (await world.admin.get(f"/v1/mailboxes/{box}/messages")).json()["items"]
    await world.admin.made(f"/v1/mailboxes/{box}/messages/{message['id']}/forward", {"number": "102"})
    assert await world.boxes.do(CountMessages(other)) == MessageCounts(1, 0)
    assert await world.boxes.do(SaveMessage(box, "voicemail/late", 2.0, NOW), call=a_call()) == "unknown"
    for days, removed in ((CLOSED_DAYS - 1, 0), (CLOSED_DAYS + 1, 1)):
        clock = SteppedClock(NOW + timedelta(days=days))
        keeping = VoicemailKeeping(world.boxes.database, world.boxes.changes, world.boxes.files, clock=clock)
        assert await keeping.remove_closed() == removed
    assert (await world.admin.get(f"/v1/mailboxes/{box}")).status_code == 404
    numbers = [one.number for one in world.told if not one.removed]
    assert numbers[-1] == "102"


async def test_what_happened_while_no_process_was_there_is_followed_at_the_start(
    database_for: Any, open_database: Any, tmp_path: Path
):
    database = await open_database(database_for("ivr"))
    async with running(database, tmp_path / "media") as world:
        hers, his = await a_box(world, "101"), await a_box(world, "102")
    async with running(database, tmp_path / "media", told=False) as world:
        await tell(world, 101, "102", 3)
        await tell(world, 102, "102", 4, removed=True)
        await becomes(world, "102", hers)
        assert (await world.admin.get(f"/v1/mailboxes/{his}")).json()["closed_at"]


async def test_a_mailbox_made_before_its_extension_was_heard_of_is_its_extensions(world: MailboxWorld):
    box = await a_box(world, "180")
    await tell(world, 180, "180", 1)

    async def owner() -> str | None:
        return str((await world.admin.get(f"/v1/mailboxes/{box}")).json()["extension_id"])

    await eventually(owner, lambda found: found == str(UUID(int=ACME.int + 180)))
    await tell(world, 180, "180", 2, removed=True)
    await becomes(world, "180", None)
