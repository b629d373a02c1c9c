"""Ids, slugs, SIP names, safe text and caller names."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from uuid import UUID

import pytest
from hypothesis import given
from pydantic import TypeAdapter, ValidationError

from shared.telephony import ids, sip_names
from shared.telephony.caller_id import CallerId, CallerIdPolicy, PolicyInputs, display_name, outbound_caller_id
from shared.telephony.dial_string import DialString, Leg, Phone
from shared.telephony.dialplan_actions import Set, SetAll
from shared.telephony.safe_text import (
    SafeName,
    SafeNote,
    SafeText,
    UnsafeText,
    has_control_characters,
    one_line,
    safe_name,
)
from tests.unit.telephony.nasty import texts


def test_new_ids_sort_by_time_and_tell_it() -> None:
    one = ids.new_id(1_700_000_000_123_000_000, bytes(8))
    later = ids.new_id(1_700_000_000_123_500_000, bytes(8))
    assert one < later
    assert (one.version, one.variant) == (7, "specified in RFC 4122")
    assert one.int >> 80 == 1_700_000_000_123
    assert UUID(str(one)) == one
    assert len({ids.new_id() for _ in range(10_000)}) == 10_000


def test_leg_and_call_ids_are_channel_uuids() -> None:
    leg = ids.new_leg_id()
    assert ids.leg_id(leg) == leg == ids.call_id(leg)
    for wrong in ("", leg.upper(), leg + "\n", f"{{{leg}}}", leg.replace("-", "")):
        with pytest.raises(ValueError, match="UUID"):
            ids.leg_id(wrong)


def test_slugs() -> None:
    field = TypeAdapter(ids.Slug)
    assert [field.validate_python(one) for one in ("a", "acme", "acme-2")] == ["a", "acme", "acme-2"]
    for wrong in ("", "-a", "a-", "A", "a_b", "a" * 64, "a\n", "ا"):
        with pytest.raises(ValidationError):
            field.validate_python(wrong)


@pytest.mark.parametrize(
    ("one", "other", "ambiguous"),
    [
        ("1acme.example", "acme.example", True),
        ("acme.example", "x.acme.example", True),
        ("acme.example", "acme.example", False),
        ("acme.example", "bcme.example", False),
        ("acme.example", "acme.example.org", False),
    ],
)
def test_domains_that_would_share_a_cache_entry(one: str, other: str, ambiguous: bool) -> None:
    assert sip_names.ambiguous_domains(one, other) is ambiguous
    assert sip_names.ambiguous_domains(other, one) is ambiguous


@pytest.mark.parametrize("host", ["sip.example.com", "sip.example.com:5080", "10.0.0.1", "[2001:db8::1]:5060"])
def test_hosts(host: str) -> None:
    assert sip_names.sip_host(host) == host


@pytest.mark.parametrize("host", ["", "a b", "A.example", "a:0", "a:99999", "a;b", "a/b", "-a", "a..b", "a\n", "a,b"])
def test_refuses_hosts_that_are_none(host: str) -> None:
    with pytest.raises(ValueError, match="host"):
        sip_names.sip_host(host)


@given(texts)
def test_a_safe_name_is_one_clean_line(text: str) -> None:
    try:
        name = safe_name(text)
    except UnsafeText:
        return
    assert 1 <= len(name) <= 80
    assert unicodedata.is_normalized("NFC", name)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in name)
    assert safe_name(name) == name


def test_names_in_persian_and_arabic_keep_their_letters() -> None:
    for name in ("علی رضایی", "می\u200cخواهم", "محمّد الأمين", "José", "👩\u200d💻 desk"):
        assert TypeAdapter(SafeName).validate_python(name) == name
        assert display_name(name) == name
    assert safe_name("\u200fعلی\u200f ") == "علی"
    assert TypeAdapter(SafeText).validate_python("  ") == ""
    assert TypeAdapter(SafeNote).validate_python("a\r\nb") == "a\nb"


@pytest.mark.parametrize(
    "text", ["a\nb", "a\0", "\x1b[1m", "a\u2028b", "a\u202eb", "", " ", "\u200c", "x" * 81, "\x85"]
)
def test_refuses_unsafe_names(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(SafeName).validate_python(text)


@given(texts)
def test_a_callers_name_never_stops_a_call_and_never_means_more(text: str) -> None:
    name = display_name(text)
    assert len(name) <= 80
    assert display_name(name) == name
    assert not set(name) & set("\"<>\\|${}[]'^~\r\n\0")
    str(DialString.simultaneous([Leg(Phone("1", "a.example"), {"seda_name": name})], caller_id_name=name))
    SetAll({"seda_name": name, "seda_other": "x"}).data()
    Set("effective_caller_id_name", name).data()


def test_callers_names_stay_readable() -> None:
    assert display_name('Bob "the\r\nBuilder" O\'Neil <bob>') == "Bob the Builder O’Neil bob"
    assert display_name("\u202eevil\u202c [x]") == "evil (x)"
    assert display_name("Bob%0AUnique-ID: victim") == "Bob%0AUnique-ID: victim"
    assert display_name("a" * 200) == "a" * 80


@pytest.mark.parametrize(
    ("policy", "number", "hidden"),
    [
        (CallerIdPolicy.EXTENSION, "+982111111111", False),
        (CallerIdPolicy.TENANT, "+982122222222", False),
        (CallerIdPolicy.TRUNK, "+982133333333", False),
        (CallerIdPolicy.PASS_THROUGH, "+442079460958", False),
        (CallerIdPolicy.HIDDEN, "+982122222222", True),
    ],
)
def test_caller_id_policies(policy: CallerIdPolicy, number: str, hidden: bool) -> None:
    inputs = PolicyInputs("+982111111111", "Ali", "+982122222222", "Acme", "+982133333333", "+442079460958", "Bob")
    chosen = outbound_caller_id(policy, inputs)
    assert (chosen.number, chosen.hidden) == (number, hidden)
    assert outbound_caller_id(policy, PolicyInputs(trunk_number="+982133333333")).number == "+982133333333"
    assert outbound_caller_id(policy, PolicyInputs()) == CallerId("", hidden=hidden)


def test_phone_number_metadata_is_loaded_only_when_a_number_is_asked_about() -> None:
    modules = (
        "ids numbers destinations causes channel_variables dial_string dialplan_xml directory_xml caller_id schedules"
    )
    program = ";".join(f"import shared.telephony.{one}" for one in modules.split())
    subprocess.run([sys.executable, "-c", f"{program};import sys;assert 'phonenumbers' not in sys.modules"], check=True)


@given(texts)
def test_a_strangers_words_become_one_line_that_steers_nothing(text: str) -> None:
    line = one_line(text)
    assert not has_control_characters(line)
    assert not set(line) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert one_line(line) == line
    if not has_control_characters(text) and text.isprintable():
        assert line == text
