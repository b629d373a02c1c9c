"""Event-socket messages, without I/O: bytes in, messages out.

A message is header lines, a blank line and, if ``Content-Length`` says so, a body. Lines are split *before* values
are percent-decoded, so a value can never become a line, and a body is never read as headers.
Source: FreeSWITCH ``mod_event_socket.c`` (``read_packet``, ``api_exec``) and ``switch_event_serialize``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote

from shared.esl.errors import ProtocolError

MAX_HEADER_BYTES = 1024 * 1024  # the answer to "connect" carries every channel variable as headers
MAX_BODY_BYTES = 32 * 1024 * 1024  # "show channels as json" of a full node is about 1 kB a channel


# The header block of nearly every message, exactly as mod_event_socket writes it; everything else is parsed in full.
_JSON_EVENT = re.compile(rb"Content-Length: (\d{1,9})\nContent-Type: text/event-json\n\n")
_JSON_EVENT_HEADERS: Mapping[str, str] = MappingProxyType({"Content-Type": "text/event-json"})


class Message(NamedTuple):
    """One framed message; ``body`` is empty when there was none. JSON events come without ``Content-Length``."""

    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def content_type(self) -> str:
        """The ``Content-Type``, or an empty string: some peers leave it out."""
        return self.headers.get("Content-Type", "")

    @property
    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 become U+FFFD."""
        return self.body.decode("utf-8", "replace")


def parse_headers(block: bytes) -> dict[str, str]:
    """Headers of one block. Lines without a colon are ignored; the first of two equal names wins.

    FreeSWITCH percent-encodes the values of events (the answer to ``connect`` is one) and nothing else; a value without
    a ``%`` is returned as it is. Invalid UTF-8 becomes U+FFFD.
    """
    headers: dict[str, str] = {}
    for line in block.split(b"\n"):
        name, colon, value = line.partition(b":")
        if colon:
            text = value.strip(b" \r").decode("utf-8", "replace")
            headers.setdefault(name.decode("utf-8", "replace"), unquote(text) if "%" in text else text)
    return headers


def serialise(headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Bytes of a message as FreeSWITCH would send it; header values are the caller's to encode."""
    lines = [f"{name}: {value}\n" for name, value in headers.items()]
    if body:
        lines.append(f"Content-Length: {len(body)}\n")
    return "".join(lines).encode() + b"\n" + body


def _body_length(headers: Mapping[str, str], limit: int) -> int:
    value = headers.get("Content-Length")
    return 0 if value is None else _checked_length(value, limit)


def _checked_length(value: str | bytes, limit: int) -> int:
    if not (value.isascii() and value.isdigit()) or len(value) > 12:
        raise ProtocolError(f"Content-Length is not a number: {value[:40]!r}")
    length = int(value)
    if length > limit:
        raise ProtocolError(f"a body of {length} bytes is over the limit of {limit}")
    return length


@dataclass(slots=True)
class MessageParser:
    """Incremental parser: ``feed`` it what the socket gave, get the messages that are complete.

    Args:
        max_header_bytes, max_body_bytes: a peer that sends more is not talking this protocol (``ProtocolError``).

    After a ``ProtocolError`` the parser must not be used again.
    """

    max_header_bytes: int = MAX_HEADER_BYTES
    max_body_bytes: int = MAX_BODY_BYTES
    _buffer: bytearray = field(default_factory=bytearray)
    _scanned: int = 0  # no blank line before this offset
    _headers: Mapping[str, str] | None = None  # headers of the message whose body is still coming
    _body_end: int = 0

    def feed(self, data: bytes) -> Iterator[Message]:
        """Takes ``data``; iterating gives the messages it completes, oldest first.

        Raises ``ProtocolError`` at the message where framing is lost, after those before it. Iterate to the end.
        """
        self._buffer += data
        return self._complete() if len(self._buffer) >= self._body_end else iter(())

    def _complete(self) -> Iterator[Message]:
        start = 0
        try:
            while True:
                if self._headers is None:
                    found = self._header_block(start)
                    if found is None:
                        break
                    self._headers, start, self._body_end = found
                if len(self._buffer) < self._body_end:
                    break
                headers, body = self._headers, bytes(memoryview(self._buffer)[start : self._body_end])
                start = self._scanned = self._body_end
                self._headers, self._body_end = None, 0
                yield Message(headers, body)
        finally:
            self._forget(start)

    @property
    def mid_message(self) -> bool:
        """Whether a message has begun and not ended: a connection lost now has truncated it."""
        return bool(self._buffer)

    def _header_block(self, start: int) -> tuple[Mapping[str, str], int, int] | None:
        """The headers at ``start``, where their body starts and where it ends; None while they are incomplete."""
        event = _JSON_EVENT.match(self._buffer, start)
        if event is not None:
            end = event.end()
            return _JSON_EVENT_HEADERS, end, end + _checked_length(event[1], self.max_body_bytes)
        end = self._buffer.find(b"\n\n", max(start, self._scanned))
        if (end if end >= 0 else len(self._buffer)) - start > self.max_header_bytes:
            raise ProtocolError(f"headers over the limit of {self.max_header_bytes} bytes")
        if end < 0:
            self._scanned = max(start, len(self._buffer) - 1)
            return None
        headers = parse_headers(bytes(memoryview(self._buffer)[start:end]))
        return headers, end + 2, end + 2 + _body_length(headers, self.max_body_bytes)

    def _forget(self, consumed: int) -> None:
        if consumed:
            del self._buffer[:consumed]
            self._scanned = max(0, self._scanned - consumed)
            self._body_end = max(0, self._body_end - consumed)
