"""What callers in menus notice when parts of the platform die: on a real FreeSWITCH, with two ivr processes."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any

import httpx
import pytest
import pytest_asyncio

from freeswitch.phone import OutgoingCall
from tests.support.call_flows import Played, Told, number_of, played, publish, text, told
from tests.support.company import PATIENCE_SECONDS, Company
from tests.support.platform import LivePlatform
from tests.support.waiting import eventually

pytestmark = [pytest.mark.freeswitch, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

CALLERS = 100
GOES_ON_WITHIN_SECONDS = 2.0
ASK = {"tries": 1, "first_seconds": 60}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LivePlatform]:
    """A platform of this module's own with two ivr processes; its flows may not ask programs on this machine."""
    home = tmp_path_factory.mktemp("ivr-faults")
    async with LivePlatform(home, real=True, more={"ivr": {}}, ivr_twin=True) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def company(platform: LivePlatform) -> AsyncIterator[Company]:
    """A tenant with an extension."""
    async with AsyncExitStack() as stack:
        opened = Company(platform, stack)
        await opened.open()
        await opened.extension("201")
        yield opened


def survey_line() -> dict[str, Any]:
    """An order number, then a menu that says it, then a survey."""
    return {
        "start": "order",
        "languages": ["en"],
        "fallback": "extension:201",
        "nodes": {
            "order": {
                "type": "gather",
                **ASK,
                "announcement": text(en="Your order?"),
                "variable": "order",
                "least": 3,
                "most": 3,
                "exits": {"done": "menu", "no_input": "bye", "invalid": "bye"},
            },
            "menu": {
                "type": "menu",
                **ASK,
                "announcement": [*text(en="Yours is"), {"say": "digits", "value": "{order}"}],
                "exits": {"1": "rate", "no_input": "bye", "invalid": "bye"},
            },
            "rate": {
                "type": "survey",
                **ASK,
                "announcement": text(en="How was it?"),
                "survey": "care",
                "question": "rating",
                "scale": "one_to_five",
                "exits": {"done": "which", "no_input": "bye", "invalid": "bye"},
            },
            "which": {
                "type": "branch",
                "conditions": [{"value": "{survey.rating}", "test": "equals", "than": "5", "exit": "five"}],
                "exits": {"five": "thanks", "otherwise": "bye"},
            },
            "thanks": {"type": "menu", **ASK, "announcement": text(en="Thank you."), "exits": {"1": "bye"}},
            "bye": {"type": "hangup"},
        },
    }


async def callers_of(company: Company, number: str, many: int) -> list[OutgoingCall]:
    """Callers whom a carrier hands over, a few at a time."""
    carrier = await company.sip_phone(
        "+982122223333", domain="carrier.example", registered=False, proxy=company.platform.trunk_sip
    )
    found: list[OutgoingCall] = []
    for place in range(many):
        caller = await carrier.dial(
            f"sip:{number}@127.0.0.1:{company.platform.trunk_sip[1]}", from_user=f"+98912{place:07}"
        )
        caller.stream.sending = False  # nobody listens, and this machine has better to do
        await caller.answered(PATIENCE_SECONDS)
        found.append(caller)
    return found


async def line_of(company: Company, **nodes: Any) -> str:
    """The survey line behind a public number, with other nodes in it."""
    await company.trunk()
    draft = survey_line()
    await publish(company, "care", {**draft, "nodes": {**draft["nodes"], **nodes}})
    return await number_of(company, "flow:care")


async def test_a_hundred_callers_go_on_at_the_other_process(company: Company) -> None:
    number = await line_of(company)
    async with told(company) as events, played(company.platform) as sounds:
        calls = await callers_of(company, number, CALLERS)
        await sounds.sound("/spoken/", count=CALLERS)
        for place, call in enumerate(calls):
            call.send_dtmf(f"{place + 100}")
        await events.event("flow.passed", node="order", count=CALLERS)
        await sounds.sound("file_string://", count=CALLERS)
        before = prompts_by_leg(sounds)
        assert len(before) == CALLERS

        callers = await calls_at(company.platform)
        assert callers > CALLERS / 4
        killed_at = time.time()
        await company.platform.kill("ivr")
        moved = await went_on(sounds, killed_at, events, callers=callers)
        late = [seconds for seconds in moved.values() if seconds > GOES_ON_WITHIN_SECONDS]
        seconds = sorted(moved.values())
        print(
            f"{len(moved)} of {CALLERS} callers were at the process that was killed; the menu began again after"
            f" {seconds[0]:.2f} to {seconds[-1]:.2f} s, median {seconds[len(seconds) // 2]:.2f} s"
        )
        after = prompts_by_leg(sounds)
        assert all(after[leg][-1] == before[leg][-1] for leg in moved), "a caller hears another node or another order"

        assert all(call.established for call in calls), "a caller was dropped"
        for call in calls:
            call.send_dtmf("1")
        await events.event("flow.passed", node="menu", exit="1", count=CALLERS)
        await asyncio.gather(*(call.hang_up() for call in calls))
        await events.event("flow.left", reason="hung_up_by_caller", count=CALLERS)
        assert not late
    await company.platform.start_again("ivr")
    await eventually(company.platform.process("ivr").ready, timeout=4 * PATIENCE_SECONDS)


def prompts_by_leg(sounds: Played) -> dict[str, list[str]]:
    """What each caller heard in the menu: the order's digits are among the files."""
    found: dict[str, list[str]] = {}
    for event in sounds.events:
        if event["Event-Name"] == "PLAYBACK_START" and event["Playback-File-Path"].startswith("file_string://"):
            found.setdefault(event["Unique-ID"], []).append(event["Playback-File-Path"])
    return found


