"""Actions of a conversation with a caller: sounds that a key stops, digits asked for, a message recorded.

Built for programs over the outbound socket, and for dialplans alike; the rules of ``dialplan_actions`` hold here too.
What each of them leaves behind in channel variables and events was measured: see ``freeswitch/README.md``.
"""

import re
from dataclasses import dataclass
from typing import ClassVar, Final

from shared.telephony.channel_variables import variable_name
from shared.telephony.dialplan_actions import Action
from shared.telephony.safe_text import UnsafeText
from shared.telephony.sounds import Silence, SoundFile, SoundSequence, Tone

__all__ = [
    "ANY_KEY",
    "NO_KEY",
    "PlayAndGetDigits",
    "Record",
    "StopKeys",
]

ANY_KEY: Final = "any"
NO_KEY: Final = "none"
MOST_DIGITS: Final = 64

_KEYS: Final = re.compile(r"[0-9A-D*#]{1,16}")
_FILE: Final = re.compile(r"/[A-Za-z0-9_./-]{1,254}")
_NOTHING: Final = "''"


def _whole(number: int, low: int, high: int, what: str) -> int:
    if not low <= number <= high:
        raise UnsafeText(f"{what} is {low}-{high}")
    return int(number)


def _keys(keys: str) -> str:
    if not _KEYS.fullmatch(keys):
        raise UnsafeText("keys are 1-16 of 0-9, A-D, * and #")
    return keys


@dataclass(frozen=True, slots=True)
class PlayAndGetDigits(Action):
    """Play `sounds` until the first key, then collect `least` to `most` digits (1-64) into `variable`, in one try.

    Waits `timeout_ms` (100-600,000) after the sounds for the first key and `digit_timeout_ms` for each further one;
    a key of `terminators` ends the number and does not belong to it. Without sounds it begins to wait at once.

    ``switch_play_and_get_digits`` (switch_ivr_play_say.c) takes ten arguments here: neither a sound for a bad entry
    nor a pattern (both empty, in quotes), because the caller of this action judges the entry. The word ``none`` as
    terminators holds no key. A menu of one key must have no terminators: with `most` 1 the function forgets a digit
    that is one.
    """

    sounds: "tuple[SoundFile | Tone | Silence, ...]"
    least: int
    most: int
    timeout_ms: int
    digit_timeout_ms: int
    terminators: str
    variable: str
    application: ClassVar[str] = "play_and_get_digits"

    def data(self) -> str:
        least = _whole(self.least, 1, MOST_DIGITS, "the least number of digits")
        most = _whole(self.most, least, MOST_DIGITS, "the most digits, not fewer than the least,")
        if most == 1 and self.terminators:
            raise UnsafeText("a menu of one key has no terminators")
        words = (
            f"{least} {most} 1",
            str(_whole(self.timeout_ms, 100, 600_000, "a wait for a key in milliseconds")),
            _keys(self.terminators) if self.terminators else NO_KEY,
            self._prompt(),
            _NOTHING,
            variable_name(self.variable),
            _NOTHING,
            str(_whole(self.digit_timeout_ms, 100, 600_000, "a wait for a further key in milliseconds")),
        )
        return " ".join(words)

    def _prompt(self) -> str:
        # switch_ivr_read plays nothing when the file is called "silence".
        if not self.sounds:
            return "silence"
        return self.sounds[0].uri if len(self.sounds) == 1 else SoundSequence(self.sounds).uri


@dataclass(frozen=True, slots=True)
class Record(Action):
    """Record the caller to `path` (absolute) until a stop key, `limit_seconds` (or one more), silence or the hang-up.

    Sound below `silence_threshold` (1-32,767, mean amplitude) for `silence_seconds` (1-3,600) is silence; threshold
    0 never ends by it. Which keys stop it is said by ``StopKeys``. ``record_function`` (mod_dptools.c).
    """

    path: str
    limit_seconds: int
    silence_threshold: int = 0
    silence_seconds: int = 0
    application: ClassVar[str] = "record"

    def data(self) -> str:
        if not _FILE.fullmatch(self.path) or ".." in self.path:
            raise UnsafeText("a recording's path is absolute, of letters, digits, _ . / and -, without '..'")
        words = f"{self.path} {_whole(self.limit_seconds, 1, 86_400, 'a limit in seconds')}"
        if not self.silence_threshold:
            return words
        threshold = _whole(self.silence_threshold, 1, 32_767, "a threshold of silence")
        return f"{words} {threshold} {_whole(self.silence_seconds, 1, 3600, 'a time of silence in seconds')}"


@dataclass(frozen=True, slots=True)
class StopKeys(Action):
    """Say which keys stop what is played or recorded from here on: some of 0-9 A-D * #, ``ANY_KEY`` or ``NO_KEY``.

    Without this, ``*`` does (``on_dtmf`` in mod_dptools.c).
    """

    keys: str
    application: ClassVar[str] = "set"

    def data(self) -> str:
        keys = self.keys if self.keys in {ANY_KEY, NO_KEY} else _keys(self.keys)
        return f"playback_terminators={keys}"
