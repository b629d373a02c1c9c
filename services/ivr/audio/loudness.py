"""Integrated loudness and true peak, as ITU-R BS.1770-5 measures them. Runs in the audio process only.

The K weighting is two second-order filters. Both die out within a quarter of a second, so they are applied as one
finite impulse response by fast convolution, which numpy does quickly without a compiled recursive filter. The filters
for other rates than 48 kHz are derived from the analogue prototypes of the standard's coefficients.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Final

import numpy as np
import soxr

from services.ivr.audio.decoding import Samples

__all__ = ["SILENCE", "integrated_loudness", "true_peaks"]

SILENCE: Final = -math.inf
_OFFSET: Final = -0.691
_ABSOLUTE_GATE: Final = -70.0
_RELATIVE_GATE: Final = -10.0
_STEPS_A_BLOCK: Final = 4
"""A block is 400 ms and begins every 100 ms: four steps, of which three overlap."""
_OVERSAMPLING: Final = 4
_CHUNK_SECONDS: Final = 10

Doubles = np.ndarray[Any, np.dtype[np.float64]]


def integrated_loudness(samples: Samples, rate: int) -> float:
    """LUFS of mono `samples`, gated; `SILENCE` when no block is above -70 LUFS. Shorter than 400 ms: one block."""
    steps = _step_energies(samples, rate)
    if len(samples) < _STEPS_A_BLOCK * (rate // 10):
        energy = float(steps.sum()) * (rate // 10) / max(1, len(samples))
        return _lufs(energy) if energy > 0 else SILENCE
    blocks = np.convolve(steps, np.full(_STEPS_A_BLOCK, 1 / _STEPS_A_BLOCK), "valid")
    loud = blocks[blocks > _energy(_ABSOLUTE_GATE)]
    if not len(loud):
        return SILENCE
    gated = loud[loud > _energy(_lufs(float(loud.mean())) + _RELATIVE_GATE)]
    return _lufs(float(gated.mean()))


def true_peaks(samples: Samples, rate: int, block: int) -> Doubles:
    """The largest magnitude between and at the samples of each `block` of samples, four times oversampled."""
    chunk, context = _CHUNK_SECONDS * rate // block * block, rate // 20
    peaks = []
    for start in range(0, len(samples), chunk):
        before, end = max(0, start - context), min(len(samples), start + chunk)
        over = soxr.resample(samples[before : end + context], rate, rate * _OVERSAMPLING)
        wanted = np.abs(over[(start - before) * _OVERSAMPLING :][: (end - start) * _OVERSAMPLING])
        padded = np.zeros(-(-(end - start) // block) * block * _OVERSAMPLING)
        padded[: len(wanted)] = wanted
        peaks.append(padded.reshape(-1, block * _OVERSAMPLING).max(axis=1))
    return np.concatenate(peaks) if peaks else np.zeros(0)


def _step_energies(samples: Samples, rate: int) -> Doubles:
    """Mean square of each 100 ms of K-weighted samples; the last step is filled up with silence."""
    step = rate // 10
    response = _k_weighting(rate)
    chunk = _CHUNK_SECONDS * 10 * step
    size = 1 << (chunk + len(response) - 1).bit_length()
    spectrum = np.fft.rfft(response, size)
    tail = np.zeros(len(response) - 1)
    energies = []
    for start in range(0, len(samples), chunk):
        part = samples[start : start + chunk]
        weighted = np.fft.irfft(np.fft.rfft(part, size) * spectrum, size)[: len(part) + len(tail)]
        weighted[: len(tail)] += tail
        tail = weighted[len(part) :].copy()
        if len(part) < chunk and len(part) % step and len(samples) >= _STEPS_A_BLOCK * step:
            part = part[: len(part) // step * step]  # only whole steps count, as the standard has it
        here = np.zeros(-(-len(part) // step) * step)
        here[: len(part)] = weighted[: len(part)]
        energies.append((here.reshape(-1, step) ** 2).mean(axis=1))
    return np.concatenate(energies) if energies else np.zeros(0)


@lru_cache(maxsize=4)
def _k_weighting(rate: int) -> Doubles:
    """Impulse response of the pre-filter (the head) and the high pass (the ear) at `rate`."""
    impulse = np.zeros(rate // 4)
    impulse[0] = 1.0
    head, ear = _shelf(rate), _high_pass(rate)
    return _filtered(_filtered(impulse, *head), *ear)


def _shelf(rate: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    tangent, quality = math.tan(math.pi * 1681.974450955533 / rate), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    scale = 1 + tangent / quality + tangent**2
    numerator = (
        (high + band * tangent / quality + tangent**2) / scale,
        2 * (tangent**2 - high) / scale,
        (high - band * tangent / quality + tangent**2) / scale,
    )
    return numerator, (2 * (tangent**2 - 1) / scale, (1 - tangent / quality + tangent**2) / scale)


def _high_pass(rate: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """As the standard has it at 48 kHz, where its passband is 0.04 dB above 1: the same at every rate."""
    quality = 0.5003270373238773

    def scale_at(at: int) -> float:
        tangent = math.tan(math.pi * 38.13547087602444 / at)
        return 1 + tangent / quality + tangent**2

    tangent, scale = math.tan(math.pi * 38.13547087602444 / rate), scale_at(rate)
    gain = scale_at(48_000) / scale
    denominator = (2 * (tangent**2 - 1) / scale, (1 - tangent / quality + tangent**2) / scale)
    return (gain, -2 * gain, gain), denominator


def _filtered(signal: Doubles, numerator: tuple[float, ...], denominator: tuple[float, ...]) -> Doubles:
    """A second-order filter, sample by sample."""
    out = np.zeros_like(signal)
    state_1 = state_2 = 0.0
    for index, value in enumerate(signal.tolist()):
        result = numerator[0] * value + state_1
        state_1 = numerator[1] * value - denominator[0] * result + state_2
        state_2 = numerator[2] * value - denominator[1] * result
        out[index] = result
    return out


def _lufs(energy: float) -> float:
    return _OFFSET + 10 * math.log10(energy)


def _energy(lufs: float) -> float:
    return float(10 ** ((lufs - _OFFSET) / 10))
