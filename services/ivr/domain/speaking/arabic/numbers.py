"""Arabic numbers, and nouns counted by them.

A number is a row of terms joined by "و": 2,125 is "ألفان | مئة | خمسة | عشرون". A noun, and each of thousand,
million, billion likewise, is governed by the last two digits before it:

* 1 and 2: no number but the noun itself, in the singular and the dual; after hundreds too: "مئة ألف وألفان";
* 3-10: the plural, and the number takes the other gender than the noun: "ثلاث رسائل", "ثلاثة دنانير";
* 11-99: the singular in the accusative: "أحد عشر دينارًا";
* 00: the singular, and what stands before it loses its ن and ً: "مئتا دينار", "خمسون ألف دينار".
"""

from typing import Final, NamedTuple

from services.ivr.domain.speaking.arabic.nouns import NOUNS
from services.ivr.domain.speaking.language import SpokenNumber

__all__ = ["cardinal", "counted", "number", "ordinal", "symbols", "year"]

_SYMBOLS: Final = {"+": "plus", "*": "star", "#": "hash"}
_SCALES: Final = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"))
_OBLIQUE: Final = {2, 12, *range(20, 100, 10), 200}
_YEARS: Final = 9999

Term = tuple[str, ...]


class Form(NamedTuple):
    """The grammar around a number."""

    feminine: bool = False  # the noun it counts
    oblique: bool = False
    construct: bool = False  # a noun stands right after it


def number(value: SpokenNumber) -> tuple[str, ...]:
    """Decimals: noughts, then a number of up to two digits, else digit by digit."""
    sign = ("minus",) if value.negative else ()
    whole = (*sign, *cardinal(value.whole))
    if not value.decimals:
        return whole
    significant = value.decimals.lstrip("0")
    if len(significant) > 2:
        return (*whole, "point", *symbols(value.decimals))
    noughts = ("number-0",) * (len(value.decimals) - len(significant))
    return (*whole, "point", *noughts, *cardinal(int(significant)))


def symbols(text: str) -> tuple[str, ...]:
    return tuple(_SYMBOLS.get(symbol, f"number-{symbol}") for symbol in text)


def cardinal(value: int) -> tuple[str, ...]:
    """0-999,999,999,999, in the nominative and counting nothing."""
    return _joined(_terms(value, Form())) if value else ("number-0",)


def year(value: int) -> tuple[str, ...]:
    """1-9999 after "عام": "ألفين وستة وعشرين"."""
    if not 1 <= value <= _YEARS:
        raise ValueError(f"a year is 1-{_YEARS}")
    return _joined(_terms(value, Form(oblique=True)))


def ordinal(value: int) -> tuple[str, ...]:
    """1-99, masculine and definite."""
    tens, units = divmod(value, 10)
    if value < 20 or not units:
        return (f"ordinal-{value}",)
    first = "ordinal-unit-1" if units == 1 else f"ordinal-{units}"
    return (first, f"and-ordinal-{tens * 10}")


def counted(n: int, noun: str, *, after_others: bool = False) -> tuple[str, ...]:
    """`n` of `noun`, with a "و" before it when it stands `after_others`."""
    forms = NOUNS[noun]
    if n == 0:
        return ("number-0", noun)
    if n == 1:
        terms: list[Term] = [(noun, "one-f" if forms.feminine else "number-1")]
    else:
        terms = _counting(n, noun, accusative=forms.accusative != forms.singular, form=Form(forms.feminine))
    return _joined(terms, after_others=after_others)


def _counting(n: int, noun: str, *, accusative: bool, form: Form) -> list[Term]:
    """2 and more of a noun, or of a thousand and the like."""
    hundreds, rest = n - n % 100, n % 100
    if rest in {1, 2}:
        before = _counting(hundreds, noun, accusative=accusative, form=form) if hundreds else []
        return [*before, (noun if rest == 1 else f"{noun}-2",)]
    *before, last = _terms(n, form._replace(construct=rest < 11))
    if not rest:
        return [*before, (*last, noun)]
    return [*before, (*last, f"{noun}-plural" if rest < 11 else f"{noun}-acc" if accusative else noun)]


def _terms(value: int, form: Form) -> list[Term]:
    """The terms of 1 and more."""
    found: list[Term] = []
    for size, scale in _SCALES:
        many, value = divmod(value, size)
        if many:
            found += _scaled(many, scale, form if not value else Form(oblique=form.oblique))
    return [*found, *_below_thousand(value, form)]


def _scaled(many: int, scale: str, form: Form) -> list[Term]:
    """So many thousands, millions or billions; `form` is the whole number's when it ends here."""
    if many == 1:
        return [(scale,)]
    found = _counting(many, scale, accusative=not form.construct, form=Form(oblique=form.oblique))
    *before, last = found
    if last == (f"{scale}-2",) and (form.construct or form.oblique):
        return [*before, (f"{scale}-2-{'construct' if form.construct else 'oblique'}",)]
    return found


def _below_thousand(value: int, form: Form) -> list[Term]:
    hundreds, rest = value - value % 100, value % 100
    found: list[Term] = []
    if hundreds:
        found.append((_piece(hundreds, form if not rest else Form(oblique=form.oblique)),))
    if 0 < rest < 20:
        found.append((_piece(rest, form),))
    elif rest:
        tens, units = rest - rest % 10, rest % 10
        alone = form._replace(construct=False)
        found += [(_piece(units, alone),)] if units else []
        found.append((_piece(tens, alone),))
    return found


def _piece(value: int, form: Form) -> str:
    """1-20, a ten or a hundred in its form."""
    name = f"number-{value}"
    if value >= 100 and form.construct:
        return f"{name}-construct"
    if form.oblique and value in _OBLIQUE:
        return f"{name}-oblique"
    if form.feminine and value < 20:
        return f"{name}-f-alone" if value == 8 and not form.construct else f"{name}-f"
    return name


def _joined(terms: list[Term], *, after_others: bool = False) -> tuple[str, ...]:
    """One after the other, each but the first with its "و"."""
    return tuple(
        f"and-{piece}" if place == 0 and (after_others or number) else piece
        for number, term in enumerate(terms)
        for place, piece in enumerate(term)
    )
