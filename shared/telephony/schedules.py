"""Opening hours: weekly hours, exceptions and a time zone -> open or closed at an instant, and until when.

Hours are local times of day, so they follow daylight saving: an hour that occurs twice is wholly inside a period that
touches it, one that is skipped is as long as the clock makes it. Dated exceptions are Gregorian; those that recur
every year count by the Gregorian, Jalali or Hijri calendar.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.telephony.calendars import Calendar, calendar_date, check_month_day

__all__ = [
    "DatedException",
    "OpenPeriod",
    "RecurringException",
    "Schedule",
    "ScheduleState",
    "is_open",
    "open_periods",
    "state_at",
    "time_zone",
]

HORIZON_DAYS: Final = 400
"""How far ahead a change is looked for: every yearly exception is inside."""

_PERIOD: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")
_DAY: Final = 24 * 60
_NOT_IN_RANGE: Final = (0, 0)


@dataclass(frozen=True, slots=True, order=True)
class OpenPeriod:
    """Open from `opens` to `closes`, in minutes after midnight (0-1439, 1-1440).

    `closes` at or before `opens` is on the next day (``22:00-02:00``); 1440 is midnight at the day's end.
    """

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not (0 <= self.opens < _DAY and 0 <= self.closes <= _DAY):
            raise ValueError("a period opens at 00:00-23:59 and closes at 00:00-24:00")

    @property
    def length(self) -> int:
        """Minutes on the clock, 1-1440."""
        return (self.closes - self.opens) if self.closes > self.opens else self.closes + _DAY - self.opens

    def __str__(self) -> str:
        return f"{self.opens // 60:02}:{self.opens % 60:02}-{self.closes // 60:02}:{self.closes % 60:02}"


def open_periods(text: str) -> tuple[OpenPeriod, ...]:
    """The periods written ``09:00-12:00,13:00-17:30``; empty text is closed all day. Raises ValueError."""
    found = []
    for part in filter(None, text.replace(" ", "").split(",")):
        match = _PERIOD.fullmatch(part)
        if match is None:
            raise ValueError(f"'{part[:40]}' is not written like 09:00-17:30")
        hours = [int(one) for one in match.groups()]
        found.append(OpenPeriod(hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]))
    periods = tuple(sorted(found))
    if any(one.opens + one.length > other.opens for one, other in pairwise(periods)):
        raise ValueError("periods of one day overlap")
    return periods


@dataclass(frozen=True, slots=True)
class DatedException:
    """Other hours on the days `first` to `last`, both included; no `periods` is closed."""

    first: date
    last: date
    periods: tuple[OpenPeriod, ...] = ()
    name: str = ""

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise ValueError("an exception ends before it begins")

    def holds_on(self, day: date) -> bool:
        """Whether `day` has these hours."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class RecurringException:
    """Other hours on the same days of every year of `calendar`; no `periods` is closed.

    The days from `month`/`day` to `last_month`/`last_day`, both included; without a last day, one day. A last day
    before the first is in the next year (29 Esfand to 4 Farvardin). Days that a year does not have are passed over:
    1 to 30 Ramadan is all of Ramadan, however long; 30 Esfand alone is in leap years only. Raises ValueError for a
    day that no year has.
    """

    calendar: Calendar
    month: int
    day: int
    last_month: int | None = None
    last_day: int | None = None
    periods: tuple[OpenPeriod, ...] = ()
    name: str = ""
    first: tuple[int, int] = field(init=False, repr=False, compare=False)
    last: tuple[int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if (self.last_month is None) != (self.last_day is None):
            raise ValueError("a last day has a month and a day")
        object.__setattr__(self, "first", (self.month, self.day))
        same = self.last_month is None or self.last_day is None
        object.__setattr__(self, "last", self.first if same else (self.last_month, self.last_day))
        check_month_day(self.calendar, *self.first)
        check_month_day(self.calendar, *self.last)

    def holds_on(self, day: date) -> bool:
        """Whether `day` has these hours; never outside the calendar's range."""
        here = _month_and_day(day, self.calendar)
        if self.first <= self.last:
            return self.first <= here <= self.last
        return here >= self.first or _NOT_IN_RANGE < here <= self.last


@dataclass(frozen=True, slots=True)
class Schedule:
    """Hours of a week (`weekly`: seven days, Monday first) in `zone` (IANA, ``Asia/Tehran``), with exceptions.

    Dated `exceptions` come before `recurring` ones: what holds this year before what holds every year.
    """

    zone: str
    weekly: tuple[tuple[OpenPeriod, ...], ...]
    exceptions: tuple[DatedException, ...] = ()
    recurring: tuple[RecurringException, ...] = ()

    def __post_init__(self) -> None:
        time_zone(self.zone)
        if len(self.weekly) != 7:
            raise ValueError("a week has seven days, Monday first")

    def exception_on(self, day: date) -> DatedException | RecurringException | None:
        """The exception that holds on `day`, if any: the first dated one, else the first recurring one."""
        for dated in self.exceptions:
            if dated.holds_on(day):
                return dated
        return next((one for one in self.recurring if one.holds_on(day)), None)

    def periods_on(self, day: date) -> tuple[OpenPeriod, ...]:
        """The periods that open on `day`."""
        exception = self.exception_on(day)
        return self.weekly[day.weekday()] if exception is None else exception.periods


@dataclass(frozen=True, slots=True)
class ScheduleState:
    """Whether it is open, until when (UTC; None: no change within 400 days), and the exception in force that day."""

    is_open: bool
    until: datetime | None
    exception: str = ""


@lru_cache(maxsize=512)
def time_zone(name: str) -> ZoneInfo:
    """The IANA time zone `name`. Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("not a time zone like Asia/Tehran") from error


def is_open(schedule: Schedule, at: datetime) -> bool:
    """Whether `schedule` is open at the instant `at`; far cheaper than `state_at`. Raises ValueError."""
    instant, today = _instant_and_day(schedule, at)
    return any(opens <= instant < closes for opens, closes in _intervals(schedule, today - timedelta(days=1), 2))


def state_at(schedule: Schedule, at: datetime) -> ScheduleState:
    """Whether `schedule` is open at the instant `at` (with a time zone), and until when. Raises ValueError."""
    instant, today = _instant_and_day(schedule, at)
    exception = schedule.exception_on(today)
    name = exception.name if exception else ""
    horizon = instant + timedelta(days=HORIZON_DAYS)
    closes: datetime | None = None
    for opens, ends in _intervals(schedule, today - timedelta(days=2), HORIZON_DAYS + 4):
        if ends <= instant:
            continue
        if closes is None and opens > instant:
            return ScheduleState(False, opens if opens <= horizon else None, name)
        if closes is not None and opens > closes:
            break
        closes = ends if closes is None else max(closes, ends)
        if closes > horizon:
            return ScheduleState(True, None, name)
    return ScheduleState(closes is not None, closes, name)


@lru_cache(maxsize=4096)
def _month_and_day(day: date, calendar: Calendar) -> tuple[int, int]:
    """Where a day stands in its year, kept per day so that `is_open` converts no date twice."""
    try:
        _, month, number = calendar_date(day, calendar)
    except ValueError:
        return _NOT_IN_RANGE
    return month, number


def _instant_and_day(schedule: Schedule, at: datetime) -> tuple[datetime, date]:
    if at.tzinfo is None:
        raise ValueError("an instant has a time zone")
    return at.astimezone(UTC), at.astimezone(time_zone(schedule.zone)).date()


def _intervals(schedule: Schedule, first: date, days: int) -> Iterator[tuple[datetime, datetime]]:
    """The periods of `days` days from `first`, in UTC, in the order they open."""
    zone = time_zone(schedule.zone)
    for offset in range(days):
        day = first + timedelta(days=offset)
        for period in schedule.periods_on(day):
            opens = _instant(day, period.opens, zone, fold=0)
            closes = _instant(day, period.opens + period.length, zone, fold=1)
            if opens < closes:
                yield opens, closes


def _instant(day: date, minute: int, zone: ZoneInfo, *, fold: int) -> datetime:
    day += timedelta(days=minute // _DAY)
    clock = time(minute % _DAY // 60, minute % 60, fold=fold)
    return datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
