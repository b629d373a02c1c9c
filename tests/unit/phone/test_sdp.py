from __future__ import annotations

import pytest

from freeswitch.phone.sdp import DIRECTIONS, AudioStream, SdpSyntaxError, answer_direction, describe, parse_audio

OFFER = (
    b"v=0\r\no=Seda 1 2 IN IP4 192.0.2.1\r\ns=Seda\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
    b"m=audio 24594 RTP/AVP 102 9 8 0 103 101 13\r\na=rtpmap:102 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\n"
    b"a=rtpmap:103 telephone-event/48000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendonly\r\n"
)


def test_offer_of_a_switch_is_read() -> None:
    stream = parse_audio(OFFER)

    assert (stream.host, stream.port, stream.direction, stream.dtmf_payload) == ("192.0.2.1", 24594, "sendonly", 101)
    assert 0 in stream.payloads


def test_address_of_the_stream_goes_before_the_one_of_the_session() -> None:
    assert parse_audio(OFFER + b"c=IN IP4 198.51.100.1\r\n").host == "198.51.100.1"


def test_stream_without_dtmf() -> None:
    stream = parse_audio(b"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 1 RTP/AVP 0\r\n")

    assert (stream.dtmf_payload, stream.direction) == (None, "sendrecv")


@pytest.mark.parametrize("body", [b"", b"v=0\r\nc=IN IP4 1.2.3.4\r\n", b"v=0\r\nm=audio 1 RTP/AVP 0\r\n", b"\xff\xfe"])
def test_no_usable_stream(body: bytes) -> None:
    with pytest.raises(SdpSyntaxError):
        parse_audio(body)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_what_is_described_is_read_again(direction: str) -> None:
    stream = AudioStream("127.0.0.1", 4000, (0, 101), 101, direction)

    assert parse_audio(describe(stream, session_id=1, version=2)) == stream


def test_both_sides_agree_on_the_direction() -> None:
    assert [answer_direction(offered) for offered in DIRECTIONS] == ["sendrecv", "recvonly", "sendonly", "inactive"]
