"""Samples to a 16-bit PCM wav. Runs in the audio process only."""

from __future__ import annotations

import os
import wave
from pathlib import Path

import numpy as np

from services.ivr.audio.decoding import Samples

__all__ = ["write_wav"]


def write_wav(path: Path, samples: Samples, rate: int) -> None:
    """Writes mono `samples` (-1 to 1) and has them on the disk before it returns."""
    with path.open("xb") as file:
        with wave.open(file, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(rate)
            out.writeframes(np.clip(np.rint(samples * 32767), -32768, 32767).astype("<i2").tobytes())
        file.flush()
        os.fsync(file.fileno())
