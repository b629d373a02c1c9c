"""Holidays of every year, by three calendars, and the wire form of a schedule."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.telephony.calendars import Calendar, calendar_date, gregorian_date
from shared.telephony.schedule_fields import WEEKDAYS, ScheduleFields, schedule_of
from shared.telephony.schedules import (
    DatedException,
    OpenPeriod,
    RecurringException,
    Schedule,
    ScheduleState,
    is_open,
    open_periods,
    state_at,
)

TEHRAN = ZoneInfo("Asia/Tehran")
OFFICE = open_periods("09:00-17:00")
# Saturday to Wednesday; Thursday and Friday closed.
WEEK = (OFFICE, OFFICE, OFFICE, (), (), OFFICE, OFFICE)
NOWRUZ = RecurringException(Calendar.JALALI, 1, 1, 1, 4, name="Nowruz")
RAMADAN = RecurringException(Calendar.HIJRI, 9, 1, 9, 30, open_periods("10:00-14:00"), "Ramadan")
EID = RecurringException(Calendar.HIJRI, 10, 1, name="Eid al-Fitr")


def always(*recurring: RecurringException, zone: str = "Asia/Tehran") -> Schedule:
    return Schedule(zone, (OFFICE,) * 7, recurring=recurring)


def days_of(one: RecurringException, year: int) -> list[date]:
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return [day for day in days if day.year == year and one.holds_on(day)]


@pytest.mark.parametrize(
    ("year", "first"),
    [(2017, 21), (2020, 20), (2021, 21), (2023, 21), (2024, 20), (2025, 21), (2026, 21), (2028, 20), (2029, 20)],
)
def test_nowruz_is_four_days_from_the_day_it_falls_on(year: int, first: int) -> None:
    assert days_of(NOWRUZ, year) == [date(year, 3, first + n) for n in range(4)]


def test_a_call_at_nowruz_finds_the_office_closed_until_the_fifth() -> None:
    schedule = Schedule("Asia/Tehran", WEEK, recurring=(NOWRUZ,))
    reopens = datetime(2026, 3, 25, 9, tzinfo=TEHRAN).astimezone(UTC)
    assert state_at(schedule, datetime(2026, 3, 22, 10, tzinfo=TEHRAN)) == ScheduleState(False, reopens, "Nowruz")
    assert not is_open(schedule, datetime(2026, 3, 24, 10, tzinfo=TEHRAN))
    assert is_open(schedule, datetime(2026, 3, 25, 10, tzinfo=TEHRAN))
    # 1 Farvardin 1405 is a Saturday, the first working day of the week: the days before it are the weekend.
    assert state_at(schedule, datetime(2026, 3, 18, 18, tzinfo=TEHRAN)).until == reopens


@pytest.mark.parametrize(
    ("year", "first", "days", "eid"),
    [
        (2023, date(2023, 3, 23), 29, date(2023, 4, 21)),
        (2024, date(2024, 3, 11), 30, date(2024, 4, 10)),
        (2025, date(2025, 3, 1), 29, date(2025, 3, 30)),
        (2026, date(2026, 2, 18), 30, date(2026, 3, 20)),
    ],
)
def test_ramadan_is_as_long_as_the_moon_and_ends_with_eid(year: int, first: date, days: int, eid: date) -> None:
    assert days_of(RAMADAN, year) == [first + timedelta(days=n) for n in range(days)]
    assert days_of(EID, year) == [eid]
    riyadh = always(RAMADAN, EID, zone="Asia/Riyadh")
    at = datetime(eid.year, eid.month, eid.day, 12, tzinfo=ZoneInfo("Asia/Riyadh"))
    assert state_at(riyadh, at).exception == "Eid al-Fitr"
    assert [is_open(riyadh, at + timedelta(days=n)) for n in (-1, 0, 1)] == [True, False, True]
    assert [is_open(riyadh, at + timedelta(days=n, hours=3)) for n in (-1, 0, 1)] == [False, False, True]


def test_a_lunar_holiday_can_come_twice_in_a_solar_year() -> None:
    assert days_of(EID, 2000) == [date(2000, 1, 8), date(2000, 12, 27)]


def test_days_over_the_turn_of_the_year() -> None:
    christmas = RecurringException(Calendar.GREGORIAN, 12, 24, 1, 2)
    assert [day.day for day in days_of(christmas, 2025)] == [1, 2, 24, 25, 26, 27, 28, 29, 30, 31]
    esfand = RecurringException(Calendar.JALALI, 12, 29, 1, 1)
    assert days_of(esfand, 2025) == [date(2025, 3, 19), date(2025, 3, 20), date(2025, 3, 21)]
    assert days_of(esfand, 2026) == [date(2026, 3, 20), date(2026, 3, 21)]


def test_a_day_of_leap_years_comes_in_leap_years_only() -> None:
    assert days_of(RecurringException(Calendar.GREGORIAN, 2, 29), 2025) == []
    assert days_of(RecurringException(Calendar.GREGORIAN, 2, 29), 2024) == [date(2024, 2, 29)]
    assert days_of(RecurringException(Calendar.JALALI, 12, 30), 2025) == [date(2025, 3, 20)]
    assert days_of(RecurringException(Calendar.JALALI, 12, 30), 2026) == []


def test_what_holds_this_year_comes_before_what_holds_every_year() -> None:
    sighted = DatedException(date(2025, 3, 31), date(2025, 3, 31), (), "Eid as sighted")
    worked = DatedException(date(2025, 3, 30), date(2025, 3, 30), OFFICE, "worked")
    schedule = Schedule("Asia/Tehran", (OFFICE,) * 7, (sighted, worked), (EID,))
    assert state_at(schedule, datetime(2025, 3, 30, 12, tzinfo=TEHRAN)).exception == "worked"
    assert is_open(schedule, datetime(2025, 3, 30, 12, tzinfo=TEHRAN))
    assert not is_open(schedule, datetime(2025, 3, 31, 12, tzinfo=TEHRAN))


def test_the_first_recurring_exception_that_fits_counts() -> None:
    half = RecurringException(Calendar.JALALI, 1, 2, periods=open_periods("10:00-11:00"), name="half")
    noon = datetime(2025, 3, 22, 10, 30, tzinfo=TEHRAN)
    assert state_at(always(half, NOWRUZ), noon).exception == "half"
    assert state_at(always(NOWRUZ, half), noon).exception == "Nowruz"


def test_hours_of_a_recurring_day_follow_daylight_saving() -> None:
    """26 October 2025 has the hour from 02:00 twice in Berlin, 26 October 2024 has it once."""
    night = RecurringException(Calendar.GREGORIAN, 10, 26, periods=open_periods("01:00-04:00"))
    berlin = Schedule("Europe/Berlin", ((),) * 7, recurring=(night,))
    once = state_at(berlin, datetime(2024, 10, 25, 23, tzinfo=UTC))
    assert once.until == datetime(2024, 10, 26, 2, tzinfo=UTC)
    twice = state_at(berlin, datetime(2025, 10, 25, 23, tzinfo=UTC))
    assert twice.until == datetime(2025, 10, 26, 3, tzinfo=UTC)


def test_a_recurring_night_belongs_to_the_day_it_began() -> None:
    yalda = RecurringException(Calendar.JALALI, 9, 30, periods=open_periods("20:00-02:00"), name="Yalda")
    schedule = Schedule("Asia/Tehran", ((),) * 7, recurring=(yalda,))
    evening = state_at(schedule, datetime(2025, 12, 21, 21, tzinfo=TEHRAN))
    assert evening == ScheduleState(True, datetime(2025, 12, 22, 2, tzinfo=TEHRAN).astimezone(UTC), "Yalda")
    assert is_open(schedule, datetime(2025, 12, 22, 1, 59, tzinfo=TEHRAN))


def test_a_hijri_day_beyond_the_table_is_a_plain_day() -> None:
    schedule = always(EID, zone="UTC")
    assert is_open(schedule, datetime(2100, 1, 1, 12, tzinfo=UTC))
    assert state_at(schedule, datetime(2077, 11, 16, 12, tzinfo=UTC)).is_open
    over_the_end = always(RecurringException(Calendar.HIJRI, 12, 29, 1, 1), zone="UTC")
    assert is_open(over_the_end, datetime(2077, 11, 17, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    "days",
    [(7, 31), (13, 1), (0, 1), (1, 0), (1, 1, 7, 31), (1, 1, 0, 1), (1, 1, 1, 0), (1, 1, 2, None), (1, 1, None, 2)],
)
def test_refuses_days_that_no_year_has(days: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"1-\d|last day"):
        RecurringException(Calendar.JALALI, *days)


known_days = st.builds(
    lambda calendar, day: (calendar, *calendar_date(day, calendar)[1:]),
    st.sampled_from(Calendar),
    st.dates(date(2024, 1, 1), date(2026, 12, 31)),
)
periods = st.builds(OpenPeriod, st.integers(0, 1439), st.integers(0, 1440)).map(lambda one: (one,)) | st.just(())


@given(known_days, st.dates(date(1925, 8, 1), date(2076, 10, 1)))
def test_one_day_of_the_year_comes_again_on_the_same_date(
    recurring: tuple[Calendar, int, int], somewhere: date
) -> None:
    calendar, month, day = recurring
    one = RecurringException(calendar, month, day)
    year = calendar_date(somewhere, calendar).year
    for following in (year, year + 1):
        try:
            expected = gregorian_date(calendar, following, month, day)
        except ValueError:
            continue
        assert one.holds_on(expected)
        assert not one.holds_on(expected + timedelta(days=1))
        assert not one.holds_on(expected - timedelta(days=1))


@st.composite
def recurring_schedules(draw: st.DrawFn) -> Schedule:
    exceptions = []
    for calendar, month, day in draw(st.lists(known_days, max_size=3)):
        last = draw(st.none() | st.tuples(st.integers(1, 12), st.integers(1, 29)))
        exceptions.append(RecurringException(calendar, month, day, *(last or (None, None)), draw(periods)))
    zone = draw(st.sampled_from(("Asia/Tehran", "UTC", "Europe/Berlin", "Australia/Lord_Howe")))
    return Schedule(zone, draw(st.tuples(*[periods] * 7)), recurring=tuple(exceptions))


@given(
    recurring_schedules(),
    st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
@settings(max_examples=100)
def test_nothing_changes_before_the_next_change(schedule: Schedule, at: datetime) -> None:
    now = state_at(schedule, at)
    assert is_open(schedule, at) == now.is_open
    if now.until is not None:
        for part in (1, 2, 3):
            assert is_open(schedule, at + (now.until - at) * part / 4) == now.is_open
        assert is_open(schedule, now.until) is not now.is_open


@given(recurring_schedules())
def test_a_schedule_is_read_as_it_is_written(schedule: Schedule) -> None:
    fields = ScheduleFields.model_validate(
        {
            "weekly": {day: ",".join(map(str, schedule.weekly[n])) for n, day in enumerate(WEEKDAYS)},
            "recurring": [
                {
                    "calendar": str(one.calendar),
                    "month": one.month,
                    "day": one.day,
                    "last_month": one.last_month,
                    "last_day": one.last_day,
                    "periods": ",".join(map(str, one.periods)),
                }
                for one in schedule.recurring
            ],
        }
    )
    assert schedule_of(fields.model_dump(mode="json"), zone=schedule.zone) == schedule


def test_hours_stored_before_there_were_recurring_days_are_still_read() -> None:
    stored = {"time_zone": "Asia/Tehran", "weekly": {"saturday": "09:00-17:00"}}
    assert schedule_of(stored, zone="UTC") == Schedule("Asia/Tehran", ((),) * 5 + (OFFICE, ()))


@pytest.mark.parametrize(
    ("days", "why"),
    [
        ({"calendar": "jalali", "month": 7, "day": 31}, "has the days 1-30"),
        ({"calendar": "jalali", "month": 7, "day": 1, "last_day": 4}, "last day has a month"),
        ({"calendar": "mayan", "month": 7, "day": 1}, "'gregorian', 'jalali' or 'hijri'"),
        ({"calendar": "hijri", "month": 13, "day": 1}, "less than or equal to 12"),
        ({"calendar": "hijri", "month": 1, "day": 1, "periods": "9-17"}, "written like"),
        ({"calendar": "hijri", "month": 1, "day": 1, "until": 4}, "Extra inputs"),
    ],
)
def test_a_wrong_recurring_day_is_refused_with_a_reason(days: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        ScheduleFields.model_validate({"recurring": [days]})
