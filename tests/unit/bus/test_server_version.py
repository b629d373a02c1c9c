"""A server that would silently ignore what leases rely on is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.bus.nats import NatsBus
from shared.bus.port import ServerTooOld


@asynccontextmanager
async def server_saying(version: str) -> AsyncIterator[str]:
    """Just enough of a NATS server to be connected to."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        info = {"server_id": "x", "version": version, "headers": True, "max_payload": 1048576, "proto": 1}
        writer.write(f"INFO {json.dumps(info)}\r\n".encode())
        while line := await reader.readline():
            if line.startswith(b"PING"):
                writer.write(b"PONG\r\n")
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield f"nats://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


@pytest.mark.parametrize("version", ["2.9.25", "2.10.29", "1.4.1"])
async def test_old_server_is_refused_by_name_and_version(version: str) -> None:
    async with server_saying(version) as url:
        bus = NatsBus(url, "directory")
        with pytest.raises(ServerTooOld, match=rf"{version} is too old: 2\.11 or newer is needed"):
            await bus.start()
        assert not bus.connected


@pytest.mark.parametrize("version", ["2.11.0", "2.15.1", "3.0.0"])
async def test_newer_server_is_accepted(version: str) -> None:
    async with server_saying(version) as url:
        bus = NatsBus(url, "directory")
        await bus.start()
        assert bus.connected
        await bus.abort()


async def test_address_of_the_bus_may_be_a_list() -> None:
    async with server_saying("2.15.1") as url:
        bus = NatsBus(f"nats://127.0.0.1:1, {url}", "directory")
        await bus.start()
        assert bus.connected
        await bus.abort()
