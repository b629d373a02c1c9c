"""Ogg (Vorbis or Opus in it): every page with its checksum, as RFC 3533 lays them out."""

from __future__ import annotations

import struct
import zlib
from typing import Final

from services.ivr.audio.containers import AudioHeader
from services.ivr.audio.refusal import Refusal, RefusalCode

__all__ = ["read_ogg"]

_HEADER: Final = struct.Struct("<4sBBqIIIB")
_BEGINS, _ENDS = 2, 4
_REVERSED: Final = bytes(int(f"{one:08b}"[::-1], 2) for one in range(256))
_OPUS_RATE: Final = 48_000


def read_ogg(data: bytes) -> AudioHeader:
    """The header of an Ogg file, all of whose pages are there. Raises Refusal."""
    position = number = granule = 0
    serial: int | None = None
    ended = False
    header: tuple[str, int, int, int] | None = None
    while position < len(data):
        if data[position : position + 4] != b"OggS":
            raise Refusal(RefusalCode.DAMAGED, f"after {number} pages the ogg goes on with something else")
        body, length = _page_size(data, position, number)
        _, _, flags, page_granule, page_serial, sequence, checksum, _ = _HEADER.unpack_from(data, position)
        if serial is None:
            serial, header = page_serial, _codec(data[body : position + length])
        elif page_serial != serial or flags & _BEGINS:
            raise Refusal(RefusalCode.UNSUPPORTED, "the ogg holds several streams; send one with sound alone")
        if ended or sequence != number:
            raise Refusal(RefusalCode.DAMAGED, f"page {number} of the ogg is missing or twice")
        if _checksum(data, position, length) != checksum:
            raise Refusal(RefusalCode.DAMAGED, f"page {number} of the ogg does not fit its checksum")
        granule = page_granule if page_granule > 0 else granule
        ended = bool(flags & _ENDS)
        number += 1
        position += length
    if header is None:
        raise Refusal(RefusalCode.EMPTY, "the file holds no sound")
    if not ended:
        raise Refusal(RefusalCode.TRUNCATED, f"the ogg stops after {number} pages without its last one")
    codec, channels, rate, skipped = header
    clock = _OPUS_RATE if codec == "opus" else rate
    return AudioHeader("ogg", codec, channels, rate, max(0, granule - skipped) / clock if clock else 0.0)


def _page_size(data: bytes, position: int, number: int) -> tuple[int, int]:
    """Where the body of a page begins, and how long the page is."""
    table = position + _HEADER.size
    segments = data[table - 1] if table <= len(data) else 0
    body = table + segments
    length = body + sum(data[table:body]) - position
    if table > len(data) or position + length > len(data):
        raise Refusal(RefusalCode.TRUNCATED, f"the ogg ends in the middle of page {number}")
    return body, length


def _codec(packet: bytes) -> tuple[str, int, int, int]:
    """Codec, channels, sample rate and samples to skip, from the first packet."""
    if packet[:7] == b"\x01vorbis" and len(packet) >= 16:
        return "vorbis", packet[11], int.from_bytes(packet[12:16], "little"), 0
    if packet[:8] == b"OpusHead" and len(packet) >= 12:
        return "opus", packet[9], _OPUS_RATE, int.from_bytes(packet[10:12], "little")
    raise Refusal(RefusalCode.UNSUPPORTED, "an ogg without Vorbis or Opus in it")


def _checksum(data: bytes, position: int, length: int) -> int:
    """The page's CRC-32 (polynomial 0x04c11db7, most significant bit first, its own field as zero).

    zlib computes the same one with the bits of every byte, and of the result, the other way round.
    """
    page = data[position : position + 22] + b"\0\0\0\0" + data[position + 26 : position + length]
    state = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{state:032b}"[::-1], 2)
