"""record, record_session, echo: what they do to the call, without the sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freeswitch.simulator.apps.playing import stop_key
from freeswitch.simulator.domain.arguments import separate
from freeswitch.simulator.recordings import FRAME_MS, can_be_written, start_recording

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session


async def echo(session: Session, _data: str) -> None:
    """Give the caller its own sound back until it leaves."""
    session.answer()
    await session.wait(lambda: not session.channel.ready, messages=True)


async def record_session(session: Session, data: str) -> None:
    """Record both ways from now on: `path [limit]`."""
    start_recording(session, data.split(maxsplit=1)[0] if data else "")


async def stop_record_session(session: Session, data: str) -> None:
    """Stop one recording, or `all`."""
    for path, bug in list(session.media_bugs.items()):
        if data in {path, "all"}:
            bug.close()
            session.media_bugs.pop(path, None)


async def mask(_session: Session, _data: str) -> None:
    """Silence a recording (no event)."""


async def unmask(_session: Session, _data: str) -> None:
    """End the silence (no event)."""


async def record(session: Session, data: str) -> None:
    """Record the caller: `path [seconds [threshold [silence seconds]]]` (switch_ivr_record_file_event)."""
    channel = session.channel
    words = separate(data, 4)
    if not words:
        return
    stops = stop_key(session)
    if not channel.media_ready:
        session.pre_answer()
    if not can_be_written(words[0]):
        session.hangup("DESTINATION_OUT_OF_ORDER")
        return
    limit, threshold, silence = [*(int(word.lstrip("+") or 0) for word in words[1:]), 0, 0, 0][:3]
    channel.set("silence_hits_exhausted", "false")
    recording = start_recording(session, words[0])
    ends = _limit_us(recording.started, limit)
    with session.digits.read():
        while True:
            silent = _silence_us(session, recording.started, silence or 3) if threshold else None
            due = min((moment for moment in (ends, silent) if moment is not None), default=None)
            left = None if due is None else max(0.0, (due - session.switch.clock.now()) / 1e6)
            cut_short = await session.stay(left, lambda: bool(session.digits))
            if not cut_short or not channel.ready or session.take_break():
                break
            if session.digits and stops(session.digits.take()):
                break
    if not cut_short and due == silent:
        channel.set("silence_hits_exhausted", "true")
    recording.close()
    session.media_bugs.pop(words[0], None)
    if not channel.ready:
        session.hangup("DESTINATION_OUT_OF_ORDER")


def _limit_us(started: int, seconds: int) -> int | None:
    """When a limit is over: it is counted in seconds of the clock, and has to be passed."""
    return (started // 1_000_000 + seconds + 1) * 1_000_000 if seconds else None


def _silence_us(session: Session, started: int, seconds: int) -> int | None:
    """When the caller will have been silent for `seconds`, less the frame that fills them: it is not written."""
    since = session.far.silent_from() if session.far is not None else None
    return None if since is None else max(since, started) + seconds * 1_000_000 - FRAME_MS * 1000


class _Avmd:
    def close(self) -> None:
        """Nothing to free."""


async def avmd_start(session: Session, _data: str) -> None:
    """Listen for an answering machine's beep."""
    session.media_bugs["avmd"] = _Avmd()
