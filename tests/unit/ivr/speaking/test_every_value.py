"""Whatever the value: what is said is understood, and there is a piece for every word of it."""

import unicodedata
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ivr.domain.speaking import (
    CURRENCIES,
    NOUNS,
    Unspeakable,
    pieces,
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
from shared.telephony.calendars import Calendar
from tests.unit.ivr.speaking.listening import number

LARGEST = 999_999_999_999
LANGUAGES = st.sampled_from(["en", "fa", "ar"])
WHOLE = st.one_of(
    st.integers(-LARGEST, LARGEST),
    st.integers(0, 1_100),
    st.builds(lambda n, zeros: n * 10**zeros, st.integers(0, 999), st.integers(0, 9)),
)
DECIMALS = st.decimals(-LARGEST, LARGEST, allow_nan=False, allow_infinity=False, places=None).map(
    lambda value: value.quantize(Decimal("1e-9"))
) | st.builds(lambda n, places: Decimal(n).scaleb(-places), st.integers(-99_999, 99_999), st.integers(0, 9))
HIJRI_DAYS = st.dates(date(1924, 8, 1), date(2077, 11, 16))


def known(spoken, language):
    assert spoken
    assert set(spoken) <= set(pieces()[language])


@given(WHOLE, LANGUAGES)
def test_a_whole_number_is_understood(value, language):
    spoken = say_number(value, language)
    known(spoken, language)
    assert number(spoken, language) == value


@given(DECIMALS, LANGUAGES)
def test_a_number_with_decimals_is_understood(value, language):
    spoken = say_number(value, language)
    known(spoken, language)
    assert number(spoken, language) == value


@pytest.mark.parametrize("language", ["en", "fa", "ar"])
def test_each_of_the_first_numbers_is_understood(language):
    for value in (*range(2500), *range(2000, 1_200_000, 999)):
        assert number(say_number(value, language), language) == value


@given(st.text("0123456789+*#۰۹٣ -().", min_size=1), LANGUAGES)
def test_digits(text, language):
    symbols = [symbol for symbol in text if symbol not in " -()."]
    if not symbols:
        with pytest.raises(Unspeakable):
            say_digits(text, language)
        return
    spoken = say_digits(text, language)
    known(spoken, language)
    assert len(spoken) == len(symbols)
    for symbol, piece in zip(symbols, spoken, strict=True):
        if symbol.isdecimal():
            assert number((piece,), language) == unicodedata.decimal(symbol)


@given(st.integers(1, 99), LANGUAGES)
def test_ordinals(value, language):
    known(say_ordinal(value, language), language)


@given(st.data(), st.sampled_from(sorted(CURRENCIES)), LANGUAGES)
def test_money(data, currency, language):
    limit = 10 ** data.draw(st.integers(0, 11))
    places = data.draw(st.integers(0, CURRENCIES[currency].minor_digits))
    amount = data.draw(st.decimals(-limit, limit, places=places))
    known(say_money(amount, currency, language), language)


@given(HIJRI_DAYS, st.sampled_from(list(Calendar)), LANGUAGES)
def test_dates(day, calendar, language):
    known(say_date(day, language, calendar), language)


@given(st.dates(), LANGUAGES)
def test_dates_of_all_times(day, language):
    known(say_date(day, language, "gregorian"), language)


@given(st.times(), LANGUAGES)
def test_times(at, language):
    known(say_time(at, language), language)


@given(st.integers(0, 86_399_999), LANGUAGES)
def test_durations(seconds, language):
    known(say_duration(seconds, language), language)


@given(st.integers(0, 2_200) | st.integers(0, LARGEST), st.sampled_from(NOUNS), LANGUAGES)
def test_counts(n, noun, language):
    known(say_count(n, noun, language), language)


def everything_said(language):
    """Enough values to need every piece."""
    sizes = [*range(1, 131), *range(200, 1000, 100)]
    for size in (1, 1000, 10**6, 10**9):
        yield from (say_number(n * size, language) for n in sizes)
        yield from (say_number(n * size + more, language) for n in (1, 2, 3) for more in (1, 21_000) if n * size > more)
        yield from (say_count(n * size, noun, language) for n in sizes for noun in NOUNS)
    yield from (say_count(0, noun, language) for noun in NOUNS)
    yield from (say_number(10**9 + 10**6 * n + more, language) for n in (1, 2) for more in (0, 1, 1000, 2000))
    yield from (say_count(n, "day", language) for n in (1_100, 1_200, 1_002_000, 2_002_000_000, 1_300, 1_002_000_000))
    yield from (say_number(Decimal(text), language) for text in ("-1", "0", "0.5", "0.25", "0.125"))
    yield say_digits("0123456789+*#", language)
    yield from (say_ordinal(n, language) for n in range(1, 100))
    for currency, units in CURRENCIES.items():
        yield from (say_money(Decimal(n), currency, language) for n in range(131))
        smallest = Decimal(1).scaleb(-units.minor_digits)
        yield from (
            say_money(whole + n * smallest, currency, language)
            for n in range(1, 10**units.minor_digits)
            for whole in (0, 1)
        )
    yield from (say_time(time(hour, minute), language) for hour in range(24) for minute in range(60))
    yield from (say_duration(n * 86_400 + 3_661, language) for n in range(131))
    yield from (say_date(date(year, 1, 1), language, "gregorian") for year in range(1, 2100))
    for calendar in Calendar:
        yield from (say_date(date(2024, 1, 1) + timedelta(n), language, calendar) for n in range(800))


@pytest.mark.parametrize("language", ["en", "fa", "ar"])
def test_no_piece_is_recorded_in_vain(language):
    said = {piece for spoken in everything_said(language) for piece in spoken}
    assert sorted(set(pieces()[language]) - said) == []
    assert sorted(said - set(pieces()[language])) == []


@pytest.mark.parametrize(
    "say",
    [
        lambda: say_number(10**12, "en"),
        lambda: say_number(-(10**12), "ar"),
        lambda: say_number(Decimal("0.0000000001"), "fa"),
        lambda: say_number(Decimal("1e-999999"), "fa"),
        lambda: say_number(Decimal("1e999999"), "fa"),
        lambda: say_number(Decimal("NaN"), "en"),
        lambda: say_number(Decimal("Infinity"), "en"),
        lambda: say_number(1, "de"),
        lambda: say_digits("12a", "en"),
        lambda: say_digits(" - ", "en"),
        lambda: say_ordinal(0, "en"),
        lambda: say_ordinal(100, "en"),
        lambda: say_money(Decimal("1.001"), "USD", "en"),
        lambda: say_money(Decimal("0.5"), "IRR", "fa"),
        lambda: say_money(Decimal(1), "XXX", "en"),
        lambda: say_date(date(2078, 1, 1), "ar", "hijri"),
        lambda: say_date(date(1900, 1, 1), "ar", "hijri"),
        lambda: say_date(date(600, 1, 1), "fa"),
        lambda: say_date(date(2026, 1, 1), "en", "mayan"),
        lambda: say_duration(-1, "en"),
        lambda: say_duration(86_400_000, "en"),
        lambda: say_count(-1, "message", "en"),
        lambda: say_count(1, "goose", "en"),  # type: ignore[arg-type]
    ],
)
def test_what_there_are_no_words_for_is_refused(say):
    with pytest.raises(Unspeakable):
        say()


def test_text_of_an_unknown_piece_is_an_error():
    with pytest.raises(KeyError):
        text_of(("number-1000",), "en")
