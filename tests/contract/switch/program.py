"""A program a call is handed to over the outbound socket: a small server for scenarios."""

from __future__ import annotations

import asyncio
import itertools
from urllib.parse import unquote

SECONDS = 10.0


class Program:
    """Accepts one connection from the switch at a time."""

    def __init__(self) -> None:
        self._accepted: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def __aenter__(self) -> Program:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_exc: object) -> None:
        assert self._server is not None
        self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._accepted.put((reader, writer))

    async def accept(self) -> Conversation:
        """The next call handed over, after its `connect`."""
        conversation = Conversation(*await asyncio.wait_for(self._accepted.get(), SECONDS))
        conversation.channel = await conversation.send("connect")
        return conversation


class Conversation:
    """One call in a program's hands."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.channel: dict[str, str] = {}
        self.events: list[dict[str, str]] = []
        self.notices: list[dict[str, str]] = []
        self._numbers = itertools.count(1)

    async def send(self, command: str) -> dict[str, str]:
        """Send a command; the headers of its reply."""
        self._writer.write(f"{command}\n\n".encode())
        while True:
            headers = await self._read()
            if headers.get("Content-Type") == "command/reply":
                return headers

    async def event(self, name: str, **headers: str) -> dict[str, str]:
        """Wait for an event by name and headers (`_` for `-`)."""
        wanted = {"Event-Name": name, **{key.replace("_", "-"): value for key, value in headers.items()}}
        while True:
            found = next((event for event in self.events if wanted.items() <= event.items()), None)
            if found is not None:
                self.events.remove(found)
                return found
            await self._read()

    async def begin(self, application: str, data: str = "", *, lock: bool = False) -> str:
        """Have an application run; the id by which its end is known."""
        uuid = f"app-{next(self._numbers)}"
        await self.send(execute(application, data, uuid, lock=lock))
        return uuid

    async def complete(self, uuid: str) -> dict[str, str]:
        """Wait for the end of an application: its CHANNEL_EXECUTE_COMPLETE."""
        return await self.event("CHANNEL_EXECUTE_COMPLETE", Application_UUID=uuid)

    async def run(self, application: str, data: str = "") -> dict[str, str]:
        """Have an application run to its end."""
        return await self.complete(await self.begin(application, data))

    async def end(self) -> list[str]:
        """Read to the end of the connection; what kinds of notices came."""
        try:
            while True:
                await self._read()
        except (asyncio.IncompleteReadError, ConnectionError):
            self._writer.close()
        return [notice.get("Content-Disposition", notice["Content-Type"]) for notice in self.notices]

    def drop(self) -> None:
        """Break the connection, as a program that crashed."""
        self._writer.transport.abort()

    async def _read(self) -> dict[str, str]:
        async with asyncio.timeout(SECONDS):
            headers = _headers((await self._reader.readuntil(b"\n\n")).decode())
            body = await self._reader.readexactly(int(headers.get("Content-Length", "0")))
        kind = headers.get("Content-Type")
        if kind == "text/event-plain":
            self.events.append(_headers(body.decode()))
        elif kind == "text/disconnect-notice":
            self.notices.append(headers)
        return headers


def execute(application: str, data: str = "", uuid: str = "app-1", *, lock: bool = False) -> str:
    """The command that runs an application, known by `uuid`; with `lock` nothing else runs inside it."""
    argument = f"\nexecute-app-arg: {data}" if data else ""
    locked = "\nevent-lock: true" if lock else ""
    return f"sendmsg\ncall-command: execute\nexecute-app-name: {application}{argument}\nEvent-UUID: {uuid}{locked}"


def _headers(text: str) -> dict[str, str]:
    pairs = (line.split(": ", 1) for line in text.strip().split("\n") if ": " in line)
    return {name: unquote(value) for name, value in pairs}
