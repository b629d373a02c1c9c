"""The English pieces."""

from collections.abc import Mapping
from functools import cache
from typing import Final

__all__ = ["NOUNS", "SCALES", "pieces"]

_CARDINALS: Final = [
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
]
_TENS: Final = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS: Final = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
]
_ORDINAL_TENS: Final = [
    "twentieth",
    "thirtieth",
    "fortieth",
    "fiftieth",
    "sixtieth",
    "seventieth",
    "eightieth",
    "ninetieth",
]

SCALES: Final = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"))

_MONTHS: Final = {
    "gregorian": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    "jalali": [
        "Farvardin",
        "Ordibehesht",
        "Khordad",
        "Tir",
        "Mordad",
        "Shahrivar",
        "Mehr",
        "Aban",
        "Azar",
        "Dey",
        "Bahman",
        "Esfand",
    ],
    "hijri": [
        "Muharram",
        "Safar",
        "Rabi al-Awwal",
        "Rabi al-Thani",
        "Jumada al-Ula",
        "Jumada al-Akhirah",
        "Rajab",
        "Sha'ban",
        "Ramadan",
        "Shawwal",
        "Dhu al-Qadah",
        "Dhu al-Hijjah",
    ],
}

NOUNS: Final = {
    "baisa": ("baisa", "baisa"),
    "cent": ("cent", "cents"),
    "day": ("day", "days"),
    "dinar": ("dinar", "dinars"),
    "dirham": ("dirham", "dirhams"),
    "dollar": ("dollar", "dollars"),
    "euro": ("euro", "euros"),
    "fils": ("fils", "fils"),
    "halala": ("halala", "halalas"),
    "hour": ("hour", "hours"),
    "kurush": ("kurush", "kurush"),
    "lira": ("lira", "lira"),
    "message": ("message", "messages"),
    "minute": ("minute", "minutes"),
    "new-message": ("new message", "new messages"),
    "penny": ("penny", "pence"),
    "piastre": ("piastre", "piastres"),
    "pound": ("pound", "pounds"),
    "rial": ("rial", "rials"),
    "saved-message": ("saved message", "saved messages"),
    "second": ("second", "seconds"),
    "toman": ("toman", "tomans"),
}

_OTHERS: Final = {
    "hundred": "hundred",
    "thousand": "thousand",
    "million": "million",
    "billion": "billion",
    "minus": "minus",
    "point": "point",
    "oh": "oh",
    "plus": "plus",
    "star": "star",
    "hash": "pound",
    "and": "and",
    "no": "no",
    "am": "a.m.",
    "pm": "p.m.",
    "noon": "noon",
    "midnight": "midnight",
}


@cache
def pieces() -> Mapping[str, str]:
    """Name -> text to record."""
    found = dict(_OTHERS)
    found |= {f"number-{value}": word for value, word in enumerate(_CARDINALS)}
    found |= {f"number-{10 * (2 + value)}": word for value, word in enumerate(_TENS)}
    found |= {f"ordinal-{1 + value}": word for value, word in enumerate(_ORDINALS)}
    found |= {f"ordinal-{10 * (2 + value)}": word for value, word in enumerate(_ORDINAL_TENS)}
    for calendar, months in _MONTHS.items():
        found |= {f"{calendar}-{1 + value}": name for value, name in enumerate(months)}
    for noun, (one, many) in NOUNS.items():
        found[noun] = one
        if many != one:
            found[f"{noun}-plural"] = many
    return found
