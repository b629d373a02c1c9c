"""The other end of the event socket, scripted by a test: a switch that listens, or a call that is handed over."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import gevent
import orjson

DEADLINE_SECONDS = 10.0
PASSWORD = "not-ClueCon"
Answer = Callable[["Peer", str], None]


def command_reply(text: str, **headers: str) -> bytes:
    extra = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    return f"Content-Type: command/reply\nReply-Text: {text}\n{extra}\n".encode()


def api_response(body: str) -> bytes:
    return f"Content-Type: api/response\nContent-Length: {len(body.encode())}\n\n{body}".encode()


def json_event(name: str, headers: dict[str, Any] | None = None) -> bytes:
    return raw_event(orjson.dumps({"Event-Name": name, **(headers or {})}))


def raw_event(body: bytes, form: str = "json") -> bytes:
    return b"Content-Length: %d\nContent-Type: text/event-%s\n\n%b" % (len(body), form.encode(), body)


class Peer:
    """One connection, seen from the switch's side; ``commands`` are those that came, without their blank line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.commands: list[str] = []
        self.nudges = 0
        self.closed = asyncio.Event()

    def send(self, *messages: bytes) -> None:
        self.writer.write(b"".join(messages))

    async def next_command(self) -> str:
        async with asyncio.timeout(DEADLINE_SECONDS):
            return await self.read_command()

    async def read_command(self) -> str:
        """As FreeSWITCH reads it: a line feed before a command is nothing."""
        while (first := await self.reader.readexactly(1)) == b"\n":
            self.nudges += 1
        command = (first + await self.reader.readuntil(b"\n\n"))[:-2].decode()
        self.commands.append(command)
        return command

    def close(self) -> None:
        self.writer.close()


class FakeSwitch:
    """Listens like ``mod_event_socket``. ``answers`` maps the first word of a command to what is done about it.

    A word without an entry gets ``+OK``; ``None`` as an entry means silence.
    """

    def __init__(self, answers: dict[str, Answer | None] | None = None, *, greeting: bytes | None = None) -> None:
        self.answers: dict[str, Answer | None] = {
            "auth": lambda peer, command: peer.send(
                command_reply("+OK accepted" if command == f"auth {PASSWORD}" else "-ERR invalid")
            ),
            "api": lambda peer, command: peer.send(api_response(f"+OK {command[4:]}\n")),
            "exit": lambda peer, command: (peer.send(command_reply("+OK bye")), peer.close()),
            **(answers or {}),
        }
        self.greeting = b"Content-Type: auth/request\n\n" if greeting is None else greeting
        self.peers: list[Peer] = []
        self.arrived = asyncio.Condition()
        self._serving: set[asyncio.Task[Any]] = set()

    async def __aenter__(self) -> FakeSwitch:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for serving in self._serving:
            serving.cancel()
        if self._serving:
            await asyncio.wait(self._serving)

    def stop_listening(self) -> None:
        self._server.close()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Waits until the commands that came satisfy ``condition``."""
        async with asyncio.timeout(DEADLINE_SECONDS), self.arrived:
            await self.arrived.wait_for(condition)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        peer = Peer(reader, writer)
        self.peers.append(peer)
        peer.send(self.greeting)
        try:
            while True:
                command = await peer.read_command()
                answer = self.answers.get(command.split(maxsplit=1)[0], lambda peer, _: peer.send(command_reply("+OK")))
                if answer is not None:
                    answer(peer, command)
                async with self.arrived:
                    self.arrived.notify_all()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            peer.closed.set()
            writer.close()


async def hand_over_call(port: int) -> Peer:
    """A call whose dialplan reached ``socket``: FreeSWITCH connects and waits for commands."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        return Peer(*await asyncio.open_connection("127.0.0.1", port))


async def accept_call(
    port: int, channel: bytes = b"Event-Name: CHANNEL_DATA\nUnique-ID: leg-1\n", *, parked: bool = True
) -> Peer:
    """A call that was taken over: ``connect`` and ``myevents`` are answered, and it is parked unless said otherwise."""
    call = await hand_over_call(port)
    assert await call.next_command() == "connect"
    call.send(channel + b"Content-Type: command/reply\nReply-Text: %2BOK%0A\n\n")
    assert await call.next_command() == "myevents json"
    call.send(command_reply("+OK Events Enabled"))
    if parked:
        call.send(json_event("CHANNEL_PARK"))
    return call


async def released(call: Peer) -> bool:
    """Whether the call is let go of: once parked for sure (something has run to its end), by ``exit``."""
    command = await call.next_command()
    if "execute-app-name: set" in command:
        ours = command.rpartition("Event-UUID: ")[2]
        call.send(command_reply("+OK"), json_event("CHANNEL_EXECUTE_COMPLETE", {"Application-UUID": ours}))
        command = await call.next_command()
    call.send(command_reply("+OK bye"))
    call.close()
    return command == "exit"


async def in_gevent(probe: Callable[[], Any]) -> Any:
    """Runs ``probe`` in a thread with a gevent hub of its own, as greenswitch wants it; the loop goes on meanwhile."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[Any] = loop.create_future()

    def body() -> None:
        try:
            with gevent.Timeout(DEADLINE_SECONDS):
                outcome, error = probe(), None
        except BaseException as caught:  # handed to the test
            outcome, error = None, caught
        gevent.get_hub().destroy(destroy_loop=True)
        if error is None:
            loop.call_soon_threadsafe(result.set_result, outcome)
        else:
            loop.call_soon_threadsafe(result.set_exception, error)

    threading.Thread(target=body, daemon=True).start()
    return await result
