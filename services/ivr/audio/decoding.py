"""From a file to samples: mono, at one sample rate. Runs in the audio process only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import soxr

from services.ivr.audio.containers import PADDING_SECONDS, AudioHeader, check_header, check_length, foreign_format
from services.ivr.audio.limits import AudioLimits
from services.ivr.audio.mp3_header import looks_like_mp3, read_mp3
from services.ivr.audio.ogg_header import read_ogg
from services.ivr.audio.refusal import Refusal, RefusalCode
from services.ivr.audio.wav_header import read_wav

__all__ = ["Samples", "decode", "read_header", "resampled"]

Samples = np.ndarray[Any, np.dtype[np.float32]]
_BLOCK_FRAMES = 65_536


def read_header(path: Path, limits: AudioLimits) -> AudioHeader:
    """What the file at `path` claims to be, within `limits`. Raises Refusal."""
    size = path.stat().st_size
    if size == 0:
        raise Refusal(RefusalCode.EMPTY, "the file is empty")
    if size > limits.max_bytes:
        raise Refusal(RefusalCode.TOO_LARGE, f"{size:,} bytes; at most {limits.max_bytes:,} are taken")
    header = _header(path.read_bytes())
    check_header(header, limits)
    return header


def decode(path: Path, limits: AudioLimits) -> tuple[AudioHeader, Samples]:
    """The sound of the file at `path`: mono, -1 to 1, at the limits' sample rate. Raises Refusal."""
    header = read_header(path, limits)
    try:
        with soundfile.SoundFile(str(path)) as file:
            opened = AudioHeader(header.container, header.codec, file.channels, file.samplerate, None)
            check_header(opened, limits)
            samples = _read(file, limits)
    except soundfile.LibsndfileError as error:
        raise Refusal(RefusalCode.DAMAGED, f"the {header.container} cannot be decoded: {error.error_string}") from error
    check_length(len(samples) / limits.sample_rate, limits)
    if header.seconds and len(samples) / limits.sample_rate < 0.98 * header.seconds - 0.2:
        raise Refusal(
            RefusalCode.DAMAGED,
            f"only {len(samples) / limits.sample_rate:.1f} of {header.seconds:.1f} seconds can be decoded",
        )
    return header, samples


def resampled(samples: Samples, rate: int, wanted: int) -> Samples:
    """`samples` at another rate."""
    return np.asarray(soxr.resample(samples, rate, wanted), dtype=np.float32)


def _header(data: bytes) -> AudioHeader:
    if data[:4] == b"RIFF":
        return read_wav(data)
    if data[:4] == b"OggS":
        return read_ogg(data)
    if looks_like_mp3(data):
        return read_mp3(data)
    name = foreign_format(data)
    if name:
        raise Refusal(RefusalCode.UNSUPPORTED, f"this is {name}; send wav, mp3 or ogg")
    raise Refusal(RefusalCode.NOT_AUDIO, "this is not a wav, mp3 or ogg file")


def _read(file: soundfile.SoundFile, limits: AudioLimits) -> Samples:
    """All of an open file, block by block: what a header promises is never allocated ahead."""
    stream = soxr.ResampleStream(file.samplerate, limits.sample_rate, 1, dtype="float32")
    parts: list[Samples] = []
    decoded = 0
    while len(block := file.read(_BLOCK_FRAMES, dtype="float32", always_2d=True)):
        decoded += len(block)
        if decoded > (limits.max_seconds + PADDING_SECONDS) * file.samplerate:
            raise Refusal(RefusalCode.TOO_LONG, f"more than {limits.max_seconds:g} seconds of sound")
        if not np.isfinite(block).all():
            raise Refusal(RefusalCode.DAMAGED, "a sample of the file is not a number")
        parts.append(stream.resample_chunk(np.ascontiguousarray(block.mean(axis=1, dtype=np.float32))))
    parts.append(stream.resample_chunk(np.zeros(0, np.float32), last=True))
    return np.concatenate(parts)
