"""Around every request: trace context, request id, body cap, metrics."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import orjson
from starlette.exceptions import HTTPException

from shared.http.errors import PROBLEM_JSON, TooLarge, problem_body
from shared.http.switch_secret import Asgi, Receive, Scope, Send
from shared.runtime.metrics import Metrics
from shared.runtime.tracing import new_traceparent, use_traceparent


class _BodyTooLarge(HTTPException):
    """Raised while FastAPI reads the body; an HTTPException is the one kind it passes on as it is."""

    def __init__(self) -> None:
        super().__init__(TooLarge.status, TooLarge.title)


class HttpMeasures:
    """Request counts and times; made with the application, so that a name taken twice refuses to start."""

    def __init__(self, metrics: Metrics) -> None:
        labels = ("method", "route", "status")
        self.requests = metrics.counter("http_requests_total", "HTTP requests answered", labels)
        self.seconds = metrics.histogram("http_request_seconds", "Time to answer an HTTP request", ("method", "route"))


class Guard:
    """Plain ASGI middleware (no task per request as with BaseHTTPMiddleware).

    Args:
        app: what is guarded.
        measures: request counts and times go here, by route template, method and status.
        max_body_bytes: a larger body ends the request with 413.
    """

    def __init__(self, app: Asgi, *, measures: HttpMeasures, max_body_bytes: int) -> None:
        self._app = app
        self._max_body = max_body_bytes
        self._requests, self._seconds = measures.requests, measures.seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        request_id = uuid4().hex
        began = time.perf_counter()
        status = 500
        started = False

        async def answer(message: Any) -> None:
            nonlocal status, started
            if message["type"] == "http.response.start":
                status, started = message["status"], True
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        parent = headers.get(b"traceparent", b"").decode("latin-1")
        with use_traceparent(new_traceparent(parent)):
            try:
                await self._app(scope, self._capped(headers, receive), answer)
            except _BodyTooLarge:
                if not started:
                    await _too_large(answer)
            finally:
                route = getattr(scope.get("route"), "path", "unmatched")
                self._requests.labels(scope["method"], route, str(status)).inc()
                self._seconds.labels(scope["method"], route).observe(time.perf_counter() - began)

    def _capped(self, headers: dict[bytes, bytes], receive: Receive) -> Receive:
        declared = headers.get(b"content-length", b"0")
        too_large = declared.isdigit() and int(declared) > self._max_body
        size = 0

        async def capped() -> Any:
            nonlocal size
            if too_large:
                raise _BodyTooLarge
            message = await receive()
            size += len(message.get("body", b""))
            if size > self._max_body:
                raise _BodyTooLarge
            return message

        return capped


async def _too_large(send: Send) -> None:
    body = orjson.dumps(problem_body(TooLarge()))
    headers = [(b"content-type", PROBLEM_JSON.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": TooLarge.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
