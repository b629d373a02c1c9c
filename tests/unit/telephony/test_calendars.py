"""One day in three calendars, against days that are known to have been."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.telephony.calendars import Calendar, calendar_date, check_month_day, gregorian_date

KNOWN = [
    (Calendar.JALALI, (1357, 11, 22), date(1979, 2, 11)),
    (Calendar.JALALI, (1399, 12, 30), date(2021, 3, 20)),
    (Calendar.JALALI, (1400, 1, 1), date(2021, 3, 21)),
    (Calendar.JALALI, (1402, 1, 1), date(2023, 3, 21)),
    (Calendar.JALALI, (1403, 1, 1), date(2024, 3, 20)),
    (Calendar.JALALI, (1403, 12, 30), date(2025, 3, 20)),
    (Calendar.JALALI, (1404, 1, 1), date(2025, 3, 21)),
    (Calendar.JALALI, (1404, 7, 1), date(2025, 9, 23)),
    (Calendar.JALALI, (1408, 12, 30), date(2030, 3, 20)),
    (Calendar.HIJRI, (1420, 10, 1), date(2000, 1, 8)),
    (Calendar.HIJRI, (1421, 10, 1), date(2000, 12, 27)),
    (Calendar.HIJRI, (1445, 9, 1), date(2024, 3, 11)),
    (Calendar.HIJRI, (1445, 10, 1), date(2024, 4, 10)),
    (Calendar.HIJRI, (1446, 9, 1), date(2025, 3, 1)),
    (Calendar.HIJRI, (1446, 10, 1), date(2025, 3, 30)),
    (Calendar.HIJRI, (1446, 12, 10), date(2025, 6, 6)),
    (Calendar.HIJRI, (1447, 1, 1), date(2025, 6, 26)),
    (Calendar.GREGORIAN, (2024, 2, 29), date(2024, 2, 29)),
]


@pytest.mark.parametrize(("calendar", "written", "day"), KNOWN)
def test_known_days(calendar: Calendar, written: tuple[int, int, int], day: date) -> None:
    assert calendar_date(day, calendar) == written
    assert gregorian_date(calendar, *written) == day


@given(st.sampled_from(Calendar), st.dates(date(1924, 8, 1), date(2077, 11, 15)))
def test_each_day_is_written_once_and_the_next_follows_it(calendar: Calendar, day: date) -> None:
    here = calendar_date(day, calendar)
    assert gregorian_date(calendar, *here) == day
    check_month_day(calendar, here.month, here.day)
    after = calendar_date(day + timedelta(days=1), calendar)
    assert after in {
        (here.year, here.month, here.day + 1),
        (here.year, here.month + 1, 1),
        (here.year + 1, 1, 1),
    }


@pytest.mark.parametrize(
    ("calendar", "written"),
    [
        (Calendar.JALALI, (1404, 12, 30)),
        (Calendar.JALALI, (1404, 7, 31)),
        (Calendar.JALALI, (0, 1, 1)),
        (Calendar.HIJRI, (1446, 9, 30)),
        (Calendar.HIJRI, (1342, 12, 29)),
        (Calendar.HIJRI, (1501, 1, 1)),
        (Calendar.GREGORIAN, (2025, 2, 29)),
    ],
)
def test_refuses_days_that_are_none(calendar: Calendar, written: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        gregorian_date(calendar, *written)


def test_the_hijri_table_has_two_ends() -> None:
    first, last = date(1924, 8, 1), date(2077, 11, 16)
    assert calendar_date(first, Calendar.HIJRI) == (1343, 1, 1)
    assert calendar_date(last, Calendar.HIJRI) == (1500, 12, 30)
    for outside in (first - timedelta(days=1), last + timedelta(days=1)):
        with pytest.raises(ValueError, match="outside the Hijri calendar"):
            calendar_date(outside, Calendar.HIJRI)


@pytest.mark.parametrize(
    ("calendar", "month", "day"),
    [
        (Calendar.JALALI, 7, 31),
        (Calendar.HIJRI, 9, 31),
        (Calendar.GREGORIAN, 2, 30),
        (Calendar.JALALI, 13, 1),
        (Calendar.JALALI, 0, 1),
        (Calendar.JALALI, 1, 0),
        (Calendar.JALALI, -1, 1),
    ],
)
def test_refuses_a_day_that_no_year_has(calendar: Calendar, month: int, day: int) -> None:
    with pytest.raises(ValueError, match=r"1-\d"):
        check_month_day(calendar, month, day)
