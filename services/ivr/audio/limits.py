"""What an upload may be, what it becomes, and what the process that does it may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["MAX_BYTES", "AudioLimits", "ProcessLimits"]

MIB: Final = 1024 * 1024
MAX_BYTES: Final = 20_000_000
"""Largest upload, also for whoever reads the request's body."""


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """What is taken, and the form it is given.

    16 kHz: telephone calls are 8 kHz (G.711) or wideband (G.722, Opus); FreeSWITCH resamples 16 kHz to either for a
    small part of what the codec costs, while an 8 kHz file would sound dull in every wideband call.

    -23 LUFS (EBU R 128) is the target within -23 to -19 that lies nearest to the level of speech in telephone
    networks (-26 dBov active speech, ITU-T P.56), so that prompts do not shout at people between two of them. -2 dBTP
    leaves room for the overshoot of a codec.
    """

    max_bytes: int = MAX_BYTES
    min_seconds: float = 0.1
    max_seconds: float = 600.0
    max_channels: int = 2
    min_sample_rate: int = 4_000
    max_sample_rate: int = 192_000
    sample_rate: int = 16_000
    target_lufs: float = -23.0
    silent_lufs: float = -60.0
    ceiling_dbtp: float = -2.0


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """What one process may use: bytes of address space, seconds of processor time, bytes of a file it writes."""

    address_space: int = 1024 * MIB
    cpu_seconds: int = 30
    file_bytes: int = 24 * MIB
    open_files: int = 64
    niceness: int = 10
