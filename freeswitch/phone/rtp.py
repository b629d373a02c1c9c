"""A voice stream on UDP (RFC 3550): silence or a tone as PCMU, counters, DTMF both ways (RFC 4733)."""

from __future__ import annotations

import asyncio
import math
import secrets
import struct
from collections import deque
from dataclasses import dataclass, field
from typing import cast

FRAME_SECONDS = 0.02
SAMPLES_PER_FRAME = 160
SILENCE = b"\xff" * SAMPLES_PER_FRAME
DTMF_KEYS = "0123456789*#ABCD"
_DTMF_FRAMES = 5
_DTMF_GAP_FRAMES = 5
_HEADER = struct.Struct("!BBHII")


@dataclass
class RtpCounters:
    """What a stream has seen; read it at any time."""

    sent: int = 0
    received: int = 0
    received_voice: int = 0
    """Received packets that were not all silence."""
    digits: str = ""
    """DTMF keys heard so far."""


@dataclass
class _Frame:
    payload: int
    body: bytes
    marker: bool = False
    timestamp: int | None = None
    """Fixed for all packets of one key; None means the running clock."""


@dataclass
class RtpStream(asyncio.DatagramProtocol):
    """One stream; create it with `open_stream`."""

    local_host: str
    counters: RtpCounters = field(default_factory=RtpCounters)
    payload: int = 0
    dtmf_payload: int | None = 101
    sending: bool = True
    tone_hz: int | None = None

    def __post_init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._remote: tuple[str, int] | None = None
        self._sequence = secrets.randbelow(1 << 16)
        self._timestamp = secrets.randbelow(1 << 31)
        self._source = secrets.randbits(32)
        self._queued: deque[_Frame] = deque()
        self._last_key: int | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self._notifying: set[asyncio.Task[None]] = set()
        self._phase = 0

    @property
    def port(self) -> int:
        """The local UDP port."""
        assert self._transport is not None  # noqa: S101 - open_stream binds first
        return int(self._transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)  # not its subclass in every event loop

    def send_to(self, host: str, port: int) -> None:
        """Start sending to the other side, or move there."""
        self._remote = (host, port)
        if self._task is None:
            self._task = asyncio.create_task(self._send_frames())

    def press(self, keys: str) -> None:
        """Queue DTMF keys as RFC 4733 events, 100 ms each.

        Raises:
            ValueError: a key that no phone has, or the other side takes no events.
        """
        if self.dtmf_payload is None or not set(keys.upper()) <= set(DTMF_KEYS):
            raise ValueError(f"cannot send {keys!r} as DTMF")
        for key in keys.upper():
            self._queue_key(DTMF_KEYS.index(key))

    async def heard(self, *, packets: int = 0, voice_packets: int = 0, digits: str = "") -> None:
        """Wait until that many packets came and `digits` were heard; bound it with `asyncio.timeout`."""
        counters = self.counters
        async with self._changed:
            await self._changed.wait_for(
                lambda: (
                    counters.received >= packets
                    and counters.received_voice >= voice_packets
                    and digits in counters.digits
                )
            )

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        del addr
        if len(data) < _HEADER.size or data[0] >> 6 != 2:
            return
        _, kind, _, timestamp, _ = _HEADER.unpack_from(data)
        body = data[_HEADER.size + 4 * (data[0] & 0x0F) :]
        self.counters.received += 1
        if kind & 0x7F == self.dtmf_payload:
            self._hear_key(body, timestamp)
        elif len(set(body)) > 1:
            self.counters.received_voice += 1
        task = asyncio.get_running_loop().create_task(self._notify())
        self._notifying.add(task)
        task.add_done_callback(self._notifying.discard)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _hear_key(self, body: bytes, timestamp: int) -> None:
        if len(body) >= 4 and timestamp != self._last_key and body[0] < len(DTMF_KEYS):
            self._last_key = timestamp
            self.counters.digits += DTMF_KEYS[body[0]]

    def _queue_key(self, event: int) -> None:
        timestamp = (self._timestamp + SAMPLES_PER_FRAME * (len(self._queued) + 1)) & 0xFFFFFFFF
        assert self.dtmf_payload is not None  # noqa: S101 - checked by press
        for index in range(_DTMF_FRAMES + 2):  # the last one three times, as the standard asks
            ended = index >= _DTMF_FRAMES - 1
            duration = SAMPLES_PER_FRAME * min(index + 1, _DTMF_FRAMES)
            body = struct.pack("!BBH", event, (0x80 if ended else 0) | 10, duration)
            self._queued.append(_Frame(self.dtmf_payload, body, marker=index == 0, timestamp=timestamp))
        self._queued.extend(_Frame(self.payload, SILENCE) for _ in range(_DTMF_GAP_FRAMES))

    async def _send_frames(self) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            self._timestamp = (self._timestamp + SAMPLES_PER_FRAME) & 0xFFFFFFFF
            if self._queued:
                self._send_frame(self._queued.popleft())
            elif self.sending:
                self._send_frame(_Frame(self.payload, self._voice()))
            due += FRAME_SECONDS
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _send_frame(self, frame: _Frame) -> None:
        if self._transport is None or self._remote is None:
            return
        self._sequence = (self._sequence + 1) & 0xFFFF
        timestamp = self._timestamp if frame.timestamp is None else frame.timestamp
        header = _HEADER.pack(0x80, frame.payload | (frame.marker << 7), self._sequence, timestamp, self._source)
        self._transport.sendto(header + frame.body, self._remote)
        self.counters.sent += 1

    def _voice(self) -> bytes:
        if self.tone_hz is None:
            return SILENCE
        start, self._phase = self._phase, self._phase + SAMPLES_PER_FRAME
        step = 2 * math.pi * self.tone_hz / 8000
        return bytes(ulaw(int(8000 * math.sin(step * n))) for n in range(start, start + SAMPLES_PER_FRAME))


async def open_stream(local_host: str) -> RtpStream:
    """Bind a stream to a free port of `local_host`."""
    loop = asyncio.get_running_loop()
    _, stream = await loop.create_datagram_endpoint(lambda: RtpStream(local_host), local_addr=(local_host, 0))
    return stream


def ulaw(sample: int) -> int:
    """One 16-bit linear sample as G.711 mu-law."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return ~(sign | (exponent << 4) | mantissa) & 0xFF
