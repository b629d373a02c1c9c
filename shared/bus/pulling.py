"""Pulling messages from a JetStream consumer for as long as the process lives, whatever happens to NATS."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson
from nats.aio.msg import Msg
from nats.errors import Error

from shared.bus.connection import PENDING_BYTES, ApiRefused, Connection
from shared.bus.port import BusUnavailable
from shared.bus.waiting import first_of
from shared.runtime.logs import get_logger

log = get_logger(__name__)

EXPIRES_SECONDS = 30.0
HEARTBEAT_SECONDS = 3.0
_SILENCE_SECONDS = 2.5 * HEARTBEAT_SECONDS
_NANOSECONDS = 1_000_000_000
_FIRST_PAUSE_SECONDS = 0.1
_LAST_PAUSE_SECONDS = 2.0

HEARTBEAT = "100"
NO_RESPONDERS = "503"


class PullLost(Exception):
    """The consumer must be looked up or made again."""


class Pull:
    """Keeps as many messages asked for as there is room.

    Args:
        name: for logs.
        prepare: makes sure the consumer exists and returns ``<stream>.<consumer>``; called after every interruption.
        take: accepts a message, at once; raises ``PullLost`` when messages are missing.
        room: how many more messages can be accepted now.
        batch: the most asked for at a time.
    """

    def __init__(
        self,
        connection: Connection,
        name: str,
        *,
        prepare: Callable[[], Awaitable[str]],
        take: Callable[[Msg], None],
        room: Callable[[], int],
        batch: int,
    ) -> None:
        self._connection = connection
        self._name = name
        self._prepare = prepare
        self._take = take
        self._room = room
        self._batch = batch
        self._asked = 0
        self._heard = 0.0
        self._wake = asyncio.Event()
        self._served = asyncio.Event()
        self._closing = False
        self._fault: str | None = None
        self._task: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()

    def start(self) -> None:
        """Begin to pull in the background; ``ready`` is set when the consumer is there for the first time."""
        self._task = asyncio.create_task(self._run(), name=f"pull {self._name}")

    def made_room(self) -> None:
        """There is room for more."""
        self._wake.set()

    async def stop(self, *, linger_seconds: float = 0.0) -> None:
        """Ask for no more. What is under way to us still reaches ``take``.

        What the server hands over in the instant we leave is redelivered only after the acknowledgement wait, so
        a consumer on a busy stream lingers until what it asked for has come.
        """
        self._closing = True
        if self._connection.connected and self._asked > 0 and linger_seconds > 0:
            await first_of(self._served.wait(), self._connection.wait_lost(), timeout=linger_seconds)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                await self._connection.wait_connected()
                where = await self._prepare()
                pause = _FIRST_PAUSE_SECONDS
                await self._pull(where)
            except (BusUnavailable, ApiRefused, PullLost, Error, OSError) as error:
                log.info("pulling again", consumer=self._name, reason=str(error) or type(error).__name__)
            except Exception:
                log.exception("pulling failed; again", consumer=self._name)
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LAST_PAUSE_SECONDS)

    async def _pull(self, where: str) -> None:
        client = self._connection.client
        inbox = client.new_inbox()
        self._asked, self._fault = 0, None
        subscription = await client.subscribe(inbox, cb=self._arrived, pending_bytes_limit=PENDING_BYTES)
        self.ready.set()
        try:
            while self._connection.connected:
                self._check()
                self._wake.clear()
                await self._ask(where, inbox)
                await first_of(self._wake.wait(), self._connection.wait_lost(), timeout=HEARTBEAT_SECONDS)
        finally:
            if client.is_connected:
                await asyncio.shield(subscription.drain())  # type: ignore[no-untyped-call]
            elif not client.is_closed:
                await subscription.unsubscribe()

    def _check(self) -> None:
        if self._fault is not None:
            raise PullLost(self._fault)
        if self._asked > 0 and asyncio.get_running_loop().time() - self._heard > _SILENCE_SECONDS:
            raise PullLost("no heartbeat")

    async def _ask(self, where: str, inbox: str) -> None:
        room = min(self._room(), self._batch) - self._asked
        if self._closing or room <= 0 or (self._asked > 0 and 2 * room < self._batch):
            return
        request = {
            "batch": room,
            "expires": int(EXPIRES_SECONDS * _NANOSECONDS),
            "idle_heartbeat": int(HEARTBEAT_SECONDS * _NANOSECONDS),
        }
        self._asked += room
        self._served.clear()
        self._heard = asyncio.get_running_loop().time()
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{where}"
        await self._connection.client.publish(subject, orjson.dumps(request), reply=inbox)

    async def _arrived(self, msg: Msg) -> None:
        self._heard = asyncio.get_running_loop().time()
        status = msg.headers.get("Status") if msg.headers else None
        if status is not None:
            self._on_status(status, msg)
            return
        self._asked = max(0, self._asked - 1)
        try:
            self._take(msg)
        except PullLost as error:
            self._fault = str(error)
            self._wake.set()
            return
        if self._asked * 2 <= self._batch:
            self._wake.set()
        if self._asked == 0:
            self._served.set()

    def _on_status(self, status: str, msg: Msg) -> None:
        """A pull ended (404, 408, 409), or the consumer is gone (503, some 409)."""
        if status == HEARTBEAT:
            return
        headers = msg.headers or {}
        reason = headers.get("Description", status)
        if status == NO_RESPONDERS or "Deleted" in reason or "push based" in reason:
            self._fault = f"consumer is gone ({reason})"
        self._asked = max(0, self._asked - int(headers.get("Nats-Pending-Messages", self._asked)))
        self._wake.set()
