"""Recordings of a leg: a small file and its events, no sound (switch_ivr_async.c)."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session

FRAME_MS = 20
BYTES_PER_MS = 16


class Recording:
    """One running recording; `close` ends it."""

    def __init__(self, session: Session, path: str) -> None:
        self._session = session
        self.path = path
        self.masked = False
        self.started = session.switch.clock.now()

    def close(self) -> None:
        """Write the file and tell that it is there."""
        session = self._session
        milliseconds = (session.switch.clock.now() - self.started) // 1000
        milliseconds -= milliseconds % FRAME_MS
        channel = session.channel
        if can_be_written(self.path):
            _write_silence(Path(self.path), milliseconds)
        channel.set("record_seconds", str(milliseconds // 1000))
        channel.set("record_ms", str(milliseconds))
        channel.set("record_samples", str(milliseconds * 8))
        session.fire("RECORD_STOP", {"Record-File-Path": self.path})


def start_recording(session: Session, path: str) -> Recording:
    """Begin to record; a leg has one recording a path."""
    held = session.media_bugs.get(path)
    if isinstance(held, Recording):
        return held
    recording = Recording(session, path)
    session.media_bugs[path] = recording
    if can_be_written(path):
        _write_silence(Path(path), 0)
    session.fire("RECORD_START", {"Record-File-Path": path})
    return recording


def can_be_written(path: str) -> bool:
    """Whether a recording can be made there: missing folders are made, as FreeSWITCH does."""
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return target.is_absolute()


def _write_silence(path: Path, milliseconds: int) -> None:
    """A WAV file of that length, 8 kHz, one channel; its sound is a hole in the file that takes no room on disk."""
    length = milliseconds * BYTES_PER_MS
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + length, b"WAVE", b"fmt ", 16, 1, 1, 8000, 16_000, 2, 16, b"data", length
    )
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + length)
