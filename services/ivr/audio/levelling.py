"""To one loudness under one peak: gain, and a limiter for what would stand out. Runs in the audio process only."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from services.ivr.audio.decoding import Samples
from services.ivr.audio.limits import AudioLimits
from services.ivr.audio.loudness import Doubles, integrated_loudness, true_peaks
from services.ivr.audio.refusal import Refusal, RefusalCode

__all__ = ["Levelled", "level"]

_ROUNDS: Final = 4
_CLOSE_ENOUGH_LU: Final = 0.2
_LOOK_AHEAD_BLOCKS: Final = 5
"""Milliseconds over which the limiter comes and goes."""


@dataclass(frozen=True, slots=True)
class Levelled:
    """Samples with the loudness (LUFS) and true peak (dBTP) they have now."""

    samples: Samples
    loudness: float
    true_peak: float


def level(samples: Samples, limits: AudioLimits) -> Levelled:
    """`samples` at the limits' loudness, no peak above their ceiling. Raises Refusal for silence.

    One click would hold down a whole prompt if the gain alone kept the peaks low, so peaks are limited, and the gain
    raised by what that took away. Sound that is nearly all peaks stays quieter than the target.
    """
    rate, block = limits.sample_rate, limits.sample_rate // 1000
    # A constant offset cannot be heard, but takes room below the ceiling and clicks where it begins.
    samples = samples - samples.mean(dtype=np.float64).astype(np.float32)
    loudness = integrated_loudness(samples, rate)
    if loudness < limits.silent_lufs:
        raise Refusal(RefusalCode.SILENT, f"nothing in it is louder than {limits.silent_lufs:g} LUFS: it is silent")
    peaks = true_peaks(samples, rate, block)
    ceiling = _ratio(limits.ceiling_dbtp)
    gain_db = limits.target_lufs - loudness
    result = samples
    for _ in range(_ROUNDS):
        gain = _ratio(gain_db)
        result = _limited(samples, peaks, gain, ceiling, block)
        missing = limits.target_lufs - integrated_loudness(result, rate)
        if abs(missing) <= _CLOSE_ENOUGH_LU:
            break
        gain_db += missing
    highest = float(true_peaks(result, rate, block).max())
    if highest > ceiling:
        result = result * np.float32(ceiling / highest)
        highest = ceiling
    return Levelled(result, integrated_loudness(result, rate), 20 * math.log10(highest))


def _limited(samples: Samples, peaks: Doubles, gain: float, ceiling: float, block: int) -> Samples:
    """`samples` times `gain`, turned down smoothly around each block whose peak would be above the ceiling."""
    if float(peaks.max()) * gain <= ceiling:
        return samples * np.float32(gain)
    turned_down = np.minimum(1.0, ceiling / np.maximum(peaks * gain, 1e-9))
    # The least of a block and its neighbours, then their mean: at the block itself never more than it needs.
    reach = _LOOK_AHEAD_BLOCKS + 1
    least = np.lib.stride_tricks.sliding_window_view(np.pad(turned_down, reach, mode="edge"), 2 * reach + 1).min(axis=1)
    width = 2 * _LOOK_AHEAD_BLOCKS + 1
    smooth = np.convolve(np.pad(least, _LOOK_AHEAD_BLOCKS, mode="edge"), np.full(width, 1 / width), "valid")
    centres = (np.arange(len(smooth)) + 0.5) * block
    envelope = np.interp(np.arange(len(samples)), centres, smooth)
    return (samples * (envelope * gain)).astype(np.float32)


def _ratio(decibels: float) -> float:
    return float(10 ** (decibels / 20))
