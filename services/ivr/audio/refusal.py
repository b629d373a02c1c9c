"""Why an audio file is refused, as the process that reads it says it."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Refusal", "RefusalCode"]


class RefusalCode(StrEnum):
    """Stable codes; `services.ivr.audio.errors` has the error of each."""

    EMPTY = "audio_empty"
    TOO_LARGE = "audio_too_large"
    TOO_SHORT = "audio_too_short"
    TOO_LONG = "audio_too_long"
    NOT_AUDIO = "audio_not_audio"
    UNSUPPORTED = "audio_unsupported"
    TOO_MANY_CHANNELS = "audio_too_many_channels"
    SAMPLE_RATE = "audio_sample_rate"
    TRUNCATED = "audio_truncated"
    DAMAGED = "audio_damaged"
    SILENT = "audio_silent"
    TOO_COSTLY = "audio_too_costly"
    SPEECH_LANGUAGE = "speech_language_unknown"
    SPEECH_UNAVAILABLE = "speech_unavailable"


class Refusal(Exception):
    """What is wrong with a file: a stable `code` and a sentence for people."""

    def __init__(self, code: RefusalCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
