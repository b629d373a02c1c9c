"""Persian as Seda speaks it."""

from datetime import date, time
from decimal import Decimal

import pytest

from services.ivr.domain.speaking import (
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


def heard(spoken):
    return text_of(spoken, "fa")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        *enumerate(
            [
                "صفر",
                "یک",
                "دو",
                "سه",
                "چهار",
                "پنج",
                "شش",
                "هفت",
                "هشت",
                "نه",
                "ده",
                "یازده",
                "دوازده",
                "سیزده",
                "چهارده",
                "پانزده",
                "شانزده",
                "هفده",
                "هجده",
                "نوزده",
                "بیست",
            ]
        ),
        (21, "بیست و یک"),
        (99, "نود و نه"),
        (100, "صد"),
        (101, "صد و یک"),
        (111, "صد و یازده"),
        (200, "دویست"),
        (300, "سیصد"),
        (555, "پانصد و پنجاه و پنج"),
        (1000, "هزار"),
        (1001, "هزار و یک"),
        (1100, "هزار و صد"),
        (2000, "دو هزار"),
        (3000, "سه هزار"),
        (11_000, "یازده هزار"),
        (21_021, "بیست و یک هزار و بیست و یک"),
        (1_000_000, "یک میلیون"),
        (1_001_000, "یک میلیون و هزار"),
        (2_500_000, "دو میلیون و پانصد هزار"),
        (3_000_000_000, "سه میلیارد"),
        (-5, "منفی پنج"),
        (Decimal("2.5"), "دو ممیز پنج دهم"),
        (Decimal("3.14"), "سه ممیز چهارده صدم"),
        (Decimal("0.05"), "صفر ممیز پنج صدم"),
        (Decimal("1.125"), "یک ممیز صد و بیست و پنج هزارم"),
        (Decimal("-3.1416"), "منفی سه ممیز یک چهار یک شش"),
    ],
)
def test_numbers(value, words):
    assert heard(say_number(value, "fa")) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (1, "اول"),
        (2, "دوم"),
        (3, "سوم"),
        (10, "دهم"),
        (20, "بیستم"),
        (21, "بیست و یکم"),
        (30, "سی‌ام"),
        (31, "سی و یکم"),
    ],
)
def test_ordinals(value, words):
    assert heard(say_ordinal(value, "fa")) == words


def test_a_telephone_number_in_persian_digits():
    assert heard(say_digits("۰۲۱-۸۸ #*", "fa")) == "صفر دو یک هشت هشت مربع ستاره"
    assert heard(say_digits("+98", "fa")) == "به‌علاوه نه هشت"


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("1000", "IRR", "هزار ریال"),
        ("1500000", "IRR", "یک میلیون و پانصد هزار ریال"),
        ("50000", "IRT", "پنجاه هزار تومان"),
        ("0", "IRT", "صفر تومان"),
        ("3.05", "USD", "سه دلار و پنج سنت"),
        ("0.5", "EUR", "پنجاه سنت"),
        ("10", "AED", "ده درهم"),
        ("1.250", "IQD", "یک دینار و دویست و پنجاه فلس"),
        ("-20", "TRY", "منفی بیست لیر"),
    ],
)
def test_money(amount, currency, words):
    assert heard(say_money(Decimal(amount), currency, "fa")) == words


@pytest.mark.parametrize(
    ("day", "calendar", "words"),
    [
        (date(2026, 3, 21), None, "اول فروردین هزار و چهارصد و پنج"),
        (date(2026, 3, 20), "jalali", "بیست و نهم اسفند هزار و چهارصد و چهار"),
        (date(2025, 3, 20), None, "سی‌ام اسفند هزار و چهارصد و سه"),
        (date(1979, 2, 11), None, "بیست و دوم بهمن هزار و سیصد و پنجاه و هفت"),
        (date(2026, 8, 22), None, "سی و یکم مرداد هزار و چهارصد و پنج"),
        (date(2026, 3, 21), "gregorian", "بیست و یکم مارس دو هزار و بیست و شش"),
        (date(2026, 3, 21), "hijri", "دوم شوال هزار و چهارصد و چهل و هفت"),
    ],
)
def test_dates(day, calendar, words):
    assert heard(say_date(day, "fa", calendar)) == words


def test_a_speaker_sees_the_genitives_of_a_date():
    texts = pieces()["fa"]
    spoken = " ".join(texts[piece] for piece in say_date(date(2026, 4, 10), "fa"))
    assert spoken == "بیست و یکمِ فروردینِ هزار و چهارصد و پنج"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (time(0), "ساعت دوازده نیمه‌شب"),
        (time(0, 15), "ساعت دوازده و پانزده دقیقه بامداد"),
        (time(4), "ساعت چهار صبح"),
        (time(11, 45), "ساعت یازده و چهل و پنج دقیقه صبح"),
        (time(12), "ساعت دوازده ظهر"),
        (time(12, 30), "ساعت دوازده و نیم ظهر"),
        (time(15, 15), "ساعت سه و پانزده دقیقه بعد از ظهر"),
        (time(18, 30), "ساعت شش و نیم عصر"),
        (time(23, 1), "ساعت یازده و یک دقیقه شب"),
    ],
)
def test_times(at, words):
    assert heard(say_time(at, "fa")) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "صفر ثانیه"), (62, "یک دقیقه و دو ثانیه"), (7503, "دو ساعت و پنج دقیقه و سه ثانیه"), (86_400, "یک روز")],
)
def test_durations(seconds, words):
    assert heard(say_duration(seconds, "fa")) == words


@pytest.mark.parametrize(
    ("n", "noun", "words"),
    [
        (0, "new message", "هیچ پیام جدیدی"),
        (1, "message", "یک پیام"),
        (5, "new message", "پنج پیام جدید"),
        (21, "saved message", "بیست و یک پیام ذخیره‌شده"),
        (0, "minute", "صفر دقیقه"),
    ],
)
def test_counts(n, noun, words):
    assert heard(say_count(n, noun, "fa")) == words
