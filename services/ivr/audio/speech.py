"""Text to speech behind an interface."""

from __future__ import annotations

import ctypes
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Protocol
from uuid import uuid4

from services.ivr.audio.errors import SpeechLanguageUnknown, SpeechRefused, SpeechUnavailable
from services.ivr.audio.process import AudioProcess
from shared.telephony.safe_text import has_control_characters, strip_direction_marks

__all__ = ["MAX_TEXT", "EspeakSynthesizer", "NoSynthesizer", "Synthesizer", "espeak_voice", "speakable", "synthesizer"]

MAX_TEXT: Final = 2000
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,2}")
_VOICES: Final = frozenset({"m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5"})


class Synthesizer(Protocol):
    """Speaks texts."""

    @property
    def settings(self) -> str:
        """What else than voice, language and text shapes the sound: the same settings, the same sound."""
        ...

    async def speak(self, text: str, language: str, *, voice: str | None = None) -> Path:
        """A new prompt file that says `text` (1-2000 characters) in `language` (``fa``, ``en-US``).

        Who asks owns the file, unless a cache is in between. Raises an error of `SPEECH_REFUSALS`.
        """
        ...


def speakable(text: str) -> str:
    """`text` on one line as it is spoken. Raises SpeechRefused."""
    if len(text) > MAX_TEXT:
        raise SpeechRefused(f"{len(text)} characters; at most {MAX_TEXT} are spoken", field="text")
    lines = text.replace("\r\n", "\n").replace("\n", " ")
    # espeak-ng reads commands after a control character (\x01).
    if has_control_characters(lines):
        raise SpeechRefused("must not contain control characters", field="text")
    line = " ".join(strip_direction_marks(lines).split())
    if not any(one.isalnum() for one in line):
        raise SpeechRefused("holds no letter and no digit", field="text")
    return line


def espeak_voice(language: str, voice: str | None) -> str:
    """espeak-ng's name of a voice: ``fa``, ``en-us+f3``. Raises SpeechLanguageUnknown."""
    name = language.lower().replace("_", "-")
    if not _LANGUAGE.fullmatch(name):
        raise SpeechLanguageUnknown("a language is written like fa or en-US", field="language")
    if voice is None:
        return name
    if voice not in _VOICES:
        raise SpeechLanguageUnknown("a voice is one of m1 to m8 and f1 to f5", field="voice")
    return f"{name}+{voice}"


class EspeakSynthesizer:
    """espeak-ng, as a library in the audio process; what it speaks is levelled like any upload.

    Voices: ``m1`` to ``m8``, ``f1`` to ``f5``. `words_per_minute` is 80-450.
    """

    def __init__(self, process: AudioProcess, directory: Path, *, words_per_minute: int = 150) -> None:
        if not 80 <= words_per_minute <= 450:
            raise ValueError("words_per_minute is 80-450")
        self._process = process
        self._directory = directory
        self._words_per_minute = words_per_minute

    @property
    def settings(self) -> str:
        limits = self._process.limits
        return f"espeak-ng:{self._words_per_minute}:{limits.sample_rate}:{limits.target_lufs}:{limits.ceiling_dbtp}"

    async def speak(self, text: str, language: str, *, voice: str | None = None) -> Path:
        request = {
            "work": "speak",
            "text": speakable(text),
            "voice": espeak_voice(language, voice),
            "words_per_minute": self._words_per_minute,
        }
        self._directory.mkdir(parents=True, exist_ok=True)
        return (await self._process.produce(request, self._directory / f"{uuid4().hex}.wav")).path


class NoSynthesizer:
    """Stands in where nothing can speak, and says what is missing."""

    settings = "none"

    async def speak(self, text: str, language: str, *, voice: str | None = None) -> Path:
        raise SpeechUnavailable(
            "text to speech needs espeak-ng: the Python package espeakng-loader or the system's libespeak-ng1"
        )


def synthesizer(process: AudioProcess, directory: Path, *, words_per_minute: int = 150) -> Synthesizer:
    """The synthesizer this machine has; nothing of it stays loaded."""
    if find_spec("espeakng_loader") is not None or _has_system_library():
        return EspeakSynthesizer(process, directory, words_per_minute=words_per_minute)
    return NoSynthesizer()


def _has_system_library() -> bool:
    try:
        ctypes.CDLL("libespeak-ng.so.1")
    except OSError:
        return False
    return True
