"""Callers who would wait too long, or for nobody, are sent on: as they join, and later."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.acd.domain.agent_events import Pause, SignIn, SignOut
from services.acd.domain.model import AgentStatus
from services.acd.domain.overflow import OverflowStep
from services.acd.floor_changes import SendOn
from services.acd.records import QueueConfig
from services.acd.views import floor_view
from shared.contracts.acd import QueueLeft
from shared.telephony.destinations import Destination
from shared.telephony.schedules import Schedule, open_periods
from tests.unit.acd.call_centre import BOTH, MAILBOX, CallCentre, agent, alone, leg_of, queue
from tests.unit.acd.shift import caller

NIGHT = Destination.parse("flow:night")
SALES = Destination.parse("queue:sales")
SUPPORT = Destination.parse("queue:support")


def sent_to(centre: CallCentre) -> list[tuple[str, str]]:
    return [(one.entry.caller_name, str(one.destination)) for one in centre.done(SendOn)]


def test_who_would_wait_too_long_does_not_join() -> None:
    centre = alone(overflow=[OverflowStep("estimated_wait", MAILBOX, 300)])
    for name in ("ali", "babak", "cyrus"):
        centre.calls(name)
    assert centre.line() == ["ali", "babak"]
    assert sent_to(centre) == [("cyrus", "voicemail:101")]
    (left,) = centre.told(QueueLeft)
    assert (left.outcome, left.reason) == ("overflowed", "estimated_wait")


def test_who_comes_late_in_line_is_sent_on_when_an_agent_goes_to_lunch() -> None:
    centre = CallCentre([queue(overflow=[OverflowStep("estimated_wait", MAILBOX, 400)])], BOTH)
    centre.works("maryam", "reza")
    for name in ("ali", "babak", "cyrus", "dara", "elham"):
        centre.calls(name)
    centre.talks("maryam")
    centre.talks("reza")
    assert centre.line() == ["cyrus", "dara", "elham"]
    centre.does("reza", Pause("lunch"))
    centre.hangs_up(leg_of("babak"))
    assert centre.status("reza") is AgentStatus.PAUSED
    centre.passes(5)
    assert centre.line() == ["cyrus", "dara"]
    assert sent_to(centre) == [("elham", "voicemail:101")]


def test_callers_are_sent_on_when_the_last_agent_signs_out() -> None:
    centre = alone(overflow=[OverflowStep("no_agents", MAILBOX)])
    centre.calls("ali")
    centre.talks("maryam")
    centre.calls("babak")
    assert centre.line() == ["babak"]
    centre.does("maryam", SignOut())
    assert centre.line() == ["babak"], "she still talks"
    centre.hangs_up(leg_of("ali"))
    assert sent_to(centre) == [("babak", "voicemail:101")]


def test_an_agent_may_come_back_in_time() -> None:
    centre = alone(overflow=[OverflowStep("no_agents", MAILBOX, 60)])
    centre.does("maryam", Pause("tea"))
    centre.calls("ali")
    centre.passes(30)
    centre.does("maryam", SignOut())
    centre.passes(20)
    assert centre.line() == ["ali"]
    centre.passes(10)
    assert centre.line() == []
    centre.does("maryam", SignIn())
    centre.does("maryam", Pause("tea"))
    centre.calls("babak")
    centre.passes(600)
    assert centre.line() == ["babak"], "somebody is signed in"


def test_outside_its_hours_nobody_joins() -> None:
    nine_to_five = Schedule("UTC", (open_periods("09:00-17:00"),) * 7)
    centre = CallCentre([hours(queue(overflow=[OverflowStep("closed", NIGHT)]), nine_to_five)], BOTH)
    centre.now = centre.now.replace(hour=16, minute=59)
    centre.calls("ali")
    centre.passes(120)
    centre.calls("babak")
    assert centre.line() == ["ali"], "who was in line before is still served"
    assert sent_to(centre) == [("babak", "flow:night")]


def hours(config: QueueConfig, schedule: Schedule) -> QueueConfig:
    return replace(config, hours=schedule)


def test_two_full_queues_that_overflow_into_each_other_do_not_send_a_caller_round_for_ever() -> None:
    """Each sends the caller on once; then the caller waits where the call came back to, full or not."""
    centre = CallCentre(
        [
            queue("support", max_waiting=0, overflow=[OverflowStep("full", SALES)]),
            queue("sales", max_waiting=0, overflow=[OverflowStep("full", SUPPORT)]),
        ],
        [],
    )
    slug, turn = "support", 1
    overflowed: tuple[str, ...] = ()
    for _ in range(10):
        entry = replace(centre.entry("ali", slug, turn=turn), overflowed=overflowed)
        kept = centre.tables.join(entry, centre.floor)
        centre.floor.join(kept, centre.now)
        centre.settle()
        if centre.line(slug) == ["ali"]:
            break
        overflowed = centre.tables.entries[kept.id].overflowed
        slug, turn = str(centre.done(SendOn)[-1].destination).partition(":")[2], turn + 1
    assert (slug, turn) == ("support", 3)
    assert [str(one.destination) for one in centre.done(SendOn)] == ["queue:sales", "queue:support"]
    centre.passes(3600)
    assert centre.line("support") == ["ali"]


def test_everybody_in_line_is_shown_with_an_estimate_and_its_error() -> None:
    centre = alone()
    for name in ("ali", "babak", "cyrus"):
        centre.calls(name)
    (shown,) = floor_view(centre.floor, caller("support"), centre.now)["queues"]
    waits = [one["estimated_wait_seconds"] for one in shown["waiting"]]
    assert waits == [0, pytest.approx(180), pytest.approx(360)], "for ali a phone rings"
    assert shown["estimated_wait_seconds"] == pytest.approx(540)
    for one in (*shown["waiting"][1:], shown):
        assert one["estimated_wait_low_seconds"] < one["estimated_wait_seconds"] < one["estimated_wait_high_seconds"]


def test_nobody_knows_how_long_it_takes_when_nobody_serves() -> None:
    centre = CallCentre([queue()], [agent("maryam")])
    centre.calls("ali")
    (shown,) = floor_view(centre.floor, None, centre.now)["queues"]
    assert shown["estimated_wait_seconds"] is None
    assert shown["waiting"][0]["estimated_wait_seconds"] is None


def test_a_quick_queue_has_short_waits() -> None:
    """Contacts of a minute: the estimate follows what is seen."""
    centre = alone()
    for number in range(30):
        centre.calls(f"caller-{number}")
    for number in range(20):
        centre.talks("maryam")
        centre.passes(60)
        centre.hangs_up(leg_of(f"caller-{number}"))
        centre.passes(1)
    (shown,) = floor_view(centre.floor, None, centre.now)["queues"]
    per_place = shown["waiting"][5]["estimated_wait_seconds"] / 5
    assert 60 < per_place < 90
    assert centre.now - timedelta(minutes=25) < shown["waiting"][0]["joined_at"]
