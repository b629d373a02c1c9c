"""A support line of five levels in three languages, with hours and holidays of the Jalali year, on both switches."""

from __future__ import annotations

import io
import math
import struct
import wave
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.telephony.calendars import Calendar, calendar_date
from tests.support.call_flows import number_of, played, publish, text, told
from tests.support.company import Company

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]

TEHRAN = ZoneInfo("Asia/Tehran")
ALWAYS = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "00:00-24:00")
WELCOME = {"fa": None, "en": "Welcome to the support line.", "ar": "أهلاً بكم في خط الدعم."}


def holiday(days_from_now: int) -> dict[str, Any]:
    """A holiday of every Jalali year: the day before and after that day are part of it, so midnight changes nothing."""
    day = (datetime.now(UTC).astimezone(TEHRAN) + timedelta(days=days_from_now)).date()
    first, last = (calendar_date(day + timedelta(days=step), Calendar.JALALI) for step in (-1, 1))
    return {
        "calendar": "jalali",
        "month": first.month,
        "day": first.day,
        "last_month": last.month,
        "last_day": last.day,
        "name": "Nowruz",
    }


def menu(english: str, persian: str, arabic: str, **exits: str) -> dict[str, Any]:
    """A menu whose keys are ``k1``, ``k2`` ... here."""
    wired = {key.removeprefix("k"): target for key, target in exits.items()}
    announcement = text(en=english, fa=persian, ar=arabic)
    return {
        "type": "menu",
        "announcement": announcement,
        "tries": 2,
        "first_seconds": 4,
        "exits": {**wired, "no_input": "goodbye", "invalid": "goodbye"},
    }


def support_line(recurring: dict[str, Any]) -> dict[str, Any]:
    """Language, topic, product, trouble, confirmation: then somebody answers."""
    return {
        "start": "languages",
        "languages": ["fa", "en", "ar"],
        "nodes": {
            "languages": {
                **menu("For English press 2.", "برای فارسی عدد ۱.", "للعربية اضغط 3.", k1="hours", k2="en", k3="ar"),
                "announcement": [{"text": "1, 2, 3"}],
            },
            "en": {"type": "language", "language": "en", "exits": {"done": "hours"}},
            "ar": {"type": "language", "language": "ar", "exits": {"done": "hours"}},
            "hours": {
                "type": "schedule",
                "schedule": {"time_zone": "Asia/Tehran", "weekly": ALWAYS, "recurring": [recurring]},
                "exits": {"open": "welcome", "closed": "closed", "holiday": "feast"},
            },
            "welcome": {
                "type": "play",
                "announcement": [{"prompt": "welcome"}],
                "skip_by_key": False,
                "exits": {"done": "topic"},
            },
            "topic": menu("Technical 1.", "فنی ۱.", "الدعم الفني 1.", k1="product", k2="goodbye"),
            "product": menu("Internet 1.", "اینترنت ۱.", "الإنترنت 1.", k1="trouble", k2="goodbye"),
            "trouble": menu("Slow 1, broken 2.", "کند ۱، قطع ۲.", "بطيء 1، معطل 2.", k1="goodbye", k2="sure"),
            "sure": menu("To be connected 1.", "اتصال ۱.", "للاتصال 1.", k1="agent", k2="topic"),
            "agent": {"type": "extension", "number": "201", "exits": {"no_answer": "goodbye"}},
            "closed": {"type": "hangup", "announcement": text(en="Closed.", fa="بسته است.", ar="مغلق.")},
            "feast": {
                "type": "hangup",
                "announcement": text(en="Today is {holiday}.", fa="امروز {holiday} است.", ar="اليوم {holiday}."),
            },
            "goodbye": {"type": "hangup"},
        },
    }


