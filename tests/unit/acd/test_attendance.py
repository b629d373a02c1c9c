"""What an agent's day went into."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.acd.domain.agent_events import Pause, SignIn, SignOut, Unpause, WrapUpSkipped
from services.acd.domain.agents import Rules
from services.acd.domain.attendance import Attendance, Span, Stint, attendance, spans
from services.acd.domain.model import AgentStatus
from tests.unit.acd.shift import MORNING, Shift

S = AgentStatus
MIDNIGHT = MORNING.replace(hour=0)
NEXT_MIDNIGHT = MIDNIGHT + timedelta(days=1)


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return MIDNIGHT + timedelta(hours=hour, minutes=minute, seconds=second)


def day(shift: Shift) -> Attendance:
    return attendance(spans(shift.history, shift.state, shift.now), MIDNIGHT, NEXT_MIDNIGHT)


def test_a_day_with_a_contact_two_breaks_and_a_sign_out() -> None:
    shift = Shift(Rules(wrap_up_seconds=60)).at(S.AVAILABLE)
    shift.after(100)
    shift.rings("first")
    shift.after(5)
    shift.answers("first")
    shift.after(200)
    shift.hangs_up("first")
    shift.after(40, WrapUpSkipped(), Pause("lunch"))
    shift.after(1800, Pause("prayer"))
    shift.after(600, Unpause())
    shift.after(55, SignOut())
    shift.after(3600)
    assert day(shift) == Attendance(
        signed_in_seconds=2800,
        available_seconds=155,
        ring_seconds=5,
        talk_seconds=200,
        wrap_up_seconds=40,
        break_seconds={"lunch": 1800, "prayer": 600},
        stints=(Stint(MORNING, MORNING + timedelta(seconds=2800)),),
    )
    assert day(shift).occupancy == pytest.approx(245 / 400)


def test_a_status_that_lasts_counts_until_now() -> None:
    shift = Shift().at(S.AVAILABLE)
    shift.after(600, Pause("lunch"))
    shift.after(60)
    assert day(shift).break_seconds == {"lunch": 60}
    assert day(shift).stints == (Stint(MORNING, None),)


def test_a_pause_that_is_to_follow_is_no_break_yet() -> None:
    shift = Shift().at(S.ON_CONTACT)
    shift.after(60, Pause("lunch"))
    shift.after(60)
    assert (day(shift).break_seconds, day(shift).talk_seconds) == ({}, 120)


def test_a_night_shift_counts_for_each_of_its_days() -> None:
    history = [
        Span(S.OFFLINE, at(0), at(22)),
        Span(S.AVAILABLE, at(22), at(23)),
        Span(S.ON_CONTACT, at(23), at(25)),
        Span(S.AVAILABLE, at(25), at(30)),
        Span(S.OFFLINE, at(30), at(46)),
        Span(S.AVAILABLE, at(46), at(47)),
    ]
    first = attendance(history, MIDNIGHT, NEXT_MIDNIGHT)
    assert (first.available_seconds, first.talk_seconds, first.signed_in_seconds) == (3600, 3600, 7200)
    assert first.stints == (Stint(at(22), None),)
    second = attendance(history, NEXT_MIDNIGHT, NEXT_MIDNIGHT + timedelta(days=1))
    assert (second.available_seconds, second.talk_seconds) == (6 * 3600, 3600)
    assert second.stints == (Stint(None, at(30)), Stint(at(46), None))


def test_signing_in_again_in_the_same_moment_is_another_stint() -> None:
    shift = Shift().at(S.AVAILABLE)
    shift.after(60, SignOut(), SignIn())
    shift.after(60)
    noon = MORNING + timedelta(seconds=60)
    assert day(shift).stints == (Stint(MORNING, noon), Stint(noon, None))


def test_a_sign_out_just_now_counts() -> None:
    shift = Shift().at(S.AVAILABLE)
    shift.after(60, SignOut())
    assert day(shift).stints == (Stint(MORNING, shift.now),)


def test_a_day_off_is_empty_and_has_no_occupancy() -> None:
    nothing = attendance([Span(S.OFFLINE, at(-100), at(100))], MIDNIGHT, NEXT_MIDNIGHT)
    assert nothing == attendance([], MIDNIGHT, NEXT_MIDNIGHT) == Attendance()
    assert nothing.occupancy is None


def test_breaks_alone_have_no_occupancy() -> None:
    assert attendance([Span(S.PAUSED, at(8), at(9))], MIDNIGHT, NEXT_MIDNIGHT).occupancy is None


def test_what_two_owners_wrote_counts_once() -> None:
    history = [
        Span(S.ON_CONTACT, at(8), at(10)),
        Span(S.ON_CONTACT, at(8, 30), at(9)),
        Span(S.AVAILABLE, at(9), at(11)),
    ]
    figures = attendance(history, MIDNIGHT, NEXT_MIDNIGHT)
    assert (figures.talk_seconds, figures.available_seconds, figures.signed_in_seconds) == (7200, 3600, 10800)
    assert figures.occupancy == pytest.approx(2 / 3)


@given(
    st.lists(
        st.tuples(st.sampled_from(AgentStatus), st.integers(-100_000, 200_000), st.integers(0, 90_000)), max_size=20
    )
)
def test_any_history_however_wrong_stays_within_the_day_and_adds_up(
    written: list[tuple[AgentStatus, int, int]],
) -> None:
    history = [
        Span(status, MIDNIGHT + timedelta(seconds=since), MIDNIGHT + timedelta(seconds=since + seconds))
        for status, since, seconds in sorted(written, key=lambda one: one[1])
    ]
    figures = attendance(history, MIDNIGHT, NEXT_MIDNIGHT)
    parts = (figures.available_seconds, figures.ring_seconds, figures.talk_seconds, figures.wrap_up_seconds)
    assert figures.signed_in_seconds == sum(parts) + sum(figures.break_seconds.values()) <= 86_400
    assert figures.occupancy is None or 0 <= figures.occupancy <= 1
