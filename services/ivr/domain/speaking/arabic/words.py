"""The Arabic pieces.

Vowel marks are written where a speaker could read a word in two ways. The "و" between words leans on the word after
it, so ``and-<piece>`` is that word with its "و". The other endings: ``-f`` with a feminine noun; ``-construct`` with a
noun right after it ("مئتا رسالة"); ``-oblique`` after "عام" in a year ("ألفين وعشرين"); ``-2``, ``-plural`` and
``-acc`` are a noun's dual, its plural (after 3-10) and its accusative (after 11-99).
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from services.ivr.domain.speaking.arabic.calendar_words import HOURS, MONTHS
from services.ivr.domain.speaking.arabic.nouns import NOUNS, SCALE_NOUNS, Declined

__all__ = ["pieces"]

_CARDINALS: Final = {
    0: ("صِفْر", None),
    1: ("واحِد", "إِحْدى"),
    2: ("اِثْنان", "اِثْنَتان"),
    3: ("ثَلاثَة", "ثَلاث"),
    4: ("أَرْبَعَة", "أَرْبَع"),
    5: ("خَمْسَة", "خَمْس"),
    6: ("سِتَّة", "سِتّ"),
    7: ("سَبْعَة", "سَبْع"),
    8: ("ثَمانِيَة", "ثَماني"),
    9: ("تِسْعَة", "تِسْع"),
    10: ("عَشَرَة", "عَشْر"),
    11: ("أَحَدَ عَشَر", "إِحْدى عَشْرَة"),
    12: ("اِثْنا عَشَر", "اِثْنَتا عَشْرَة"),
    13: ("ثَلاثَةَ عَشَر", "ثَلاثَ عَشْرَة"),
    14: ("أَرْبَعَةَ عَشَر", "أَرْبَعَ عَشْرَة"),
    15: ("خَمْسَةَ عَشَر", "خَمْسَ عَشْرَة"),
    16: ("سِتَّةَ عَشَر", "سِتَّ عَشْرَة"),
    17: ("سَبْعَةَ عَشَر", "سَبْعَ عَشْرَة"),
    18: ("ثَمانِيَةَ عَشَر", "ثَمانِيَ عَشْرَة"),
    19: ("تِسْعَةَ عَشَر", "تِسْعَ عَشْرَة"),
}
_TENS: Final = ["عِشْر", "ثَلاث", "أَرْبَع", "خَمْس", "سِتّ", "سَبْع", "ثَمان", "تِسْع"]
_HUNDREDS: Final = {
    100: "مِئَة",
    200: "مِئَتان",
    300: "ثَلاثُمِئَة",
    400: "أَرْبَعُمِئَة",
    500: "خَمْسُمِئَة",
    600: "سِتُّمِئَة",
    700: "سَبْعُمِئَة",
    800: "ثَمانِمِئَة",
    900: "تِسْعُمِئَة",
}
_OBLIQUE: Final = {2: "اِثْنَيْن", 12: "اِثْنَيْ عَشَر", 200: "مِئَتَيْن"}
_ORDINALS: Final = (
    "الأَوَّل",
    "الثّاني",
    "الثّالِث",
    "الرّابِع",
    "الخامِس",
    "السّادِس",
    "السّابِع",
    "الثّامِن",
    "التّاسِع",
    "العاشِر",
)
_OTHERS: Final = {
    "one-f": "واحِدَة",
    "minus": "سالِب",
    "point": "فاصِلَة",
    "plus": "زائِد",
    "star": "نَجْمَة",
    "hash": "مُرَبَّع",
    "no": "لا",
    "year": "عامَ",
    "hijri-era": "لِلْهِجْرَة",
    "jalali-era": "لِلْهِجْرَةِ الشَّمْسِيَّة",
    "clock": "السّاعَةُ",
    "and-quarter": "وَالرُّبْع",
    "and-third": "وَالثُّلْث",
    "and-half": "وَالنِّصْف",
    "less-third": "إِلّا ثُلْثًا",
    "less-quarter": "إِلّا رُبْعًا",
    "less-ten": "إِلّا عَشْرَ دَقائِق",
    "less-five": "إِلّا خَمْسَ دَقائِق",
    "morning": "صَباحًا",
    "noon": "ظُهْرًا",
    "evening": "مَساءً",
    "night": "لَيْلًا",
    "midnight": "مُنْتَصَفَ اللَّيْل",
    "after-midnight": "بَعْدَ مُنْتَصَفِ اللَّيْل",
}


@cache
def pieces() -> Mapping[str, str]:
    """Name -> text to record."""
    found = dict(_OTHERS)
    led = dict(_numbers())  # may stand after a "و"
    for noun, forms in (*SCALE_NOUNS.items(), *NOUNS.items()):
        led |= {noun: forms.singular, f"{noun}-2": forms.dual}
        found |= _after_numbers(noun, forms)
    for scale, forms in SCALE_NOUNS.items():
        led[f"{scale}-2-construct"] = forms.dual.removesuffix("ن")
    found |= led | {f"and-{name}": f"وَ{word}" for name, word in led.items()}
    found |= {"number-0": _CARDINALS[0][0], "thousand-2-oblique": "أَلْفَيْن"}
    found |= {f"clock-{1 + number}": word for number, word in enumerate(HOURS)}
    found |= dict(_ordinals())
    for calendar, months in MONTHS.items():
        found |= {f"of-{calendar}-{1 + number}": f"مِن {name}" for number, name in enumerate(months)}
    return found


def _numbers() -> Iterator[tuple[str, str]]:
    for value, (masculine, feminine) in _CARDINALS.items():
        if feminine is not None:
            yield f"number-{value}", masculine
            yield f"number-{value}-f", feminine
    yield "number-8-f-alone", "ثَمانٍ"
    for number, stem in enumerate(_TENS):
        yield f"number-{10 * (2 + number)}", f"{stem}ون"
        yield f"number-{10 * (2 + number)}-oblique", f"{stem}ين"
    for value, word in _HUNDREDS.items():
        yield f"number-{value}", word
        yield f"number-{value}-construct", _construct(value, word)
    yield from ((f"number-{value}-oblique", word) for value, word in _OBLIQUE.items())


def _construct(value: int, word: str) -> str:
    if value == 200:
        return word.removesuffix("ن")
    return f"{word}{'ُ' if value == 100 else 'ِ'}"


def _after_numbers(noun: str, forms: Declined) -> Iterator[tuple[str, str]]:
    yield f"{noun}-plural", forms.plural
    if forms.accusative != forms.singular:
        yield f"{noun}-acc", forms.accusative


def _ordinals() -> Iterator[tuple[str, str]]:
    """ "الأول", but "الحادي عشر" and "الحادي والعشرون"."""
    yield from ((f"ordinal-{1 + number}", word) for number, word in enumerate(_ORDINALS))
    yield "ordinal-unit-1", "الحادي"
    for number, word in enumerate(("الحادي", *_ORDINALS[1:9])):
        first = word if word.endswith("ي") else f"{word}َ"
        yield f"ordinal-{11 + number}", f"{first} عَشَر"
    for number, stem in enumerate(_TENS):
        value, definite = 10 * (2 + number), _definite(stem)
        yield f"ordinal-{value}", f"{definite}ون"
        yield f"and-ordinal-{value}", f"وَ{definite}ون"


def _definite(stem: str) -> str:
    """The article doubles a sun letter."""
    return f"ال{stem[0]}ّ{stem[1:]}" if stem[0] in "تثس" else f"ال{stem}"
