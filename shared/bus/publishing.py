"""Publishing into streams: many acknowledgements under way at once, repeated until a deadline."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Iterator, Sequence

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import BadHeaderError, BadSubjectError, Error

from shared.bus.connection import Connection
from shared.bus.encoding import MESSAGE_ID, check_size
from shared.bus.measures import Measures
from shared.bus.port import BusUnavailable, MessageRefused
from shared.contracts.message import Encoded

WINDOW_MESSAGES = 1024
WINDOW_BYTES = 4 * 1024 * 1024
_REPEAT_AFTER_SECONDS = 2.0
_PAUSE_SECONDS = 0.1
_YIELD_EVERY = 64
_INTERNAL_ERROR = 500


class _Window:
    """Messages published and not yet acknowledged, by their place."""

    def __init__(self, messages: Sequence[Encoded]) -> None:
        self.open: dict[int, Encoded] = dict(enumerate(messages))
        self.asked: set[int] = set()
        self.duplicates = 0
        self.reason = "no acknowledgement"
        self.refusal: str | None = None
        self.refusals = 0
        self.settled = asyncio.Event()

    def stored(self, place: int, *, duplicate: bool) -> None:
        if self.open.pop(place, None) is not None:
            self.duplicates += duplicate
        self._answered(place)

    def failed(self, place: int, reason: str) -> None:
        self.reason = reason
        self._answered(place)

    def refused(self, place: int, reason: str) -> None:
        self.refusal = self.refusal or reason
        self.refusals += 1
        self.open.pop(place, None)
        self._answered(place)

    def _answered(self, place: int) -> None:
        self.asked.discard(place)
        if not self.asked:
            self.settled.set()


class Publisher:
    """Sends windows of messages and matches the acknowledgements by number, on one inbox of its own."""

    def __init__(self, connection: Connection, measures: Measures) -> None:
        self._connection = connection
        self._measures = measures
        self._numbers = itertools.count(1)
        self._windows: dict[int, _Window] = {}
        self._inbox = ""
        connection.on_down.append(self._on_down)

    async def attach(self, client: Client) -> None:
        """Listen for acknowledgements."""
        self._inbox = client.new_inbox()
        await client.subscribe(f"{self._inbox}.*.*", cb=self._on_ack)

    async def publish(self, messages: Sequence[Encoded], timeout: float) -> None:
        """Publish in order; return when the streams have all (that they will take).

        Raises:
            BusUnavailable: nothing was acknowledged for ``timeout`` seconds.
            MessageRefused: a stream refused a message for good (too large, for example).
        """
        refusal: str | None = None
        for window in _windows(messages):
            number = next(self._numbers)
            self._windows[number] = window
            try:
                await self._send(number, window, timeout)
            finally:
                del self._windows[number]
            refusal = refusal or window.refusal
        if refusal is not None:
            raise MessageRefused(f"not taken: {refusal}")

    async def _send(self, number: int, window: _Window, timeout: float) -> None:
        count = len(window.open)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout
        while window.open:
            left_before = len(window.open)
            try:
                await self._connection.wait_connected(deadline - loop.time())
                await self._put(number, window)
                await self._settle(window, min(_REPEAT_AFTER_SECONDS, deadline - loop.time()))
            except BusUnavailable:
                self._measures.published("failed", len(window.open))
                raise
            if len(window.open) < left_before:
                deadline = loop.time() + timeout
            elif loop.time() >= deadline:
                self._measures.published("failed", len(window.open))
                raise BusUnavailable(f"no stream took {next(iter(window.open.values())).subject}: {window.reason}")
            if window.open:
                await asyncio.sleep(min(_PAUSE_SECONDS, max(0.0, deadline - loop.time())))
        self._measures.published("stored", count - window.duplicates - window.refusals)
        self._measures.published("refused", window.refusals)
        self._measures.published("duplicate", window.duplicates)

    async def _put(self, number: int, window: _Window) -> None:
        """Publish all that is open, in order. A connection lost midway shows as missing acknowledgements."""
        window.settled.clear()
        window.asked = set(window.open)
        prefix = f"{self._inbox}.{number}."
        try:
            client = self._connection.client
            for sent, (place, message) in enumerate(list(window.open.items())):
                headers = {**message.headers, MESSAGE_ID: message.message_id}
                try:
                    check_size(message.body, headers, client.max_payload)
                    await client.publish(message.subject, message.body, f"{prefix}{place}", headers)
                except (MessageRefused, BadSubjectError, BadHeaderError) as error:
                    window.refused(place, str(error))
                if sent % _YIELD_EVERY == _YIELD_EVERY - 1:
                    await asyncio.sleep(0)  # lets the socket and the acknowledgements run
        except (Error, BusUnavailable) as error:
            window.reason = str(error) or type(error).__name__
            window.settled.set()

    async def _settle(self, window: _Window, timeout: float) -> None:
        """Wait until every message was answered, the connection went, or ``timeout`` passed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, timeout)):
                await window.settled.wait()

    def _on_down(self) -> None:
        """What is unanswered now will not be answered: do not wait for it."""
        for window in self._windows.values():
            window.settled.set()

    async def _on_ack(self, ack: Msg) -> None:
        _, number, place = ack.subject.rsplit(".", 2)
        window = self._windows.get(int(number))
        if window is None:
            return
        if ack.headers:
            window.failed(int(place), "no stream takes this subject")
            return
        answer = orjson.loads(ack.data)
        error = answer.get("error")
        if error is None:
            window.stored(int(place), duplicate=answer.get("duplicate", False))
        elif error.get("code", 0) >= _INTERNAL_ERROR:
            window.failed(int(place), error.get("description", ""))
        else:
            window.refused(int(place), error.get("description", ""))


def _windows(messages: Sequence[Encoded]) -> Iterator[_Window]:
    start, size = 0, 0
    for place, message in enumerate(messages):
        if place > start and (place - start == WINDOW_MESSAGES or size + len(message.body) > WINDOW_BYTES):
            yield _Window(messages[start:place])
            start, size = place, 0
        size += len(message.body)
    if start < len(messages):
        yield _Window(messages[start:])
