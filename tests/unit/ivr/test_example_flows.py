"""The flows of docs/examples/flows: each can be published as it is, and goes the way its page says."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.ivr.domain.flow import Flow, Library, flow_of
from services.ivr.domain.node import CallFacts
from services.ivr.domain.tryout import MASK, Answer, Trial, TriedFlow, try_flow
from services.ivr.domain.validation import Surroundings, problems_of
from shared.telephony.causes import CAUSES

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "examples" / "flows"
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.json"))
TEHRAN = ZoneInfo("Asia/Tehran")
FACTS = CallFacts(caller_number="+989121112233", called_number="+982191000000", time_zone="Asia/Tehran")
TUESDAY_MORNING = datetime(2027, 5, 4, 10, 0, tzinfo=TEHRAN)
FRIDAY = datetime(2027, 5, 7, 10, 0, tzinfo=TEHRAN)
SECOND_DAY_OF_NOWRUZ = datetime(2027, 3, 22, 10, 0, tzinfo=TEHRAN)
"""A Monday."""

HAS = Surroundings(extensions={"100"}, ring_groups={"support", "billing", "office"}, queues=(), mailboxes={"100"})
"""What the examples take for granted; docs/flows.md says so."""


def example(name: str) -> Flow:
    document = json.loads((FOLDER / f"{name}.json").read_text())
    return flow_of(document, slug=name, flow_id=UUID(int=1), version=1)


def tried(name: str, *keys: str, now: datetime = TUESDAY_MORNING, **answers: Answer) -> TriedFlow:
    flow = example(name)
    return try_flow(Library.of(flow), flow, Trial(keys, answers=answers), FACTS, now)


def way(result: TriedFlow) -> list[str]:
    return [step.node for step in result.steps]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_has_no_problems(name: str) -> None:
    assert problems_of(example(name).document, HAS, slug=name) == []


def test_there_are_three() -> None:
    assert EXAMPLES == ["after-hours", "order-status", "support-line"]


@pytest.mark.parametrize(
    ("key", "language", "word"), [("1", "fa", "پشتیبانی"), ("2", "en", "support"), ("3", "ar", "الدعم")]
)
def test_support_speaks_the_language_that_was_chosen(key: str, language: str, word: str) -> None:
    result = tried("support-line", key, "1", "*", "2")
    assert (result.language, result.destination) == (language, "ring-group:billing")
    [main, *_] = [step.says for step in result.steps if step.node == "main"]
    assert main is not None
    assert word in main


def test_support_speaks_a_customers_own_language_without_asking() -> None:
    result = tried("support-line", "0", who_calls=Answer(customer={"name": "Layla", "language": "ar"}))
    assert (result.language, result.destination) == ("ar", "extension:100")
    assert "choose_language" not in way(result)


@pytest.mark.parametrize(("now", "passes"), [(FRIDAY, False), (SECOND_DAY_OF_NOWRUZ, True)])
def test_support_is_closed_on_friday_and_on_nowruz(now: datetime, *, passes: bool) -> None:
    result = tried("support-line", "1", "1", "1", now=now)
    assert ("holiday" in way(result)) is passes
    assert way(result)[-3:] == ["closed", "call_back", "promised"]
    assert result.ends == "hung_up"


def test_support_takes_a_message_of_who_reaches_nobody_and_says_nothing_more() -> None:
    nobody = Answer(nobody_took_it=CAUSES["NO_ANSWER"])
    result = tried("support-line", "2", "1", "2", "", "", support=nobody)
    assert way(result)[-5:] == ["support", "all_busy", "call_back", "call_back", "message"]
    assert result.destination == "voicemail:100"


def test_an_orders_day_and_money_are_spoken() -> None:
    shop = Answer(200, {"state": "sent", "delivery": {"date": "2027-05-06"}, "total": {"amount": 90, "open": 25}})
    result = tried("order-status", "123456#", "9876", "0", ask_shop=shop)
    said = " ".join(step.says or "" for step in result.steps)
    assert "May" in said
    assert "twenty five" in said
    assert result.destination == "extension:100"


def test_a_pin_is_nowhere_to_be_seen() -> None:
    result = tried("order-status", "123456#", "9876", "0", ask_shop=Answer(200, {"state": "delivered"}))
    assert result.variables["pin"] == MASK
    assert "9876" not in repr(result)


def test_a_second_wrong_pin_leads_to_the_operator_and_a_lost_shop_does_at_once() -> None:
    wrong = tried("order-status", "123456#", "1111", "123456#", "2222", ask_shop=Answer(403, {}))
    assert way(wrong).count("wrong") == 1
    away = tried("order-status", "123456#", "1111")
    assert "shop_is_away" in way(away)
    assert {wrong.destination, away.destination} == {"extension:100"}


def test_the_office_rings_first_and_closed_offers_a_message() -> None:
    assert tried("after-hours").destination == "ring-group:office"
    assert tried("after-hours", "1", now=FRIDAY.replace(hour=20)).destination == "voicemail:100"


def test_who_is_on_duty_is_called_and_when_not_reached_a_call_back_is_promised() -> None:
    evening = TUESDAY_MORNING.replace(hour=22)
    assert tried("after-hours", "3", now=evening).destination == "external:+989121234567"
    nobody = Answer(nobody_took_it=CAUSES["NO_ANSWER"])
    result = tried("after-hours", "3", "2", "02188776655#", now=evening, on_duty=nobody)
    assert way(result)[-4:] == ["not_reached", "call_back", "call_back", "promised"]
    assert result.variables["callback_number"] == "02188776655"
