"""greenswitch's protocol object with its reader, its writer and its end made safe. Runs in a gevent hub.

What stays greenswitch's: the gevent socket, connecting and waiting for ``auth/request``, answers matched in the order
of the commands. What is replaced: framing (``MessageParser``), sending, reply deadlines, and how it ends.
"""

from __future__ import annotations

import functools
import logging
import socket as blocking_socket
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import gevent
import gevent.event
from greenswitch.esl import ESLProtocol, InboundESL, NotConnectedError

from shared.esl.commands import Auth, Command, Exit
from shared.esl.errors import (
    AuthRefused,
    DownReason,
    EslError,
    ProtocolError,
    SwitchBusy,
    SwitchDisconnected,
    SwitchTimeout,
)
from shared.esl.events import Event, decode_event
from shared.esl.framing import Message, MessageParser
from shared.esl.reply import Reply

log = logging.getLogger(__name__)

READ_BYTES = 256 * 1024
TRICKLE_BYTES = 64 * 1024
GATHER_SECONDS = 0.005
"""A reader that got less than that much waits so long for more: each time it hands events over costs more than the
events do. The first event after a pause is not held up, nor is the answer to a command."""
MOST_GATHER_SECONDS = 0.02
RUSH_PER_SECOND = 400
"""From so many events on it waits longer, up to that: the core is needed for the calls that make them."""

NUDGE_SECONDS = 0.005
NUDGED_FOR_SECONDS = 0.1
"""FreeSWITCH sends events when something comes, or else every 20 ms (``read_packet`` in mod_event_socket.c). A line
feed before a command is nothing to it, and wakes it: as long as events come, one is sent that often. Not in a rush."""

OUTGOING_LIMIT_BYTES = 16 * 1024 * 1024

Answer = Reply | EslError
Slot = Callable[[Answer], None]


