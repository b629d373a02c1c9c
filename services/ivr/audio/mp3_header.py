"""MPEG audio (mp3): every frame's header, as ISO/IEC 11172-3 and 13818-3 lay them out, with the tags around them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.ivr.audio.containers import AudioHeader
from services.ivr.audio.refusal import Refusal, RefusalCode

__all__ = ["looks_like_mp3", "read_mp3"]

_BIT_RATES: Final = {  # kbit/s by (MPEG-1?, layer)
    (True, 1): (0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES: Final = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_MAX_JUNK: Final = 65_536
"""Bytes between frames that are passed over: players do so, and some taggers leave holes."""


@dataclass(frozen=True, slots=True)
class _Frame:
    version: int
    layer: int
    sample_rate: int
    channels: int
    length: int
    samples: int
    side_info: int

    def same_stream(self, other: _Frame) -> bool:
        return (self.version, self.layer, self.sample_rate) == (other.version, other.layer, other.sample_rate)


def looks_like_mp3(data: bytes) -> bool:
    """Whether the file begins like one: with a tag, or with two frames in a row."""
    return data[:3] == b"ID3" or _begins_stream(data, 0, len(data)) is not None


def read_mp3(data: bytes) -> AudioHeader:
    """The header of an mp3, all of whose frames are there. Raises Refusal."""
    start, end = _past_leading_tags(data), _before_trailing_tags(data)
    if start >= len(data):
        raise Refusal(RefusalCode.TRUNCATED, "the mp3 ends inside its title tag")
    position = _next_stream(data, start, end, None)
    first = _frame(data, position) if position is not None else None
    if position is None or first is None:
        raise Refusal(RefusalCode.NOT_AUDIO, "there is no mp3 frame in it")
    promised = _promised_frames(data, position, first)
    frames = _count_frames(data, position, end, first) - (1 if promised is not None else 0)
    if promised is not None and frames < promised - 1:
        raise Refusal(RefusalCode.TRUNCATED, f"the mp3 promises {promised} frames and ends after {frames}")
    return AudioHeader("mp3", f"layer-{first.layer}", first.channels, first.sample_rate, _seconds(frames, first))


def _seconds(frames: int, frame: _Frame) -> float:
    return frames * frame.samples / frame.sample_rate


def _count_frames(data: bytes, position: int, end: int, first: _Frame) -> int:
    frames = junk = 0
    while position < end:
        frame = _frame(data, position)
        if frame is not None and frame.same_stream(first):
            if position + frame.length > end:
                raise Refusal(
                    RefusalCode.TRUNCATED,
                    f"the mp3 ends in the middle of a frame, after {_seconds(frames, first):.1f} seconds",
                )
            frames += 1
            position += frame.length
            continue
        following = _next_stream(data, position + 1, end, first)
        junk += (end if following is None else following) - position
        if junk > _MAX_JUNK and data[position:end].strip(b"\0"):
            raise Refusal(RefusalCode.DAMAGED, f"{junk} bytes between the frames of the mp3 are no sound")
        if following is None:
            break
        position = following
    return frames


def _frame(data: bytes, at: int) -> _Frame | None:
    """The frame whose header stands at `at`, if it is one."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = data[at + 1] >> 3 & 3, 4 - (data[at + 1] >> 1 & 3)
    bits, rate_index = data[at + 2] >> 4, data[at + 2] >> 2 & 3
    if version == 1 or layer == 4 or bits in {0, 15} or rate_index == 3:
        return None
    first_version = version == 3
    rate = _RATES[version][rate_index]
    bit_rate = _BIT_RATES[first_version, layer][bits] * 1000
    padding = data[at + 2] >> 1 & 1
    samples = 384 if layer == 1 else 1152 if layer == 2 or first_version else 576
    length = (12 * bit_rate // rate + padding) * 4 if layer == 1 else samples // 8 * bit_rate // rate + padding
    mono = data[at + 3] >> 6 == 3
    side_info = (17 if mono else 32) if first_version else (9 if mono else 17)
    return _Frame(version, layer, rate, 1 if mono else 2, length, samples, side_info)


def _begins_stream(data: bytes, at: int, end: int) -> _Frame | None:
    """The frame at `at` when another of its kind, or the end, follows it: two bytes of sync alone are chance."""
    frame = _frame(data, at)
    if frame is None or at + frame.length == end:
        return frame
    following = _frame(data, at + frame.length)
    return frame if following is not None and following.same_stream(frame) else None


def _next_stream(data: bytes, at: int, end: int, first: _Frame | None) -> int | None:
    """Where the next frame (of the same stream) begins, at most `_MAX_JUNK` bytes on."""
    limit = min(end, at + _MAX_JUNK)
    while (at := data.find(b"\xff", at, limit)) != -1:
        frame = _begins_stream(data, at, end)
        if frame is not None and (first is None or frame.same_stream(first)):
            return at
        at += 1
    return None


def _promised_frames(data: bytes, at: int, frame: _Frame) -> int | None:
    """The frames that the first one, a Xing or LAME header without sound, says there are."""
    mark = at + 4 + frame.side_info
    if frame.layer != 3 or data[mark : mark + 4] not in {b"Xing", b"Info"}:
        return None
    counted = data[mark + 7 : mark + 8] and data[mark + 7] & 1
    return int.from_bytes(data[mark + 8 : mark + 12], "big") if counted else 0


def _past_leading_tags(data: bytes) -> int:
    position = 0
    while data[position : position + 3] == b"ID3" and position + 10 <= len(data):
        size = 0
        for one in data[position + 6 : position + 10]:
            size = size << 7 | one & 0x7F
        footer = 10 if data[position + 5] & 0x10 else 0
        position += 10 + size + footer
    return position


def _before_trailing_tags(data: bytes) -> int:
    end = len(data)
    if data[end - 128 : end - 125] == b"TAG":
        end -= 128
    if data[end - 32 : end - 24] == b"APETAGEX":
        size = int.from_bytes(data[end - 20 : end - 16], "little")
        has_header = data[end - 9] & 0x80
        end = max(0, end - size - (32 if has_header else 0))
    if data[end - 9 : end] == b"LYRICS200" and data[end - 15 : end - 9].isdigit():
        end = max(0, end - 15 - int(data[end - 15 : end - 9]))
    return end
