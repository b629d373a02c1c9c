"""What is refused or fails with audio, each with a stable code; the detail is a sentence for people."""

from __future__ import annotations

from typing import Final

from services.ivr.audio.refusal import RefusalCode
from shared.http.errors import ApiError, DeadlineExceeded, Invalid, TooLarge, Unavailable, UnsupportedMedia

__all__ = ["AUDIO_REFUSALS", "SPEECH_REFUSALS", "AudioBusy", "AudioFailed", "AudioRefused", "SpeechRefused", "refusal"]


class AudioRefused(Invalid):
    """The file cannot become a prompt."""

    code = "audio_refused"
    title = "The file cannot be used"


class AudioEmpty(AudioRefused):
    """There is nothing in it."""

    code = RefusalCode.EMPTY.value
    title = "The file holds no sound"


class AudioTooShort(AudioRefused):
    """Nobody would hear it."""

    code = RefusalCode.TOO_SHORT.value
    title = "The sound is too short"


class AudioTooLong(AudioRefused):
    """It lasts longer than a prompt may."""

    code = RefusalCode.TOO_LONG.value
    title = "The sound is too long"


class NotAudio(AudioRefused):
    """It is no sound file at all."""

    code = RefusalCode.NOT_AUDIO.value
    title = "This is no sound file"


class TooManyChannels(AudioRefused):
    """More than stereo."""

    code = RefusalCode.TOO_MANY_CHANNELS.value
    title = "The sound has too many channels"


class SampleRateRefused(AudioRefused):
    """No rate that sound has."""

    code = RefusalCode.SAMPLE_RATE.value
    title = "The sample rate is out of range"


class AudioTruncated(AudioRefused):
    """Its end is missing, as after a broken upload."""

    code = RefusalCode.TRUNCATED.value
    title = "The end of the file is missing"


class AudioDamaged(AudioRefused):
    """It contradicts itself or cannot be decoded."""

    code = RefusalCode.DAMAGED.value
    title = "The file is damaged"


class AudioSilent(AudioRefused):
    """There is nothing to be heard in it."""

    code = RefusalCode.SILENT.value
    title = "The sound is silent"


class AudioTooCostly(AudioRefused):
    """Decoding it takes more time or memory than any honest file."""

    code = RefusalCode.TOO_COSTLY.value
    title = "The file takes too much to decode"


class AudioTooLarge(TooLarge):
    """More bytes than are taken."""

    code = RefusalCode.TOO_LARGE.value
    title = "The file is too large"


class AudioUnsupported(UnsupportedMedia):
    """Sound in a form that is not taken."""

    code = RefusalCode.UNSUPPORTED.value
    title = "Send wav, mp3 or ogg"


class AudioBusy(Unavailable):
    """Too much is being converted; later there will be room."""

    code = "audio_busy"
    title = "Other files are being converted"


class AudioTimeout(DeadlineExceeded):
    """It was not done in time; the machine may be busy."""

    code = "audio_timeout"
    title = "The file was not converted in time"


class AudioFailed(Unavailable):
    """Not the file's fault: no room on the disk, or a missing library."""

    code = "audio_failed"
    title = "Audio cannot be converted just now"


class SpeechRefused(Invalid):
    """The text is empty, too long or holds what is no text."""

    code = "speech_text_refused"
    title = "The text cannot be spoken"


class SpeechLanguageUnknown(Invalid):
    """There is no voice of this language, or no such voice."""

    code = RefusalCode.SPEECH_LANGUAGE.value
    title = "There is no voice for it"


class SpeechUnavailable(Unavailable):
    """Text to speech is not installed."""

    code = RefusalCode.SPEECH_UNAVAILABLE.value
    title = "Text to speech is not installed"


AUDIO_REFUSALS: Final[tuple[type[ApiError], ...]] = (
    AudioEmpty,
    AudioTooLarge,
    AudioTooShort,
    AudioTooLong,
    NotAudio,
    AudioUnsupported,
    TooManyChannels,
    SampleRateRefused,
    AudioTruncated,
    AudioDamaged,
    AudioSilent,
    AudioTooCostly,
    AudioBusy,
    AudioTimeout,
    AudioFailed,
)
"""Every error of a conversion, for `problems(*AUDIO_REFUSALS)`."""
SPEECH_REFUSALS: Final[tuple[type[ApiError], ...]] = (
    SpeechRefused,
    SpeechLanguageUnknown,
    SpeechUnavailable,
    AudioTooLong,
    AudioSilent,
    AudioTooCostly,
    AudioBusy,
    AudioTimeout,
    AudioFailed,
)
"""Every error of a synthesis."""

_BY_CODE: Final = {one.code: one for one in (*AUDIO_REFUSALS, *SPEECH_REFUSALS)}


def refusal(code: str, detail: str) -> ApiError:
    """The error of a code that the audio process answered with."""
    return _BY_CODE[RefusalCode(code).value](detail)
