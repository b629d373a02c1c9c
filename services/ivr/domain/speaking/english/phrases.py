"""English money, dates, times and counts."""

import datetime

from services.ivr.domain.speaking.currencies import Currency
from services.ivr.domain.speaking.english.numbers import cardinal, ordinal
from services.ivr.domain.speaking.english.words import NOUNS
from services.ivr.domain.speaking.language import Noun, SpokenNumber
from shared.telephony.calendars import Calendar, CalendarDate

__all__ = ["count", "date", "duration", "money", "time"]


def money(value: SpokenNumber, minor: int, currency: Currency) -> tuple[str, ...]:
    parts = [(value.whole, currency.major)] if value.whole or not minor else []
    if minor and currency.minor:
        parts.append((minor, currency.minor))
    sign = ("minus",) if value.negative else ()
    return (*sign, *_joined([_counted(n, unit) for n, unit in parts]))


def date(day: CalendarDate, calendar: Calendar) -> tuple[str, ...]:
    """ "March twenty first twenty twenty six"."""
    return (f"{calendar}-{day.month}", *ordinal(day.day), *_year(day.year))


def time(at: datetime.time) -> tuple[str, ...]:
    """ "three oh five p.m."; exactly twelve is noon or midnight."""
    if not at.minute and at.hour in {0, 12}:
        return ("noon",) if at.hour else ("midnight",)
    hour = cardinal(at.hour % 12 or 12)
    half = "pm" if at.hour >= 12 else "am"
    if not at.minute:
        return (*hour, half)
    nought = ("oh",) if at.minute < 10 else ()
    return (*hour, *nought, *cardinal(at.minute), half)


def duration(parts: tuple[tuple[int, Noun], ...]) -> tuple[str, ...]:
    return _joined([_counted(n, noun) for n, noun in parts])


def count(n: int, noun: Noun) -> tuple[str, ...]:
    name = noun.replace(" ", "-")
    if not n and name.endswith("message"):
        return ("no", f"{name}-plural")
    return _counted(n, name)


def _counted(n: int, noun: str) -> tuple[str, ...]:
    one, many = NOUNS[noun]
    return (*cardinal(n), noun if n == 1 or one == many else f"{noun}-plural")


def _joined(parts: list[tuple[str, ...]]) -> tuple[str, ...]:
    """One after the other, "and" before the last."""
    *before, last = parts
    return (*(piece for part in before for piece in part), *(("and",) if before else ()), *last)


def _year(year: int) -> tuple[str, ...]:
    """By centuries from 1010 on: "nineteen oh five", "twenty twenty six", but "two thousand five"."""
    century, rest = divmod(year, 100)
    if year < 1000 or year % 1000 < 10:
        return cardinal(year)
    if not rest:
        return (*cardinal(century), "hundred")
    nought = ("oh",) if rest < 10 else ()
    return (*cardinal(century), *nought, *cardinal(rest))
