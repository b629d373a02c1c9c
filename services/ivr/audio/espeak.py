"""espeak-ng, called as a library. Runs in the audio process only.

The `espeakng-loader` wheel brings the library and its data; without it the system's ``libespeak-ng.so.1`` is taken.
Called as a library, espeak-ng reads a text as plain text: neither SSML nor ``[[phonemes]]`` (its command line always
reads the latter) and no option can be hidden in it. It is GPL 3, one more reason for a process of its own.
"""

from __future__ import annotations

import ctypes
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from services.ivr.audio.decoding import Samples
from services.ivr.audio.refusal import Refusal, RefusalCode

__all__ = ["synthesise"]

# speak_lib.h of espeak-ng 1.51 and 1.52.
_AUDIO_OUTPUT_SYNCHRONOUS: Final = 2
_INITIALIZE_DONT_EXIT: Final = 0x8000
_CHARS_UTF8: Final = 1
_END_PAUSE: Final = 0x1000
_POS_CHARACTER: Final = 1
_RATE: Final = 1
_SYSTEM_LIBRARY: Final = "libespeak-ng.so.1"

_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def synthesise(text: str, voice: str, words_per_minute: int) -> tuple[int, Samples]:
    """Sample rate and samples of `text` spoken by espeak-ng's `voice` (``fa``, ``en-gb+f3``). Raises Refusal."""
    library, data = _library()
    library.espeak_Synth.argtypes = [
        ctypes.c_char_p,
        ctypes.c_size_t,
        ctypes.c_uint,
        ctypes.c_int,
        ctypes.c_uint,
        ctypes.c_uint,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    rate = library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, data, _INITIALIZE_DONT_EXIT)
    if rate <= 0:
        raise Refusal(RefusalCode.SPEECH_UNAVAILABLE, "espeak-ng does not find its voices")
    if not any(library.espeak_SetVoiceByName(one.encode("ascii")) == 0 for one in _names(voice)):
        raise Refusal(RefusalCode.SPEECH_LANGUAGE, f"espeak-ng has no voice {voice}")
    library.espeak_SetParameter(_RATE, words_per_minute, 0)
    spoken = bytearray()

    def collect(samples: Any, count: int, _: Any) -> int:
        if samples and count > 0:
            spoken.extend(ctypes.string_at(samples, count * 2))
        return 0

    callback = _Callback(collect)
    library.espeak_SetSynthCallback(callback)
    written = text.encode("utf-8")
    flags = _CHARS_UTF8 | _END_PAUSE
    if library.espeak_Synth(written, len(written) + 1, 0, _POS_CHARACTER, 0, flags, None, None) != 0:
        raise Refusal(RefusalCode.SPEECH_UNAVAILABLE, "espeak-ng cannot speak this text")
    return rate, np.frombuffer(bytes(spoken), np.int16).astype(np.float32) / np.float32(32768)


def _names(voice: str) -> tuple[str, str]:
    """A voice of the region, else of the language: ``fa-ir+f2``, ``fa+f2``."""
    language, plus, variant = voice.partition("+")
    return voice, language.partition("-")[0] + plus + variant


def _library() -> tuple[ctypes.CDLL, bytes | None]:
    """The library, and where its data is: None where it knows itself.

    espeak-ng keeps that path in 160 bytes and falls back to where it was built when it is longer, so the process goes
    to the folder and names it by a dot.
    """
    spec = find_spec("espeakng_loader")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent
        path = folder / _SYSTEM_LIBRARY
        try:
            library = ctypes.CDLL(str(path if path.exists() else folder / "libespeak-ng.so"))
        except OSError:
            pass
        else:
            os.chdir(folder)
            return library, b"."
    try:
        return ctypes.CDLL(_SYSTEM_LIBRARY), None
    except OSError as error:
        raise Refusal(
            RefusalCode.SPEECH_UNAVAILABLE,
            "text to speech needs espeak-ng: the Python package espeakng-loader or the system's libespeak-ng1",
        ) from error
