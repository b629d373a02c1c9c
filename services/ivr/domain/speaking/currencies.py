"""Which units a currency is counted in. A unit is said without its country: a balance in KWD is in dinars and fils."""

from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["CURRENCIES", "UNITS", "Currency"]


class Currency(NamedTuple):
    """`minor_digits` decimals are said in the minor unit; with none, the currency has whole units only."""

    major: str
    minor: str | None
    minor_digits: int


CURRENCIES: Final[Mapping[str, Currency]] = {
    "AED": Currency("dirham", "fils", 2),
    "AUD": Currency("dollar", "cent", 2),
    "BHD": Currency("dinar", "fils", 3),
    "CAD": Currency("dollar", "cent", 2),
    "EGP": Currency("pound", "piastre", 2),
    "EUR": Currency("euro", "cent", 2),
    "GBP": Currency("pound", "penny", 2),
    "IQD": Currency("dinar", "fils", 3),
    # ISO 4217 gives the rial two decimals; its dinar has not been used for decades.
    "IRR": Currency("rial", None, 0),
    # Not of ISO 4217: the usual code of the toman, ten rials, in which Iran states prices.
    "IRT": Currency("toman", None, 0),
    "JOD": Currency("dinar", "fils", 3),
    "KWD": Currency("dinar", "fils", 3),
    "LBP": Currency("lira", "piastre", 2),
    "LYD": Currency("dinar", "dirham", 3),
    "OMR": Currency("rial", "baisa", 3),
    "QAR": Currency("rial", "dirham", 2),
    "SAR": Currency("rial", "halala", 2),
    "SYP": Currency("lira", "piastre", 2),
    "TRY": Currency("lira", "kurush", 2),
    "USD": Currency("dollar", "cent", 2),
    "YER": Currency("rial", "fils", 2),
}

UNITS: Final[tuple[str, ...]] = tuple(
    sorted({unit for one in CURRENCIES.values() for unit in (one.major, one.minor) if unit is not None})
)
