"""Opening hours as the APIs write them and the tables keep them, and their reading into a Schedule."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.telephony.calendars import Calendar
from shared.telephony.safe_text import SafeText
from shared.telephony.schedules import DatedException, RecurringException, Schedule, open_periods, time_zone

__all__ = [
    "WEEKDAYS",
    "ExceptionDays",
    "Hours",
    "RecurringDays",
    "ScheduleFields",
    "TimeZoneName",
    "WeeklyHours",
    "schedule_of",
]

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _zone(name: str) -> str:
    time_zone(name)
    return name


def _hours(text: str) -> str:
    return ",".join(map(str, open_periods(text)))


TimeZoneName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_+/-]{0,63}$", max_length=64), AfterValidator(_zone)
]
Hours = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9:, -]*$", max_length=200),
    AfterValidator(_hours),
    Field(description="opening hours of a day, such as 09:00-12:00,13:00-17:00; empty: closed"),
]
Month = Annotated[int, Field(ge=1, le=12)]
DayOfMonth = Annotated[int, Field(ge=1, le=31)]


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class WeeklyHours(_Fields):
    """Opening hours by the day of the week."""

    monday: Hours = ""
    tuesday: Hours = ""
    wednesday: Hours = ""
    thursday: Hours = ""
    friday: Hours = ""
    saturday: Hours = ""
    sunday: Hours = ""


class ExceptionDays(_Fields):
    """Other hours on some days; closed all day without periods."""

    first: date
    last: date
    periods: Hours = ""
    name: SafeText = ""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("last: must not be before first")
        return self


class RecurringDays(_Fields):
    """Other hours on the same days of every year of a calendar; closed all day without periods.

    One day without ``last_month`` and ``last_day``; a last day before the first is in the next year. Hijri is the
    Umm al-Qura calendar; where a sighted moon decides, exceptions with dates come first.
    """

    calendar: Calendar
    month: Month
    day: DayOfMonth
    last_month: Month | None = None
    last_day: DayOfMonth | None = None
    periods: Hours = ""
    name: SafeText = ""

    @model_validator(mode="after")
    def _are_days(self) -> Self:
        _recurring(self.model_dump())
        return self


class ScheduleFields(_Fields):
    """When an entry holds. Without ``time_zone`` by the tenant's clock."""

    time_zone: TimeZoneName | None = None
    weekly: WeeklyHours = Field(default_factory=WeeklyHours)
    exceptions: Annotated[list[ExceptionDays], Field(max_length=200)] = Field(default_factory=list)
    recurring: Annotated[list[RecurringDays], Field(max_length=100)] = Field(
        default_factory=list, description="holidays of every year; a dated exception on the same day comes first"
    )


def schedule_of(stored: Mapping[str, Any], *, zone: str = "") -> Schedule:
    """The Schedule of a `ScheduleFields` dumped as JSON; `zone` stands in for a time zone it does not name.

    Raises ValueError when it makes no sense.
    """
    return Schedule(
        zone=stored.get("time_zone") or zone,
        weekly=tuple(open_periods(stored["weekly"].get(day, "")) for day in WEEKDAYS),
        exceptions=tuple(_dated(one) for one in stored.get("exceptions", ())),
        recurring=tuple(_recurring(one) for one in stored.get("recurring", ())),
    )


def _dated(one: Mapping[str, Any]) -> DatedException:
    return DatedException(
        date.fromisoformat(one["first"]),
        date.fromisoformat(one["last"]),
        open_periods(one.get("periods", "")),
        one.get("name", ""),
    )


def _recurring(one: Mapping[str, Any]) -> RecurringException:
    return RecurringException(
        Calendar(one["calendar"]),
        one["month"],
        one["day"],
        one.get("last_month"),
        one.get("last_day"),
        open_periods(one.get("periods", "")),
        one.get("name", ""),
    )
