"""What is counted in Arabic, in the four forms that numbers ask for."""

from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["NOUNS", "SCALE_NOUNS", "Declined"]


class Declined(NamedTuple):
    """Singular (also the genitive after hundreds), dual, plural, accusative singular; in pausal forms."""

    singular: str
    dual: str
    plural: str
    accusative: str
    feminine: bool = False


def _masculine(singular: str, plural: str) -> Declined:
    return Declined(singular, f"{singular}ان", plural, f"{singular}ًا")


def _feminine(stem: str, plural: str) -> Declined:
    """`stem` without its ة, which is silent in pause and so in the accusative too."""
    return Declined(f"{stem}َة", f"{stem}َتان", plural, f"{stem}َة", feminine=True)


def _message(adjective: str) -> Declined:
    return Declined(
        f"رِسالَة {adjective}َة",
        f"رِسالَتان {adjective}َتان",
        f"رَسائِل {adjective}َة",
        f"رِسالَة {adjective}َة",
        feminine=True,
    )


NOUNS: Final[Mapping[str, Declined]] = {
    "baisa": _feminine("بَيْس", "بَيْسات"),
    "cent": _masculine("سِنْت", "سِنْتات"),
    "day": _masculine("يَوْم", "أَيّام"),
    "dinar": _masculine("دينار", "دَنانير"),
    "dirham": _masculine("دِرْهَم", "دَراهِم"),
    "dollar": _masculine("دولار", "دولارات"),
    # Indeclinable but for its dual.
    "euro": Declined("يورو", "يُورُوان", "يورو", "يورو"),
    "fils": _masculine("فِلْس", "فُلوس"),
    "halala": _feminine("هَلَل", "هَلَلات"),
    "hour": _feminine("ساع", "ساعات"),
    "lira": _feminine("لير", "ليرات"),
    "message": _feminine("رِسال", "رَسائِل"),
    "minute": _feminine("دَقيق", "دَقائِق"),
    "new-message": _message("جَديد"),
    "penny": _masculine("بِنْس", "بِنْسات"),
    "piastre": _masculine("قِرْش", "قُروش"),  # the kurush too
    "pound": _masculine("جُنَيْه", "جُنَيْهات"),
    "rial": _masculine("رِيال", "رِيالات"),
    "saved-message": _message("مَحْفوظ"),
    "second": _feminine("ثانِي", "ثَوَانٍ"),
    "toman": _masculine("تومان", "تومانات"),
}

SCALE_NOUNS: Final[Mapping[str, Declined]] = {
    "thousand": _masculine("أَلْف", "آلاف"),
    "million": _masculine("مِلْيُون", "مَلايين"),
    "billion": _masculine("مِلْيار", "مِلْيارات"),
}
