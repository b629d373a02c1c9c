"""Persian numbers: 1,101 is "هزار و صد و یک"."""

from typing import Final

from services.ivr.domain.speaking.language import SpokenNumber
from services.ivr.domain.speaking.persian.words import SCALES

__all__ = ["cardinal", "joined", "number", "ordinal", "symbols", "terms"]

_SYMBOLS: Final = {"+": "plus", "*": "star", "#": "hash"}
_FRACTIONS: Final = {1: "ordinal-10", 2: "hundredths", 3: "thousandths"}

Term = tuple[str, ...]


def number(value: SpokenNumber) -> tuple[str, ...]:
    """Three decimals at most are read as a fraction ("چهارده صدم"), more of them digit by digit."""
    sign = ("minus",) if value.negative else ()
    whole = (*sign, *cardinal(value.whole))
    if not value.decimals:
        return whole
    fraction = _FRACTIONS.get(len(value.decimals))
    if fraction is None:
        return (*whole, "point", *symbols(value.decimals))
    return (*whole, "point", *cardinal(int(value.decimals)), fraction)


def symbols(text: str) -> tuple[str, ...]:
    return tuple(_SYMBOLS.get(symbol, f"number-{symbol}") for symbol in text)


def cardinal(value: int) -> tuple[str, ...]:
    """0-999,999,999,999."""
    return joined(terms(value))


def ordinal(value: int, *, genitive: bool = False) -> tuple[str, ...]:
    """1-99; in the genitive, 1-31, a noun follows: "بیست و یکمِ فروردین"."""
    ending = "-of" if genitive else ""
    tens, units = divmod(value, 10)
    if value < 20 or not units:
        return (f"ordinal-{value}{ending}",)
    last = "ordinal-unit-1" if units == 1 else f"ordinal-{units}"
    return (f"number-{tens * 10}-and", last + ending)


def terms(value: int) -> list[Term]:
    """What stands between the "و" of a number: 21,005 is 20, 1 thousand, 5."""
    if value < 20:
        return [(f"number-{value}",)]
    found: list[Term] = []
    for size, name in SCALES:
        many, value = divmod(value, size)
        if many == 1 and name == "thousand":
            found.append((name,))
        elif many:
            *before, last = terms(many)
            found += [*before, (*last, name)]
    hundreds, rest = divmod(value, 100)
    if hundreds:
        found.append((f"number-{hundreds * 100}",))
    if 0 < rest < 20:
        found.append((f"number-{rest}",))
    elif rest:
        tens, units = divmod(rest, 10)
        found.append((f"number-{tens * 10}",))
        found += [(f"number-{units}",)] if units else []
    return found


def joined(parts: list[Term]) -> tuple[str, ...]:
    """One after the other, each but the last with its "و"."""
    *before, last = parts
    return (*(piece for part in before for piece in (*part[:-1], f"{part[-1]}-and")), *last)
