"""Sound files made for a test."""

from __future__ import annotations

import struct
import wave
from pathlib import Path

import numpy as np
import soundfile


def babble(seconds: float, rate: int = 16_000, *, amplitude: float = 0.2) -> np.ndarray:
    """Something like speech: a buzz in syllables, with pauses between."""
    time = np.arange(int(seconds * rate)) / rate
    voice = sum(np.sin(2 * np.pi * 120 * n * time) / n for n in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 2.5 * time), 0, 1) * (np.sin(2 * np.pi * 0.4 * time) > -0.6)
    return (amplitude * voice * syllables / 2).astype(np.float32)


def sine(seconds: float, rate: int, hertz: float, *, dbfs: float) -> np.ndarray:
    time = np.arange(int(seconds * rate)) / rate
    return (10 ** (dbfs / 20) * np.sin(2 * np.pi * hertz * time)).astype(np.float32)


def write_wav(path: Path, samples: np.ndarray, rate: int = 16_000) -> Path:
    """16-bit; one column a channel."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def write(path: Path, samples: np.ndarray, rate: int, kind: str, subtype: str) -> Path:
    """By libsndfile, a second at a time: its Vorbis encoder overflows the stack on long writes."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    with soundfile.SoundFile(str(path), "w", rate, channels, subtype=subtype, format=kind) as out:
        for start in range(0, len(samples), rate):
            out.write(samples[start : start + rate])
    return path


def read_wav(path: Path) -> tuple[int, np.ndarray]:
    """Sample rate and samples of a finished prompt, which is mono 16-bit PCM."""
    with wave.open(str(path), "rb") as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getcomptype()) == (1, 2, "NONE")
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return file.getframerate(), samples.astype(np.float32) / 32768


def names_in(folder: Path) -> list[str]:
    """What is in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def riff(*chunks: tuple[bytes, bytes], lengths: dict[bytes, int] | None = None) -> bytes:
    """A RIFF/WAVE of these chunks; `lengths` overrides what the headers promise."""
    body = b"WAVE"
    for name, content in chunks:
        length = (lengths or {}).get(name, len(content))
        body += struct.pack("<4sI", name, length) + content + b"\0" * (len(content) % 2)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def fmt(tag: int = 1, channels: int = 1, rate: int = 16_000, bits: int = 16, block: int | None = None) -> bytes:
    """A ``fmt`` chunk."""
    block = channels * bits // 8 if block is None else block
    return struct.pack("<HHIIHH", tag, channels, rate, (rate * block) & 0xFFFFFFFF, block & 0xFFFF, bits)
