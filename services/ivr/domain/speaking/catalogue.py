"""Every piece there is, with the text to record; and pieces back to text, for people to read what will be heard."""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from services.ivr.domain.speaking import arabic, english, persian
from services.ivr.domain.speaking.language import Grammar, Unspeakable

__all__ = ["GRAMMARS", "grammar", "pieces", "text_of"]

GRAMMARS: Final[Mapping[str, Grammar]] = {"en": english, "fa": persian, "ar": arabic}

# Vowel marks and the like tell the speaker how to read; ً (U+064B) stays, because people write it.
_MARKS: Final = re.compile("[\u064c-\u0652\u0654\u0670]")


def grammar(language: str) -> Grammar:
    """The grammar of `language`: en, fa or ar. Raises Unspeakable for any other."""
    try:
        return GRAMMARS[language]
    except KeyError:
        raise Unspeakable(f"there is no speech in {language!r}, only in {', '.join(GRAMMARS)}") from None


def pieces() -> Mapping[str, Mapping[str, str]]:
    """Language -> name of a piece -> the text to record, in Arabic and Persian with the vowel marks that matter.

    The sound of a piece is ``<language>/pieces/<piece>.wav`` in ``freeswitch/sounds``.
    """
    return MappingProxyType({language: MappingProxyType(dict(it.pieces())) for language, it in GRAMMARS.items()})


def text_of(spoken: Iterable[str], language: str) -> str:
    """What `spoken` sounds like, as people write it: without vowel marks. Raises KeyError for a piece there is not."""
    texts = grammar(language).pieces()
    return _MARKS.sub("", " ".join(texts[piece] for piece in spoken))
