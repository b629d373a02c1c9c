"""What every language must be able to say, and what is said in the words of none: values already taken apart."""

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from typing import Final, Literal, NamedTuple, Protocol

from services.ivr.domain.speaking.currencies import Currency
from shared.telephony.calendars import Calendar, CalendarDate

__all__ = ["LARGEST", "MAX_DECIMALS", "NOUNS", "Grammar", "Noun", "SpokenNumber", "Unspeakable", "taken_apart"]

LARGEST: Final = 999_999_999_999
MAX_DECIMALS: Final = 9
_TOO_FINE: Final = f"a number is said with up to {MAX_DECIMALS} decimals"

Noun = Literal["message", "new message", "saved message", "day", "hour", "minute", "second"]
NOUNS: Final[tuple[Noun, ...]] = ("message", "new message", "saved message", "day", "hour", "minute", "second")


class Unspeakable(ValueError):
    """The value, the language or the currency is one that there are no words for."""


class SpokenNumber(NamedTuple):
    """A number as it is read: sign, whole part 0-999,999,999,999, decimals without trailing zeros ('' when none)."""

    negative: bool
    whole: int
    decimals: str


class Grammar(Protocol):
    """A language: values to pieces. Arguments have been checked. A module of this package implements it."""

    def pieces(self) -> Mapping[str, str]: ...

    def number(self, value: SpokenNumber) -> tuple[str, ...]: ...

    def symbols(self, text: str) -> tuple[str, ...]: ...

    def ordinal(self, value: int) -> tuple[str, ...]: ...

    def money(self, value: SpokenNumber, minor: int, currency: Currency) -> tuple[str, ...]: ...

    def date(self, day: CalendarDate, calendar: Calendar) -> tuple[str, ...]: ...

    def time(self, at: time) -> tuple[str, ...]: ...

    def duration(self, parts: tuple[tuple[int, Noun], ...]) -> tuple[str, ...]: ...

    def count(self, n: int, noun: Noun) -> tuple[str, ...]: ...


def taken_apart(value: int | Decimal) -> SpokenNumber:
    """`value` as it is read. Raises Unspeakable when it is not finite, too large or has more than nine decimals."""
    number = Decimal(value)
    if not number.is_finite() or number.copy_abs() > LARGEST:
        raise Unspeakable(f"a number is said from -{LARGEST} to {LARGEST}")
    if number.adjusted() < -MAX_DECIMALS and number:
        raise Unspeakable(_TOO_FINE)
    whole, _, decimals = format(number.copy_abs(), "f").partition(".")
    decimals = decimals.rstrip("0")
    if len(decimals) > MAX_DECIMALS:
        raise Unspeakable(_TOO_FINE)
    return SpokenNumber(negative=number < 0, whole=int(whole), decimals=decimals)
