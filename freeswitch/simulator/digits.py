"""Digits a leg received, waiting for whoever asks for them (switch_channel.c: dtmf_queue)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session

SAMPLES = "2000"


@dataclass(frozen=True)
class Digit:
    """One key, and where it came from: `RTP`, `ENDPOINT` (SIP INFO), `APP` (a command)."""

    key: str
    source: str
    sensitive: bool


class Digits:
    """A leg's queue. Told to the world when they are taken, not when they come."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._queue: deque[Digit] = deque()
        self._readers = 0

    def __bool__(self) -> bool:
        return bool(self._queue)

    def receive(self, keys: str, source: str) -> None:
        """Keys came; with `sensitive_dtmf` nobody is told of them."""
        sensitive = self._session.channel.is_true("sensitive_dtmf")
        self._queue.extend(Digit(key, source, sensitive) for key in keys)
        self._session.poke()

    def take(self) -> str:
        """The next key, with its DTMF event and its place in `digits_dialed`."""
        digit = self._queue.popleft()
        if not digit.sensitive:
            self._session.channel.digits += digit.key
            headers = {"DTMF-Digit": digit.key, "DTMF-Duration": SAMPLES, "DTMF-Source": digit.source}
            self._session.fire("DTMF", headers)
        return digit.key

    def flush(self) -> None:
        """Forget what waits: no events, but all of it, sensitive or not, is in `digits_dialed` (as FreeSWITCH does)."""
        self._session.channel.digits += "".join(digit.key for digit in self._queue)
        self._queue.clear()

    @contextmanager
    def read(self) -> Iterator[None]:
        """While an application asks for digits they are left to it."""
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1

    def pass_on(self) -> None:
        """Nobody asks: a parked leg drops what comes, a bridged one gives it to the other side."""
        peer = self._session.bridge_peer
        while self._queue and not self._readers:
            key = self.take()
            if peer is not None and peer.far is not None:
                peer.far.hear(key)