async def went_on(sounds: Played, killed_at: float, events: Told, *, callers: int) -> dict[str, float]:
    """Seconds from the kill to the next words, of each caller whom the other process took."""

    async def look() -> dict[str, float]:
        moved: dict[str, float] = {}
        for event in sounds.events:
            began = int(event["Event-Date-Timestamp"]) / 1e6 - killed_at
            if event["Event-Name"] == "PLAYBACK_START" and began > 0:
                moved.setdefault(event["Unique-ID"], began)
        return moved

    await events.event("flow.entered", resumed=True, count=callers)
    return await eventually(look, lambda moved: len(moved) == callers, timeout=PATIENCE_SECONDS)


async def calls_at(platform: LivePlatform) -> int:
    """How many calls the first ivr process says that it has."""
    async with httpx.AsyncClient(trust_env=False) as http:
        figures = (await http.get(platform.settings.url("ivr") + "/metrics")).text
    found = re.search(r"^seda_ivr_calls(?:\{[^}]*\})? ([0-9.]+)$", figures, re.MULTILINE)
    assert found is not None, figures
    return int(float(found[1]))


async def test_without_any_ivr_callers_come_to_the_flows_fallback(company: Company) -> None:
    number = await line_of(company)
    alice = await company.sip_phone("201")
    async with told(company) as events, without_any_ivr(company.platform) as kill:
        [caller] = await callers_of(company, number, 1)
        await events.event("flow.entered")
        await kill()
        first = await alice.incoming(PATIENCE_SECONDS)  # who was in the flow
        first.answer()
        await still_up(caller)
        await first.hang_up()
        assert (await caller.ended(PATIENCE_SECONDS)).status == 200

        again = await caller.phone.dial(f"sip:{number}@127.0.0.1:{company.platform.trunk_sip[1]}")
        second = await alice.incoming(PATIENCE_SECONDS)  # who comes now
        second.answer()
        await again.answered(PATIENCE_SECONDS)
        await again.hang_up()
        await second.ended(PATIENCE_SECONDS)

        mailbox = await alice.dial("*97")  # no fallback: a notice
        await mailbox.ringing(PATIENCE_SECONDS)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await mailbox.stream.heard(voice_packets=25)
        assert (await mailbox.ended(PATIENCE_SECONDS)).status >= 400


@asynccontextmanager
async def without_any_ivr(platform: LivePlatform) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Gives what kills every ivr process; they are there again afterwards."""
    names = ("ivr", "ivr-twin")

    async def kill() -> None:
        for name in names:
            await platform.kill(name)

    try:
        yield kill
    finally:
        for name in names:
            if platform.process(name).ended:
                await platform.start_again(name)
        for name in names:
            await eventually(platform.process(name).ready, timeout=4 * PATIENCE_SECONDS)


async def still_up(call: OutgoingCall) -> None:
    """The call goes on, with voice."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        await call.stream.heard(packets=call.rtp_received + 5)
    assert call.established


@pytest.mark.parametrize("part", ["postgres", "nats"])
async def test_callers_go_on_and_their_answer_is_kept_while_a_part_is_away(company: Company, part: str) -> None:
    number = await line_of(company)
    async with told(company) as events, played(company.platform) as sounds:
        [call] = await callers_of(company, number, 1)
        await sounds.sound("/spoken/")
        call.send_dtmf("123")
        await events.event("flow.passed", node="order")
        await company.platform.kill(part)
        try:
            await sounds.sound("file_string://")
            call.send_dtmf("1")
            await sounds.sound("/spoken/", count=3)  # the first, that of the menu, the question
            call.send_dtmf("5")
            await sounds.sound("/spoken/", count=4)  # thanks: the answer is known to the flow
        finally:
            await company.platform.start_again(part)
        await call.hang_up()

    async def answers() -> list[dict[str, Any]]:
        return await answers_of(company)

    [answer] = await eventually(answers, timeout=4 * PATIENCE_SECONDS)
    assert (answer["survey"], answer["question"], answer["number"], answer["node"]) == ("care", "rating", 5, "rate")


async def answers_of(company: Company) -> list[dict[str, Any]]:
    """Survey answers; none while a service is away."""
    try:
        page = await company.client.get("ivr", "/v1/survey-answers", tenant_id=company.tenant_id)
    except Exception:
        return []
    return list(page["items"])


async def test_a_program_inside_is_not_asked_and_costs_nothing(company: Company) -> None:
    asked: list[object] = []
    server = await asyncio.start_server(lambda *_: asked.append(_), "127.0.0.1", 0)
    ask = {
        "type": "http_request",
        "url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/",
        "seconds": 15,
        "exits": {"done": "rate", "failed": "thanks"},
    }
    number = await line_of(company, menu=ask)
    async with told(company) as events, played(company.platform) as sounds:
        [call] = await callers_of(company, number, 1)
        await sounds.sound("/spoken/")
        call.send_dtmf("123")
        passed = await events.event("flow.passed", node="order")
        left = await events.event("flow.passed", node="menu", exit="failed")
        await sounds.sound("/spoken/", count=2)
        await call.hang_up()
    server.close()
    assert not asked
    print(f"refused after {seconds_between(passed, left):.3f} s")
    assert seconds_between(passed, left) < 1


def seconds_between(one: dict[str, Any], other: dict[str, Any]) -> float:
    """From one event to another."""
    first, second = (datetime.fromisoformat(event["occurred_at"]) for event in (one, other))
    return (second - first).total_seconds()
