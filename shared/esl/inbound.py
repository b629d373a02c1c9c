"""``InboundLink``: one connection to a switch's event socket, for asyncio.

It is used once: ``connect``, work, and when it goes down everything that waits is told so. It never reconnects behind
anybody's back, because events are lost in between and the owner has to reconcile: ``shared.esl.reconnect`` is for that.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum
from typing import TypeVar

from shared.esl.commands import Api, ApiCommand, BgApi, Command, Subscribe
from shared.esl.connection import Answer, InboundConnection
from shared.esl.errors import DownReason, EslError, SwitchDisconnected, SwitchRefused, SwitchTimeout
from shared.esl.events import Event
from shared.esl.hub import HubStopped, HubThread, LoopMailbox
from shared.esl.reply import Reply

DEFAULT_BACKLOG_BYTES = 8 * 1024 * 1024
HARD_LIMIT_FACTOR = 4
Result = TypeVar("Result")


class LinkState(StrEnum):
    """A link's life: each state is entered at most once, in this order."""

    NEW = "new"
    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"


class InboundLink:
    """A link to one switch.

    Args:
        host, port, password: the switch's event socket.
        events: names to subscribe to (see ``EVENT_NAMES``); somebody has to iterate over ``events()`` then.
        subclasses: ``CUSTOM`` subclasses to subscribe to.
        connect_timeout: seconds for connecting and signing in.
        backlog_bytes: once events of this size (as they were on the wire) wait to be taken, the socket is read no
            further and the switch queues. While a command waits for its answer, four times as much is let in, so that
            an answer can overtake a slow reader of events.
        hub: a thread to share with others; by default the link starts and stops one of its own.
    """

    def __init__(
        self,
        host: str,
        port: int,
        password: str,
        *,
        events: Sequence[str] = (),
        subclasses: Sequence[str] = (),
        connect_timeout: float = 3.0,
        backlog_bytes: int = DEFAULT_BACKLOG_BYTES,
        hub: HubThread | None = None,
    ) -> None:
        self._address = (host, port, password, connect_timeout)
        self._wants_jobs = "BACKGROUND_JOB" in events
        self._subscription = Subscribe(tuple(dict.fromkeys((*events, "BACKGROUND_JOB"))), tuple(subclasses))
        self._backlog_bytes = backlog_bytes
        self._hub, self._owns_hub = hub or HubThread(), hub is None
        self._connection: InboundConnection | None = None
        self._state = LinkState.NEW
        self._down: SwitchDisconnected | None = None
        self._jobs: dict[str, asyncio.Future[Event]] = {}
        self._queue: deque[Event] = deque()
        self._posted = self._taken = 0  # bytes; each is written by one thread only
        self._down_callbacks: list[Callable[[DownReason, str], None]] = []

    @property
    def state(self) -> LinkState:
        """Where in its life the link is."""
        return self._state

    @property
    def down_detail(self) -> str:
        """Why the link is down, in words; empty while it is not."""
        return self._down.detail if self._down else ""

    @property
    def backlog(self) -> int:
        """Bytes of events that have arrived and nobody has taken."""
        return self._posted - self._taken

    @property
    def paused(self) -> bool:
        """Whether the switch is being held up because too many events wait to be taken."""
        return self._connection is not None and self._connection.paused

    @property
    def malformed(self) -> int:
        """Messages that were ignored because they made no sense."""
        return self._connection.malformed if self._connection else 0

    def on_disconnect(self, callback: Callable[[DownReason, str], None]) -> None:
        """Calls ``callback(reason, detail)`` in the asyncio loop once, when the link goes down for any reason."""
        self._down_callbacks.append(callback)

    async def connect(self) -> InboundLink:
        """Connects, signs in, subscribes. Raises ``SwitchDisconnected`` (see its ``reason``) or ``SwitchTimeout``."""
        if self._state is not LinkState.NEW:
            raise SwitchDisconnected(DownReason.CLOSED, "a link is connected only once")
        self._state = LinkState.CONNECTING
        self._arrived, self._gone = asyncio.Event(), asyncio.Event()
        self._mailbox = LoopMailbox(asyncio.get_running_loop())
        self._hub.start()
        try:
            await self._hub.run(self._open)
            (await self.send(self._subscription, self._address[3])).or_refused()
        except BaseException as error:
            self._went_down(error.reason if isinstance(error, EslError) else DownReason.FAILED, str(error))
            await self.close()
            raise
        self._state = LinkState.UP
        return self

    async def send(self, command: Command, timeout: float = 5.0) -> Reply:
        """Sends a command and returns the switch's answer, refusal or not.

        Raises ``SwitchTimeout`` after ``timeout`` seconds, ``SwitchDisconnected``, or ``SwitchBusy``.
        """
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._submit(command.wire(), functools.partial(self._mailbox.post, _settle, future))
        return await _within(timeout, future, type(command).__name__)

    async def api(self, command: ApiCommand, timeout: float = 5.0) -> str:
        """Runs a quick API command and returns its output; ``SwitchRefused`` if that is ``-ERR`` or ``-USAGE``."""
        return (await self.send(Api(command), timeout)).or_refused().text

    async def bgapi(self, command: ApiCommand, timeout: float) -> str:
        """Runs an API command in the background of the switch and returns its output, like ``api``.

        The result is recognised by a ``Job-UUID`` of our own. After ``SwitchTimeout`` the job may still be running.
        """
        job_uuid = str(uuid.uuid4())
        job: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._jobs[job_uuid] = job
        try:
            (await self.send(BgApi(command, job_uuid), timeout)).or_refused()
            output = (await _within(timeout, job, type(command).__name__)).body
        finally:
            del self._jobs[job_uuid]
            if not job.cancel() and not job.cancelled():
                job.exception()  # it has been seen
        if output.startswith(("-ERR", "-USAGE")):
            raise SwitchRefused(output.strip())
        return output

    def events(self) -> AsyncIterator[Event]:
        """Events as they arrive. Ends when the link is closed; raises ``SwitchDisconnected`` when it is lost."""
        return _EventStream(self)

    async def wait_down(self) -> DownReason:
        """Waits until the link is down and tells why."""
        await self._gone.wait()
        return self._down.reason if self._down else DownReason.CLOSED

    async def close(self) -> None:
        """Closes in good order; whatever waits gets ``SwitchDisconnected`` with the reason ``closed``."""
        if self._state is not LinkState.NEW:
            self._went_down(DownReason.CLOSED, "closed")
        if self._connection is not None:
            with contextlib.suppress(HubStopped):
                await self._hub.run(self._connection.close)
        if self._owns_hub:
            self._hub.stop()

    # In the hub's thread

    def _open(self) -> None:
        self._connection = InboundConnection(
            *self._address,
            on_events=self._post,
            on_down=functools.partial(self._mailbox.post, self._went_down),
            held_up=self._is_held_up,
        )
        self._connection.open()

    def _post(self, events: list[Event]) -> None:
        self._posted += sum(event.size for event in events)
        self._mailbox.post(self._accept, events)

    def _is_held_up(self, commands_waiting: bool) -> bool:
        return self.backlog >= self._backlog_bytes * (HARD_LIMIT_FACTOR if commands_waiting else 1)

    # In the asyncio loop

    def _submit(self, data: bytes, slot: Callable[[Answer], None]) -> None:
        if self._down is not None or self._connection is None:
            raise self._down or SwitchDisconnected(DownReason.CLOSED, "not connected")
        try:
            self._hub.submit(self._connection.submit, data, slot)
        except HubStopped as error:
            raise SwitchDisconnected(DownReason.CLOSED, str(error)) from error

    def _accept(self, events: list[Event]) -> None:
        for event in events:
            if event.name == "BACKGROUND_JOB":
                job = self._jobs.get(event.job_uuid or "")
                if job is not None and not job.done():
                    job.set_result(event)
                if job is not None or not self._wants_jobs:
                    self._took(event)
                    continue
            self._queue.append(event)
        self._arrived.set()

    def _took(self, event: Event) -> None:
        self._taken += event.size
        connection = self._connection
        if connection is not None and connection.paused and self.backlog <= self._backlog_bytes // 2:
            with contextlib.suppress(HubStopped):
                self._hub.submit(connection.resume)

    def _went_down(self, reason: DownReason, detail: str) -> None:
        if self._down is not None:
            return
        self._down = SwitchDisconnected(reason, detail)
        self._state = LinkState.DOWN
        for job in self._jobs.values():
            if not job.done():
                job.set_exception(self._down)
        self._arrived.set()
        self._gone.set()
        for callback in self._down_callbacks:
            callback(reason, detail)


class _EventStream:
    """Iterates over a link's events; leaving the loop in the middle loses none."""

    def __init__(self, link: InboundLink) -> None:
        self._link = link

    def __aiter__(self) -> _EventStream:
        return self

    async def __anext__(self) -> Event:
        link = self._link
        while not link._queue:
            if link._down is not None:
                if link._down.reason is DownReason.CLOSED:
                    raise StopAsyncIteration
                raise link._down
            link._arrived.clear()
            await link._arrived.wait()
        event = link._queue.popleft()
        link._took(event)
        return event


async def _within(timeout: float, future: asyncio.Future[Result], what: str) -> Result:
    try:
        async with asyncio.timeout(timeout):
            return await future
    except TimeoutError:
        raise SwitchTimeout(f"no answer to {what} within {timeout} s") from None


def _settle(future: asyncio.Future[Reply], answer: Answer) -> None:
    if future.done():
        return
    if isinstance(answer, EslError):
        future.set_exception(answer)
    else:
        future.set_result(answer)
