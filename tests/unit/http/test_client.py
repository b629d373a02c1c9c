"""The client of the REST APIs, as the command line and everything that makes a platform ready use it."""

from __future__ import annotations

import asyncio
import contextlib

import httpx
import pytest
import uvicorn

from shared.http import client
from shared.http.client import IDLE_SECONDS, ApiClient

BODY = b'{"access_token": "t", "expires_in": 900}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)


def test_no_connection_is_used_again_that_a_service_may_just_be_closing() -> None:
    assert uvicorn.Config("app:none").timeout_keep_alive > 2 * IDLE_SECONDS


@pytest.mark.parametrize(("idle_seconds", "connections"), [(IDLE_SECONDS, 1), (0.0, 3)])
async def test_a_connection_is_used_again_while_it_was_not_idle_for_too_long(
    monkeypatch: pytest.MonkeyPatch, idle_seconds: float, connections: int
) -> None:
    monkeypatch.setattr(client, "LIMITS", httpx.Limits(keepalive_expiry=idle_seconds))
    opened = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened
        opened += 1
        with contextlib.suppress(asyncio.IncompleteReadError):  # the client is gone
            while head := (await reader.readuntil(b"\r\n\r\n")).lower():
                await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r")[0] or 0))
                writer.write(ANSWER)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with ApiClient({"directory": address}, {"api_key": "k"}) as asking:
        for _ in range(2):
            await asking.get("directory", "/v1/things")
    server.close()
    await server.wait_closed()
    assert opened == connections
