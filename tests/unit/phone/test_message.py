from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freeswitch.phone.message import Headers, Request, Response, SipSyntaxError, parse, serialise

INVITE = (
    b"INVITE sip:102@demo.example SIP/2.0\r\n"
    b"v: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\n"
    b"From: <sip:101@demo.example>;tag=a\r\n"
    b"Subject: folded\r\n over two lines\r\n"
    b"Content-Length: 4\r\n"
    b"\r\n"
    b"bodyrest of the datagram"
)

tokens = st.text(st.sampled_from("ABCXYZabcxyz-"), min_size=1, max_size=20).filter(
    lambda name: name.lower() not in {"content-length", "l"}
)
values = st.text(st.characters(blacklist_characters="\r\n", blacklist_categories=("Cs",)), max_size=60).map(
    lambda value: value.strip(" \t")
)


def test_request_is_read() -> None:
    message = parse(INVITE)

    assert isinstance(message, Request)
    assert (message.method, message.uri, message.body) == ("INVITE", "sip:102@demo.example", b"body")
    assert message.headers.get("VIA") == "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1"
    assert message.headers.get("Subject") == "folded over two lines"


def test_response_is_read() -> None:
    message = parse(b"SIP/2.0 486 Busy Here\r\nCSeq: 1 INVITE\r\n\r\n")

    assert isinstance(message, Response)
    assert (message.status, message.reason) == (486, "Busy Here")


def test_every_value_of_a_header_in_order() -> None:
    headers = Headers([("Route", "<sip:a>"), ("x", "y"), ("route", "<sip:b>")])

    assert headers.all("ROUTE") == ["<sip:a>", "<sip:b>"]
    assert headers.having("Route", "<sip:c>").all("route") == ["<sip:c>"]
    assert headers.get("absent", "none") == "none"


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"INVITE sip:102@demo.example SIP/2.0\r\n",
        b"INVITE SIP/2.0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"SIP/2.0 999 Odd\r\n\r\n",
        b"BYE sip:a SIP/2.0\r\nno colon\r\n\r\n",
        b"BYE sip:a SIP/2.0\r\nbad name: x\r\n\r\n",
        b"BYE sip:a SIP/2.0\r\nContent-Length: 5\r\n\r\nbody",
        b"BYE sip:a SIP/2.0\r\nContent-Length: -1\r\n\r\nbody",
        b"BYE sip:a SIP/2.0\r\nX: \xff\r\n\r\n",
        b"BYE sip:a SIP/2.0\r\n" + b"X: y\r\n" * 201 + b"\r\n",
        b"BYE sip:a SIP/2.0\r\nX: " + b"y" * 65_535 + b"\r\n\r\n",
    ],
)
def test_what_is_not_sip_is_refused(datagram: bytes) -> None:
    with pytest.raises(SipSyntaxError):
        parse(datagram)


@given(st.binary(max_size=300))
def test_any_datagram_is_read_or_refused(datagram: bytes) -> None:
    with contextlib.suppress(SipSyntaxError):
        parse(datagram)


@given(st.lists(st.tuples(tokens, values), max_size=8), st.binary(max_size=100))
def test_what_is_written_is_read_again(fields: list[tuple[str, str]], body: bytes) -> None:
    request = Request("MESSAGE", "sip:102@demo.example", Headers(fields), body)

    read = parse(serialise(request))

    assert isinstance(read, Request)
    assert read.body == body
    assert [field for field in read.headers if field[0] != "Content-Length"] == fields


@pytest.mark.parametrize(
    "request_", [
        Request("BYE", "sip:a", Headers([("X", "y\r\nVia: z")])),
        Request("BYE", "sip:a", Headers([("X\n", "y")])),
        Request("BYE", "sip:a", Headers([("X: y", "z")])),
        Request("BYE", "sip:a\r\nX: y", Headers()),
        Request("BYE", "sip:a", Headers(), b"x" * 65_536),
    ]
)  # fmt: skip
def test_no_value_adds_a_header(request_: Request) -> None:
    with pytest.raises(SipSyntaxError):
        serialise(request_)
