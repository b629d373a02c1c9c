"""One event-socket connection, inbound or outbound (mod_event_socket.c: listener_run, parse_command)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING
from uuid import uuid4

from freeswitch.simulator.domain.causes import parse_cause
from freeswitch.simulator.domain.command import Command, parse_head
from freeswitch.simulator.domain.event import Event, plain_headers
from freeswitch.simulator.domain.states import State
from freeswitch.simulator.domain.subscription import Subscription

if TYPE_CHECKING:
    from freeswitch.simulator.api import ApiCommands
    from freeswitch.simulator.session import Session
    from freeswitch.simulator.switch import Switch

MAX_HEAD_BYTES = 1 << 20
MAX_UNSENT_BYTES = 64 << 20
MYEVENTS = (
    "CHANNEL_ANSWER CHANNEL_APPLICATION CHANNEL_BRIDGE CHANNEL_CREATE CHANNEL_DATA CHANNEL_DESTROY CHANNEL_EXECUTE "
    "CHANNEL_EXECUTE_COMPLETE CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_ORIGINATE CHANNEL_UUID CHANNEL_OUTGOING "
    "CHANNEL_PARK CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_STATE CHANNEL_UNBRIDGE CHANNEL_UNPARK "
    "DETECTED_SPEECH DTMF NOTALK TALK"
)
GOODBYE = "Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"


class Connection:
    """A client of the event socket, or a program a leg was handed to."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        switch: Switch,
        api: ApiCommands,
        *,
        controlled: Session | None = None,
        flags: set[str] | None = None,
    ) -> None:
        self._reader, self._writer = reader, writer
        self._switch, self._api = switch, api
        self._controlled = controlled
        self._flags = flags or set()
        self._subscription = Subscription()
        self._format = "plain"
        self._only_uuid = ""
        self._linger_seconds: float | None = None
        self.connected = False
        self.finished = False
        self.resume = False
        self.on_change: Callable[[], None] = lambda: None

    # -- serving

    async def serve_inbound(self, password: str) -> None:
        """Ask for the password, then obey until `exit` or the end of the connection."""
        self._send(b"Content-Type: auth/request\n\n")
        command = await self._read()
        if command is None:
            self._close()
            return
        if command.name != "auth" or command.arguments != password:
            self._reply("-ERR invalid" if command.name == "auth" else "-ERR command not found")
            self.disconnect("Disconnected, goodbye.\n")
            return
        self._reply("+OK accepted")
        await self._obey()

    async def serve_outbound(self) -> None:
        """Obey a program that controls a leg."""
        await self._obey()

    async def _obey(self) -> None:
        try:
            while (command := await self._read()) is not None:
                if not await self._run(command):
                    break
                await self._writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.disconnect(GOODBYE)

    async def _read(self) -> Command | None:
        try:
            head = b""
            while not head.strip():
                head = await self._reader.readuntil(b"\n\n")
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
            return None
        name, arguments, headers = parse_head(head.decode(errors="replace").strip("\n"))
        length = headers.get("Content-Length", "0")
        body = await self._reader.readexactly(int(length)) if length.isdigit() and int(length) else b""
        return Command(name, arguments, headers, body.decode(errors="replace"))

    # -- events

    def wants_name(self, name: str, subclass: str) -> bool:
        """Whether an event of this name might pass."""
        return self._subscription.wants_name(name, subclass)

    def offer(self, event: Event) -> None:
        """Send the event if it passes names, filters and `myevents`."""
        if not self._subscription.wants(event):
            return
        if self._only_uuid and event.headers.get("Unique-ID") != self._only_uuid:
            return
        payload = event.as_json() if self._format == "json" else event.as_plain()
        self._send(f"Content-Length: {len(payload)}\nContent-Type: text/event-{self._format}\n\n".encode() + payload)

    def _listen(self) -> None:
        self._unlisten()
        switch, leg = self._switch, self._only_uuid
        (switch.leg_listeners.setdefault(leg, set()) if leg else switch.listeners).add(self)

    def _unlisten(self) -> None:
        self._switch.listeners.discard(self)
        others = self._switch.leg_listeners.get(self._only_uuid)
        if others is not None:
            others.discard(self)
            if not others:
                del self._switch.leg_listeners[self._only_uuid]

    # -- sending

    def _send(self, data: bytes) -> None:
        if self._writer.is_closing():
            return
        self._writer.write(data)
        if self._writer.transport.get_write_buffer_size() > MAX_UNSENT_BYTES:
            self._switch.log.warning("a listener does not read: its connection is closed")
            self._writer.transport.abort()

    def _reply(self, text: str) -> None:
        self._send(f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode())

    def disconnect(self, message: str) -> None:
        """Say goodbye and close."""
        if self.finished:
            return
        self.finished = True
        head = "Content-Type: text/disconnect-notice\n"
        if self._controlled is not None:
            head += f"Controlled-Session-UUID: {self._controlled.uuid}\nContent-Disposition: disconnect\n"
        self._send(f"{head}Content-Length: {len(message)}\n\n{message}".encode())
        self._close()

    def _close(self) -> None:
        self.finished = True
        self._unlisten()
        with contextlib.suppress(RuntimeError):
            self._writer.close()
        self._give_leg_back()
        self.on_change()

    def _give_leg_back(self) -> None:
        """The program is gone: with `resume` the leg goes on with its next application.

        It does so, and its park ends, even where a transfer has led it somewhere else meanwhile.
        """
        session = self._controlled
        if session is None:
            return
        channel = session.channel
        moved = channel.flags & {"transfer", "redirect"} or channel.state in {State.HIBERNATE, State.RESET}
        if channel.up and not moved and (self.resume or channel.is_true("socket_resume")):
            session.set_state(State.RESET)
        channel.flags.discard("controlled")
        session.programs.discard(self)
        session.poke()

    async def leave(self, session: Session) -> None:
        """The application that opened this connection is over; once the leg is, linger if asked, else close."""
        await session.waiting.wait(lambda: not session.channel.up or self.finished)
        if self.finished:
            return
        if self._linger_seconds is None:
            asyncio.get_running_loop().call_later(0, lambda: self.disconnect(GOODBYE))
            return
        message = f"Linger {self._linger_seconds:g} seconds for socket to close.\n"
        head = f"Content-Type: text/disconnect-notice\nControlled-Session-UUID: {session.uuid}\n"
        head += f"Content-Disposition: linger\nLinger-Time: {self._linger_seconds:g}\n"
        self._send(f"{head}Content-Length: {len(message)}\n\n{message}".encode())
        self._switch.clock.call_later(self._linger_seconds, lambda: self.disconnect(GOODBYE))

    # -- commands

    async def _run(self, command: Command) -> bool:
        if command.name in {"exit", "...", "quit"}:
            self._reply("+OK bye")
            return False
        act = _COMMANDS.get(command.name)
        if act is None:
            self._reply("-ERR command not found")
            return True
        await act(self, command)
        return True

    async def _api_command(self, command: Command) -> None:
        body = (await self._api.run(command.arguments)).encode() or b"-ERR no reply\n"
        self._send(f"Content-Type: api/response\nContent-Length: {len(body)}\n\n".encode() + body)

    async def _bgapi(self, command: Command) -> None:
        job = command.headers.get("Job-UUID") or str(uuid4())
        self._send(f"Content-Type: command/reply\nReply-Text: +OK Job-UUID: {job}\nJob-UUID: {job}\n\n".encode())
        name, _, arguments = command.arguments.partition(" ")

        async def work() -> None:
            body = await self._api.run(command.arguments)
            extra = {"Job-UUID": job, "Job-Command": name}
            if arguments:
                extra["Job-Command-Arg"] = arguments
            self._switch.fire("BACKGROUND_JOB", None, extra, body=body)

        self._switch.background(work())

    async def _event(self, command: Command) -> None:
        words = command.arguments.replace(",", " ").split()
        if words and words[0].lower() in {"plain", "json", "xml"}:
            self._format = "json" if words[0].lower() == "json" else "plain"
            words = words[1:]
        if self._subscription.add(words):
            self._listen()
            self._reply(f"+OK event listener enabled {self._format}")
        else:
            self._reply("-ERR no keywords supplied")

    async def _nixevent(self, command: Command) -> None:
        known = self._subscription.remove(command.arguments.split())
        self._reply("+OK events nixed" if known else "-ERR no keywords supplied")

    async def _noevents(self, _command: Command) -> None:
        had = self._subscription.clear()
        self._unlisten()
        self._reply("+OK no longer listening for events" if had else "-ERR not listening for events")

    async def _filter(self, command: Command) -> None:
        words = command.arguments.split(None, 2)
        if words and words[0] == "delete":
            header, value = [*words[1:], "", ""][:2]
            self._subscription.remove_filter(header, value)
            self._reply(f"+OK filter deleted. [{header}][{value}]")
        elif len(words) >= 2:
            header, value = command.arguments.split(None, 1)
            self._subscription.filters.append((header, value))
            self._reply(f"+OK filter added. [{header}]=[{value}]")
        else:
            self._reply("-ERR command not found" if not words else "-ERR invalid syntax")

    async def _sendmsg(self, command: Command) -> None:
        uuid = command.arguments or command.headers.get("session-id", "")
        session = self._switch.sessions.get(uuid) if uuid else self._controlled
        if session is None or session.gone.is_set():
            self._reply(f"-ERR invalid session id [{uuid}]")
            return
        message = command.message()
        if message.get("call-command") == "hangup":
            session.hangup(parse_cause(message.get("hangup-cause", "")))
        elif self._controlled is session and "async" not in self._flags:
            await session.run_message(message)
        else:
            session.queue(message)
        self._reply("+OK")

    async def _connect(self, _command: Command) -> None:
        if self._controlled is None:
            self._reply("-ERR command not found")
            return
        self.connected = True
        channel = self._controlled.channel
        headers = dict(self._switch.build_event("CHANNEL_DATA", channel).headers)
        headers = {**channel.profile.headers("Channel"), **headers}
        head = plain_headers(headers) + "Content-Type: command/reply\nReply-Text: %2BOK%0A\n"
        mode = "async" if "async" in self._flags else "static"
        control = "full" if "full" in self._flags else "single-channel"
        self._send(f"{head}Socket-Mode: {mode}\nControl: {control}\n\n".encode())
        self.on_change()

    async def _myevents(self, command: Command) -> None:
        words = command.arguments.split()
        if self._only_uuid:
            self._reply("-ERR aready enabled.")
            return
        if self._controlled is None and (not words or words[0] not in self._switch.sessions):
            self._reply("-ERR invalid uuid" if words else "-ERR command not found")
            return
        self._only_uuid = self._controlled.uuid if self._controlled else words[0]
        if "json" in words:
            self._format = "json"
        self._subscription.add(MYEVENTS.split())
        self._listen()
        self._reply("+OK Events Enabled")

    async def _getvar(self, command: Command) -> None:
        value = self._controlled.channel.get(command.arguments) if self._controlled else None
        self._reply(value or "")

    async def _resume(self, _command: Command) -> None:
        self.resume = True
        if self._controlled is not None:
            self._controlled.channel.set("socket_resume", "true")
        self._reply("+OK")

    async def _linger(self, command: Command) -> None:
        if self._controlled is None:
            self._reply("-ERR not controlling a session")
            return
        seconds = command.arguments.strip()
        self._linger_seconds = float(seconds) if seconds.isdigit() else 1e9
        self._reply(f"+OK will linger {seconds} seconds" if seconds.isdigit() else "+OK will linger")

    async def _nolinger(self, _command: Command) -> None:
        if self._controlled is None:
            self._reply("-ERR not controlling a session")
            return
        self._linger_seconds = None
        self._reply("+OK will not linger")

    async def _log(self, command: Command) -> None:
        self._reply(f"+OK log level {command.arguments} [6]")

    async def _nolog(self, _command: Command) -> None:
        self._reply("-ERR not loging")

    async def _divert_events(self, command: Command) -> None:
        self._reply("+OK events diverted" if command.arguments == "on" else "+OK events not diverted")

    async def _sendevent(self, command: Command) -> None:
        headers = command.message()
        body = headers.pop("_body", None)
        headers.pop("Content-Length", None)
        uuid = str(uuid4())
        headers["Event-UUID"] = uuid
        self._switch.fire(command.arguments.upper(), None, headers, headers.get("Event-Subclass", ""), body)
        self._reply(f"+OK {uuid}")

    async def _auth(self, _command: Command) -> None:
        self._reply("-ERR command not found")


_COMMANDS = {
    "api": Connection._api_command,
    "bgapi": Connection._bgapi,
    "event": Connection._event,
    "nixevent": Connection._nixevent,
    "noevents": Connection._noevents,
    "filter": Connection._filter,
    "sendmsg": Connection._sendmsg,
    "connect": Connection._connect,
    "myevents": Connection._myevents,
    "getvar": Connection._getvar,
    "resume": Connection._resume,
    "linger": Connection._linger,
    "nolinger": Connection._nolinger,
    "log": Connection._log,
    "nolog": Connection._nolog,
    "divert_events": Connection._divert_events,
    "sendevent": Connection._sendevent,
    "auth": Connection._auth,
}
