"""Phone numbers: from what a person dialled or typed to E.164, and what calling them means.

The metadata is Google's libphonenumber, loaded at first use (about 6 MB and 70 ms), never at import. Every answer is
cached, since routing asks the same few thousand numbers again and again.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Final, NewType

from pydantic import AfterValidator, Field, StringConstraints

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

__all__ = [
    "E164",
    "CountryCode",
    "E164Number",
    "ExtensionNumber",
    "NumberClass",
    "NumberError",
    "area_code",
    "country_code",
    "country_of",
    "digits_only",
    "e164",
    "extension_number",
    "is_emergency",
    "is_extension_number",
    "normalise",
    "number_class",
    "warm_up",
]

E164 = NewType("E164", str)
"""A number as ``+`` and 7-15 digits."""


class NumberError(ValueError):
    """A text is not a phone number. `code`: ``number_not_digits``, ``number_impossible`` or ``country_unknown``."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class NumberClass(StrEnum):
    """What calling a number costs, roughly: the classes that a class of service allows or refuses.

    Mobile numbers of one's own country are NATIONAL. Satellite and other global networks are PREMIUM, as are
    shared-cost numbers: they are what toll fraud calls.
    """

    INTERNAL = "internal"
    LOCAL = "local"
    NATIONAL = "national"
    INTERNATIONAL = "international"
    PREMIUM = "premium"
    TOLL_FREE = "toll_free"
    EMERGENCY = "emergency"


_CACHE: Final = 16_384
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_EXTENSION: Final = re.compile(r"[0-9]{2,8}")
_DIALLED: Final = re.compile(r"\+?[0-9]{1,20}")
# Persian and Arabic-Indic digits, a full-width plus; and what people put between digits: spaces of all kinds, dots,
# hyphens and dashes, brackets, slashes, invisible direction marks.
_DIGITS: Final = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩", "01234567890123456789")
_SEPARATORS: Final = (
    " -.()/\u00a0\u2007\u2009\u2010\u2011\u2012\u2013\u2014\u202f" + "\u200e\u200f\u202a\u202c\u202d\u2066\u2068\u2069"
)
_TO_DIALLED: Final = {**_DIGITS, **str.maketrans("\uff0b", "+", _SEPARATORS)}
_SATELLITE_AND_GLOBAL: Final = frozenset({870, 878, 881, 882, 883, 888, 979})


def digits_only(raw: str) -> str:
    """`raw` with Persian and Arabic digits made Latin and separators dropped: ``+`` and digits at most.

    Raises NumberError when anything else is left.
    """
    dialled = raw.translate(_TO_DIALLED)
    if not _DIALLED.fullmatch(dialled):
        raise NumberError("number_not_digits", "a phone number holds digits, optionally after a plus")
    return dialled


@lru_cache(maxsize=_CACHE)
def normalise(raw: str, country: str, *, strict: bool = False) -> E164:
    """The E.164 form of `raw` as dialled or written in `country` (ISO 3166, ``IR``). Raises NumberError.

    Understands the country's international prefix (``00`` everywhere, besides the country's own), its trunk prefix
    (``021...``) and Persian and Arabic digits. By default a number need only be possible (its length fits), because
    numbering plans change faster than metadata; `strict` also wants it to lie in a range that is assigned.
    """
    dialled = digits_only(raw)
    import phonenumbers

    number = _parsed(dialled, country)
    if dialled.startswith("00") and not phonenumbers.is_possible_number(number):
        # Not the country's own international prefix, but what people write everywhere.
        number = _parsed("+" + dialled[2:], country)
    accepted = phonenumbers.is_valid_number(number) if strict else phonenumbers.is_possible_number(number)
    formatted = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not accepted or not _E164.fullmatch(formatted):
        raise NumberError("number_impossible", f"not a phone number that can be called from {country}")
    return E164(formatted)


@lru_cache(maxsize=_CACHE)
def number_class(number: str, country: str, *, own_area_code: str = "") -> NumberClass:
    """What calling `number` (E.164, or an extension number) from `country` is.

    LOCAL is told from NATIONAL only when `own_area_code` (``21`` for Tehran, see `area_code`) is given. EMERGENCY is
    never an E.164 number: ask `is_emergency` about what was dialled, first. Raises NumberError.
    """
    if not number.startswith("+"):
        return NumberClass.EMERGENCY if is_emergency(number, country) else _internal(number)
    from phonenumbers import PhoneNumberType, number_type

    parsed = _parsed(number, country)
    kind = number_type(parsed)
    if parsed.country_code in _SATELLITE_AND_GLOBAL or kind in (
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
    ):
        return NumberClass.PREMIUM
    if country_of(number) != country:
        return NumberClass.TOLL_FREE if parsed.country_code == 800 else NumberClass.INTERNATIONAL
    if kind == PhoneNumberType.TOLL_FREE:
        return NumberClass.TOLL_FREE
    is_local = own_area_code and area_code(number) == own_area_code
    return NumberClass.LOCAL if is_local else NumberClass.NATIONAL


