"""One connection to NATS that comes back for ever, and says when it is there."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from nats.aio.msg import Msg
from nats.errors import Error, NoRespondersError, OutboundBufferLimitError
from nats.errors import TimeoutError as NatsTimeout

from shared.bus.client import ListeningClient
from shared.bus.measures import Measures
from shared.bus.port import BusError, BusUnavailable, ServerTooOld
from shared.bus.waiting import cancelled, first_of
from shared.runtime.logs import get_logger

log = get_logger(__name__)

OLDEST_SERVER = (2, 11)
"""Per-key TTL came with 2.11; older servers take the header and ignore it."""

PENDING_BYTES = 64 * 1024 * 1024
"""Most that a subscription holds unread before messages are dropped (and counted as errors)."""

_REPLACE_AFTER_SECONDS = 20.0
_API_TIMEOUT_SECONDS = 5.0

Attach = Callable[[ListeningClient], Awaitable[None]]


class ApiRefused(BusError):
    """JetStream refused a request."""

    def __init__(self, code: int, err_code: int, description: str) -> None:
        super().__init__(f"{description} ({code}/{err_code})")
        self.code = code
        self.err_code = err_code


class Connection:
    """Keeps a client connected: the client's own reconnects first, a new client when that fails.

    Nothing is buffered while NATS is away, so that no command is delivered after its sender gave up on it.

    Args:
        url: ``nats://user:password@host:port``, several separated by commas.
        name: the service; also the first word of its private inboxes.
    """

    def __init__(self, url: str, name: str, measures: Measures, *, start_timeout: float = 5.0) -> None:
        self._servers = [part.strip() for part in url.split(",")]
        self._name = name
        self._measures = measures
        self._start_timeout = start_timeout
        self._client: ListeningClient | None = None
        self.on_down: list[Callable[[], None]] = []
        self._attachments: dict[Attach, ListeningClient | None] = {}
        self._up = asyncio.Event()
        self._down = asyncio.Event()
        self._closed = asyncio.Event()
        self._supervisor: asyncio.Task[None] | None = None
        self._refused = asyncio.Event()
        self._refusal: ServerTooOld | None = None
        self._outage_told = False

    @property
    def connected(self) -> bool:
        return self._up.is_set() and self._client is not None and self._client.is_connected

    @property
    def client(self) -> ListeningClient:
        """The client of the moment.

        Raises:
            BusUnavailable: there is no connection.
        """
        if not self.connected or self._client is None:
            raise BusUnavailable("NATS is not connected")
        return self._client

    async def start(self) -> None:
        """Connect; after ``start_timeout`` seconds go on trying in the background.

        Raises:
            ServerTooOld: the server is older than ``OLDEST_SERVER``.
        """
        self._supervisor = asyncio.create_task(self._supervise(), name=f"nats {self._name}")
        if not await first_of(self._up.wait(), self._refused.wait(), timeout=self._start_timeout):
            log.warning("NATS is not there yet; trying on", servers=self._hosts())
        if self._refusal is not None:
            await self.stop()
            raise self._refusal

    async def stop(self, *, drain: bool = True) -> None:
        """Disconnect for good; what was published before goes out first when ``drain``."""
        if self._supervisor is not None:
            await cancelled(self._supervisor)
            self._supervisor = None
        client, self._client = self._client, None
        self._mark_down()
        if client is None or client.is_closed:
            return
        try:
            await (client.drain() if drain and client.is_connected else client.close())
        except (Error, OSError, TimeoutError):
            await client.close()

    async def wait_connected(self, timeout: float | None = None) -> ListeningClient:
        """The client, once connected.

        Raises:
            BusUnavailable: not within ``timeout`` seconds.
        """
        try:
            async with asyncio.timeout(timeout):
                while not self.connected:
                    self._mark_down()  # the client knows before its callback tells
                    await self._up.wait()
        except TimeoutError:
            raise BusUnavailable("NATS is not connected") from None
        return self.client

    async def wait_lost(self) -> None:
        """Return when the connection is, or goes, down."""
        if self.connected:
            await self._down.wait()
        self._mark_down()

    async def attach(self, attachment: Attach) -> None:
        """Run ``attachment`` once with the client, now or when there is a connection, and with every new client.

        A client that reconnects keeps its subjects itself.
        """
        self._attachments[attachment] = None
        if self.connected:
            try:
                await self._attach_missing(self.client)
            except (Error, OSError) as error:  # the client has noted the subject and sends it when it is back
                log.warning("subscribing was interrupted", reason=str(error) or type(error).__name__)

    def detach(self, attachment: Attach) -> None:
        """Run it no more."""
        self._attachments.pop(attachment, None)

    async def _attach_missing(self, client: ListeningClient) -> None:
        for attachment, seen in list(self._attachments.items()):
            if seen is not client:
                self._attachments[attachment] = client
                await attachment(client)

    async def call(self, subject: str, body: object = None, *, timeout: float = _API_TIMEOUT_SECONDS) -> dict[str, Any]:
        """A request to JetStream's API, such as ``STREAM.INFO.SEDA_STATE``.

        Raises:
            ApiRefused: it answered with an error.
            BusUnavailable: it did not answer.
        """
        client = await self.wait_connected(timeout)
        payload = b"" if body is None else orjson.dumps(body)
        try:
            answer: Msg = await client.request(f"$JS.API.{subject}", payload, timeout=timeout)
        except (NoRespondersError, NatsTimeout, OutboundBufferLimitError) as error:
            raise BusUnavailable(f"JetStream does not answer {subject}") from error
        except Error as error:
            raise BusUnavailable(str(error)) from error
        result: dict[str, Any] = orjson.loads(answer.data)
        if refusal := result.get("error"):
            raise ApiRefused(refusal["code"], refusal.get("err_code", 0), refusal.get("description", ""))
        return result

    async def _supervise(self) -> None:
        while True:
            client = ListeningClient()
            self._closed.clear()
            try:
                await self._connect(client)
                await self._watch()
            except asyncio.CancelledError:
                if client is not self._client:
                    await client.close()
                raise
            except ServerTooOld as error:
                log.error("NATS server refused", reason=str(error))
                self._refusal = error
                self._refused.set()
            except Exception:
                log.exception("connection to NATS failed")
            self._mark_down()
            await _close(client)
            await asyncio.sleep(0.25 + random.random() / 4)  # noqa: S311 -- jitter

    async def _connect(self, client: ListeningClient) -> None:
        await client.connect(
            servers=list(self._servers),
            name=self._name,
            inbox_prefix=f"_INBOX.{self._name}",
            max_reconnect_attempts=-1,
            reconnect_time_wait=0.2 + random.random() / 10,  # type: ignore[arg-type]  # noqa: S311
            ping_interval=5,
            max_outstanding_pings=2,
            connect_timeout=2,
            drain_timeout=5,
            pending_size=0,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnected,
            reconnected_cb=self._on_reconnected,
            closed_cb=self._on_closed,
        )
        self._check_version(client)
        await self._attach_missing(client)
        self._client = client
        self._mark_up()

    async def _watch(self) -> None:
        """Return when the client gave up, or did not come back in time."""
        while not self._closed.is_set():
            await self.wait_lost()
            if not await first_of(self._closed.wait(), self._up.wait(), timeout=_REPLACE_AFTER_SECONDS):
                log.warning("the NATS client does not come back; making a new one")
                return

    def _check_version(self, client: ListeningClient) -> None:
        version = client.connected_server_version
        if (version.major, version.minor) < OLDEST_SERVER:
            needed = ".".join(str(part) for part in OLDEST_SERVER)
            found = f"{version.major}.{version.minor}.{version.patch}"
            raise ServerTooOld(f"NATS server {found} is too old: {needed} or newer is needed (per-key TTL)")

    def _mark_up(self) -> None:
        self._outage_told = False
        self._down.clear()
        self._up.set()
        self._measures.connected(True)
        log.info("connected to NATS", servers=self._hosts())

    def _mark_down(self) -> None:
        if self._up.is_set():
            self._measures.connected(False)
        self._up.clear()
        self._down.set()
        for told in self.on_down:
            told()

    async def _on_disconnected(self) -> None:
        if self._client is not None:
            log.warning("NATS connection lost; reconnecting")
            self._mark_down()

    async def _on_reconnected(self) -> None:
        if self._client is None:
            return
        try:
            self._check_version(self._client)
            await self._attach_missing(self._client)
        except ServerTooOld as error:
            log.error("NATS server refused", reason=str(error))
            return
        except (Error, OSError) as error:
            log.warning("subscribing was interrupted", reason=str(error) or type(error).__name__)
            return
        self._mark_up()

    async def _on_closed(self) -> None:
        self._closed.set()

    async def _on_error(self, error: Exception) -> None:
        self._measures.error(type(error).__name__)
        reason = str(error) or type(error).__name__
        if self.connected:
            log.warning("NATS client error", reason=reason)
        elif not self._outage_told:
            self._outage_told = True
            log.warning("NATS cannot be reached; trying on", reason=reason)

    def _hosts(self) -> list[str]:
        return [server.rsplit("@", 1)[-1] for server in self._servers]


async def _close(client: ListeningClient) -> None:
    try:
        await client.close()
    except (Error, OSError) as error:
        log.debug("closing a dead NATS client", reason=str(error))
