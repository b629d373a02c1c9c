"""playback and its like: how long a sound lasts and what ends it, without the sound (switch_ivr_play_file)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session

UNKNOWN_SECONDS = 2.0
STREAMS = ("local_stream", "tone_stream")


class Played(Enum):
    """How playing ended; the value is what `playback` answers."""

    TO_THE_END = "FILE PLAYED"
    STOPPED = "FILE PLAYED "
    NOT_FOUND = "FILE NOT FOUND"
    LEFT = "PLAYBACK ERROR"


def sound_seconds(name: str, folder: str) -> float | None:
    """How long a sound lasts in seconds; None without an end. A relative name is meant below `folder`.

    Of tones, and of all files where that folder is not there, two seconds are said.

    Raises:
        FileNotFoundError: there is no such file.
    """
    if name.startswith("file_string://"):
        return _several_seconds(name.removeprefix("file_string://").split("!"), folder)
    if name.startswith("silence_stream://"):
        milliseconds = name.removeprefix("silence_stream://").partition(",")[0]
        return None if milliseconds.startswith("-") else float(milliseconds or 0) / 1000
    if name.startswith(("local_stream://", "endless://")) or (name.startswith("tone_stream://") and "loops=-1" in name):
        return None
    path = Path(folder, name)
    if "://" in name or (path.is_relative_to(folder) and not Path(folder).is_dir()):
        return UNKNOWN_SECONDS
    return wav_seconds(path.read_bytes()) or UNKNOWN_SECONDS


def _several_seconds(names: list[str], folder: str) -> float | None:
    found: list[float] = []
    for name in names:
        try:
            seconds = sound_seconds(name, folder)
        except OSError:
            continue
        if seconds is None:
            return None
        found.append(seconds)
    if not found:
        raise FileNotFoundError("!".join(names))
    return sum(found)


def wav_seconds(data: bytes) -> float | None:
    """How long a WAV file lasts, whatever its codec; None when it is none."""
    position, bytes_a_second = 12, 0
    while data[:4] == b"RIFF" and position + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, position)
        if kind == b"fmt ":
            bytes_a_second = struct.unpack_from("<I", data, position + 16)[0]
        if kind == b"data" and bytes_a_second:
            return float(size) / bytes_a_second
        position += 8 + size + size % 2
    return None


async def play(session: Session, name: str, stops: Callable[[str], bool] | None = None) -> Played:
    """Play a sound with its events; every key typed meanwhile is taken and given to `stops`."""
    channel = session.channel
    if not channel.media_ready:
        session.pre_answer()
    if not name or not channel.ready:
        return Played.LEFT
    folder = channel.get("sound_prefix") or session.switch.globals["sounds_dir"]
    try:
        seconds = sound_seconds(name, folder)
    except OSError:
        return Played.NOT_FOUND
    told = {"Playback-File-Path": name if "://" in name else str(Path(folder, name))}
    if name.startswith(STREAMS):
        told = {"Playback-File-Type": name.partition(":")[0], **told}
    session.fire("PLAYBACK_START", told)
    played = await _play_out(session, seconds, stops)
    status = "break" if played is Played.STOPPED else "done"
    session.fire("PLAYBACK_STOP", {**told, "Playback-Status": status})
    return played


async def _play_out(session: Session, seconds: float | None, stops: Callable[[str], bool] | None) -> Played:
    clock = session.switch.clock
    ends = None if seconds is None else clock.now() + seconds * 1e6
    while True:
        left = None if ends is None else max(0.0, (ends - clock.now()) / 1e6)
        inside = session.seconds_inside
        if stops is None:
            cut_short = await session.stay(left)
        else:
            with session.digits.read():
                cut_short = await session.stay(left, lambda: bool(session.digits))
        if ends is not None:
            ends += (session.seconds_inside - inside) * 1e6
        if not session.channel.ready:
            # A bridge that ends breaks off what its other leg plays, whose media are gone: no error (seen).
            return Played.TO_THE_END if session.take_break() else Played.LEFT
        if session.take_break():
            return Played.STOPPED
        if not cut_short:
            return Played.TO_THE_END
        if stops is not None and session.digits and stops(session.digits.take()):
            return Played.STOPPED


def stop_key(session: Session) -> Callable[[str], bool]:
    """Whether a key is one of `playback_terminators`; then it is `playback_terminator_used` (mod_dptools: on_dtmf)."""
    session.channel.set("playback_terminator_used", None)

    def stops(key: str) -> bool:
        wanted = session.channel.get("playback_terminators") or "*"
        keys = {"any": "1234567890*#", "none": ""}.get(wanted.lower(), wanted)
        if key in keys:
            session.channel.set("playback_terminator_used", key)
        return key in keys

    return stops


async def playback(session: Session, data: str) -> None:
    """Play a file, a stream or several (`file_string://a!b`)."""
    played = await play(session, data, stop_key(session))
    session.channel.set("current_application_response", played.value.strip())


async def endless_playback(session: Session, data: str) -> None:
    """Play until moved; a break begins anew."""
    while session.channel.ready:
        if await play(session, data) in {Played.NOT_FOUND, Played.LEFT}:
            break
    session.channel.set("current_application_response", "PLAYBACK ERROR")


async def sleep(session: Session, data: str) -> None:
    """Milliseconds; a key ends it and is left for whoever asks next, with `sleep_eat_digits` only stop keys do."""
    ends = session.switch.clock.now() + int(float(data or 0) * 1000)
    stops = stop_key(session) if session.channel.is_true("sleep_eat_digits") else None
    with session.digits.read():
        while await session.stay(max(0.0, (ends - session.switch.clock.now()) / 1e6), lambda: bool(session.digits)):
            if not session.channel.ready or session.take_break() or stops is None or stops(session.digits.take()):
                return
