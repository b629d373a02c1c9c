"""The Persian pieces.

The "و" between words leans on the word before it (bist-o), so ``<piece>-and`` is that word with its "و". A genitive
"-e", which is heard and seldom written, is written: ``<piece>-of``.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

__all__ = ["SCALES", "pieces"]

_CARDINALS: Final = [
    "صفر",
    "یک",
    "دو",
    "سه",
    "چهار",
    "پنج",
    "شش",
    "هفت",
    "هشت",
    "نُه",
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
]
_TENS: Final = ["بیست", "سی", "چهل", "پنجاه", "شصت", "هفتاد", "هشتاد", "نود"]
_HUNDREDS: Final = ["صد", "دویست", "سیصد", "چهارصد", "پانصد", "ششصد", "هفتصد", "هشتصد", "نهصد"]
_ORDINALS: Final = [
    "اول",
    "دوم",
    "سوم",
    "چهارم",
    "پنجم",
    "ششم",
    "هفتم",
    "هشتم",
    "نهم",
    "دهم",
    "یازدهم",
    "دوازدهم",
    "سیزدهم",
    "چهاردهم",
    "پانزدهم",
    "شانزدهم",
    "هفدهم",
    "هجدهم",
    "نوزدهم",
]
_ORDINAL_TENS: Final = ["بیستم", "سی‌اُم", "چِهِلُم", "پنجاهم", "شصتُم", "هفتادم", "هشتادم", "نودم"]

SCALES: Final = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_SCALE_WORDS: Final = {"thousand": "هزار", "million": "میلیون", "billion": "میلیارد"}

_MONTHS: Final = {
    "gregorian": [
        "ژانویهٔ",
        "فوریهٔ",
        "مارسِ",
        "آوریلِ",
        "مِهِ",
        "ژوئنِ",
        "ژوئیهٔ",
        "اوتِ",
        "سپتامبرِ",
        "اکتبرِ",
        "نوامبرِ",
        "دسامبرِ",
    ],
    "jalali": [
        "فروردینِ",
        "اردیبهشتِ",
        "خردادِ",
        "تیرِ",
        "مردادِ",
        "شهریورِ",
        "مهرِ",
        "آبانِ",
        "آذرِ",
        "دیِ",
        "بهمنِ",
        "اسفندِ",
    ],
    "hijri": [
        "مُحَرَّمِ",
        "صَفَرِ",
        "ربیع‌الاولِ",
        "ربیع‌الثانیِ",
        "جمادی‌الاولِ",
        "جمادی‌الثانیِ",
        "رجبِ",
        "شعبانِ",
        "رمضانِ",
        "شَوّالِ",
        "ذی‌القعدهٔ",
        "ذی‌الحِجّهٔ",
    ],
}

# A Persian noun is in the singular after a number. These have something after them: cents, minutes.
_FOLLOWED_NOUNS: Final = {
    "day": "روز",
    "dinar": "دینار",
    "dirham": "درهم",
    "dollar": "دلار",
    "euro": "یورو",
    "hour": "ساعت",
    "lira": "لیر",
    "minute": "دقیقه",
    "pound": "پوند",
    "rial": "ریال",
}
_LAST_NOUNS: Final = {
    "baisa": "بیسه",
    "cent": "سِنت",
    "fils": "فِلس",
    "halala": "هلاله",
    "kurush": "قروش",
    "message": "پیام",
    "new-message": "پیامِ جدید",
    "penny": "پِنی",
    "piastre": "پیاستر",
    "saved-message": "پیامِ ذخیره‌شده",
    "second": "ثانیه",
    "toman": "تومان",
}

_OTHERS: Final = {
    "minus": "منفی",
    "point": "ممیز",
    "hundredths": "صدم",
    "thousandths": "هزارم",
    "plus": "به‌علاوه",
    "star": "ستاره",
    "hash": "مربع",
    "clock": "ساعتِ",
    "half-of": "نیمِ",
    "minute-of": "دقیقهٔ",
    "midnight": "نیمه‌شب",
    "small-hours": "بامداد",
    "morning": "صبح",
    "noon": "ظهر",
    "afternoon": "بعد از ظهر",
    "evening": "عصر",
    "night": "شب",
    "no-message": "هیچ پیامی",
    "no-new-message": "هیچ پیامِ جدیدی",
    "no-saved-message": "هیچ پیامِ ذخیره‌شده‌ای",
}


@cache
def pieces() -> Mapping[str, str]:
    """Name -> text to record."""
    found = dict(_OTHERS) | _LAST_NOUNS
    followed = dict(_numbers()) | _SCALE_WORDS | _FOLLOWED_NOUNS
    found |= followed
    found |= {f"{name}-and": f"{word} و" for name, word in followed.items() if _is_followed(name)}
    for name, word in _ordinals():
        found[name] = word
        if name.startswith("ordinal-unit") or int(name.removeprefix("ordinal-")) <= 30:
            found[f"{name}-of"] = f"{word}ِ"
    for calendar, months in _MONTHS.items():
        found |= {f"{calendar}-{1 + value}-of": name for value, name in enumerate(months)}
    return found


def _numbers() -> Iterator[tuple[str, str]]:
    yield from ((f"number-{value}", word) for value, word in enumerate(_CARDINALS))
    yield from ((f"number-{10 * (2 + value)}", word) for value, word in enumerate(_TENS))
    yield from ((f"number-{100 * (1 + value)}", word) for value, word in enumerate(_HUNDREDS))


def _is_followed(name: str) -> bool:
    """0 is alone; 13-19 end a number and are no hours."""
    value = name.removeprefix("number-")
    return value == name or 1 <= int(value) <= 12 or int(value) >= 20


def _ordinals() -> Iterator[tuple[str, str]]:
    yield from ((f"ordinal-{1 + value}", word) for value, word in enumerate(_ORDINALS))
    yield from ((f"ordinal-{10 * (2 + value)}", word) for value, word in enumerate(_ORDINAL_TENS))
    # The first is "اول", the twenty-first "بیست و یکم".
    yield "ordinal-unit-1", "یکم"
