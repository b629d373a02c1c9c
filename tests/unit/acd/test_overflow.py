"""When a caller leaves the queue."""

import pytest

from services.acd.domain.overflow import (
    Overflow,
    OverflowStep,
    OverflowWhen,
    Situation,
    looks_again_in,
    overflow_at,
    step_at,
)
from shared.telephony.destinations import parse_destination

VOICEMAIL = parse_destination("voicemail:101")
OTHER = parse_destination("queue:other")
NIGHT = parse_destination("flow:night")
STAFFED = {"signed_in": 3, "serving": 3}


def when(what: OverflowWhen, limit: float = 0.0) -> Overflow:
    return Overflow((OverflowStep(what, VOICEMAIL, limit),))


def entering(**more) -> Situation:
    return Situation(**{"entering": True, **STAFFED, **more})


def in_line(**more) -> Situation:
    return Situation(**{"entering": False, **STAFFED, **more})


def test_a_queue_without_steps_keeps_its_callers():
    assert overflow_at(Overflow(), in_line(waited_seconds=1e6, signed_in=0, serving=0, is_open=False)) is None


@pytest.mark.parametrize(
    ("step", "stays", "leaves"),
    [
        (when(OverflowWhen.CLOSED), entering(), entering(is_open=False)),
        (when(OverflowWhen.FULL, 5), entering(waiting=4), entering(waiting=5)),
        (when(OverflowWhen.ESTIMATED_WAIT, 60), entering(estimated_seconds=60), entering(estimated_seconds=61)),
        (when(OverflowWhen.MAX_WAIT, 60), in_line(waited_seconds=59.9), in_line(waited_seconds=60)),
        (when(OverflowWhen.NOBODY_SIGNED_IN), in_line(signed_in=1, serving=0), in_line(signed_in=0, serving=0)),
        (when(OverflowWhen.NOBODY_AVAILABLE), in_line(), in_line(serving=0)),
        (when(OverflowWhen.NOBODY_AVAILABLE), entering(), entering(serving=0)),
    ],
)
def test_a_caller_leaves_when_a_step_holds(step, stays, leaves):
    assert overflow_at(step, stays) is None
    assert overflow_at(step, leaves) == VOICEMAIL


@pytest.mark.parametrize(
    ("step", "situation"),
    [
        (when(OverflowWhen.CLOSED), in_line(is_open=False)),
        (when(OverflowWhen.FULL, 5), in_line(waiting=50)),
        (when(OverflowWhen.ESTIMATED_WAIT, 60), in_line(estimated_seconds=900)),
    ],
)
def test_who_is_in_line_already_is_not_sent_away_by_what_counts_on_entry(step, situation):
    assert overflow_at(step, situation) is None


def test_a_wait_that_cannot_be_known_is_not_too_long():
    assert overflow_at(when(OverflowWhen.ESTIMATED_WAIT, 60), entering(estimated_seconds=None)) is None


def test_an_agent_may_come_back_within_the_time_given():
    step = when(OverflowWhen.NOBODY_AVAILABLE, 30)
    assert overflow_at(step, entering(serving=0)) is None
    assert overflow_at(step, in_line(serving=0, waited_seconds=30)) == VOICEMAIL


STEPS = Overflow(
    (
        OverflowStep(OverflowWhen.NOBODY_SIGNED_IN, NIGHT),
        OverflowStep(OverflowWhen.MAX_WAIT, OTHER, 60, offers_callback=True),
        OverflowStep(OverflowWhen.MAX_WAIT, VOICEMAIL, 120),
    )
)


def test_the_first_step_that_holds_is_taken():
    assert overflow_at(STEPS, in_line(waited_seconds=500, signed_in=0, serving=0)) == NIGHT
    assert step_at(STEPS, in_line(waited_seconds=500)) == (1, STEPS.steps[1])


def test_a_step_from_which_the_caller_came_back_is_not_taken_again():
    assert overflow_at(STEPS, in_line(waited_seconds=90, taken=frozenset({1}))) is None
    assert overflow_at(STEPS, in_line(waited_seconds=120, taken=frozenset({1}))) == VOICEMAIL
    assert overflow_at(STEPS, in_line(waited_seconds=900, taken=frozenset({1, 2}))) is None


def test_the_next_look_is_when_time_makes_a_step_hold():
    assert looks_again_in(STEPS, in_line(waited_seconds=20)) == 40
    assert looks_again_in(STEPS, in_line(waited_seconds=60, taken=frozenset({1}))) == 60
    assert looks_again_in(STEPS, in_line(waited_seconds=120, taken=frozenset({1, 2}))) is None
    assert looks_again_in(when(OverflowWhen.FULL, 5), in_line()) is None
    nobody = when(OverflowWhen.NOBODY_AVAILABLE, 30)
    assert looks_again_in(nobody, in_line()) is None
    assert looks_again_in(nobody, in_line(serving=0, waited_seconds=10)) == 20
