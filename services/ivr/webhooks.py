"""HTTP requests of flows: bounded in time and size, and never to where the tenant has no business.

The address is checked when the connection is made, for each connection: a name that leads to a private address, now or
after a redirect, is not connected to (server-side request forgery; RFC 6890's special-purpose addresses).
"""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

import orjson

from services.ivr.domain.actions import Request
from services.ivr.domain.events import RequestFailed, Responded

if TYPE_CHECKING:
    import httpcore

MOST_BYTES: Final = 256 * 1024
MOST_REDIRECTS: Final = 3
CONNECT_SECONDS: Final = 3.0
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_WORTH_ANOTHER_TRY: Final = frozenset({502, 503, 504})
_PAUSE_SECONDS: Final = 0.2
_NAT64: Final = IPv6Network("64:ff9b::/96")
_LOCAL_NAT64: Final = IPv6Network("64:ff9b:1::/48")
"""Addresses that a gateway translates to IPv4 ones (RFC 6052, RFC 8215)."""


class NotAllowed(Exception):
    """The address is none that a tenant may ask."""


class _TooLarge(Exception):
    pass


def is_public(address: str) -> bool:
    """Whether an address is one of the public internet."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = IPv4Address(int(ip) & 0xFFFF_FFFF)
        elif ip in _LOCAL_NAT64:
            return False
        if inner is not None:
            return inner.is_global
    return ip.is_global and not ip.is_multicast


class Webhooks:
    """A component that sends requests.

    Args:
        private: let them go to private addresses too (an installation whose programs stand in the same network).
    """

    name = "webhooks"

    def __init__(self, *, private: bool = False) -> None:
        self._private = private
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def start(self) -> None:
        """Nothing is opened before the first request."""

    async def stop(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()
            self._pool = None

    async def send(self, request: Request) -> Responded | RequestFailed:
        """The answer, or why there is none, within ``request.seconds``."""
        import httpcore  # only a process whose flows ask programs pays for it

        try:
            async with asyncio.timeout(request.seconds):
                return await self._with_tries(request)
        except TimeoutError:
            return RequestFailed("deadline")
        except NotAllowed:
            return RequestFailed("not_allowed")
        except _TooLarge:
            return RequestFailed("too_large")
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError):
            return RequestFailed("unreachable")

    async def _with_tries(self, request: Request) -> Responded | RequestFailed:
        import httpcore

        for attempt in range(1, request.tries + 1):
            last = attempt == request.tries
            try:
                answer = await self._follow(request)
            except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError):
                if last:
                    raise
            else:
                if last or not isinstance(answer, Responded) or answer.status not in _WORTH_ANOTHER_TRY:
                    return answer
            await asyncio.sleep(_PAUSE_SECONDS * attempt)
        raise AssertionError("a request is tried at least once")

    async def _follow(self, request: Request) -> Responded | RequestFailed:
        method, url, body = request.method, request.url, request.body
        host = urlsplit(url).netloc
        headers = {"Accept": "application/json", "User-Agent": "Seda", **request.headers}
        for _ in range(MOST_REDIRECTS + 1):
            status, location, content = await self._once(method, url, headers, body)
            if status not in _REDIRECTS or not location:
                return _answer(status, content)
            url = urljoin(url, location)
            parts = urlsplit(url)
            if parts.scheme not in {"http", "https"}:
                return RequestFailed("not_allowed")
            if parts.netloc != host:  # secrets of one program are not for another
                headers = {name: headers[name] for name in ("Accept", "User-Agent")}
                host = parts.netloc
            if status in {301, 302, 303} and method != "GET":
                method, body = "GET", None
        return RequestFailed("redirects")

    async def _once(self, method: str, url: str, headers: dict[str, str], body: str | None) -> tuple[int, str, bytes]:
        sent = dict(headers)
        if body is not None:
            sent["Content-Type"] = "application/json"
        pairs = [(name.encode("ascii"), value.encode("latin-1", "replace")) for name, value in sent.items()]
        pairs.append((b"Host", urlsplit(url).netloc.encode("idna" if not url.isascii() else "ascii")))
        limits = {"connect": CONNECT_SECONDS, "read": None, "write": None, "pool": None}
        content = body.encode() if body is not None else None
        async with self._connections().stream(
            method, url, headers=pairs, content=content, extensions={"timeout": limits}
        ) as response:
            location = next((value for name, value in response.headers if name.lower() == b"location"), b"")
            received = bytearray()
            if response.status not in _REDIRECTS:
                async for chunk in response.aiter_stream():
                    received += chunk
                    if len(received) > MOST_BYTES:
                        raise _TooLarge
            return response.status, location.decode("latin-1"), bytes(received)

    def _connections(self) -> httpcore.AsyncConnectionPool:
        if self._pool is None:
            import httpcore

            from services.ivr.guarded_backend import GuardedBackend

            self._pool = httpcore.AsyncConnectionPool(
                max_connections=200,
                max_keepalive_connections=20,
                keepalive_expiry=30,
                network_backend=GuardedBackend(private=self._private),
            )
        return self._pool


def _answer(status: int, content: bytes) -> Responded | RequestFailed:
    try:
        document = orjson.loads(content) if content.strip() else None
    except orjson.JSONDecodeError:
        return RequestFailed("not_json") if 200 <= status < 300 else Responded(status)
    return Responded(status, document)
