"""Texts are spoken in three languages; nothing in a text is more than text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from services.ivr.audio import errors, speech
from services.ivr.audio.process import AudioProcess
from services.ivr.audio.speech import EspeakSynthesizer, NoSynthesizer, espeak_voice, speakable, synthesizer
from tests.unit.ivr.audio.sounds import names_in, read_wav

WELCOME = {
    "en": "Welcome to Acme. For sales press one, for support press two.",
    "fa": "به شرکت ما خوش آمدید. برای فروش عدد یک و برای پشتیبانی عدد دو را فشار دهید.",
    "ar": "مرحبا بكم في شركتنا. للمبيعات اضغط واحد وللدعم اضغط اثنين.",
}


@pytest.fixture
def espeak(process: AudioProcess, tmp_path: Path) -> EspeakSynthesizer:
    return EspeakSynthesizer(process, tmp_path)


def voiced_share(samples: np.ndarray) -> float:
    """The part of 20 ms frames that are louder than -45 dBFS."""
    frames = samples[: len(samples) // 320 * 320].reshape(-1, 320)
    return float((np.sqrt((frames**2).mean(axis=1)) > 10 ** (-45 / 20)).mean())


@pytest.mark.parametrize("language", ["en", "fa", "ar", "en-US", "fa-IR", "ar-SA"])
async def test_a_welcome_sounds_like_speech(espeak: EspeakSynthesizer, language: str) -> None:
    text = WELCOME[language[:2]]
    rate, samples = read_wav(await espeak.speak(text, language))
    seconds = len(samples) / rate
    assert rate == 16_000
    assert 0.04 * len(text) < seconds < 0.15 * len(text)
    assert 0.5 < voiced_share(samples) < 0.98
    spectrum = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / rate)
    assert spectrum[(hertz > 80) & (hertz < 4000)].sum() > 0.8 * spectrum.sum()


async def test_a_longer_text_takes_longer_and_another_voice_is_another(espeak: EspeakSynthesizer) -> None:
    once = await espeak.speak("سلام", "fa")
    thrice = await espeak.speak("سلام سلام سلام", "fa")
    woman = await espeak.speak("سلام", "fa", voice="f3")
    assert thrice.stat().st_size > 1.5 * once.stat().st_size
    assert woman.read_bytes() != once.read_bytes()
    assert once.read_bytes() == (await espeak.speak("سلام", "fa")).read_bytes()


@pytest.mark.parametrize(
    "text", ['hello <break time="9s"/> you', "<speak>hello</speak>", "-w out.wav hello", "--help", "[[h@l'oU]] hello"]
)
async def test_markup_and_options_are_read_out(espeak: EspeakSynthesizer, tmp_path: Path, text: str) -> None:
    rate, samples = read_wav(await espeak.speak(text, "en"))
    quiet = np.flatnonzero(np.abs(samples) > 0.01)
    assert np.diff(quiet).max() < rate
    assert [Path(name).suffix for name in names_in(tmp_path)] == [".wav"]


async def test_the_longest_text_is_spoken(espeak: EspeakSynthesizer) -> None:
    text = ("one two three four five " * 100)[:2000]
    rate, samples = read_wav(await espeak.speak(text, "en"))
    assert 90 < len(samples) / rate < 300


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no letter"),
        ("  \n ", "no letter"),
        ("...", "no letter"),
        ("\u200c\u200f", "no letter"),
        ("a\0b", "control"),
        ("\x01100s fast", "control"),
        ("a\tb", "control"),
        ("a\u2028b", "control"),
        ("a\ud800b", "control"),
        ("a" * 2001, "2001 characters; at most 2000"),
    ],
)
def test_what_is_no_text_is_not_spoken(text: str, why: str) -> None:
    with pytest.raises(errors.SpeechRefused, match=why) as refused:
        speakable(text)
    assert refused.value.field == "text"


def test_lines_are_spoken_as_one() -> None:
    assert speakable(" سلام\r\nدنیا \n\u200f!") == "سلام دنیا !"
    assert speakable("می\u200cشود") == "می\u200cشود"


@pytest.mark.parametrize("language", ["", "e", "english", "../../etc", "en+f1", "en/us", "en us", "-v", "fa-", "فا"])
def test_languages_are_written_as_such(language: str) -> None:
    with pytest.raises(errors.SpeechLanguageUnknown):
        espeak_voice(language, None)


@pytest.mark.parametrize("voice", ["", "x", "f9", "../f1", "f1+f2"])
def test_voices_are_known(voice: str) -> None:
    with pytest.raises(errors.SpeechLanguageUnknown):
        espeak_voice("en", voice)
    assert espeak_voice("fa_IR", "f1") == "fa-ir+f1"


async def test_a_language_that_nobody_speaks_is_told(espeak: EspeakSynthesizer) -> None:
    with pytest.raises(errors.SpeechLanguageUnknown, match="xx"):
        await espeak.speak("hello", "xx")


async def test_without_espeak_the_error_says_what_is_missing(
    process: AudioProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speech, "find_spec", lambda _: None)
    monkeypatch.setattr(speech, "_has_system_library", lambda: False)
    chosen = synthesizer(process, tmp_path)
    assert isinstance(chosen, NoSynthesizer)
    with pytest.raises(errors.SpeechUnavailable, match="espeakng-loader"):
        await chosen.speak("hello", "en")


def test_this_machine_can_speak(process: AudioProcess, tmp_path: Path) -> None:
    assert isinstance(synthesizer(process, tmp_path), EspeakSynthesizer)


@pytest.mark.parametrize("words_per_minute", [0, 79, 451])
def test_refuses_a_speed_that_nobody_follows(process: AudioProcess, tmp_path: Path, words_per_minute: int) -> None:
    with pytest.raises(ValueError, match="80-450"):
        EspeakSynthesizer(process, tmp_path, words_per_minute=words_per_minute)
