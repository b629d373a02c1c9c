"""One day in three calendars: Gregorian, Jalali (solar, Iran) and Hijri (lunar, Umm al-Qura).

Jalali follows the official rule of Iran for the years 1-9377 (Gregorian 622-03-22 on). Hijri is the Umm al-Qura
calendar of Saudi Arabia, published as a table for 1343-1500 AH (Gregorian 1924-08-01 to 2077-11-16). Countries that
begin a lunar month when the crescent is sighted, Iran among them, may be a day off it; nobody can know that ahead.

Their libraries come in with the first day that needs them: most processes only ever count Gregorian ones.
"""

from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple

__all__ = ["Calendar", "CalendarDate", "calendar_date", "check_month_day", "gregorian_date"]


class Calendar(StrEnum):
    """Who counts the days."""

    GREGORIAN = "gregorian"
    JALALI = "jalali"
    HIJRI = "hijri"


class CalendarDate(NamedTuple):
    """A day as one calendar writes it."""

    year: int
    month: int
    day: int


_LONGEST_MONTHS: Final = {
    Calendar.GREGORIAN: (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31),
    Calendar.JALALI: (31,) * 6 + (30,) * 6,
    Calendar.HIJRI: (30,) * 12,
}


def calendar_date(day: date, calendar: Calendar) -> CalendarDate:
    """The Gregorian `day` as `calendar` writes it. Raises ValueError outside the calendar's range."""
    match calendar:
        case Calendar.GREGORIAN:
            return CalendarDate(day.year, day.month, day.day)
        case Calendar.JALALI:
            from persiantools.jdatetime import JalaliDate

            jalali = JalaliDate(day)  # type: ignore[no-untyped-call]
            return CalendarDate(jalali.year, jalali.month, jalali.day)
        case Calendar.HIJRI:
            from hijridate import Gregorian

            try:
                return CalendarDate(*Gregorian.fromdate(day).to_hijri().datetuple())
            except OverflowError as error:
                raise ValueError(f"{day} is outside the Hijri calendar, 1924-08-01 to 2077-11-16") from error


def gregorian_date(calendar: Calendar, year: int, month: int, day: int) -> date:
    """The Gregorian date of a day of `calendar`. Raises ValueError when there is no such day."""
    match calendar:
        case Calendar.GREGORIAN:
            return date(year, month, day)
        case Calendar.JALALI:
            from persiantools.jdatetime import JalaliDate

            return JalaliDate(year, month, day).to_gregorian()  # type: ignore[no-untyped-call]
        case Calendar.HIJRI:
            from hijridate import Hijri

            try:
                found = Hijri(year, month, day).to_gregorian()
            except OverflowError as error:
                raise ValueError(f"{year} is outside the Hijri calendar, 1343-1500") from error
            return date(found.year, found.month, found.day)


def check_month_day(calendar: Calendar, month: int, day: int) -> None:
    """Refuses a day that no year of `calendar` has, such as 31 Mehr (7). Raises ValueError."""
    if not 1 <= month <= 12:
        raise ValueError(f"month {month} is not 1-12")
    longest = _LONGEST_MONTHS[calendar][month - 1]
    if not 1 <= day <= longest:
        raise ValueError(f"month {month} of the {calendar} calendar has the days 1-{longest}")
