"""Listen on the event socket's port."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from freeswitch.simulator.esl.connection import Connection

if TYPE_CHECKING:
    from freeswitch.simulator.api import ApiCommands
    from freeswitch.simulator.settings import Settings
    from freeswitch.simulator.switch import Switch


class EventSocketServer:
    """Inbound connections, each served by a task of its own."""

    def __init__(self, switch: Switch, api: ApiCommands, settings: Settings) -> None:
        self._switch, self._api, self._settings = switch, api, settings
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()

    @property
    def port(self) -> int:
        """The port listened on.

        Raises:
            RuntimeError: before `start`.
        """
        if self._server is None:
            raise RuntimeError("not started")
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        self._server = await asyncio.start_server(self._serve, self._settings.host, self._settings.port)

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._connections):
            connection.disconnect("The system is being shut down.\n")
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, self._switch, self._api)
        self._connections.add(connection)
        try:
            await connection.serve_inbound(self._settings.password)
        finally:
            self._connections.discard(connection)
