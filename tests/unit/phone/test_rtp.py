from __future__ import annotations

import asyncio

import pytest

from freeswitch.phone.rtp import RtpStream, open_stream, ulaw


@pytest.fixture
async def streams() -> object:
    first, second = await open_stream("127.0.0.1"), await open_stream("127.0.0.1")
    first.send_to("127.0.0.1", second.port)
    second.send_to("127.0.0.1", first.port)
    yield first, second
    first.close()
    second.close()


async def test_silence_is_counted_but_is_no_voice(streams: tuple[RtpStream, RtpStream]) -> None:
    first, second = streams
    async with asyncio.timeout(10):
        await second.heard(packets=5)

    assert first.counters.sent >= 5
    assert second.counters.received_voice == 0


async def test_tone_is_voice(streams: tuple[RtpStream, RtpStream]) -> None:
    first, second = streams
    first.tone_hz = 440
    async with asyncio.timeout(10):
        await second.heard(voice_packets=5)


async def test_keys_are_heard_once_each_and_in_order(streams: tuple[RtpStream, RtpStream]) -> None:
    first, second = streams
    first.press("11*#a9")
    async with asyncio.timeout(10):
        await second.heard(digits="11*#A9")
    assert second.counters.digits == "11*#A9"


async def test_nothing_is_sent_while_sending_is_off(streams: tuple[RtpStream, RtpStream]) -> None:
    first, second = streams
    first.sending = False
    async with asyncio.timeout(10):
        await first.heard(packets=5)  # the other direction goes on, so time has passed

    assert second.counters.received <= 1


@pytest.mark.parametrize("keys", ["E", "1 2", "\r\n"])
async def test_keys_no_phone_has(streams: tuple[RtpStream, RtpStream], keys: str) -> None:
    with pytest.raises(ValueError, match="as DTMF"):
        streams[0].press(keys)


async def test_foreign_packets_are_not_counted(streams: tuple[RtpStream, RtpStream]) -> None:
    stream = streams[0]
    before = stream.counters.received

    for datagram in (b"", b"\x80", b"\x00" * 40, b"\x40" + b"\x00" * 40):
        stream.datagram_received(datagram, ("192.0.2.1", 1))

    assert stream.counters.received == before


@pytest.mark.parametrize(("sample", "code"), [(0, 0xFF), (-1, 0x7F), (32767, 0x80), (-32768, 0x00), (1000, 0xCE)])
def test_mu_law_of_g711(sample: int, code: int) -> None:
    assert ulaw(sample) == code
