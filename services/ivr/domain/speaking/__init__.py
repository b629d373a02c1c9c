"""Numbers, money, dates and times as a row of small recorded sounds, in English, Persian and Arabic.

FreeSWITCH has no Arabic ``say`` module and leaves out what the others need, so Seda speaks by itself: each function
answers with names of pieces, in the order in which they are played. All are pure, and raise `Unspeakable` (a
ValueError) for what there are no words for. `language` is ``en`` (American usage), ``fa`` or ``ar`` (Modern Standard
Arabic, numbers in the nominative) throughout.
"""

import re
import unicodedata
from datetime import date, time
from decimal import Decimal
from typing import Final

from services.ivr.domain.speaking.catalogue import grammar, pieces, text_of
from services.ivr.domain.speaking.currencies import CURRENCIES
from services.ivr.domain.speaking.language import LARGEST, NOUNS, Noun, SpokenNumber, Unspeakable, taken_apart
from shared.telephony.calendars import Calendar, calendar_date

__all__ = [
    "CURRENCIES",
    "NOUNS",
    "Noun",
    "Unspeakable",
    "pieces",
    "say_count",
    "say_date",
    "say_digits",
    "say_duration",
    "say_money",
    "say_number",
    "say_ordinal",
    "say_time",
    "text_of",
]

LONGEST_SECONDS: Final = 999 * 86_400 + 86_399
_SEPARATORS: Final = re.compile(r"[\s().\-/]")
_UNITS: Final[tuple[tuple[int, Noun], ...]] = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_USUAL_CALENDAR: Final = {"en": Calendar.GREGORIAN, "fa": Calendar.JALALI, "ar": Calendar.GREGORIAN}


def say_number(value: int | Decimal, language: str) -> tuple[str, ...]:
    """A number that counts or measures, such as 1,100 or -2.5.

    `value` is within ±999,999,999,999 with up to nine decimals; zeros at the end of the decimals are not read. English
    reads decimals digit by digit; Persian as tenths, hundredths or thousandths, more of them digit by digit; Arabic
    one or two of them as a number, more digit by digit.
    """
    return grammar(language).number(taken_apart(value))


def say_digits(text: str, language: str) -> tuple[str, ...]:
    """A telephone number or a code, digit by digit.

    `text` has digits of any script, ``+``, ``*`` and ``#``; spaces and ``( ) . - /`` between them are not read.
    Anything else, and a text without any of them, is Unspeakable.
    """
    symbols = "".join(
        str(unicodedata.decimal(symbol)) if symbol.isdecimal() else symbol for symbol in _SEPARATORS.sub("", text)
    )
    if not symbols or set(symbols) - set("0123456789+*#"):
        raise Unspeakable("a number is read from digits, +, * and #")
    return grammar(language).symbols(symbols)


def say_ordinal(value: int, language: str) -> tuple[str, ...]:
    """A place in a row, `value` 1-99: "twenty first". In Arabic masculine and definite."""
    if not 1 <= value <= 99:
        raise Unspeakable("an ordinal is said for 1-99")
    return grammar(language).ordinal(value)


def say_money(amount: Decimal, currency: str, language: str) -> tuple[str, ...]:
    """An amount of money with its units: "three dollars and five cents".

    `amount` is within ±999,999,999,999 and has no more decimals than the currency has (two for USD, three for KWD, none
    for IRR): rounding is the caller's business. `currency` is an ISO 4217 code of `CURRENCIES`, or ``IRT``, the
    unofficial but usual code of the toman. A major unit of none is left out ("fifty cents"), a minor one too.
    """
    try:
        units = CURRENCIES[currency]
    except KeyError:
        raise Unspeakable(f"there are no words for the currency {currency!r}") from None
    value = taken_apart(amount)
    if len(value.decimals) > units.minor_digits:
        raise Unspeakable(f"{currency} has {units.minor_digits} decimals")
    minor = int(value.decimals.ljust(units.minor_digits, "0") or "0")
    return grammar(language).money(SpokenNumber(value.negative, value.whole, ""), minor, units)


def say_date(day: date, language: str, calendar: str | None = None) -> tuple[str, ...]:
    """A day with its month and year; `day` is Gregorian, `calendar` says how it is read.

    `calendar` is ``gregorian``, ``jalali`` or ``hijri``; None is the language's own: Jalali in Persian, Gregorian in
    English and Arabic. Jalali begins at 622-03-22; Hijri is the Umm al-Qura calendar, known from 1924-08-01 to
    2077-11-16. A day outside is Unspeakable.
    """
    words = grammar(language)
    try:
        chosen = Calendar(calendar) if calendar is not None else _USUAL_CALENDAR[language]
        known = calendar_date(day, chosen)
    except ValueError as error:
        raise Unspeakable(str(error)) from error
    return words.date(known, chosen)


def say_time(at: time, language: str) -> tuple[str, ...]:
    """A time of day on the twelve-hour clock as people say it; seconds are left out, a time zone is not looked at."""
    return grammar(language).time(at)


def say_duration(seconds: int, language: str) -> tuple[str, ...]:
    """A span of time in days, hours, minutes and seconds; a unit of which there is none is not said.

    `seconds` is 0-86,399,999, that is up to 999 days.
    """
    if not 0 <= seconds <= LONGEST_SECONDS:
        raise Unspeakable(f"a duration is 0-{LONGEST_SECONDS} seconds")
    parts, left = [], seconds
    for length, noun in _UNITS:
        number, left = divmod(left, length)
        if number:
            parts.append((number, noun))
    return grammar(language).duration(tuple(parts) or ((0, "second"),))


def say_count(n: int, noun: Noun, language: str) -> tuple[str, ...]:
    """So many of something: "one new message", in Arabic with its dual and plurals.

    `n` is 0-999,999,999,999, `noun` one of `NOUNS`.
    """
    if noun not in NOUNS:
        raise Unspeakable(f"{noun!r} is not counted; these are: {', '.join(NOUNS)}")
    if not 0 <= n <= LARGEST:
        raise Unspeakable(f"a count is 0-{LARGEST}")
    return grammar(language).count(n, noun)
