"""Numbers understood from words, written apart from what says them: the ear to Seda's mouth."""

from __future__ import annotations

from decimal import Decimal

from services.ivr.domain.speaking import text_of

ENGLISH = dict(
    zip(
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
            "thirty",
            "forty",
            "fifty",
            "sixty",
            "seventy",
            "eighty",
            "ninety",
        ],
        (*range(20), *range(20, 100, 10)),
        strict=True,
    )
)
PERSIAN = dict(
    zip(
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
            "سی",
            "چهل",
            "پنجاه",
            "شصت",
            "هفتاد",
            "هشتاد",
            "نود",
            "صد",
            "دویست",
            "سیصد",
            "چهارصد",
            "پانصد",
            "ششصد",
            "هفتصد",
            "هشتصد",
            "نهصد",
        ],
        (*range(20), *range(20, 100, 10), *range(100, 1000, 100)),
        strict=True,
    )
)
ARABIC = dict(
    zip(
        [
            "صفر",
            "واحد",
            "اثنان",
            "ثلاثة",
            "أربعة",
            "خمسة",
            "ستة",
            "سبعة",
            "ثمانية",
            "تسعة",
            "عشرة",
            "أحد",
            "اثنا",
            "عشرون",
            "ثلاثون",
            "أربعون",
            "خمسون",
            "ستون",
            "سبعون",
            "ثمانون",
            "تسعون",
            "مئة",
            "مئتان",
            "مئتا",
            "ثلاثمئة",
            "أربعمئة",
            "خمسمئة",
            "ستمئة",
            "سبعمئة",
            "ثمانمئة",
            "تسعمئة",
        ],
        (*range(11), 1, 2, *range(20, 100, 10), 100, 200, *range(200, 1000, 100)),
        strict=True,
    )
)
ARABIC["عشر"] = 10
ENGLISH_SCALES = {"thousand": 1000, "million": 10**6, "billion": 10**9}
PERSIAN_SCALES = {"هزار": 1000, "میلیون": 10**6, "میلیارد": 10**9}
ARABIC_SCALES = {
    word: size
    for size, words in {
        1000: "ألف ألفًا آلاف",
        10**6: "مليون مليونًا ملايين",
        10**9: "مليار مليارًا مليارات",
    }.items()
    for word in words.split()
}
ARABIC_DUALS = {"ألفان": 2000, "مليونان": 2 * 10**6, "ملياران": 2 * 10**9}
PERSIAN_FRACTIONS = {"دهم": 10, "صدم": 100, "هزارم": 1000}


def english(words: list[str]) -> int:
    total = group = 0
    for word in words:
        if word in ENGLISH_SCALES:
            total, group = total + group * ENGLISH_SCALES[word], 0
        else:
            group = group * 100 if word == "hundred" else group + ENGLISH[word]
    return total + group


def persian(words: list[str]) -> int:
    total = group = 0
    for word in (one for one in words if one != "و"):
        if word in PERSIAN_SCALES:
            total, group = total + (group or 1) * PERSIAN_SCALES[word], 0
        else:
            group += PERSIAN[word]
    return total + group


def arabic(words: list[str]) -> int:
    total = group = 0
    known = ARABIC | ARABIC_DUALS | ARABIC_SCALES
    for heard in words:
        word = heard if heard in known else heard.removeprefix("و")
        if word in ARABIC_DUALS:
            assert not group
            total += ARABIC_DUALS[word]
        elif word in ARABIC_SCALES:
            assert not (group and word != heard), "one thousand more stands after a whole number of them"
            total, group = total + (group or 1) * ARABIC_SCALES[word], 0
        else:
            group += ARABIC[word]
    return total + group


def number(pieces: tuple[str, ...], language: str) -> Decimal:
    """The number that somebody hears."""
    understand, minus, point = {
        "en": (english, "minus", "point"),
        "fa": (persian, "منفی", "ممیز"),
        "ar": (arabic, "سالب", "فاصلة"),
    }[language]
    words = text_of(pieces, language).split()
    negative = words[0] == minus
    words = words[negative:]
    at = words.index(point) if point in words else len(words)
    found = Decimal(understand(words[:at])) + _fraction(words[at + 1 :], understand)
    return -found if negative else found


def _fraction(words: list[str], understand) -> Decimal:
    if not words:
        return Decimal(0)
    if words[-1] in PERSIAN_FRACTIONS:
        return Decimal(understand(words[:-1])) / PERSIAN_FRACTIONS[words[-1]]
    noughts = next(place for place, word in enumerate(words) if word not in {"zero", "صفر"})
    digits = words[noughts:]
    if understand is arabic and len(digits) <= 2:
        return Decimal("0." + "0" * noughts + str(understand(digits)))
    return Decimal("0." + "0" * noughts + "".join(str(understand([word])) for word in digits))
