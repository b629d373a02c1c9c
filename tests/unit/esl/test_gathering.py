"""A reader hands events over more rarely the more of them come, within bounds, and at once after a pause."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.esl.connection import GATHER_SECONDS, MOST_GATHER_SECONDS, gather_seconds


def after(reads: int, per_second: float, now: float = GATHER_SECONDS) -> float:
    """How long is waited after so many reads at a steady rate."""
    for _ in range(reads):
        now = gather_seconds(now, round(per_second * now), now)
    return now


def test_twenty_calls_a_second_are_no_rush_and_fifty_are() -> None:
    events_of_a_call = 12
    assert after(20, 20 * events_of_a_call) == GATHER_SECONDS
    assert after(20, 50 * events_of_a_call) == MOST_GATHER_SECONDS


def test_a_rush_that_is_over_is_forgotten_within_a_few_reads() -> None:
    assert after(3, 10, now=MOST_GATHER_SECONDS) == GATHER_SECONDS


@given(
    now=st.floats(GATHER_SECONDS, MOST_GATHER_SECONDS), events=st.integers(0, 100_000), seconds=st.floats(0, 1_000_000)
)
def test_it_stays_within_its_bounds(now: float, events: int, seconds: float) -> None:
    assert GATHER_SECONDS <= gather_seconds(now, events, seconds) <= MOST_GATHER_SECONDS
