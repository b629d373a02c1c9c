"""Opening hours at an instant, across midnight, exceptions and daylight saving."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.telephony.schedules import (
    DatedException,
    OpenPeriod,
    Schedule,
    ScheduleState,
    is_open,
    open_periods,
    state_at,
)

TEHRAN = "Asia/Tehran"
OFFICE = open_periods("09:00-12:00,13:00-17:00")
# Saturday to Wednesday, Thursday morning, Friday closed.
WEEK = (OFFICE, OFFICE, OFFICE, open_periods("09:00-12:00"), (), OFFICE, OFFICE)


def tehran(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(TEHRAN))


@pytest.mark.parametrize(
    ("at", "opened", "until"),
    [
        ("2025-11-24T08:59:59", False, "2025-11-24T09:00"),
        ("2025-11-24T09:00:00", True, "2025-11-24T12:00"),
        ("2025-11-24T12:00:00", False, "2025-11-24T13:00"),
        ("2025-11-24T17:00:00", False, "2025-11-25T09:00"),
        ("2025-11-27T12:30:00", False, "2025-11-29T09:00"),
    ],
)
def test_a_week_in_tehran(at: str, opened: bool, until: str) -> None:
    assert state_at(Schedule(TEHRAN, WEEK), tehran(at)) == ScheduleState(opened, tehran(until).astimezone(UTC))


def test_an_exception_replaces_the_hours_of_its_days() -> None:
    nowruz = DatedException(date(2026, 3, 21), date(2026, 3, 24), (), "Nowruz")
    late = DatedException(date(2026, 3, 24), date(2026, 3, 25), open_periods("10:00-11:00"), "late")
    schedule = Schedule(TEHRAN, WEEK, (nowruz, late))
    closed = state_at(schedule, tehran("2026-03-22T10:00"))
    assert closed == ScheduleState(False, tehran("2026-03-25T10:00").astimezone(UTC), "Nowruz")
    opened = state_at(schedule, tehran("2026-03-25T10:30"))
    assert opened == ScheduleState(True, tehran("2026-03-25T11:00").astimezone(UTC), "late")


def test_a_night_shift_belongs_to_the_day_it_began() -> None:
    nights = Schedule("UTC", (open_periods("22:00-06:00"),) * 5 + ((), ()))
    saturday = datetime(2025, 11, 29, 5, 59, tzinfo=UTC)
    assert state_at(nights, saturday) == ScheduleState(True, datetime(2025, 11, 29, 6, tzinfo=UTC))
    assert state_at(nights, saturday + timedelta(minutes=1)).until == datetime(2025, 12, 1, 22, tzinfo=UTC)


def test_always_open_and_never_open_do_not_change() -> None:
    now = datetime(2025, 11, 24, 12, tzinfo=UTC)
    assert state_at(Schedule("UTC", (open_periods("00:00-24:00"),) * 7), now) == ScheduleState(True, None)
    assert state_at(Schedule("UTC", ((),) * 7), now) == ScheduleState(False, None)


def test_hours_follow_daylight_saving() -> None:
    berlin = Schedule("Europe/Berlin", (open_periods("09:00-17:00"),) * 7)
    assert state_at(berlin, datetime(2025, 3, 29, 20, tzinfo=UTC)).until == datetime(2025, 3, 30, 7, tzinfo=UTC)
    assert state_at(berlin, datetime(2025, 3, 28, 20, tzinfo=UTC)).until == datetime(2025, 3, 29, 8, tzinfo=UTC)
    night = Schedule("Europe/Berlin", (open_periods("02:00-02:30"),) * 7)
    twice = state_at(night, datetime(2025, 10, 26, 0, 45, tzinfo=UTC))
    assert twice == ScheduleState(True, datetime(2025, 10, 26, 1, 30, tzinfo=UTC))


periods = st.builds(OpenPeriod, st.integers(0, 1439), st.integers(0, 1440)).map(lambda one: (one,)) | st.just(())
schedules = st.builds(
    Schedule,
    st.sampled_from((TEHRAN, "UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe")),
    st.tuples(*[periods] * 7),
    st.lists(st.builds(DatedException, st.just(date(2025, 3, 30)), st.just(date(2025, 4, 2)), periods), max_size=1).map(
        tuple
    ),
)
instants = st.datetimes(datetime(2025, 3, 1), datetime(2025, 11, 30), timezones=st.just(UTC))  # noqa: DTZ001


@given(schedules, instants)
@settings(max_examples=200)
def test_nothing_changes_before_the_next_change_and_everything_does_at_it(schedule: Schedule, at: datetime) -> None:
    now = state_at(schedule, at)
    assert is_open(schedule, at) == now.is_open
    if now.until is None:
        return
    assert now.until > at
    for part in (1, 2, 3):
        between = at + (now.until - at) * part / 4
        assert state_at(schedule, between).is_open == now.is_open
        assert state_at(schedule, between).until == now.until
    assert state_at(schedule, now.until).is_open is not now.is_open


@pytest.mark.parametrize("text", ["9-17", "09:00", "25:00-26:00", "09:00-24:30", "09:00-12:00,11:00-13:00", "a-b"])
def test_refuses_hours_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"written like|overlap|closes at"):
        open_periods(text)


def test_hours_are_written_as_they_are_read() -> None:
    assert ",".join(map(str, open_periods("13:00-24:00, 09:00-12:00"))) == "09:00-12:00,13:00-24:00"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "/etc/passwd", "a" * 400])
def test_refuses_time_zones_that_are_none(zone: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        Schedule(zone, ((),) * 7)


def test_refuses_an_instant_without_a_time_zone() -> None:
    with pytest.raises(ValueError, match="instant"):
        state_at(Schedule("UTC", ((),) * 7), datetime(2025, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="seven"):
        Schedule("UTC", ((),) * 6)
    with pytest.raises(ValueError, match="before"):
        DatedException(date(2025, 1, 2), date(2025, 1, 1))
