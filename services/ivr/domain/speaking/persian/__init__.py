"""Persian as it is spoken in Iran."""

from services.ivr.domain.speaking.persian.numbers import number, ordinal, symbols
from services.ivr.domain.speaking.persian.phrases import count, date, duration, money, time
from services.ivr.domain.speaking.persian.words import pieces

__all__ = ["count", "date", "duration", "money", "number", "ordinal", "pieces", "symbols", "time"]
