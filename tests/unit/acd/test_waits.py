"""The estimated wait."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.acd.domain.waits import (
    FADES_AFTER_SECONDS,
    FIRST_HANDLE_SECONDS,
    PRIOR_WAITING_SECONDS,
    Flow,
    abandoned,
    answered,
    estimate,
    handled,
    passed,
)
from tests.support.call_centre import NOW, later

EMPTY = Flow(NOW)


def steady(
    seconds: float = 7_200, *, serving: int = 10, every: float = 12, waiting: int = 5, gives_up: int = 0
) -> Flow:
    """Somebody is taken every so many seconds, after waiting; of each hundred so many give up."""
    flow, count = EMPTY, 0
    while (flow.at - NOW).total_seconds() < seconds:
        flow = passed(flow, later((count + 1) * every), waiting=waiting, serving=serving)
        flow = handled(answered(flow, had_to_wait=True), every * serving)
        flow = abandoned(flow) if count % 100 < gives_up else flow
        count += 1
    return flow


def test_with_nobody_to_serve_it_cannot_be_known():
    assert estimate(EMPTY, 1, serving=0) is None
    assert estimate(steady(), 1, serving=0) is None


def test_a_queue_without_a_past_goes_by_an_ordinary_handle_time():
    found = estimate(EMPTY, 4, serving=2)
    assert found is not None
    assert found.seconds == pytest.approx(4 * FIRST_HANDLE_SECONDS / 2)


def test_a_handle_time_that_was_seen_is_better_than_an_ordinary_one():
    flow = EMPTY
    for _ in range(100):
        flow = handled(flow, 60)
    found = estimate(flow, 1, serving=1)
    assert found is not None
    assert found.seconds == pytest.approx(60, rel=0.1)


def test_the_line_moves_as_it_moved_lately():
    found = estimate(steady(), 5, serving=10)
    assert found is not None
    assert found.seconds == pytest.approx(5 * 12, rel=0.05)


def test_it_holds_at_once_when_agents_leave():
    usual, half = estimate(steady(), 5, serving=10), estimate(steady(), 5, serving=5)
    assert usual is not None
    assert half is not None
    assert half.seconds == pytest.approx(2 * usual.seconds)


def test_agents_who_serve_other_queues_too_make_it_slower_than_their_number():
    busy_elsewhere = steady(every=24, serving=10)  # their handle time says 24 s a caller, ten of them do half of it
    found = estimate(busy_elsewhere, 1, serving=10)
    assert found is not None
    assert found.seconds == pytest.approx(24, rel=0.05)


def test_callers_ahead_who_give_up_shorten_it():
    patient, impatient = estimate(steady(), 50, serving=10), estimate(steady(gives_up=40), 50, serving=10)
    assert patient is not None
    assert impatient is not None
    assert impatient.seconds < 0.9 * patient.seconds


def test_who_finds_an_agent_free_does_not_wait():
    found = estimate(steady(), 2, serving=10, free=2)
    assert found is not None
    assert (found.seconds, found.low, found.high) == (0, 0, 0)
    next_one = estimate(steady(), 3, serving=10, free=2)
    assert next_one is not None
    assert next_one.seconds == pytest.approx(12, rel=0.05)


def test_what_is_past_fades():
    flow = passed(answered(Flow(NOW, abandons=2), had_to_wait=True), later(FADES_AFTER_SECONDS), waiting=0, serving=3)
    assert (flow.answers, flow.abandons) == pytest.approx((math.exp(-1), 2 * math.exp(-1)))
    assert (flow.agent_seconds, flow.waiting_seconds) == (0, 0)


def test_a_clock_that_steps_back_counts_no_time():
    assert passed(EMPTY, later(-5), waiting=1, serving=1) == EMPTY


def test_callers_who_did_not_wait_say_nothing_of_the_line():
    assert answered(EMPTY, had_to_wait=False) == EMPTY


def test_the_spread_shrinks_with_what_is_known():
    unknown, known = estimate(EMPTY, 30, serving=15), estimate(steady(), 30, serving=15)
    assert unknown is not None
    assert known is not None
    assert (known.high - known.low) / known.seconds < (unknown.high - unknown.low) / unknown.seconds


flows = st.builds(
    Flow,
    at=st.just(NOW),
    answers=st.floats(0, 500),
    agent_seconds=st.floats(0, 1e5),
    abandons=st.floats(0, 500),
    waiting_seconds=st.floats(0, 1e5),
)


@given(flows, st.integers(1, 6_000), st.integers(1, 1_000))
def test_it_grows_with_the_position_and_lies_in_its_band(flow, position, serving):
    here, behind = estimate(flow, position, serving=serving), estimate(flow, position + 1, serving=serving)
    assert here is not None
    assert behind is not None
    assert 0 <= here.low < here.seconds < here.high < math.inf
    assert here.seconds < behind.seconds


@pytest.mark.parametrize("gives_up", [0, 30])
def test_far_behind_the_sum_is_the_same_as_one_by_one(gives_up):
    flow = steady(gives_up=gives_up)
    found = estimate(flow, 3_000, serving=10)
    assert found is not None
    front = estimate(flow, 1, serving=10)
    assert front is not None
    rate, leaves = 1 / front.seconds, flow.abandons / (flow.waiting_seconds + PRIOR_WAITING_SECONDS)
    assert found.seconds == pytest.approx(sum(1 / (rate + ahead * leaves) for ahead in range(3_000)), rel=1e-4)
