"""``OutboundServer``: calls that FreeSWITCH hands over with the ``socket`` application, one greenlet each.

The handler is a plain function that runs top to bottom as the call goes on and blocks only its own greenlet; what lives
in asyncio (database, bus) is reached with ``session.wait_for(coroutine)``. When the handler returns, the dialplan goes
on with its next action. Use ``socket`` with ``async full``.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import time
import uuid
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import gevent
import gevent.event
import gevent.queue
from gevent.server import StreamServer

from shared.esl.call_commands import UuidBreak, UuidSetVar
from shared.esl.commands import Api, ApiCommand, Connect, Execute, Hangup, Linger, MyEvents, Unsubscribe
from shared.esl.connection import Connection
from shared.esl.errors import BindFailed, CallEnded, DownReason, EslError, SwitchDisconnected, SwitchTimeout
from shared.esl.events import Event
from shared.esl.hub import HubThread
from shared.esl.reply import Reply

log = logging.getLogger(__name__)

DEFAULT_MAX_CALLS = 300
WAITING_EVENTS = 1000
KEY_TAKEN_SECONDS = 0.15
RELEASE_SECONDS = 2.0
_PARKED = frozenset({"CHANNEL_PARK", "CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE"})
Result = TypeVar("Result")


class OutboundSession(Connection):
    """One call, as its handler sees it. Every method raises ``CallEnded`` once the call is gone.

    Attributes:
        channel: the channel as it was when the call arrived; ``channel.variable(name)`` reads a channel variable.
        dropped_events: events that were thrown away, oldest first, because the handler did not take them
            (``next_event``) and 1,000 were waiting.

    A program's own share is told for each application it has run, and for a hang-up: the seconds from reading what the
    switch answered last (the end of the application before, or the call itself) to handing the command to the socket.
    """

    most_gather_seconds = 0.001
    """The events of one step come within that. A caller waits for the answer to them, and the switch looks for it only
    every 20 ms: with 5 ms, one key in seven more had to wait for the next look."""
    channel: Event

    def __init__(
        self,
        sock: Any,
        hub: HubThread,
        loop: asyncio.AbstractEventLoop,
        unwanted: tuple[str, ...] = (),
        on_share: Callable[[float], object] | None = None,
    ) -> None:
        super().__init__(on_events=self._on_batch, on_down=self._on_end)
        self.sock, self._hub, self._loop = sock, hub, loop
        self._unwanted, self._on_share = unwanted, on_share
        self._answered_at = self._asking_since = 0.0  # of an answer that nothing was asked after; of one that was
        self._gone = gevent.event.Event()
        self._hangup_cause = ""
        self._ends_at_key = ""
        self.connected = True
        self.dropped_events = 0
        self._why_ended = ""
        self._parked = False  # seen running something: see ``close``
        self._executing: dict[str, gevent.event.AsyncResult] = {}
        self._events = gevent.queue.Queue()
        self.start_event_handlers()

    @property
    def uuid(self) -> str:
        """The controlled channel."""
        return self.channel.uuid or ""

    @property
    def ended(self) -> bool:
        """Whether the call is gone."""
        return bool(self._why_ended)

    def open(self, timeout: float = 5.0) -> None:
        """Takes the call over: ``connect``, then its own events as JSON, asked in one go. Done by the server."""
        wanted = (Connect(), MyEvents(), *([Unsubscribe(self._unwanted)] if self._unwanted else ()))
        connected, *_ = self._ask_all(wanted, timeout)
        self.channel = Event(dict(connected.headers))
        self._answered_at = self.read_at

    def set_variable(self, name: str, value: str) -> None:
        """Sets a channel variable (empty: unsets it) without waiting for the answer; it is set before what is run next.

        Unlike the application ``set`` it makes no events (the dialplan has to say ``full``).
        """
        self.raise_if_ended()
        self.submit(Api(UuidSetVar(self.uuid, name, value)).wire(), _ignore)

    def linger(self, seconds: int) -> None:
        """Keeps the connection ``seconds`` after hang-up, for the events that still come. Waits for no answer."""
        self.raise_if_ended()
        self.submit(Linger(seconds).wire(), _ignore)

    def execute(
        self,
        application: str,
        argument: str = "",
        *,
        timeout: float | None,
        expand: bool = False,
        ends_at_key: bool = False,
    ) -> Event:
        """Runs an application to its end and returns its CHANNEL_EXECUTE_COMPLETE, recognised by an id of our own.

        Args:
            ends_at_key: the application ends at the first key. One that is told meanwhile and does not end it came
                before the application began, when nobody took it: the application is broken off then.

        Raises ``SwitchTimeout`` after ``timeout`` seconds (None: as long as the call lasts); the application may go on.
        """
        event_uuid = str(uuid.uuid4())
        complete = self._executing[event_uuid] = gevent.event.AsyncResult()
        self._ends_at_key = event_uuid if ends_at_key else ""
        try:
            with gevent.Timeout(timeout, SwitchTimeout(f"{application} did not end within {timeout} s")):
                self._end_share()
                self._ask(Execute(application, argument, event_uuid, expand=expand), None)
                done: Event = complete.get()
            # One thread of the switch tells of the hang-up, another of the end of what ran: either may come first.
            if done.get("Answer-State") == "hangup":
                self._end(f"hung up during {application}")
            self.raise_if_ended()
            return done
        finally:
            del self._executing[event_uuid]

    def begin(self, application: str, argument: str = "", *, expand: bool = False) -> None:
        """Starts an application without waiting for its end."""
        self._end_share()
        self._ask(Execute(application, argument, expand=expand), 5.0)

    def queue(self, application: str, argument: str = "") -> None:
        """Has an application run before what is run next, and waits for nothing: the switch reads events at 50 Hz."""
        self.raise_if_ended()
        self.submit(Execute(application, argument).wire(), _ignore)

    def hangup(self, cause: str = "NORMAL_CLEARING") -> None:
        """Hangs up."""
        self._end_share()
        self._ask(Hangup(cause), 5.0)

    def api(self, command: ApiCommand, timeout: float = 5.0) -> str:
        """Runs a quick API command (the dialplan has to say ``full``)."""
        return self._ask(Api(command), timeout).text

    def next_event(self, timeout: float | None) -> Event | None:
        """The next event of the call, such as ``DTMF``, without those of applications; None after ``timeout`` s."""
        self.raise_if_ended()
        try:
            event: Event | None = self._events.get(timeout=timeout)
        except gevent.queue.Empty:
            return None
        if event is None:
            self._events.put(None)
            self.raise_if_ended()
        return event

    def wait_for(self, coroutine: Coroutine[Any, Any, Result], timeout: float, *, own: bool = False) -> Result:
        """Runs a coroutine in the asyncio loop and returns its result; other calls go on meanwhile.

        Args:
            own: the wait belongs to the program's own share; else the share begins anew with the result.
        """
        done = gevent.event.AsyncResult()
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        future.add_done_callback(functools.partial(self._hub.submit, done.set))
        try:
            with gevent.Timeout(timeout, SwitchTimeout(f"no result within {timeout} s")):
                done.get()
            return future.result()
        finally:
            future.cancel()
            if not own:
                self._answered_at = time.perf_counter()

    def close(self, timeout: float = RELEASE_SECONDS) -> None:
        """Lets go of the call, so that the dialplan goes on with its next action.

        With ``async`` the switch parks the channel after ``connect`` and un-parks it when the connection ends. If the
        end comes before the park, the channel stays parked for ever (``socket_function`` and ``listener_run`` in
        mod_event_socket.c); an application that has run to its end is the proof that it is parked.
        """
        if self.connected and not self._parked and not self.ended:
            with contextlib.suppress(EslError):
                self.execute("set", "seda_socket_released=true", timeout=timeout)
        super().close(timeout)

    def waiting_events(self) -> list[Event]:
        """The events that wait to be taken, without those of applications; takes them."""
        found = []
        while not self._events.empty():
            event = self._events.get_nowait()
            if event is None:
                self._events.put(None)
                break
            found.append(event)
        return found

    @property
    def hangup_cause(self) -> str:
        """FreeSWITCH's word for why the call ended; empty before, or when it ended otherwise."""
        return self._hangup_cause

    def wait_gone(self, timeout: float) -> bool:
        """After the end: waits until the switch is done with the call (what it recorded is complete); false: not yet.

        Needs ``linger``: without it the connection ends with the call.
        """
        return bool(self._gone.wait(timeout))

    def raise_if_ended(self) -> None:
        """Raises ``CallEnded`` if the call is gone."""
        if self._why_ended:
            raise CallEnded(self._why_ended)

    def _ask(self, command: Any, timeout: float | None) -> Reply:
        [reply] = self._ask_all((command,), timeout)
        return reply

    def _ask_all(self, commands: Sequence[Any], timeout: float | None) -> list[Reply]:
        self.raise_if_ended()
        try:
            replies = self.send_all(commands, timeout)
        except SwitchDisconnected as error:
            raise CallEnded(error.detail) from error
        if not all(reply.ok for reply in replies):
            self.raise_if_ended()
        return [reply.or_refused() for reply in replies]

    def _end_share(self) -> None:
        """The program knows what comes next; its share ends when that has been written."""
        self._asking_since, self._answered_at = self._answered_at, 0.0

    def _on_written(self) -> None:
        if self._asking_since and self._on_share is not None:
            self._on_share(time.perf_counter() - self._asking_since)
        self._asking_since = 0.0

    def _on_batch(self, events: list[Event]) -> None:
        for event in events:
            name = event.name
            if name in _PARKED:
                self._parked = True
            waiting = self._executing.get(event.application_uuid or "")
            if waiting is not None and name == "CHANNEL_EXECUTE_COMPLETE":
                self._answered_at = self.read_at
                waiting.set(event)
            elif name not in _PARKED:
                if self._events.qsize() >= WAITING_EVENTS:
                    self._events.get_nowait()
                    self.dropped_events += 1
                self._events.put(event)
                if name == "DTMF" and self._ends_at_key:
                    gevent.spawn_later(KEY_TAKEN_SECONDS, self._break_off, self._ends_at_key)
                if name == "CHANNEL_HANGUP_COMPLETE":  # told by another thread of the switch: may be the first
                    self._hangup_cause = self._hangup_cause or event.get("Hangup-Cause") or ""
                    self._gone.set()
                if name == "CHANNEL_HANGUP":
                    self._hangup_cause = event.get("Hangup-Cause") or ""
                    self._end(f"hung up: {self._hangup_cause or 'no cause'}")

    def _break_off(self, event_uuid: str) -> None:
        """The key was not for the application that still runs."""
        if event_uuid in self._executing and not self.ended:
            self.submit(Api(UuidBreak(self.uuid)).wire(), _ignore)

    def _on_notice(self) -> None:
        self._end("the switch let go of the call")

    def _on_end(self, reason: DownReason, detail: str) -> None:
        self._gone.set()
        self._end(detail)

    def _end(self, why: str) -> None:
        if not self._why_ended:
            self._why_ended = why
            for waiting in self._executing.values():
                waiting.set_exception(CallEnded(why))
            self._events.put(None)


