"""Loudness and peaks against what ITU-R BS.1770 and EBU Tech 3341 say they are."""

from __future__ import annotations

import numpy as np
import pytest

from services.ivr.audio.levelling import level
from services.ivr.audio.limits import AudioLimits
from services.ivr.audio.loudness import SILENCE, integrated_loudness, true_peaks
from services.ivr.audio.refusal import Refusal, RefusalCode
from tests.unit.ivr.audio.sounds import babble, sine

LIMITS = AudioLimits()


@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
def test_a_full_scale_sine_of_997_hertz_in_one_channel_is_at_minus_3_01(rate: int) -> None:
    """BS.1770-5, annex 1: the offset is chosen so."""
    assert integrated_loudness(sine(5, rate, 997, dbfs=0), rate) == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize(("dbfs", "lufs"), [(-20, -23.01), (-30, -33.01)])
def test_a_sine_is_as_loud_as_it_is_high(dbfs: float, lufs: float) -> None:
    """EBU Tech 3341, cases 1 and 2, in one channel: 3 dB below two."""
    assert integrated_loudness(sine(20, 48_000, 1000, dbfs=dbfs), 48_000) == pytest.approx(lufs, abs=0.1)


def test_what_is_far_below_the_rest_does_not_count() -> None:
    """EBU Tech 3341, cases 3 and 4."""
    quiet, loud = sine(10, 48_000, 1000, dbfs=-36), sine(60, 48_000, 1000, dbfs=-23)
    alone = integrated_loudness(loud, 48_000)
    assert integrated_loudness(np.concatenate([quiet, loud, quiet]), 48_000) == pytest.approx(alone, abs=0.1)
    hum = sine(20, 48_000, 1000, dbfs=-72)
    assert integrated_loudness(np.concatenate([hum, loud, hum]), 48_000) == pytest.approx(alone, abs=0.1)


@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.35, 0.39, 0.4, 0.95, 10.0, 10.05, 10.1, 30.0])
def test_loudness_hardly_depends_on_the_length(seconds: float) -> None:
    assert integrated_loudness(sine(seconds, 16_000, 1000, dbfs=-20), 16_000) == pytest.approx(-23.0, abs=0.3)


def test_silence_has_no_loudness() -> None:
    assert integrated_loudness(np.zeros(16_000, np.float32), 16_000) == SILENCE
    assert integrated_loudness(np.zeros(0, np.float32), 16_000) == SILENCE
    assert integrated_loudness(np.zeros(100, np.float32), 16_000) == SILENCE


def test_a_peak_between_the_samples_is_found() -> None:
    """A sine at a quarter of the rate, sampled 45 degrees beside its tops, shows only -3 dB of them."""
    time = np.arange(16_000)
    samples = (0.5 * np.sin(np.pi / 2 * time + np.pi / 4)).astype(np.float32)
    assert np.abs(samples).max() == pytest.approx(0.354, abs=0.001)
    assert true_peaks(samples, 16_000, 16)[50:-50].max() == pytest.approx(0.5, abs=0.01)


def test_peaks_stand_where_they_are_also_across_chunks() -> None:
    samples = np.zeros(16_000 * 25, np.float32)
    for at in (5, 9.9999, 10.0001, 24.5):
        samples[int(at * 16_000)] = 0.5
    found = true_peaks(samples, 16_000, 16)
    assert len(found) == 25_000
    assert {5_000, 9_999, 10_000, 24_500} <= set(np.flatnonzero(found > 0.45).tolist())


@pytest.mark.parametrize("amplitude", [0.01, 0.03, 0.1, 0.5, 3.0])
def test_speech_comes_out_at_one_loudness_under_the_ceiling(amplitude: float) -> None:
    levelled = level(babble(6, amplitude=amplitude), LIMITS)
    assert levelled.loudness == pytest.approx(LIMITS.target_lufs, abs=0.5)
    assert levelled.true_peak <= LIMITS.ceiling_dbtp + 0.01
    assert integrated_loudness(levelled.samples, 16_000) == levelled.loudness


def test_a_click_does_not_hold_the_speech_down() -> None:
    speech = babble(6, amplitude=0.02)
    speech[40_000:40_004] = 1.0
    levelled = level(speech, LIMITS)
    assert levelled.loudness == pytest.approx(LIMITS.target_lufs, abs=1.0)
    assert levelled.true_peak <= LIMITS.ceiling_dbtp + 0.01
    around = np.r_[0:30_000, 50_000:96_000]
    gain = np.sqrt(np.mean(levelled.samples[around] ** 2) / np.mean(speech[around] ** 2))
    assert gain > 5


def test_the_limiter_leaves_no_step_in_the_sound() -> None:
    tone = sine(3, 16_000, 200, dbfs=-40)
    tone[20_000:20_002] = 1.0
    levelled = level(tone, LIMITS).samples
    steps = np.abs(np.diff(levelled))
    steps[19_990:20_012] = 0
    assert steps.max() < 0.1


@pytest.mark.parametrize("samples", [np.zeros(32_000), np.full(32_000, 0.5), sine(2, 16_000, 1000, dbfs=-80)])
def test_silence_is_refused_also_beside_zero(samples: np.ndarray) -> None:
    with pytest.raises(Refusal, match="silent") as refused:
        level(samples.astype(np.float32), LIMITS)
    assert refused.value.code == RefusalCode.SILENT
