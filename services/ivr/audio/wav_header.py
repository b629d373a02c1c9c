"""WAV (RIFF/WAVE): the chunks of a file, as Microsoft's "Multimedia Programming Interface" and RFC 2361 have them."""

from __future__ import annotations

import struct
from typing import Final

from services.ivr.audio.containers import AudioHeader
from services.ivr.audio.refusal import Refusal, RefusalCode

__all__ = ["read_wav"]

_CODECS: Final = {
    0x0001: "pcm",
    0x0002: "ms-adpcm",
    0x0003: "float",
    0x0006: "a-law",
    0x0007: "mu-law",
    0x0011: "ima-adpcm",
    0x0031: "gsm",
}
_EXTENSIBLE: Final = 0xFFFE
_UNKNOWN_LENGTHS: Final = frozenset({0, 0xFFFFFFFF, 0x7FFFFFFF})
"""What programs write as the length of `data` when they write into a pipe and cannot come back."""


def read_wav(data: bytes) -> AudioHeader:
    """The header of a WAV file. Raises Refusal."""
    if len(data) < 12 or data[8:12] != b"WAVE":
        raise Refusal(RefusalCode.UNSUPPORTED, "a RIFF file that is no WAVE; send wav, mp3 or ogg")
    form: tuple[str, int, int, int, int] | None = None
    position = 12
    while position + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, position)
        start = position + 8
        if name == b"data":
            if form is None:
                raise Refusal(RefusalCode.DAMAGED, "the wav has sound before it says in what form")
            return _with_data(form, length, len(data) - start)
        if start + length > len(data):
            raise Refusal(RefusalCode.TRUNCATED, f"the wav ends inside its {_printable(name)} part")
        if name == b"fmt ":
            form = _form(data[start : start + length])
        position = start + length + length % 2
    raise Refusal(RefusalCode.TRUNCATED, "the wav ends before its sound begins")


def _form(chunk: bytes) -> tuple[str, int, int, int, int]:
    if len(chunk) < 16:
        raise Refusal(RefusalCode.DAMAGED, "the wav does not say in what form its sound is")
    tag, channels, rate, byte_rate, block, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == _EXTENSIBLE and len(chunk) >= 26:
        (tag,) = struct.unpack_from("<H", chunk, 24)
    codec = _CODECS.get(tag)
    if codec is None:
        raise Refusal(
            RefusalCode.UNSUPPORTED, f"a wav of kind {tag:#06x}; pcm, float, a-law, mu-law, adpcm and gsm are taken"
        )
    if channels == 0 or block == 0 or byte_rate == 0:
        raise Refusal(RefusalCode.DAMAGED, "the wav says that it has no channels or no samples a second")
    if codec in {"pcm", "float", "a-law", "mu-law"}:
        if block != channels * ((bits + 7) // 8) or bits == 0:
            raise Refusal(RefusalCode.DAMAGED, "the wav contradicts itself about the size of a sample")
        byte_rate = rate * block
    return codec, channels, rate, byte_rate, block


def _with_data(form: tuple[str, int, int, int, int], length: int, there: int) -> AudioHeader:
    codec, channels, rate, byte_rate, block = form
    if length in _UNKNOWN_LENGTHS:
        length = there
    elif length > there:
        raise Refusal(
            RefusalCode.TRUNCATED,
            f"the wav promises {length} bytes of sound and ends after {there}",
        )
    seconds = length // block * block / byte_rate if byte_rate else 0.0
    return AudioHeader("wav", codec, channels, rate, seconds)


def _printable(name: bytes) -> str:
    return "".join(chr(one) if 32 <= one < 127 else "?" for one in name).strip() or "?"
