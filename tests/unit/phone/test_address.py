from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeswitch.phone.address import Address, parse_address, uri_host_port, uri_user
from freeswitch.phone.message import SipSyntaxError


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("<sip:101@demo.example>;tag=a", Address("sip:101@demo.example", "", ";tag=a")),
        ('"Bob \\"B\\" <x>" <sip:b@x;transport=udp>;tag=1', Address("sip:b@x;transport=udp", 'Bob "B" <x>', ";tag=1")),
        ("Bob <sip:b@x>", Address("sip:b@x", "Bob", "")),
        ("sip:101@demo.example;tag=a", Address("sip:101@demo.example", "", ";tag=a")),
        ("tel:+982112345678", Address("tel:+982112345678", "", "")),
    ],
)
def test_address_is_read(text: str, address: Address) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize("text", ["", "Bob", "http://x", '"unclosed <sip:a@b>'])
def test_text_without_a_uri_is_refused(text: str) -> None:
    with pytest.raises(SipSyntaxError):
        parse_address(text)


@given(st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=40))
def test_display_name_is_quoted_so_that_it_stays_one(name: str) -> None:
    address = Address("sip:101@demo.example", name, ";tag=a")

    assert parse_address(str(address)) == address


def test_parts_of_a_uri() -> None:
    assert parse_address("<sip:a@b>;Tag=X;lr").param("tag") == "X"
    assert uri_user("sip:101;phone-context=x@demo.example") == "101"
    assert uri_user("sip:demo.example") == ""
    assert uri_host_port("sip:101@127.0.0.1:5080;transport=udp") == ("127.0.0.1", 5080)
    assert uri_host_port("sip:[::1]") == ("::1", 5060)
    with pytest.raises(SipSyntaxError):
        uri_host_port("mailto:x")
