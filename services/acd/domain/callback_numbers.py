"""Which numbers a queue calls back. A caller may type any number, and may show any: a call must not be made to cost.

Numbers that cost more than an ordinary call are never called, those abroad only where the queue says so.
"""

from __future__ import annotations

from typing import Final

from shared.telephony.destinations import Destination, DestinationKind
from shared.telephony.numbers import (
    NumberClass,
    NumberError,
    is_emergency,
    is_extension_number,
    normalise,
    number_class,
)

__all__ = ["callback_destination", "callback_number"]

_AT_HOME: Final = frozenset({NumberClass.LOCAL, NumberClass.NATIONAL, NumberClass.TOLL_FREE})


def callback_number(raw: str, country: str, *, abroad: bool = False, shown: bool = False) -> str | None:
    """The number to call, in E.164 or an extension's; none: it is no number, or not one to be called.

    Args:
        raw: as the caller typed it, or as the caller's own number is shown.
        country: of the tenant, ISO 3166 alpha-2.
        abroad: whether numbers of other countries are called.
        shown: the caller's own: an extension calls from its number. Nobody types one.
    """
    if shown and is_extension_number(raw):
        return raw
    try:
        if is_emergency(raw, country):
            return None
        number = normalise(raw, country, strict=True)
        kind = number_class(number, country)
    except NumberError:
        return None
    allowed = _AT_HOME | {NumberClass.INTERNATIONAL} if abroad else _AT_HOME
    return number if kind in allowed else None


def callback_destination(number: str) -> Destination:
    """Where a call to a number of `callback_number` goes."""
    kind = DestinationKind.EXTERNAL if number.startswith("+") else DestinationKind.EXTENSION
    return Destination(kind, number)
