"""Which phones are told what of their mailboxes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from services.switchlink.domain.lamps import Lamp, LampTable
from services.switchlink.lamps import Lamps
from shared.contracts.directory import DeviceSummary, ExtensionChanged
from shared.contracts.ivr import MailboxChanged
from shared.esl import DownReason, SwitchDisconnected, UnsafeValue
from shared.esl.commands import MessageWaiting
from tests.support.waiting import eventually

ACME, RIVAL = UUID(int=1), UUID(int=2)
BOX, EXTENSION = UUID(int=10), UUID(int=20)


def box(revision: int = 1, new: int = 0, saved: int = 0, **more: Any) -> MailboxChanged:
    given = {"id": BOX, "tenant_id": ACME, "number": "101", **more}
    return MailboxChanged(revision=revision, new_messages=new, saved_messages=saved, **given)


def extension(revision: int = 1, *users: str, **more: Any) -> ExtensionChanged:
    devices = tuple(DeviceSummary(id=UUID(int=99), sip_username=user) for user in users or ("101", "101-2"))
    given = {"id": EXTENSION, "tenant_id": ACME, "number": "101", **more}
    return ExtensionChanged(revision=revision, display_name="", call_class="national", devices=devices, **given)


def lamp(user: str, new: int, saved: int = 0) -> Lamp:
    return Lamp(ACME, user, new, saved)


def test_every_device_of_the_extension_is_told():
    table = LampTable()
    assert table.take_extension(extension()) == [lamp("101", 0), lamp("101-2", 0)]
    assert table.take_mailbox(box(1, 2, 1)) == [lamp("101", 2, 1), lamp("101-2", 2, 1)]
    assert table.of_user(ACME, "101-2") == lamp("101-2", 2, 1)
    assert table.of_user(RIVAL, "101-2") is None
    assert table.of_user(ACME, "999") is None


def test_older_news_changes_nothing():
    table = LampTable()
    table.take_extension(extension(2))
    table.take_mailbox(box(5, 2))
    assert table.take_mailbox(box(5, 0)) == []
    assert table.take_mailbox(box(4, 0)) == []
    assert table.take_extension(extension(1, "103")) == []
    assert table.of_user(ACME, "101") == lamp("101", 2)


def test_box_known_before_its_extension():
    table = LampTable()
    assert table.take_mailbox(box(1, 3)) == []
    assert table.take_extension(extension(1, "101")) == [lamp("101", 3)]
    assert table.take_extension(extension(2, "101")) == []
    assert table.take_extension(extension(3, "101", "102")) == [lamp("101", 3), lamp("102", 3)]


@pytest.mark.parametrize("gone", [{"removed": True}, {"enabled": False}])
def test_lamp_goes_out_with_the_box(gone: dict):
    table = LampTable()
    table.take_extension(extension(1, "101"))
    table.take_mailbox(box(1, 3))
    assert table.take_mailbox(box(2, 3, **gone)) == [lamp("101", 0)]


def test_extension_gets_another_number_or_goes():
    table = LampTable()
    table.take_extension(extension(1, "101"))
    table.take_mailbox(box(1, 3))
    assert table.take_extension(extension(2, "101", number="102")) == [lamp("101", 0)]
    assert table.of_user(ACME, "101") is None
    assert table.take_extension(extension(3, "101")) == [lamp("101", 3)]
    assert table.take_extension(extension(4, "101", removed=True)) == []
    assert table.of_user(ACME, "101") is None
    assert table.take_mailbox(box(2, 4)) == []


def test_same_number_of_two_tenants():
    table = LampTable()
    table.take_extension(extension(1, "101"))
    table.take_extension(extension(1, "101", id=UUID(int=21), tenant_id=RIVAL))
    table.take_mailbox(box(1, 3))
    assert table.of_user(RIVAL, "101") is None


def test_command_for_the_switch():
    command = MessageWaiting("101", "acme.example", 2, 1)
    assert command.wire() == (
        b"sendevent MESSAGE_WAITING\n"
        b"sofia-profile: phones\n"
        b"MWI-Messages-Waiting: yes\n"
        b"MWI-Message-Account: sip:101@acme.example\n"
        b"MWI-Voice-Message: 2/1 (0/0)\n\n"
    )
    assert b"MWI-Messages-Waiting: no" in MessageWaiting("101", "acme.example", 0, 1).wire()
    for bad in [
        ("1\n1", "a", 0, 0),
        ("101", "a b", 0, 0),
        ("101", "a", -1, 0),
        ("101", "a", 0, 10**7),
        ("", "a", 0, 0),
    ]:
        with pytest.raises(UnsafeValue):
            MessageWaiting(*bad)


@dataclass
class Node:
    """A switch with one phone, which takes down what it is told."""

    tenant_of_domain: dict[str, UUID] = field(default_factory=lambda: {"acme.example": ACME})
    registrations: set[str] = field(default_factory=lambda: {"101@acme.example", "9@nobody.example"})
    on_registered: list[Any] = field(default_factory=list)
    on_connected: list[Any] = field(default_factory=list)
    told: list[MessageWaiting] = field(default_factory=list)
    away: bool = False

    async def send(self, command: MessageWaiting) -> None:
        if self.away:
            raise SwitchDisconnected(DownReason.FAILED, "away")
        self.told.append(command)


@pytest.fixture
async def lamps():
    running = Lamps(Node())  # type: ignore[arg-type]
    await running.start()
    yield running
    await running.stop()


async def told(lamps: Lamps, *counts: tuple[int, int]) -> None:
    """Wait until the phone was told that, and nothing else."""
    node: Any = lamps._node

    async def look() -> list[tuple[int, int]]:
        return [(one.new, one.saved) for one in node.told]

    await eventually(look, lambda found: len(found) >= len(counts), timeout=5)
    await asyncio.sleep(0)
    assert await look() == list(counts)
    node.told.clear()


async def test_nothing_is_told_before_all_is_known_then_every_phone_once(lamps: Lamps):
    await lamps.extension_changed(extension())
    await lamps.mailbox_changed(box(1, 2))
    await asyncio.sleep(0.05)
    assert lamps._node.told == []  # type: ignore[attr-defined]
    lamps.caught_up()
    await told(lamps, (2, 0))


async def test_phone_is_told_of_changes_and_when_it_registers(lamps: Lamps):
    lamps.caught_up()
    await lamps.extension_changed(extension())
    await told(lamps, (0, 0))
    await lamps.mailbox_changed(box(1, 1))
    await told(lamps, (1, 0))
    lamps.registered(SimpleNamespace(tenant_id=ACME, sip_username="101"))  # type: ignore[arg-type]
    await told(lamps, (1, 0))
    lamps.registered(SimpleNamespace(tenant_id=ACME, sip_username="555"))  # type: ignore[arg-type]
    lamps.registered(SimpleNamespace(tenant_id=None, sip_username="101"))  # type: ignore[arg-type]
    await lamps.mailbox_changed(box(2, 0, 1))
    await told(lamps, (0, 1))


async def test_many_changes_at_once_are_told_as_the_last_of_them(lamps: Lamps):
    lamps.caught_up()
    await lamps.extension_changed(extension(1, "101"))
    for revision in range(1, 50):
        await lamps.mailbox_changed(box(revision, revision))
    await told(lamps, (49, 0))


async def test_switch_comes_back_and_every_phone_is_told(lamps: Lamps):
    node: Any = lamps._node
    lamps.caught_up()
    await lamps.extension_changed(extension(1, "101"))
    await told(lamps, (0, 0))
    node.away = True
    await lamps.mailbox_changed(box(1, 1))
    await eventually(lambda: asyncio.sleep(0, not lamps._waiting), bool)
    node.away = False
    for connected in node.on_connected:
        connected()
    await told(lamps, (1, 0))
