"""English as it is spoken in America."""

from services.ivr.domain.speaking.english.numbers import number, ordinal, symbols
from services.ivr.domain.speaking.english.phrases import count, date, duration, money, time
from services.ivr.domain.speaking.english.words import pieces

__all__ = ["count", "date", "duration", "money", "number", "ordinal", "pieces", "symbols", "time"]
