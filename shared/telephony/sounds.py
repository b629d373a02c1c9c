"""Sounds that can be played: files, tones, silence, music on hold, and several in a row."""

import re
from dataclasses import dataclass
from typing import Final

from shared.telephony.safe_text import UnsafeText

__all__ = ["MusicOnHold", "Silence", "Sound", "SoundFile", "SoundSequence", "Tone"]

_PATH: Final = re.compile(r"[A-Za-z0-9_./-]{1,255}")
_TONE: Final = re.compile(r"[A-Za-z0-9%(),.+=;>-]{1,255}")
_STREAM: Final = re.compile(r"[A-Za-z0-9_./-]{1,128}")


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A file below the sounds directory (``ivr/welcome.wav``), or an absolute path.

    Letters, digits and ``_ . / -`` only: ``{}``, ``[]``, ``!``, ``@@`` and ``://`` steer ``switch_ivr_play_file``.
    """

    path: str

    def __post_init__(self) -> None:
        if not _PATH.fullmatch(self.path) or ".." in self.path or self.path.startswith("-"):
            raise UnsafeText("a sound file's path is letters, digits, _ . / and -, without '..'")

    @property
    def uri(self) -> str:
        return self.path


@dataclass(frozen=True, slots=True)
class Tone:
    """A tone in TeleTone's language: ``%(1000,4000,425)`` (on ms, off ms, Hz); `loops` -1: for ever."""

    script: str
    loops: int = 1

    def __post_init__(self) -> None:
        # "path=" would make mod_tone_stream read a script from a file.
        if not _TONE.fullmatch(self.script) or "path" in self.script.lower():
            raise UnsafeText("a tone is written in TeleTone's language, like %(1000,4000,425)")

    @property
    def uri(self) -> str:
        return f"tone_stream://{self.script}" + ("" if self.loops == 1 else f";loops={int(self.loops)}")


@dataclass(frozen=True, slots=True)
class Silence:
    """Silence for 1-3,600,000 milliseconds."""

    milliseconds: int

    def __post_init__(self) -> None:
        if not 1 <= self.milliseconds <= 3_600_000:
            raise UnsafeText("silence lasts 1-3,600,000 milliseconds")

    @property
    def uri(self) -> str:
        return f"silence_stream://{int(self.milliseconds)}"


@dataclass(frozen=True, slots=True)
class MusicOnHold:
    """A local stream (mod_local_stream): endless music shared by all who listen."""

    stream: str = "seda"

    def __post_init__(self) -> None:
        if not _STREAM.fullmatch(self.stream) or ".." in self.stream:
            raise UnsafeText("a music stream's name is letters, digits, _ . / and -")

    @property
    def uri(self) -> str:
        return f"local_stream://{self.stream}"


@dataclass(frozen=True, slots=True)
class SoundSequence:
    """Several sounds played as one (``file_string://``, split at ``!`` by mod_dptools' ``next_file``)."""

    sounds: "tuple[SoundFile | Tone | Silence, ...]"

    def __post_init__(self) -> None:
        if not 1 <= len(self.sounds) <= 64:
            raise UnsafeText("a sequence has 1-64 sounds")

    @property
    def uri(self) -> str:
        return "file_string://" + "!".join(sound.uri for sound in self.sounds)


Sound = SoundFile | Tone | Silence | MusicOnHold | SoundSequence