async def welcome_prompt(company: Company) -> None:
    """Recorded in Persian, spoken in the others."""
    prompt = await company.post("ivr", "/v1/prompts", {"slug": "welcome"})
    for language, words in WELCOME.items():
        path = f"/v1/prompts/{prompt['id']}/languages/{language}"
        if words is None:
            made = await company.client.send_file(
                "ivr", path, recorded(0.6), "audio/wav", method="PUT", tenant_id=company.tenant_id
            )
            assert made["source"].startswith("wav")
        else:
            made = await company.change("ivr", "PUT", path, {"text": words})
            assert made["source"] == "speech"
        assert made["seconds"] > 0.3


def recorded(seconds: float, rate: int = 44_100) -> bytes:
    """A stereo recording of a studio: nothing that FreeSWITCH would play as it is."""
    with io.BytesIO() as file:
        with wave.open(file, "wb") as sound:
            sound.setparams((2, 2, rate, 0, "NONE", ""))
            for place in range(int(seconds * rate)):
                level = int(12_000 * math.sin(2 * math.pi * 440 * place / rate))
                sound.writeframesraw(struct.pack("<hh", level, level // 2))
        return file.getvalue()


@pytest.mark.parametrize(("key", "language"), [("1", "fa"), ("2", "en"), ("3", "ar")])
async def test_caller_goes_through_five_menus_and_somebody_answers(company: Company, key: str, language: str) -> None:
    agent, (_, carrier) = await company.phone("201"), await company.carrier()
    await welcome_prompt(company)
    await publish(company, "support", support_line(holiday(100)))
    number = await number_of(company, "flow:support")

    async with told(company) as events, played(company.platform) as sounds:
        call = await carrier.dial(number)
        await call.answered()
        await sounds.sound("/spoken/")
        await call.dtmf(key)
        await sounds.sound(f"/{company.tenant_id}/")
        await events.event("flow.passed", node="welcome")
        await call.dtmf("112")  # faster than the menus speak
        await events.event("input.taken", node="trouble")
        await call.dtmf("1", how="info")
        answer = await agent.incoming()
        await answer.answer()
        await company.hear_each_other(call, answer)
        await answer.hang_up()
        assert await call.ended() == 200
        await events.event("flow.left", reason="sent_on")
        await events.event("flow.passed", node="sure")

    way = ["languages:" + key, *([] if language == "fa" else [f"{language}:done"])]
    assert events.way() == [*way, "hours:open", "welcome:done", "topic:1", "product:1", "trouble:2", "sure:1"]
    left = events.of("flow.left")
    assert [(event["reason"], event["destination"]) for event in left] == [("sent_on", "extension:201")]
    record = await company.record(legs=2)
    assert (record["answered_by"], record["called_number"], record["category"]) == ("201", number, "answered")


async def test_caller_of_a_holiday_hears_which_and_is_not_connected(company: Company) -> None:
    _, carrier = await company.carrier()
    await welcome_prompt(company)
    await company.extension("201")
    await publish(company, "support", support_line(holiday(0)))
    number = await number_of(company, "flow:support")

    async with told(company) as events, played(company.platform) as sounds:
        call = await carrier.dial(number)
        await call.answered()
        await sounds.sound("/spoken/")
        await call.dtmf("2")
        assert await call.ended() == 200
        await events.event("flow.left", reason="hung_up_by_flow")

    assert events.way() == ["languages:2", "en:done", "hours:holiday"]
    assert len(sounds.files()) == 2


async def test_caller_who_presses_nothing_is_asked_again_and_let_go(company: Company) -> None:
    _, carrier = await company.carrier()
    await welcome_prompt(company)
    await company.extension("201")
    line = support_line(holiday(100))
    line["nodes"]["languages"]["first_seconds"] = 1
    await publish(company, "support", line)
    number = await number_of(company, "flow:support")

    async with told(company) as events:
        call = await carrier.dial(number)
        await events.event("input.failed", missed=True, attempt=1)
        await call.dtmf("9")
        assert await call.ended() == 200
        await events.event("input.failed", missed=False, digits="9", attempt=2)
        await events.event("flow.left", reason="hung_up_by_flow")
    assert events.way() == ["languages:invalid"]
