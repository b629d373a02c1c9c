"""English numbers: 1,101 is "one thousand one hundred one", without the "and" of British usage."""

from typing import Final

from services.ivr.domain.speaking.english.words import SCALES
from services.ivr.domain.speaking.language import SpokenNumber

__all__ = ["cardinal", "number", "ordinal", "symbols"]

_SYMBOLS: Final = {"+": "plus", "*": "star", "#": "hash"}


def number(value: SpokenNumber) -> tuple[str, ...]:
    sign = ("minus",) if value.negative else ()
    decimals = ("point", *symbols(value.decimals)) if value.decimals else ()
    return (*sign, *cardinal(value.whole), *decimals)


def symbols(text: str) -> tuple[str, ...]:
    return tuple(_SYMBOLS.get(symbol, f"number-{symbol}") for symbol in text)


def cardinal(value: int) -> tuple[str, ...]:
    """0-999,999,999,999."""
    if value < 20:
        return (f"number-{value}",)
    if value < 100:
        tens, units = divmod(value, 10)
        return (f"number-{tens * 10}", *_rest(units))
    if value < 1000:
        hundreds, rest = divmod(value, 100)
        return (f"number-{hundreds}", "hundred", *_rest(rest))
    size, name = next(scale for scale in SCALES if value >= scale[0])
    many, rest = divmod(value, size)
    return (*cardinal(many), name, *_rest(rest))


def ordinal(value: int) -> tuple[str, ...]:
    """1-99."""
    tens, units = divmod(value, 10)
    if value < 20 or not units:
        return (f"ordinal-{value}",)
    return (f"number-{tens * 10}", f"ordinal-{units}")


def _rest(value: int) -> tuple[str, ...]:
    return cardinal(value) if value else ()
