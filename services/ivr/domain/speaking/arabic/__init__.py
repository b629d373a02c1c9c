"""Modern Standard Arabic as announcements use it: the nominative, words in their pausal forms."""

from services.ivr.domain.speaking.arabic.numbers import number, ordinal, symbols
from services.ivr.domain.speaking.arabic.phrases import count, date, duration, money, time
from services.ivr.domain.speaking.arabic.words import pieces

__all__ = ["count", "date", "duration", "money", "number", "ordinal", "pieces", "symbols", "time"]
