"""SIP messages without I/O: parse and write (RFC 3261, sections 7 and 25), bounded.

A name-addr in From, To and Contact is read by `freeswitch.phone.address`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

MAX_MESSAGE_BYTES = 65_535
"""One UDP datagram."""
MAX_HEADERS = 200
CRLF = "\r\n"

_COMPACT = {
    "c": "content-type",
    "f": "from",
    "i": "call-id",
    "k": "supported",
    "l": "content-length",
    "m": "contact",
    "r": "refer-to",
    "b": "referred-by",
    "t": "to",
    "v": "via",
    "x": "session-expires",
    "o": "event",
    "u": "allow-events",
    "s": "subject",
}
_TOKEN = re.compile(r"[A-Za-z0-9.!%*_+`'~-]+\Z")
_STATUS_LINE = re.compile(r"SIP/2\.0 ([1-6]\d\d) ?(.*)\Z")
_REQUEST_LINE = re.compile(r"([A-Za-z0-9.!%*_+`'~-]+) (\S+) SIP/2\.0\Z")


class SipSyntaxError(ValueError):
    """What came, or what was to be sent, is not a SIP message."""


class Headers:
    """Header fields in order; names compare without case, compact forms are expanded."""

    def __init__(self, fields: Iterable[tuple[str, str]] = ()) -> None:
        self._fields = tuple(fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._fields)

    def __repr__(self) -> str:
        return f"Headers({list(self._fields)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and self._fields == other._fields

    def __hash__(self) -> int:
        return hash(self._fields)

    def get(self, name: str, default: str = "") -> str:
        """The first value of `name`, or `default`."""
        return next(iter(self.all(name)), default)

    def all(self, name: str) -> list[str]:
        """Every value of `name`, in order."""
        wanted = _canonical(name)
        return [value for key, value in self._fields if _canonical(key) == wanted]

    def having(self, name: str, value: str) -> Headers:
        """These headers with exactly one `name`, put last."""
        kept = [(key, old) for key, old in self._fields if _canonical(key) != _canonical(name)]
        return Headers([*kept, (name, value)])

    def adding(self, *fields: tuple[str, str]) -> Headers:
        """These headers followed by `fields`."""
        return Headers([*self._fields, *fields])


@dataclass(frozen=True)
class Request:
    method: str
    uri: str
    headers: Headers
    body: bytes = b""

    def having(self, name: str, value: str) -> Request:
        """This request with exactly one header `name`."""
        return replace(self, headers=self.headers.having(name, value))


@dataclass(frozen=True)
class Response:
    status: int
    reason: str
    headers: Headers
    body: bytes = b""


Message = Request | Response


def parse(datagram: bytes) -> Message:
    """One datagram as a request or a response.

    Raises:
        SipSyntaxError: too long, no start line, a bad header, or a body shorter than Content-Length.
    """
    if len(datagram) > MAX_MESSAGE_BYTES:
        raise SipSyntaxError("longer than a datagram")
    head, separator, body = datagram.partition(b"\r\n\r\n")
    if not separator:
        raise SipSyntaxError("no blank line after the headers")
    try:
        start, *lines = _unfold(head.decode("utf-8")).split(CRLF)
    except UnicodeDecodeError as error:
        raise SipSyntaxError("headers are not UTF-8") from error
    headers = Headers(_field(line) for line in lines)
    return _message(start, headers, _bounded(headers, body))


def serialise(message: Message) -> bytes:
    """A message as a datagram, with its Content-Length.

    Raises:
        SipSyntaxError: a line break or a bad name, which would make another message of it; or too long.
    """
    if isinstance(message, Request):
        start = f"{message.method} {message.uri} SIP/2.0"
    else:
        start = f"SIP/2.0 {message.status} {message.reason}"
    fields = message.headers.having("Content-Length", str(len(message.body)))
    lines = [start, *(f"{name}: {value}" for name, value in fields)]
    if any("\r" in line or "\n" in line for line in lines):
        raise SipSyntaxError("a line break in a header")
    if not all(_TOKEN.match(name) for name, _ in fields):
        raise SipSyntaxError("a header name is not a token")
    datagram = (CRLF.join(lines) + CRLF * 2).encode() + message.body
    if len(datagram) > MAX_MESSAGE_BYTES:
        raise SipSyntaxError("longer than a datagram")
    return datagram


def _message(start: str, headers: Headers, body: bytes) -> Message:
    if status := _STATUS_LINE.match(start):
        return Response(int(status[1]), status[2], headers, body)
    if request := _REQUEST_LINE.match(start):
        return Request(request[1], request[2], headers, body)
    raise SipSyntaxError(f"not a SIP start line: {start[:80]!r}")


def _bounded(headers: Headers, body: bytes) -> bytes:
    length = headers.get("Content-Length", str(len(body)))
    if not length.isascii() or not length.isdigit() or int(length) > len(body):
        raise SipSyntaxError("Content-Length is not the length of the body")
    if sum(1 for _ in headers) > MAX_HEADERS:
        raise SipSyntaxError("too many headers")
    return body[: int(length)]


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    name = name.rstrip(" \t")
    if not colon or not _TOKEN.match(name):
        raise SipSyntaxError(f"not a header: {line[:80]!r}")
    return name, value.strip(" \t")


def _unfold(head: str) -> str:
    return re.sub(r"\r\n[ \t]+", " ", head)


def _canonical(name: str) -> str:
    lowered = name.lower()
    return _COMPACT.get(lowered, lowered)