class Connection(ESLProtocol):  # type: ignore[misc] # greenswitch is untyped
    """One event-socket connection over a gevent socket.

    Args:
        on_events: given the events of one read, in order.
        on_down: called once, when the connection is no more.
        held_up: asked after every read with "are commands waiting for answers?"; while it says yes, nothing more is
            read, and FreeSWITCH queues (up to 100,000 events) on its side.
    """

    most_gather_seconds = GATHER_SECONDS
    """How long this kind of connection waits at most."""

    def __init__(
        self,
        *args: Any,
        on_events: Callable[[list[Event]], None],
        on_down: Callable[[DownReason, str], None],
        held_up: Callable[[bool], bool] = lambda commands_waiting: False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self._on_events, self._on_down, self._held_up = on_events, on_down, held_up
        self._commands_sent: deque[Slot] = deque()
        self._parser = MessageParser()
        self._outgoing = bytearray()
        self._may_read, self._may_write = gevent.event.Event(), gevent.event.Event()
        self._stirred = gevent.event.Event()  # events have come
        self._down: SwitchDisconnected | None = None
        self.paused = False
        self.read_at = 0.0  # ``time.perf_counter`` of the last read
        self._gather = min(GATHER_SECONDS, self.most_gather_seconds)
        self.malformed = 0  # messages that were framed but made no sense; each one is logged

    def start_event_handlers(self) -> None:
        """Starts the reader and the writer on ``self.sock``."""
        if (sock_file := getattr(self, "sock_file", None)) is not None:
            sock_file.close()  # greenswitch reads from it, we do not; it would keep the socket open past its close()
        self.sock.setsockopt(blocking_socket.IPPROTO_TCP, blocking_socket.TCP_NODELAY, 1)
        self._receive_events_greenlet = gevent.spawn(self.receive_events)
        self._process_events_greenlet = gevent.spawn(self._write)

    def submit(self, data: bytes, slot: Slot) -> None:
        """Queues one command; ``slot`` gets the answer, or the error, exactly once. Never blocks."""
        if self._down is not None or not self.connected:
            slot(self._down or SwitchDisconnected(DownReason.CLOSED, "not connected"))
        elif len(self._outgoing) + len(data) > OUTGOING_LIMIT_BYTES:
            slot(SwitchBusy(f"{len(self._outgoing)} bytes are waiting to be written"))
        else:
            self._commands_sent.append(slot)
            self._outgoing += data
            self._may_write.set()
            self.resume()  # somebody waits for an answer: read on, within the hard limit

    def send(self, command: Command, timeout: float | None = 5.0) -> Reply:
        """Sends a command from a greenlet and waits at most ``timeout`` seconds (``SwitchTimeout``) for the answer."""
        [reply] = self.send_all((command,), timeout)
        return reply

    def send_all(self, commands: Sequence[Command], timeout: float | None = 5.0) -> list[Reply]:
        """Sends commands in one go and waits for all their answers, at most ``timeout`` seconds (``SwitchTimeout``)."""
        answers = [gevent.event.AsyncResult() for _ in commands]
        for command, answer in zip(commands, answers, strict=True):
            self.submit(command.wire(), functools.partial(_settle, answer))
        with gevent.Timeout(timeout, SwitchTimeout(f"no answer to {type(commands[-1]).__name__} within {timeout} s")):
            return [answer.get() for answer in answers]

    def resume(self) -> None:
        """Lets a paused reader look again whether it may go on."""
        self._may_read.set()

    def receive_events(self) -> None:
        """The reader: until the connection ends, one way or another."""
        try:
            while data := self.sock.recv(READ_BYTES):
                last, self.read_at = self.read_at, time.perf_counter()
                events = self._dispatch(self._parser.feed(data))
                self._gather = min(gather_seconds(self._gather, events, self.read_at - last), self.most_gather_seconds)
                if events:
                    self._stirred.set()
                self._wait_until_wanted()
                if len(data) < TRICKLE_BYTES and not self._commands_sent:
                    self._may_read.clear()
                    self._may_read.wait(self._gather)
            truncated = " in the middle of a message" if self._parser.mid_message else ""
            self._went_down(DownReason.EOF, f"the switch closed the connection{truncated}")
        except ProtocolError as error:
            self._went_down(DownReason.PROTOCOL, error.detail)
        except OSError as error:
            self._went_down(DownReason.EOF, str(error))
        except Exception as error:
            log.exception("the event-socket reader failed")
            self._went_down(DownReason.FAILED, repr(error))

    def close(self, timeout: float = 1.0) -> None:
        """Says ``exit``, waits up to ``timeout`` seconds for the switch to close, then closes."""
        if self.connected:
            try:
                self.send(Exit(), timeout)
                self._receive_events_greenlet.join(timeout)
            except EslError:
                pass
        self.abort()

    def abort(self, reason: DownReason = DownReason.CLOSED, detail: str = "closed") -> None:
        """Closes at once; whatever waits gets ``SwitchDisconnected``."""
        self._went_down(reason, detail)

    def stop(self) -> None:
        """greenswitch's name for ``close``."""
        self.close()

    def _wait_until_wanted(self) -> None:
        gevent.sleep(0)  # a socket that always has data would keep every other greenlet from running
        while self._run and self._held_up(bool(self._commands_sent)):
            # Announce the pause first and look again: the other side may have caught up in between.
            self.paused = True
            self._may_read.clear()
            if self._held_up(bool(self._commands_sent)):
                self._may_read.wait()
            self.paused = False

    def _dispatch(self, messages: Iterable[Message]) -> int:
        """Hands over what has come; returns how many events that were."""
        events: list[Event] = []
        earlier = 0
        try:
            for message in messages:
                content_type = message.headers.get("Content-Type")
                if content_type == "text/event-json":
                    self._decode(message, events)
                elif content_type in ("command/reply", "api/response"):
                    if events:  # what came before the answer is delivered before it
                        self._on_events(events)
                        earlier += len(events)
                        events = []
                    self._answer(Reply.of(message))
                else:
                    self._other(content_type, message)
        finally:  # what came before a broken message counts
            if events:
                self._on_events(events)
        return earlier + len(events)

    def _decode(self, message: Message, events: list[Event]) -> None:
        try:
            events.append(decode_event(message.body))
        except ProtocolError as error:
            self._ignore(error.detail)

    def _answer(self, reply: Reply) -> None:
        if not self._commands_sent:
            raise ProtocolError(f"an answer to no command: {reply.text[:80]!r}")
        self._commands_sent.popleft()(reply)

    def _other(self, content_type: str | None, message: Message) -> None:
        if content_type == "auth/request":
            self._auth_request_event.set()
        elif content_type == "text/rude-rejection":
            self._went_down(DownReason.AUTH, message.text.strip())
        elif content_type == "text/disconnect-notice":
            self._lingering = message.headers.get("Content-Disposition") == "linger"
            self._on_notice()
        elif message.headers or message.body:
            self._ignore(f"Content-Type {content_type!r}")

    def _on_notice(self) -> None:
        """The switch says it will close; without linger the end of the stream follows."""

    def _on_written(self) -> None:
        """Commands have been handed to the socket."""

    def _ignore(self, why: str) -> None:
        self.malformed += 1
        log.warning("ignored an event-socket message: %s", why)

    def _write(self) -> None:
        try:
            while self._run:
                self._may_write.wait()
                self._may_write.clear()
                while self._outgoing:
                    waiting, self._outgoing = self._outgoing, bytearray()
                    self.sock.sendall(waiting)
                    self._on_written()
        except OSError as error:
            self._went_down(DownReason.EOF, str(error))

    def _went_down(self, reason: DownReason, detail: str) -> None:
        if self._down is not None:
            return
        self._down = AuthRefused(detail) if reason is DownReason.AUTH else SwitchDisconnected(reason, detail)
        self.connected = self._run = False
        if (sock := getattr(self, "sock", None)) is not None:
            sock.close()
        while self._commands_sent:
            self._commands_sent.popleft()(self._down)
        for waiting in (self._may_read, self._may_write, self._stirred, self._auth_request_event):
            waiting.set()
        self._on_down(self._down.reason, self._down.detail)


def gather_seconds(now: float, events: int, seconds: float) -> float:
    """How long to wait for more after a read: longer step by step in a rush, and back again after it.

    Args:
        now: how long it was, in seconds.
        events: that came with the read.
        seconds: since the read before.
    """
    if events > RUSH_PER_SECOND * seconds:
        return min(2 * now, MOST_GATHER_SECONDS)
    return max(now / 2, GATHER_SECONDS)


class InboundConnection(Connection, InboundESL):  # type: ignore[misc] # greenswitch is untyped
    """A connection we make to the switch: ``open`` it, with one deadline for everything up to the password."""

    most_gather_seconds = MOST_GATHER_SECONDS

    def __init__(self, host: str, port: int, password: str, timeout: float, **hooks: Any) -> None:
        super().__init__(host, port, password, timeout, **hooks)

    def open(self) -> None:
        """Connects and signs in; raises ``SwitchDisconnected`` (with its ``reason``) or ``SwitchTimeout``."""
        try:
            with gevent.Timeout(self.timeout, SwitchTimeout(f"not signed in within {self.timeout} s")):
                self._connect()
        except EslError as error:
            self.abort(error.reason, error.detail)
            raise

    def _connect(self) -> None:
        try:
            self.connect()
        except ConnectionRefusedError as error:
            raise SwitchDisconnected(DownReason.REFUSED, str(error)) from error
        except NotConnectedError as error:  # greenswitch's word both for a slow connect and for a connection that ended
            raise self._down or SwitchTimeout(str(error)) from error
        except OSError as error:
            raise SwitchDisconnected(DownReason.FAILED, str(error)) from error

    def start_event_handlers(self) -> None:
        """Starts the reader, the writer, and what keeps the switch awake."""
        super().start_event_handlers()
        gevent.spawn(self._nudge)

    def _nudge(self) -> None:
        while self._run:
            self._stirred.wait()
            self._stirred.clear()
            while self._run and time.perf_counter() - self.read_at < NUDGED_FOR_SECONDS:
                gevent.sleep(NUDGE_SECONDS)
                if self._gather <= GATHER_SECONDS:
                    self._outgoing += b"\n"
                    self._may_write.set()

    def authenticate(self) -> None:
        """Sends the password; called by greenswitch's ``connect``."""
        reply = self.send(Auth(self.password), None)
        if not reply.ok:
            raise AuthRefused(reply.text)


def _settle(answer: Any, got: Answer) -> None:
    if isinstance(got, EslError):
        answer.set_exception(got)
    else:
        answer.set(got)
