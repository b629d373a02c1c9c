"""Persian money, dates, times and counts."""

import datetime
from typing import Final

from services.ivr.domain.speaking.currencies import Currency
from services.ivr.domain.speaking.language import Noun, SpokenNumber
from services.ivr.domain.speaking.persian.numbers import Term, cardinal, joined, ordinal, terms
from shared.telephony.calendars import Calendar, CalendarDate

__all__ = ["count", "date", "duration", "money", "time"]

# The part of the day that begins at an hour.
_PARTS_OF_DAY: Final = (
    (20, "night"),
    (17, "evening"),
    (13, "afternoon"),
    (12, "noon"),
    (4, "morning"),
    (0, "small-hours"),
)


def money(value: SpokenNumber, minor: int, currency: Currency) -> tuple[str, ...]:
    parts: list[Term] = [(*cardinal(value.whole), currency.major)] if value.whole or not minor else []
    if minor and currency.minor:
        parts.append((*cardinal(minor), currency.minor))
    sign = ("minus",) if value.negative else ()
    return (*sign, *joined(parts))


def date(day: CalendarDate, calendar: Calendar) -> tuple[str, ...]:
    """ "بیست و یکمِ فروردینِ هزار و چهارصد و پنج"."""
    return (*ordinal(day.day, genitive=True), f"{calendar}-{day.month}-of", *cardinal(day.year))


def time(at: datetime.time) -> tuple[str, ...]:
    """ "ساعتِ سه و پانزده دقیقهٔ بعد از ظهر"; the half hour is "و نیم"."""
    hour: Term = (f"number-{at.hour % 12 or 12}",)
    part = next(name for begins, name in _PARTS_OF_DAY if at.hour >= begins)
    if not at.minute:
        return ("clock", *hour, "midnight" if not at.hour else part)
    if at.minute == 30:
        return ("clock", *joined([hour, ("half-of",)]), part)
    return ("clock", *joined([hour, *terms(at.minute)]), "minute-of", part)


def duration(parts: tuple[tuple[int, Noun], ...]) -> tuple[str, ...]:
    return joined([(*cardinal(n), noun) for n, noun in parts])


def count(n: int, noun: Noun) -> tuple[str, ...]:
    name = noun.replace(" ", "-")
    if not n and name.endswith("message"):
        return (f"no-{name}",)
    return (*cardinal(n), name)
