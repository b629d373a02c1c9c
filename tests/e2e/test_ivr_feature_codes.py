"""What a phone dials for itself: the speaking clock, the echo test, forwarding and do-not-disturb, on both switches."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.support.call_flows import once_known, played
from tests.support.company import PATIENCE_SECONDS, Company
from tests.support.waiting import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]


@pytest.mark.parametrize("language", ["en", "fa", "ar"])
async def test_the_speaking_clock_tells_the_time_in_the_callers_language(company: Company, language: str) -> None:
    alice = await company.phone("201", language=language)
    await once_known(company, "/v1/mailboxes", {"number": "201"})  # ivr has heard of 201, and so of the language
    async with played(company.platform) as sounds:
        call = await alice.dial("*60")
        await call.answered()
        said = (await sounds.sound(f"{language}/clock-at-the-tone"))["Playback-File-Path"]
        assert f"/{language}/pieces/" in said or f"!{language}/pieces/" in said
        assert "tone_stream" in said
        await call.hang_up()


async def test_the_echo_test_gives_the_callers_own_voice_back(company: Company) -> None:
    alice = await company.phone("201")
    call = await alice.dial("*43")
    await call.answered()
    if company.platform.real:
        stream = call._call.stream  # type: ignore[attr-defined]
        stream.tone_hz = 440
        async with asyncio.timeout(PATIENCE_SECONDS):
            await stream.heard(voice_packets=25)
    await call.hang_up()


async def test_a_phone_forwards_its_calls_and_takes_the_forward_back(company: Company) -> None:
    alice, bob, carol = [await company.phone(number) for number in ("201", "202", "203")]
    await dialled(bob, "*72203")
    await eventually(lambda: forwarding(company, "202"), lambda now: now["always"] == "extension:203", PATIENCE_SECONDS)
    call = await alice.dial("202")
    answer = await carol.incoming()
    await answer.answer()
    await call.answered()
    await call.hang_up()

    await dialled(bob, "*73")
    await eventually(lambda: forwarding(company, "202"), lambda now: now["always"] is None, PATIENCE_SECONDS)


async def test_a_phone_asks_not_to_be_disturbed(company: Company) -> None:
    alice, bob = await company.phone("201"), await company.phone("202")
    await dialled(bob, "*78")
    await eventually(lambda: forwarding(company, "202"), lambda now: now["do_not_disturb"], PATIENCE_SECONDS)
    call = await alice.dial("202")
    assert await call.ended() == 486
    await dialled(bob, "*79")
    await eventually(lambda: forwarding(company, "202"), lambda now: not now["do_not_disturb"], PATIENCE_SECONDS)


async def dialled(phone: Any, code: str) -> None:
    """A code that is confirmed, and the call is over."""
    call = await phone.dial(code)
    assert await call.ended() == 200


async def forwarding(company: Company, number: str) -> dict[str, Any]:
    """How an extension forwards its calls now."""
    path = f"/v1/extensions/{company.extensions[number]['id']}/forwarding"
    return dict(await company.client.get("routing", path, tenant_id=company.tenant_id))
