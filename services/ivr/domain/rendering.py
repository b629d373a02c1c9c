"""An announcement as sounds, in the caller's language and with the call's values in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Final
from zoneinfo import ZoneInfo

from services.ivr.domain import speaking
from services.ivr.domain.actions import Piece, Prompt, Sound, Speech
from services.ivr.domain.announcements import Part, PromptPart, SayPart, TextPart
from services.ivr.domain.flow import FlowDocument
from services.ivr.domain.templates import filled, variables_in

MOST_SPOKEN = 60
"""Characters of a value that are spoken digit by digit: more is no number."""


def rendered(parts: tuple[Part, ...], variables: Mapping[str, str], language: str, zone: str) -> tuple[Sound, ...]:
    """The sounds of an announcement. A value that cannot be spoken as what it should be is spelled or left out."""
    sounds: list[Sound] = []
    for part in parts:
        if isinstance(part, PromptPart):
            sounds.append(Prompt(part.prompt))
        elif isinstance(part, TextPart):
            text = filled(part.in_language(language) or "", variables).strip()
            if text:
                sounds.append(Speech(text))
        else:
            sounds += [Piece(f"pieces/{name}") for name in _said(part, variables, language, zone)]
    return tuple(sounds)


def texts_of(document: FlowDocument) -> list[tuple[str, str]]:
    """(language, text) of all that the flow has spoken whoever calls, each once: texts without variables."""
    found: dict[tuple[str, str], None] = {}
    for config in document.nodes.values():
        for _, parts in config.announcements():
            for part in parts:
                for language in document.languages if isinstance(part, TextPart) else ():
                    text = part.in_language(language) or ""  # type: ignore[union-attr]
                    if not variables_in(text) and (said := filled(text, {}).strip()):
                        found[language, said] = None
    return list(found)


def _said(part: SayPart, variables: Mapping[str, str], language: str, zone: str) -> tuple[str, ...]:
    value = filled(part.value, variables).strip()
    if not value:
        return ()
    try:
        return _SAY[part.say](part, value, language, zone)
    except (ValueError, InvalidOperation, OverflowError):
        digits = "".join(char for char in value if char in "0123456789*#+")[:MOST_SPOKEN]
        return speaking.say_digits(digits, language) if digits else ()


def _number(_: SayPart, value: str, language: str, __: str) -> tuple[str, ...]:
    return speaking.say_number(_decimal(value), language)


def _money(part: SayPart, value: str, language: str, _: str) -> tuple[str, ...]:
    return speaking.say_money(_decimal(value), part.currency or "USD", language)


def _date(part: SayPart, value: str, language: str, zone: str) -> tuple[str, ...]:
    day = _instant(value, zone).date() if len(value) > 10 else date.fromisoformat(value)
    return speaking.say_date(day, language, part.calendar or ("jalali" if language == "fa" else "gregorian"))


def _time(_: SayPart, value: str, language: str, zone: str) -> tuple[str, ...]:
    return speaking.say_time(_instant(value, zone).time() if len(value) > 8 else time.fromisoformat(value), language)


def _decimal(value: str) -> Decimal:
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError("not a number")
    return number


def _instant(value: str, zone: str) -> datetime:
    instant = datetime.fromisoformat(value)
    return instant.astimezone(ZoneInfo(zone)) if instant.tzinfo else instant


_SAY: Final[dict[str, Callable[[SayPart, str, str, str], tuple[str, ...]]]] = {
    "number": _number,
    "digits": lambda _, value, language, __: speaking.say_digits(value[:MOST_SPOKEN], language),
    "ordinal": lambda _, value, language, __: speaking.say_ordinal(int(value), language),
    "money": _money,
    "date": _date,
    "time": _time,
    "duration": lambda _, value, language, __: speaking.say_duration(int(_decimal(value)), language),
}
