"""Arabic money, dates, times and counts."""

import datetime
from typing import Final

from services.ivr.domain.speaking.arabic.numbers import counted, ordinal, year
from services.ivr.domain.speaking.currencies import Currency
from services.ivr.domain.speaking.language import Noun, SpokenNumber
from shared.telephony.calendars import Calendar, CalendarDate

__all__ = ["count", "date", "duration", "money", "time"]

_ERAS: Final = {Calendar.HIJRI: ("hijri-era",), Calendar.JALALI: ("jalali-era",), Calendar.GREGORIAN: ()}
_CALLED: Final = {"kurush": "piastre"}
_PAST: Final = {15: "and-quarter", 20: "and-third", 30: "and-half"}
_TO: Final = {40: "less-third", 45: "less-quarter", 50: "less-ten", 55: "less-five"}


def money(value: SpokenNumber, minor: int, currency: Currency) -> tuple[str, ...]:
    major = counted(value.whole, currency.major) if value.whole or not minor else ()
    rest: tuple[str, ...] = ()
    if minor and currency.minor:
        rest = counted(minor, _CALLED.get(currency.minor, currency.minor), after_others=bool(major))
    return (*(("minus",) if value.negative else ()), *major, *rest)


def date(day: CalendarDate, calendar: Calendar) -> tuple[str, ...]:
    """ "الحادي والعشرون من مارس عام ألفين وستة وعشرين"."""
    return (*ordinal(day.day), f"of-{calendar}-{day.month}", "year", *year(day.year), *_ERAS[calendar])


def time(at: datetime.time) -> tuple[str, ...]:
    """ "الساعة الثالثة والربع مساءً"; from twenty to the hour on, "إلا" the rest to the next one."""
    hour = at.hour + 1 if at.minute in _TO else at.hour
    named = f"clock-{hour % 12 or 12}"
    part = _part_of_day(at)
    if not at.minute:
        return ("clock", named, part)
    if at.minute in _TO:
        return ("clock", named, _TO[at.minute], part)
    if at.minute in _PAST:
        return ("clock", named, _PAST[at.minute], part)
    return ("clock", named, *counted(at.minute, "minute", after_others=True), part)


def duration(parts: tuple[tuple[int, Noun], ...]) -> tuple[str, ...]:
    return tuple(piece for place, (n, noun) in enumerate(parts) for piece in counted(n, noun, after_others=bool(place)))


def count(n: int, noun: Noun) -> tuple[str, ...]:
    name = noun.replace(" ", "-")
    if not n and name.endswith("message"):
        return ("no", f"{name}-plural")
    return counted(n, name)


def _part_of_day(at: datetime.time) -> str:
    """A time before twelve that is told by twelve has the part of day of twelve."""
    told_by_next = at.minute in _TO
    if at.hour == 0:
        return "after-midnight" if at.minute else "midnight"
    if at.hour == 12 or (at.hour == 11 and told_by_next):
        return "noon"
    if at.hour == 23 and told_by_next:
        return "night"
    return "morning" if at.hour < 12 else "evening"