@lru_cache(maxsize=_CACHE)
def is_emergency(raw: str, country: str) -> bool:
    """Whether dialling `raw` in `country` reaches an emergency service (also with digits in Persian or Arabic)."""
    try:
        dialled = digits_only(raw)
    except NumberError:
        return False
    if len(dialled) > 8 or dialled.startswith("+"):
        return False
    from phonenumbers.shortnumberinfo import is_emergency_number

    return bool(is_emergency_number(dialled, country))


@lru_cache(maxsize=_CACHE)
def country_of(number: str) -> str | None:
    """The country (ISO 3166) an E.164 `number` belongs to; None for global networks. Raises NumberError.

    A number outside every known range of a calling code counts for the code's main country.
    """
    from phonenumbers import region_code_for_country_code, region_code_for_number

    parsed = _parsed(number, "ZZ")
    region = region_code_for_number(parsed) or region_code_for_country_code(parsed.country_code or 0)
    return None if region in ("001", "ZZ") else region


@lru_cache(maxsize=_CACHE)
def area_code(number: str) -> str:
    """The area code in an E.164 `number` without the trunk prefix (``21``); empty where there is none."""
    from phonenumbers import length_of_geographical_area_code, national_significant_number

    parsed = _parsed(number, "ZZ")
    return national_significant_number(parsed)[: length_of_geographical_area_code(parsed)]


def e164(text: str) -> E164:
    """`text` itself when it has the form of an E.164 number: plus and 7-15 digits. Raises NumberError."""
    if not _E164.fullmatch(text):
        raise NumberError("number_not_e164", "a number in international form is a plus and 7-15 digits")
    return E164(text)


def is_extension_number(text: str) -> bool:
    """Whether `text` is an extension number: 2-8 digits."""
    return _EXTENSION.fullmatch(text) is not None


def extension_number(text: str) -> str:
    """`text` as an extension number, with Persian and Arabic digits made Latin. Raises NumberError."""
    number = text.translate(_DIGITS)
    if not is_extension_number(number):
        raise NumberError("extension_number", "an extension number is 2-8 digits")
    return number


def country_code(text: str) -> str:
    """`text` itself when it is a country the metadata knows (ISO 3166, two capitals). Raises NumberError."""
    from phonenumbers import SUPPORTED_REGIONS

    if text not in SUPPORTED_REGIONS:
        raise NumberError("country_unknown", "a country is two capital letters, like IR")
    return text


def warm_up(country: str) -> None:
    """Load what the first call from `country` would otherwise wait for (about 100 ms)."""
    is_emergency("0", country)
    country_of("+982112345678")


def _internal(number: str) -> NumberClass:
    if not is_extension_number(number):
        raise NumberError("extension_number", "neither an E.164 number nor an extension number")
    return NumberClass.INTERNAL


def _parsed(dialled: str, country: str) -> "PhoneNumber":
    import phonenumbers

    try:
        return phonenumbers.parse(dialled, country)
    except phonenumbers.NumberParseException as error:
        known = dialled.startswith("+") or country in phonenumbers.SUPPORTED_REGIONS
        code = "number_impossible" if known else "country_unknown"
        raise NumberError(code, f"not a phone number that can be called from {country}") from error


E164Number = Annotated[
    str,
    StringConstraints(max_length=16),
    AfterValidator(e164),
    Field(json_schema_extra={"pattern": f"^{_E164.pattern}$"}),
]
"""An API field in E.164 form."""
ExtensionNumber = Annotated[
    str,
    StringConstraints(max_length=8),
    AfterValidator(extension_number),
    Field(json_schema_extra={"pattern": f"^{_EXTENSION.pattern}$"}),
]
"""An API field with an extension number."""
CountryCode = Annotated[
    str,
    StringConstraints(max_length=2),
    AfterValidator(country_code),
    Field(json_schema_extra={"pattern": "^[A-Z]{2}$", "examples": ["IR", "DE"]}),
]
"""An API field with a country."""
