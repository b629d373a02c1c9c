"""A message left in a mailbox and collected by its owner, on both switches, with the mailbox in a real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.ivr.conversation import CallContext
from services.ivr.domain.writes_voicemail import CheckPin, CountMessages, FindMessage, MessageCounts, SaveGreeting
from services.ivr.models_voicemail import MailboxRow
from shared.contracts.ivr import FlowLeft
from shared.telephony.handover import NOT_TAKEN
from tests.contract.switch.bench import Bench
from tests.contract.switch.scenes import phone
from tests.integration.ivr.boxes import Boxes
from tests.support.flow_host import TENANT, FlowHost, NotedWorld, handed_to, seen

pytestmark = pytest.mark.asyncio(loop_scope="session")
SPEAKING_SECONDS = 1.4
"""Longer than the shortest message that is kept."""


class MailboxWorld(NotedWorld):
    """What calls ask of mailboxes is carried out, and noted."""

    def __init__(self, boxes: Boxes) -> None:
        super().__init__()
        self._boxes = boxes
        self.asked: list[object] = []

    async def write(self, what: object, call: CallContext) -> object:
        return await self._carry_out(what, call)

    async def read(self, what: object, call: CallContext) -> object:
        return await self._carry_out(what, call)

    async def _carry_out(self, what: object, call: CallContext) -> object:
        self.asked.append(what)
        return await self._boxes.voicemail.carry_out(call.tenant_id, what, call=call.facts)


@asynccontextmanager
async def office(tmp_path: Path, database_for: Callable[..., Any]) -> AsyncIterator[tuple[FlowHost, Boxes, MailboxRow]]:
    """An ivr process and the mailbox 102."""
    database = database_for("ivr").open()
    await database.start()
    try:
        boxes = Boxes(database, tmp_path / "media")
        box = await boxes.make("102", TENANT, pin="8642")
        async with FlowHost(tmp_path, world=MailboxWorld(boxes)) as host:
            yield host, boxes, box
    finally:
        await database.stop()


async def heard(bench: Bench, piece: str, times: int = 1) -> None:
    """The caller has begun to hear this so often: keys next to a hidden question are nobody's."""

    def begun() -> int:
        started = [one for one in bench.events.events if one["Event-Name"] == "PLAYBACK_START"]
        return sum(piece in one["Playback-File-Path"] for one in started)

    await seen(begun, lambda count: count >= times)


async def leave_message(bench: Bench, host: FlowHost, *, hang_up: bool) -> None:
    alice = await phone(bench, "101")
    bench.route(lambda _: handed_to("voicemail:102", host.address))
    call = await alice.dial("*102")
    await call.answered()
    await bench.event("PLAYBACK_START")
    await call.dtmf("#")
    await bench.event("RECORD_START")
    await asyncio.sleep(SPEAKING_SECONDS)  # somebody speaks
    if hang_up:
        await call.hang_up()
    else:
        await call.dtmf("#")
        assert await call.ended() == 200


@pytest.mark.parametrize("hang_up", [False, True])
async def test_message_is_left_and_collected(
    bench: Bench, tmp_path: Path, database_for: Callable[..., Any], hang_up: bool
) -> None:
    async with office(tmp_path, database_for) as (host, boxes, box):
        await leave_message(bench, host, hang_up=hang_up)
        await seen(lambda: host.told(FlowLeft))
        assert await boxes.do(CountMessages(str(box.id)), tenant=TENANT) == MessageCounts(1, 0)
        owner = await phone(bench, "102")
        bench.route(lambda _: handed_to("mailbox:102", host.address))
        call = await owner.dial("*97")
        await call.answered()
        await heard(bench, "vm-enter-pin")
        await call.dtmf("8642#")
        await heard(bench, "vm-menu")
        await call.dtmf("1")
        asked = host.world.asked  # type: ignore[attr-defined]
        await seen(lambda: [one for one in asked if isinstance(one, FindMessage)])
        await call.dtmf("3")
        await seen(lambda: len([one for one in asked if isinstance(one, CountMessages)]) > 1)
        await heard(bench, "vm-menu", times=2)
        await call.dtmf("*")
        assert await call.ended() == 200
        assert await boxes.do(CountMessages(str(box.id)), tenant=TENANT) == MessageCounts(0, 0)
        ((state, number, seconds),) = await boxes.query("SELECT state, caller_number, seconds FROM voicemail_messages")
        assert (state, number) == ("deleted", "101")
        assert seconds >= 1


@pytest.mark.parametrize(
    ("not_taken", "greeting"), [("busy", "busy"), ("no_answer", "unavailable"), ("", "unavailable")]
)
async def test_caller_hears_the_greeting_for_why_nobody_took_the_call(
    bench: Bench, tmp_path: Path, database_for: Callable[..., Any], not_taken: str, greeting: str
) -> None:
    async with office(tmp_path, database_for) as (host, boxes, box):
        for kind in ("busy", "unavailable"):
            boxes.record(f"greetings/{kind}", tenant=TENANT)
            await boxes.do(SaveGreeting(str(box.id), kind, f"greetings/{kind}", 2.0), tenant=TENANT)
        alice = await phone(bench, "101")
        why = [("set", f"{NOT_TAKEN}={not_taken}")]
        bench.route(lambda _: why + handed_to("voicemail:102", host.address))
        call = await alice.dial("*102")
        await call.answered()
        own = await bench.event("PLAYBACK_START")
        assert own["Playback-File-Path"].endswith(f"greetings/{greeting}.wav")
        await call.hang_up()


async def test_owner_comes_to_the_menu_from_the_greeting_and_nobody_by_a_wrong_pin(
    bench: Bench, tmp_path: Path, database_for: Callable[..., Any]
) -> None:
    async with office(tmp_path, database_for) as (host, _, __):
        alice = await phone(bench, "101")
        bench.route(lambda _: handed_to("voicemail:102", host.address))
        call = await alice.dial("*102")
        await call.answered()
        await bench.event("PLAYBACK_START")
        await call.dtmf("*")
        asked = host.world.asked  # type: ignore[attr-defined]
        pins = ("864209753", "731592648", "973514862")  # so long that no identifier and no time holds one by chance
        for tries, pin in enumerate(pins, start=1):
            await heard(bench, "vm-enter-pin", tries)
            await call.dtmf(f"{pin}#")
            await seen(lambda wanted=tries: len([one for one in asked if isinstance(one, CheckPin)]) == wanted)
        assert await call.ended() == 200
        await seen(lambda: host.told(FlowLeft))
        told = "".join(event.model_dump_json() for event in host.bus.told)
        assert not any(pin in told for pin in pins)
