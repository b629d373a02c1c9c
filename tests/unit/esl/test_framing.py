"""Messages come out of the byte stream whole, whatever way it is cut, and a broken stream is no slow one."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.esl.errors import ProtocolError
from shared.esl.framing import Message, MessageParser, parse_headers, serialise

TALK = b'{"Event-Name":"TALK\\n\\n"}'
STREAM = (
    b"Content-Type: auth/request\n\n"
    b"Content-Type: command/reply\nReply-Text: +OK accepted\n\n"
    b"Content-Length: %d\nContent-Type: text/event-json\n\n%b" % (len(TALK), TALK) + b"\n"
    b"Content-Type: api/response\nContent-Length: 4\n\n\n\n\n\n"
    b"Content-Length: 0\nContent-Type: text/disconnect-notice\n\n"
)


def all_messages(*pieces: bytes) -> list[Message]:
    parser = MessageParser()
    return [message for piece in pieces for message in parser.feed(piece)]


def test_every_message_of_a_stream_comes_out_once():
    messages = all_messages(STREAM)
    assert [m.content_type for m in messages] == [
        "auth/request",
        "command/reply",
        "text/event-json",
        "api/response",
        "text/disconnect-notice",
    ]
    assert [m.body for m in messages] == [b"", b"", TALK, b"\n\n\n\n", b""]


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_it_does_not_matter_how_the_stream_is_cut(cuts):
    edges = [0, *sorted(cuts), len(STREAM)]
    assert all_messages(*(STREAM[a:b] for a, b in pairwise(edges))) == all_messages(STREAM)


def test_byte_by_byte():
    assert all_messages(*(STREAM[i : i + 1] for i in range(len(STREAM)))) == all_messages(STREAM)


names = st.from_regex(r"[A-Za-z][A-Za-z-]{0,20}", fullmatch=True).filter(lambda name: name != "Content-Length")
values = st.text(st.characters(codec="utf-8", exclude_characters="\r\n%"), max_size=40).map(
    lambda value: value.strip(" ")
)


@given(st.dictionaries(names, values, min_size=1), st.binary(max_size=200))
def test_what_is_serialised_is_read_back(headers, body):
    [message] = all_messages(serialise(headers, body))
    assert {name: message.headers[name] for name in headers} == headers
    assert message.body == body


@pytest.mark.parametrize("line_break", ["%0A", "%0D%0A", "%E2%80%A8", "%C2%85", "%0B"])
def test_an_encoded_line_break_stays_in_its_value(line_break):
    headers = parse_headers(f"Unique-ID: leg-1\nCaller-Name: Bob{line_break}Unique-ID%3A%20victim".encode())
    assert headers["Unique-ID"] == "leg-1"
    assert set(headers) == {"Unique-ID", "Caller-Name"}


def test_the_first_of_two_equal_headers_counts():
    assert parse_headers(b"Content-Length: 3\nContent-Length: 9")["Content-Length"] == "3"


def test_bytes_that_are_not_utf8_do_no_harm():
    assert parse_headers(b"Name: \xff\xfe\nOther: %FF")["Name"] == "\ufffd\ufffd"


@pytest.mark.parametrize("length", ["-1", "0x10", "1e3", "", "\u0661", "9" * 30, "1001"])
def test_a_body_length_that_cannot_be_is_refused(length):
    parser = MessageParser(max_body_bytes=1000)
    with pytest.raises(ProtocolError):
        list(parser.feed(f"Content-Length: {length}\n\n".encode()))


@pytest.mark.parametrize("data", [b"X: " + b"a" * 2000, b"X: " + b"a" * 2000 + b"\n\n"])
def test_headers_without_an_end_are_refused(data):
    with pytest.raises(ProtocolError):
        list(MessageParser(max_header_bytes=1000).feed(data))


def test_messages_before_a_broken_one_are_delivered():
    messages = MessageParser().feed(STREAM + b"Content-Length: x\n\n")
    assert [next(messages).content_type for _ in range(5)][-1] == "text/disconnect-notice"
    with pytest.raises(ProtocolError):
        next(messages)


def test_a_truncated_message_is_noticed():
    parser = MessageParser()
    assert len(list(parser.feed(STREAM))) == 5
    assert not parser.mid_message
    assert not list(parser.feed(b"Content-Length: 10\n\nhalf"))
    assert parser.mid_message