class OutboundServer:
    """Listens for calls.

    Args:
        handler: runs in the call's greenlet; it must not block the thread (no ``time.sleep``, no blocking I/O).
        host, port: where to listen; port 0 takes a free one (see ``port`` after ``start``).
        max_calls: calls at once; one more is let go of at once, and its dialplan goes on.
        unwanted: names of events that no handler looks at; a call in a menu makes forty, of 8 kB each.
        on_refused: called in the hub's thread for each call that was let go of.
        on_share: called in the hub's thread with the program's own share of each step (see ``OutboundSession``).
        hub: a thread to share with others; by default the server starts and stops one of its own.
    """

    def __init__(
        self,
        handler: Callable[[OutboundSession], None],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        max_calls: int = DEFAULT_MAX_CALLS,
        unwanted: tuple[str, ...] = (),
        on_refused: Callable[[], object] = lambda: None,
        on_share: Callable[[float], object] | None = None,
        hub: HubThread | None = None,
    ) -> None:
        self._handler, self._max_calls, self._unwanted = handler, max_calls, unwanted
        self._on_refused, self._on_share = on_refused, on_share
        self._address = (host, port)
        self._hub, self._owns_hub = hub or HubThread("esl-outbound"), hub is None
        self._sessions: set[OutboundSession] = set()
        self._server: Any = None
        self.refused_calls = 0

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._address[1])

    @property
    def active_calls(self) -> int:
        """Calls whose handler is running."""
        return len(self._sessions)

    async def start(self) -> None:
        """Begins to take calls; raises ``BindFailed`` if it cannot listen."""
        self._loop = asyncio.get_running_loop()
        self._hub.start()
        try:
            await self._hub.run(self._listen)
        except OSError as error:
            if self._owns_hub:
                self._hub.stop()
            raise BindFailed(f"cannot listen on {self._address[0]}:{self._address[1]}: {error}") from error

    async def stop(self, drain_seconds: float = 30.0) -> int:
        """Takes no new calls, waits for those that are up, then lets go of the rest; returns how many that were.

        A call that is let go of stays up: FreeSWITCH goes on with the next action of its dialplan.
        """
        if self._server is None:
            return 0
        left: int = await self._hub.run(self._drain, drain_seconds)
        self._server = None
        if self._owns_hub:
            self._hub.stop()
        return left

    async def abort(self) -> None:
        """Listens no more and cuts every call's connection at once, as a dying process does."""
        await self._hub.run(self._cut)

    def _cut(self) -> None:
        self._server.close()
        for session in list(self._sessions):
            session.abort()

    def _listen(self) -> None:
        self._idle = gevent.event.Event()
        self._idle.set()
        self._server = StreamServer(self._address, self._take, backlog=1024)
        self._server.start()
        self._address = self._server.address[:2]

    def _take(self, sock: Any, address: tuple[str, int]) -> None:
        session = OutboundSession(sock, self._hub, self._loop, self._unwanted, self._on_share)
        if len(self._sessions) >= self._max_calls:
            self._refuse(session)
            return
        self._sessions.add(session)
        self._idle.clear()
        try:
            session.open()
            self._handler(session)
        except CallEnded as error:
            log.debug("call ended: %s", error.detail)
        except Exception:
            log.exception("the handler of a call failed")
        finally:
            session.close()
            self._sessions.discard(session)
            if not self._sessions:
                self._idle.set()

    def _refuse(self, session: OutboundSession) -> None:
        self.refused_calls += 1
        self._on_refused()
        try:
            session.open()
        except EslError as error:
            log.debug("a refused call broke off: %s", error.detail)
        finally:
            session.close()

    def _drain(self, seconds: float) -> int:
        self._server.stop_accepting()
        self._server.close()
        self._idle.wait(seconds)
        left = list(self._sessions)
        gevent.joinall([gevent.spawn(session.close) for session in left], 2 * RELEASE_SECONDS)
        for session in left:
            session.abort()
        self._idle.wait(RELEASE_SECONDS)
        return len(left)


def _ignore(_: Any) -> None:
    """An answer that nobody waits for: the call's own end is told otherwise."""
