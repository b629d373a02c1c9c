"""Phone numbers as people in Iran and elsewhere write and dial them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.telephony import numbers
from shared.telephony.numbers import E164Number, ExtensionNumber, NumberClass, NumberError
from tests.unit.telephony.nasty import texts


@pytest.mark.parametrize(
    ("raw", "country", "normal"),
    [
        ("02112345678", "IR", "+982112345678"),
        ("۰۲۱ ۱۲۳۴ ۵۶۷۸", "IR", "+982112345678"),
        ("٠٢١-١٢٣٤٥٦٧٨", "IR", "+982112345678"),
        ("+98 (21) 1234-5678", "IR", "+982112345678"),
        ("\u202a+98 21 1234 5678\u202c", "IR", "+982112345678"),
        ("00982112345678", "IR", "+982112345678"),
        ("09123456789", "IR", "+989123456789"),
        ("9123456789", "IR", "+989123456789"),
        ("0044 20 7946 0958", "IR", "+442079460958"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("0044 20 7946 0958", "US", "+442079460958"),
        ("(415) 555-2671", "US", "+14155552671"),
        ("06 6982", "IT", "+39066982"),
        ("04 123 4567", "AE", "+97141234567"),
    ],
)
def test_normalises_what_people_dial(raw: str, country: str, normal: str) -> None:
    assert numbers.normalise(raw, country) == normal


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "number_not_digits"),
        ("abc", "number_not_digits"),
        ("0800-FLOWERS", "number_not_digits"),
        ("1\n2", "number_not_digits"),
        ("+98;ext=1", "number_not_digits"),
        ("+" * 3, "number_not_digits"),
        ("1" * 21, "number_not_digits"),
        ("110", "number_impossible"),
        ("12", "number_impossible"),
        ("+999123456789", "number_impossible"),
        ("0" * 12, "number_impossible"),
    ],
)
def test_refuses_what_is_no_phone_number(raw: str, code: str) -> None:
    with pytest.raises(NumberError) as refused:
        numbers.normalise(raw, "IR")
    assert refused.value.code == code


def test_refuses_an_unknown_country() -> None:
    with pytest.raises(NumberError) as refused:
        numbers.normalise("02112345678", "XX")
    assert refused.value.code == "country_unknown"
    with pytest.raises(NumberError):
        numbers.country_code("ir")
    assert numbers.country_code("IR") == "IR"


def test_strict_wants_an_assigned_range() -> None:
    assert numbers.normalise("+15550000000", "IR") == "+15550000000"
    with pytest.raises(NumberError):
        numbers.normalise("+15550000000", "IR", strict=True)


@pytest.mark.parametrize(
    ("number", "country", "expected"),
    [
        ("101", "IR", NumberClass.INTERNAL),
        ("115", "IR", NumberClass.EMERGENCY),
        ("+982112345678", "IR", NumberClass.LOCAL),
        ("+983112345678", "IR", NumberClass.NATIONAL),
        ("+989123456789", "IR", NumberClass.NATIONAL),
        ("+442079460958", "IR", NumberClass.INTERNATIONAL),
        ("+14165550100", "US", NumberClass.INTERNATIONAL),
        ("+449098790000", "IR", NumberClass.PREMIUM),
        ("+449098790000", "GB", NumberClass.PREMIUM),
        ("+19002345678", "US", NumberClass.PREMIUM),
        ("+881612345678", "IR", NumberClass.PREMIUM),
        ("+882161234567", "IR", NumberClass.PREMIUM),
        ("+18002345678", "US", NumberClass.TOLL_FREE),
        ("+80012345678", "IR", NumberClass.TOLL_FREE),
    ],
)
def test_classes_of_numbers(number: str, country: str, expected: NumberClass) -> None:
    assert numbers.number_class(number, country, own_area_code="21" if country == "IR" else "") == expected


@pytest.mark.parametrize("dialled", ["110", "112", "115", "125", "۱۱۵", "١١٠"])
def test_emergency_numbers_in_iran(dialled: str) -> None:
    assert numbers.is_emergency(dialled, "IR")


@pytest.mark.parametrize("dialled", ["101", "1100", "0110", "+98110", "", "abc", "911x", "02112345678"])
def test_everything_else_is_no_emergency(dialled: str) -> None:
    assert not numbers.is_emergency(dialled, "IR")


def test_country_and_area_code_of_a_number() -> None:
    assert numbers.country_of("+14165550100") == "CA"
    assert numbers.country_of("+982112345678") == "IR"
    assert numbers.country_of("+80012345678") is None
    assert numbers.area_code("+982112345678") == "21"
    assert numbers.area_code("+989123456789") == ""


@given(
    texts | st.from_regex(r"[+0۰]?[0-9۰-۹٠-٩ ().-]{0,18}", fullmatch=True), st.sampled_from(("IR", "US", "IT", "XX"))
)
def test_a_number_is_refused_or_becomes_e164_that_stays_itself(raw: str, country: str) -> None:
    try:
        normal = numbers.normalise(raw, country)
    except NumberError:
        return
    assert numbers.e164(normal) == normal
    assert numbers.normalise(normal, "IR") == normal
    assert numbers.number_class(normal, country) in NumberClass


def test_api_fields() -> None:
    assert TypeAdapter(ExtensionNumber).validate_python("۱۰۱") == "101"
    assert TypeAdapter(E164Number).validate_python("+982112345678") == "+982112345678"
    for wrong in ("1", "123456789", "10a", "-10", "10\n", ""):
        with pytest.raises(ValidationError):
            TypeAdapter(ExtensionNumber).validate_python(wrong)
    for wrong in ("982112345678", "+0", "+98 21", "+98211234567\n", "+" + "1" * 16):
        with pytest.raises(ValidationError):
            TypeAdapter(E164Number).validate_python(wrong)


def test_a_hundred_thousand_different_numbers_do_not_pile_up() -> None:
    assert numbers.normalise.cache_info().maxsize == numbers.number_class.cache_info().maxsize == 16_384
