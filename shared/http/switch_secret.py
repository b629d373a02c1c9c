"""Endpoints that only the switch may ask, kept off FastAPI's machinery because every call waits for them."""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from shared.runtime.metrics import Metrics

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]

Answer = Callable[[bytes], bytes | Awaitable[bytes]]
"""From the request's body (a form) to the XML; at once, or after something that must be stored first."""

SWITCH_USER = "switch"
MAX_BODY = 256 * 1024  # a dialplan request is about 10 kB; a caller can make it grow with headers


_STATUSES: Final = (200, 401, 405, 413, 500, 503)
_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2)
"""Seconds; FreeSWITCH waits two and then goes on to its static configuration."""


class SwitchMeasures:
    """How FreeSWITCH's questions were answered, and how fast."""

    def __init__(self, metrics: Metrics) -> None:
        answers = metrics.counter("switch_answers_total", "Answers to FreeSWITCH by HTTP status", ["status"])
        self._by_status = {status: answers.labels(str(status)) for status in _STATUSES}
        self._seconds = metrics.histogram(
            "switch_answer_seconds", "From FreeSWITCH's question to the answer", buckets=_BUCKETS
        )

    def answered(self, status: int, seconds: float) -> None:
        """One more."""
        self._by_status[status].inc()
        self._seconds.observe(seconds)


class SwitchRouter:
    """ASGI application: ``/switch/*`` paths are answered here, everything else by ``otherwise``.

    Args:
        secret: password of the HTTP basic user ``switch``; compared in constant time.
        answers: path -> answer function. They answer from memory and, with rare exceptions, do not wait.
        otherwise: the FastAPI application.
        metrics: where answers are counted.
    """

    def __init__(
        self, *, secret: str, answers: dict[str, Answer], otherwise: Asgi, metrics: Metrics | None = None
    ) -> None:
        credentials = base64.b64encode(f"{SWITCH_USER}:{secret}".encode())
        self._expected = b"Basic " + credentials
        self._answers = answers
        self._otherwise = otherwise
        self._measures = SwitchMeasures(metrics) if metrics else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self._answers.get(scope["path"]) if scope["type"] == "http" else None
        if answer is None:
            await self._otherwise(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500
        try:
            status = await self._reply(answer, scope, receive, send)
        finally:
            if self._measures:
                self._measures.answered(status, time.perf_counter() - began)

    async def _reply(self, answer: Answer, scope: Scope, receive: Receive, send: Send) -> int:
        if scope["method"] != "POST":
            return await _reply(send, 405, b"", [(b"allow", b"POST")])
        if not hmac.compare_digest(_header(scope, b"authorization"), self._expected):
            return await _reply(send, 401, b"", [(b"www-authenticate", b'Basic realm="switch"')])
        body = await _body(receive)
        if body is None:
            return await _reply(send, 413, b"", [])
        try:
            found = answer(body)
            document = found if isinstance(found, bytes) else await found
        except NotReady:
            return await _reply(send, 503, b"", [(b"retry-after", b"1")])
        return await _reply(send, 200, document, [(b"content-type", b"text/xml")])


class NotReady(Exception):
    """There is nothing to answer from yet; the switch falls back to its static configuration."""


def _header(scope: Scope, name: bytes) -> bytes:
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return b""


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or none when it is over the cap or the client went away."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_BODY:
            return None
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


async def _reply(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> int:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
    return status
