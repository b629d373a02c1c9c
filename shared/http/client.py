"""Asking Seda's REST APIs: signs in, renews its token, and turns problem+json into an exception."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping
from types import TracebackType
from typing import Any, Self

import httpx

RENEW_BEFORE_SECONDS = 30.0
IDLE_SECONDS = 2.0
"""A connection that was idle so long is not used again: services close theirs after five (uvicorn), and what is sent in
that moment is lost. httpx alone would wait five as well."""
LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=IDLE_SECONDS)
"""The others as httpx has them."""


class ApiProblem(Exception):
    """A service refused: ``status``, stable ``code``, ``detail`` for people, ``field`` when it is about one."""

    def __init__(self, status: int, code: str, detail: str, field: str | None = None) -> None:
        super().__init__(f"{detail} ({code})" if field is None else f"{field}: {detail} ({code})")
        self.status = status
        self.code = code
        self.detail = detail
        self.field = field


class ServiceAway(Exception):
    """A service cannot be reached."""


class ApiClient:
    """All services behind one sign-in.

    Args:
        urls: service name -> base URL; ``directory`` signs in.
        credentials: body of ``POST /v1/tokens``: ``{"email", "password"}`` or ``{"api_key"}``.
        transport: replaces the network in tests.
    """

    def __init__(
        self,
        urls: Mapping[str, str],
        credentials: Mapping[str, str],
        *,
        timeout: float = 10.0,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._urls = {name: url.rstrip("/") for name, url in urls.items()}
        self._credentials = dict(credentials)
        self._http = httpx.AsyncClient(timeout=timeout, trust_env=False, transport=transport, limits=LIMITS)
        self._token = ""
        self._good_until = 0.0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def request(
        self,
        service: str,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Any:
        """The JSON of the answer; none when it has no body.

        Raises:
            ApiProblem: refused. ServiceAway: not reachable, or no answer in time.
        """
        await self._sign_in()
        headers = {"Authorization": f"Bearer {self._token}"}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        return await self._ask(service, method, path, body=body, query=query, headers=headers)

    async def get(self, service: str, path: str, **query: Any) -> Any:
        """GET; parameters that are none are left out."""
        return await self.request(service, "GET", path, query=query)

    async def post(self, service: str, path: str, body: Any = None, **query: Any) -> Any:
        """POST."""
        return await self.request(service, "POST", path, body=body, query=query)

    async def send_file(
        self, service: str, path: str, content: bytes, media_type: str, *, method: str = "POST", **query: Any
    ) -> Any:
        """POST (or PUT) a file as it is.

        Raises:
            ApiProblem: refused. ServiceAway: not reachable, or no answer in time.
        """
        await self._sign_in()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": media_type}
        return await self._ask(service, method, path, content=content, query=query, headers=headers)

    async def items(self, service: str, path: str, **query: Any) -> AsyncIterator[Any]:
        """Every item of a list, page after page."""
        cursor: str | None = None
        while True:
            page = await self.get(service, path, **query, cursor=cursor)
            for item in page["items"]:
                yield item
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    async def events(self, service: str, path: str, **query: Any) -> AsyncIterator[dict[str, Any]]:
        """Server-sent events of a stream, each as its JSON, until the connection ends.

        Raises:
            ApiProblem: refused. ServiceAway: not reachable, or the connection was lost.
        """
        await self._sign_in()
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "text/event-stream"}
        params = {name: value for name, value in query.items() if value is not None}
        url = self._urls[service] + path
        try:
            async with self._http.stream("GET", url, params=params, headers=headers, timeout=None) as answer:
                if not answer.is_success:
                    await answer.aread()
                    raise _problem(answer)
                async for line in _lines(answer.aiter_bytes()):
                    if line.startswith(b"data:"):
                        yield json.loads(line.removeprefix(b"data:"))
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise ServiceAway(f"{service} ended the stream: {error or type(error).__name__}") from error

    async def _sign_in(self) -> None:
        if time.monotonic() < self._good_until:
            return
        answer = await self._ask("directory", "POST", "/v1/tokens", body=self._credentials)
        self._token = answer["access_token"]
        self._good_until = time.monotonic() + max(0.0, answer["expires_in"] - RENEW_BEFORE_SECONDS)

    async def _ask(
        self,
        service: str,
        method: str,
        path: str,
        *,
        body: Any = None,
        content: bytes | None = None,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        url = self._urls[service] + path
        params = {name: value for name, value in (query or {}).items() if value is not None}
        try:
            answer = await self._http.request(method, url, json=body, content=content, params=params, headers=headers)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise ServiceAway(
                f"{service} does not answer at {self._urls[service]}: {error or type(error).__name__}"
            ) from error
        if not answer.is_success:
            raise _problem(answer)
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            raise ServiceAway(f"what answers at {self._urls[service]} is not Seda's {service}") from error


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Lines that end with a line feed. Text is also cut at U+2028 and the like, which a caller may put into a name."""
    waiting = b""
    async for chunk in chunks:
        *whole, waiting = (waiting + chunk).split(b"\n")
        for line in whole:
            yield line


def _problem(answer: httpx.Response) -> ApiProblem:
    try:
        told = answer.json()
        return ApiProblem(answer.status_code, told["code"], told["detail"], told.get("field"))
    except (ValueError, KeyError, TypeError):
        return ApiProblem(answer.status_code, "unknown", answer.text[:200] or answer.reason_phrase)
