"""English as Seda speaks it."""

from datetime import date, time
from decimal import Decimal

import pytest

from services.ivr.domain.speaking import (
    say_count,
    say_date,
    say_digits,
    say_duration,
    say_money,
    say_number,
    say_ordinal,
    say_time,
    text_of,
)


def heard(pieces):
    return text_of(pieces, "en")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        *enumerate(
            [
                "zero",
                "one",
                "two",
                "three",
                "four",
                "five",
                "six",
                "seven",
                "eight",
                "nine",
                "ten",
                "eleven",
                "twelve",
                "thirteen",
                "fourteen",
                "fifteen",
                "sixteen",
                "seventeen",
                "eighteen",
                "nineteen",
                "twenty",
            ]
        ),
        (21, "twenty one"),
        (99, "ninety nine"),
        (100, "one hundred"),
        (101, "one hundred one"),
        (111, "one hundred eleven"),
        (200, "two hundred"),
        (300, "three hundred"),
        (1000, "one thousand"),
        (1001, "one thousand one"),
        (1100, "one thousand one hundred"),
        (2000, "two thousand"),
        (3000, "three thousand"),
        (11_000, "eleven thousand"),
        (1_000_000, "one million"),
        (2_500_000, "two million five hundred thousand"),
        (1_000_000_005, "one billion five"),
        (-5, "minus five"),
        (Decimal("2.5"), "two point five"),
        (Decimal("2.50"), "two point five"),
        (Decimal("3.0"), "three"),
        (Decimal("0.05"), "zero point zero five"),
        (Decimal("-3.14"), "minus three point one four"),
    ],
)
def test_numbers(value, words):
    assert heard(say_number(value, "en")) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1, "first"),
        (2, "second"),
        (3, "third"),
        (12, "twelfth"),
        (20, "twentieth"),
        (21, "twenty first"),
        (30, "thirtieth"),
        (31, "thirty first"),
        (99, "ninety ninth"),
    ],
)
def test_ordinals(value, words):
    assert heard(say_ordinal(value, "en")) == words


def test_a_telephone_number_is_read_digit_by_digit():
    assert heard(say_digits("+1 (202) 55*#", "en")) == "plus one two zero two five five star pound"


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("1", "USD", "one dollar"),
        ("3.05", "USD", "three dollars and five cents"),
        ("0.50", "USD", "fifty cents"),
        ("0.01", "GBP", "one penny"),
        ("2.02", "GBP", "two pounds and two pence"),
        ("0", "EUR", "zero euros"),
        ("-1.01", "EUR", "minus one euro and one cent"),
        ("3.105", "KWD", "three dinars and one hundred five fils"),
        ("2.500", "OMR", "two rials and five hundred baisa"),
        ("1000", "SAR", "one thousand rials"),
        ("0.25", "SAR", "twenty five halalas"),
        ("50000", "IRT", "fifty thousand tomans"),
        ("1", "TRY", "one lira"),
        ("2.01", "TRY", "two lira and one kurush"),
    ],
)
def test_money(amount, currency, words):
    assert heard(say_money(Decimal(amount), currency, "en")) == words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 3, 21), "March twenty first twenty twenty six"),
        (date(2000, 1, 1), "January first two thousand"),
        (date(2005, 12, 31), "December thirty first two thousand five"),
        (date(1905, 7, 4), "July fourth nineteen oh five"),
        (date(1900, 2, 28), "February twenty eighth nineteen hundred"),
        (date(1066, 10, 14), "October fourteenth ten sixty six"),
    ],
)
def test_dates(day, words):
    assert heard(say_date(day, "en")) == words


def test_nowruz_in_the_other_calendars():
    assert heard(say_date(date(2026, 3, 21), "en", "jalali")) == "Farvardin first fourteen oh five"
    assert heard(say_date(date(2026, 3, 21), "en", "hijri")) == "Shawwal second fourteen forty seven"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (time(0), "midnight"),
        (time(0, 1), "twelve oh one a.m."),
        (time(3), "three a.m."),
        (time(11, 59), "eleven fifty nine a.m."),
        (time(12), "noon"),
        (time(12, 30), "twelve thirty p.m."),
        (time(15, 15), "three fifteen p.m."),
        (time(23, 45, 30), "eleven forty five p.m."),
    ],
)
def test_times(at, words):
    assert heard(say_time(at, "en")) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "zero seconds"),
        (1, "one second"),
        (61, "one minute and one second"),
        (7503, "two hours five minutes and three seconds"),
        (86_400, "one day"),
    ],
)
def test_durations(seconds, words):
    assert heard(say_duration(seconds, "en")) == words


@pytest.mark.parametrize(
    ("n", "noun", "words"),
    [
        (0, "message", "no messages"),
        (1, "new message", "one new message"),
        (2, "saved message", "two saved messages"),
        (0, "minute", "zero minutes"),
        (15, "minute", "fifteen minutes"),
    ],
)
def test_counts(n, noun, words):
    assert heard(say_count(n, noun, "en")) == words
