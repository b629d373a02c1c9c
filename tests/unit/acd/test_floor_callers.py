"""What callers in line are told, and what keys they press."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.acd.domain.announcing import Announcements, Part, announcement
from services.acd.floor_changes import Announce, SendOn
from services.acd.records import QueueConfig
from shared.contracts.acd import QueueLeft
from shared.telephony.destinations import Destination
from tests.unit.acd.call_centre import BOTH, MAILBOX, CallCentre, agent, leg_of, queue

PLACE = Announcements(position=True, first_seconds=5, every_seconds=30)


def telling(announcements: Announcements, **about: Any) -> QueueConfig:
    return replace(queue(**about), announcements=announcements)


def said(centre: CallCentre) -> list[tuple[str, str]]:
    """Who was told what: the values of its parts."""
    return [(one.entry.caller_name, " ".join(part.value for part in one.parts)) for one in centre.done(Announce)]


def test_callers_are_told_their_place_at_intervals() -> None:
    centre = CallCentre([telling(PLACE)], [])
    centre.calls("ali")
    centre.calls("babak")
    centre.passes(4.9)
    assert said(centre) == []
    centre.passes(0.1)
    assert said(centre) == [("ali", "queue-next"), ("babak", "queue-position 2")]
    centre.hangs_up(leg_of("ali"))
    centre.passes(29)
    centre.passes(1)
    assert said(centre)[2:] == [("babak", "queue-next")]
    centre.passes(30)
    assert len(said(centre)) == 4


def test_who_joined_a_moment_ago_is_told_at_once() -> None:
    centre = CallCentre([telling(replace(PLACE, first_seconds=0))], [])
    centre.calls("ali", at=centre.now - timedelta(seconds=0.3))
    assert said(centre) == [("ali", "queue-next")]


def test_nobody_is_told_anything_while_a_phone_rings_for_them() -> None:
    centre = CallCentre([telling(PLACE)], BOTH)
    centre.works("maryam")
    centre.calls("ali")
    centre.calls("babak")
    centre.passes(5)
    assert said(centre) == [("babak", "queue-next")], "ali is as good as served"
    centre.talks("maryam")
    centre.passes(60)
    assert {name for name, _ in said(centre)} == {"babak"}


def test_a_new_owner_goes_on_telling() -> None:
    centre = CallCentre([telling(PLACE)], [])
    centre.calls("ali")
    centre.passes(60)
    centre.dies()
    centre.settle()
    told = len(said(centre))
    centre.passes(30)
    assert len(said(centre)) == told + 1


def test_callers_in_line_are_told_once_announcements_are_configured() -> None:
    centre = CallCentre([queue()], [])
    centre.calls("ali")
    centre.passes(60)
    centre.configures(queues=[telling(PLACE)])
    centre.passes(30)
    assert said(centre) == [("ali", "queue-next")]
    centre.configures(queues=[queue()])
    centre.passes(60)
    assert len(said(centre)) == 1


def test_an_estimate_is_told_in_whole_minutes() -> None:
    def told(seconds: float | None) -> str:
        parts = announcement(Announcements(estimated_wait=True), position=3, estimate_seconds=seconds, turn=0)
        return " ".join(part.value for part in parts)

    assert told(None) == ""
    assert told(20) == "queue-wait-short"
    assert told(61) == "queue-wait 120"
    assert told(600) == "queue-wait 600"
    assert told(601) == "queue-wait 900", "by five minutes from ten on"
    assert told(9_000) == "", "too long to be true"


def test_comfort_messages_take_turns() -> None:
    config = Announcements(comfort=("patience", "website"))
    told = [announcement(config, position=1, estimate_seconds=None, turn=turn) for turn in range(3)]
    assert told == [(Part("prompt", name),) for name in ("patience", "website", "patience")]


def test_a_caller_leaves_by_a_key() -> None:
    keys = {"1": MAILBOX, "0": Destination.parse("extension:100")}
    centre = CallCentre([replace(queue(), leave_keys=keys)], [agent("maryam")])
    centre.works("maryam")
    for name in ("ali", "babak", "cyrus"):
        centre.calls(name)
    for leg_id, digit in (
        (leg_of("babak"), "5"),
        ("no leg of ours", "1"),
        (leg_of("babak"), "1"),
        (leg_of("babak"), "1"),
    ):
        centre.floor.pressed(leg_id, digit, centre.now)
        centre.settle()
    assert [(one.entry.caller_name, one.destination) for one in centre.done(SendOn)] == [("babak", MAILBOX)]
    (left,) = centre.told(QueueLeft)
    assert (left.outcome, left.destination) == ("left_by_key", "voicemail:101")
    assert centre.line() == ["ali", "cyrus"]


def test_a_key_pressed_as_an_agent_answers_comes_too_late() -> None:
    centre = CallCentre([replace(queue(), leave_keys={"1": MAILBOX})], [agent("maryam")])
    centre.works("maryam")
    centre.calls("ali")
    leg_id = centre.answers("maryam")
    centre.floor.pressed(leg_of("ali"), "1", centre.now)
    centre.connects(leg_id)
    centre.floor.pressed(leg_of("ali"), "1", centre.now)
    centre.settle()
    assert centre.done(SendOn) == []


def test_who_leaves_by_a_key_while_a_phone_rings_leaves_nobody_ringing() -> None:
    centre = CallCentre([replace(queue(), leave_keys={"1": MAILBOX})], [agent("maryam")])
    centre.works("maryam")
    centre.calls("ali")
    centre.floor.pressed(leg_of("ali"), "1", centre.now)
    centre.settle()
    assert centre.called() == []
    assert centre.status("maryam") == "available"
