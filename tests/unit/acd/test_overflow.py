"""When a caller leaves the queue."""

from typing import Any

import pytest

from services.acd.domain.overflow import OverflowStep, Situation, looks_again_in, step_at
from shared.telephony.destinations import Destination, parse_destination

VOICEMAIL = parse_destination("voicemail:101")
OTHER = parse_destination("queue:other")
NIGHT = parse_destination("flow:night")
STAFFED = {"signed_in": 3, "serving": 3}
Steps = tuple[OverflowStep, ...]


def when(what: Any, seconds: int | None = None) -> Steps:
    return (OverflowStep(what, VOICEMAIL, seconds),)


def entering(**more: Any) -> Situation:
    return Situation(**{"entering": True, **STAFFED, **more})


def in_line(**more: Any) -> Situation:
    return Situation(**{"entering": False, **STAFFED, **more})


def goes(steps: Steps, situation: Situation) -> Destination | None:
    found = step_at(steps, situation)
    return None if found is None else found[1].destination


def test_a_queue_without_steps_keeps_its_callers():
    assert goes((), in_line(waited_seconds=1e6, signed_in=0, serving=0, is_open=False)) is None


@pytest.mark.parametrize(
    ("steps", "stays", "leaves"),
    [
        (when("closed"), entering(), entering(is_open=False)),
        (when("full"), entering(waiting=4, most=5), entering(waiting=5, most=5)),
        (when("estimated_wait", 60), entering(estimated_seconds=60), entering(estimated_seconds=61)),
        (when("estimated_wait", 60), in_line(estimated_seconds=60), in_line(estimated_seconds=61)),
        (when("waited", 60), in_line(waited_seconds=59.9), in_line(waited_seconds=60)),
        (when("no_agents"), in_line(signed_in=1, serving=0), in_line(signed_in=0, serving=0)),
        (when("all_paused"), in_line(), in_line(serving=0)),
        (when("all_paused"), entering(), entering(serving=0)),
    ],
)
def test_a_caller_leaves_when_a_step_holds(steps, stays, leaves):
    assert goes(steps, stays) is None
    assert goes(steps, leaves) == VOICEMAIL


@pytest.mark.parametrize(
    ("steps", "situation"),
    [(when("closed"), in_line(is_open=False)), (when("full"), in_line(waiting=50, most=5))],
)
def test_who_is_in_line_already_is_not_sent_away_by_what_counts_on_entry(steps, situation):
    assert goes(steps, situation) is None


def test_a_queue_without_a_limit_is_never_full():
    assert goes(when("full"), entering(waiting=10_000)) is None


def test_a_wait_that_cannot_be_known_is_not_too_long():
    assert goes(when("estimated_wait", 60), entering(estimated_seconds=None)) is None


def test_an_agent_may_come_back_within_the_time_given():
    steps = when("all_paused", 30)
    assert goes(steps, entering(serving=0)) is None
    assert goes(steps, in_line(serving=0, waited_seconds=30)) == VOICEMAIL


STEPS = (
    OverflowStep("no_agents", NIGHT),
    OverflowStep("waited", OTHER, 60),
    OverflowStep("waited", VOICEMAIL, 120),
)


def test_the_first_step_that_holds_is_taken():
    assert goes(STEPS, in_line(waited_seconds=500, signed_in=0, serving=0)) == NIGHT
    assert step_at(STEPS, in_line(waited_seconds=500)) == (1, STEPS[1])


def test_a_step_from_which_the_caller_came_back_is_not_taken_again():
    assert goes(STEPS, in_line(waited_seconds=90, taken=frozenset({1}))) is None
    assert goes(STEPS, in_line(waited_seconds=120, taken=frozenset({1}))) == VOICEMAIL
    assert goes(STEPS, in_line(waited_seconds=900, taken=frozenset({1, 2}))) is None


def test_the_next_look_is_when_time_makes_a_step_hold():
    assert looks_again_in(STEPS, in_line(waited_seconds=20)) == 40
    assert looks_again_in(STEPS, in_line(waited_seconds=60, taken=frozenset({1}))) == 60
    assert looks_again_in(STEPS, in_line(waited_seconds=120, taken=frozenset({1, 2}))) is None
    assert looks_again_in(when("full"), in_line()) is None
    assert looks_again_in(when("estimated_wait", 60), in_line()) is None
    nobody = when("all_paused", 30)
    assert looks_again_in(nobody, in_line()) is None
    assert looks_again_in(nobody, in_line(serving=0, waited_seconds=10)) == 20
