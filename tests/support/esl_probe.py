"""A minimal event-socket client for tests: what came off the wire, nothing else. Not the one services use."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

DEFAULT_SECONDS = 10.0
Headers = dict[str, Any]


@dataclass(frozen=True)
class Frame:
    """One message: its headers and its body."""

    headers: dict[str, str]
    body: str

    @property
    def reply(self) -> str:
        """What a command was answered: the reply text, or the output of `api`."""
        return self.headers.get("Reply-Text", self.body)


class EslProbe:
    """One connection. Events are kept in `events` as they came, decoded from JSON."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.events: list[Headers] = []
        self.disconnected = asyncio.Event()
        self._replies: asyncio.Queue[Frame] = asyncio.Queue()
        self._changed = asyncio.Condition()
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def connect(cls, host: str, port: int, password: str) -> EslProbe:
        """Connect and log in.

        Raises:
            PermissionError: the password is refused.
        """
        probe = cls(*await asyncio.open_connection(host, port))
        await probe._replies.get()
        reply = await probe.send(f"auth {password}")
        if not reply.reply.startswith("+OK"):
            raise PermissionError(reply.reply)
        return probe

    async def send(self, command: str, body: str = "") -> Frame:
        """Send one command (with its header lines) and wait for the answer."""
        self._writer.write(f"{command}\n\n{body}".encode())
        return await asyncio.wait_for(self._replies.get(), DEFAULT_SECONDS)

    async def api(self, command: str) -> str:
        """The output of an API command."""
        return (await self.send(f"api {command}")).body

    async def wait_event(self, wanted: Callable[[Headers], bool], timeout: float = DEFAULT_SECONDS) -> Headers:
        """The first event that is wanted, past or to come.

        Raises:
            TimeoutError: none came.
        """

        def found() -> Headers | None:
            return next((event for event in self.events if wanted(event)), None)

        async with asyncio.timeout(timeout), self._changed:
            await self._changed.wait_for(lambda: found() is not None)
        event = found()
        assert event is not None
        return event

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        self._reading.cancel()

    async def _read(self) -> None:
        try:
            while True:
                frame = await self._frame()
                kind = frame.headers.get("Content-Type", "")
                if kind == "text/event-json":
                    async with self._changed:
                        self.events.append(json.loads(frame.body))
                        self._changed.notify_all()
                elif kind != "text/disconnect-notice":
                    self._replies.put_nowait(frame)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.disconnected.set()

    async def _frame(self) -> Frame:
        head = b"\n\n"
        while not head.strip():
            head = await self._reader.readuntil(b"\n\n")
        headers = dict(line.split(": ", 1) for line in head.decode().strip().split("\n") if ": " in line)
        body = await self._reader.readexactly(int(headers.get("Content-Length", "0")))
        return Frame(headers, body.decode(errors="replace"))
