"""What an upload says it is, read from its headers before any decoder sees it.

Decoders forgive: libsndfile plays half an mp3 without a word, and believes a header that promises a day of silence.
Here every frame, page and chunk is walked once (no sample is decoded), so a person is told what is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from services.ivr.audio.limits import AudioLimits
from services.ivr.audio.refusal import Refusal, RefusalCode

__all__ = ["PADDING_SECONDS", "AudioHeader", "check_header", "check_length", "foreign_format"]

PADDING_SECONDS: Final = 0.2
"""What an encoder may add before and behind: ten minutes made an mp3 are a little more than ten minutes."""


@dataclass(frozen=True, slots=True)
class AudioHeader:
    """What the headers of a file claim; `seconds` is None where they do not say."""

    container: str
    codec: str
    channels: int
    sample_rate: int
    seconds: float | None


_FOREIGN = (
    (0, b"fLaC", "flac"),
    (0, b"FORM", "aiff"),
    (4, b"ftyp", "mp4 or m4a"),
    (0, b"#!AMR", "amr"),
    (0, b"\x30\x26\xb2\x75", "wma"),
    (0, b"\x1a\x45\xdf\xa3", "webm or matroska"),
    (0, b".snd", "au"),
    (0, b"RF64", "rf64"),
    (0, b"\xff\xf1", "aac"),
    (0, b"\xff\xf9", "aac"),
    (0, b"%PDF", "pdf"),
    (0, b"PK\x03\x04", "zip"),
    (0, b"\x1f\x8b", "gzip"),
)


def foreign_format(data: bytes) -> str | None:
    """The name of a format that is known by its first bytes and not taken."""
    return next((name for offset, mark, name in _FOREIGN if data[offset : offset + len(mark)] == mark), None)


def check_header(header: AudioHeader, limits: AudioLimits) -> None:
    """Refuses what is claimed beyond the limits, before a byte of it is decoded."""
    if not 1 <= header.channels <= limits.max_channels:
        raise Refusal(
            RefusalCode.TOO_MANY_CHANNELS, f"{header.channels} channels; at most {limits.max_channels} are taken"
        )
    if not limits.min_sample_rate <= header.sample_rate <= limits.max_sample_rate:
        raise Refusal(
            RefusalCode.SAMPLE_RATE,
            f"{header.sample_rate} samples a second; {limits.min_sample_rate} to {limits.max_sample_rate} are taken",
        )
    if header.seconds is not None:
        check_length(header.seconds, limits)


def check_length(seconds: float, limits: AudioLimits) -> None:
    """Refuses what is too short to be heard or too long to be a prompt."""
    if seconds <= 0:
        raise Refusal(RefusalCode.EMPTY, "the file holds no sound")
    if seconds < limits.min_seconds:
        raise Refusal(
            RefusalCode.TOO_SHORT, f"{seconds:.3f} seconds of sound; at least {limits.min_seconds:g} are taken"
        )
    if seconds > limits.max_seconds + PADDING_SECONDS:
        raise Refusal(RefusalCode.TOO_LONG, f"{seconds:.0f} seconds of sound; at most {limits.max_seconds:g} are taken")
