"""A real NATS server with JetStream for tests.

``nats_url`` shares one server among all tests (streams are wiped for each test by ``clean_nats_url``); ``nats_server``
gives a test its own, to be killed and started again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.nats import EmbeddedNats
from shared.bus.connection import Connection
from shared.bus.measures import Measures
from tests.support.ports import free_port


@pytest.fixture(scope="session")
def shared_nats_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedNats]:
    """One server for all tests that do not harm it."""
    server = EmbeddedNats(tmp_path_factory.mktemp("nats"), free_port())
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def nats_url(shared_nats_server: EmbeddedNats) -> str:
    """URL of the shared server; streams of earlier tests are still there."""
    return shared_nats_server.url


@pytest.fixture
async def clean_nats_url(shared_nats_server: EmbeddedNats) -> str:
    """URL of the shared server after every stream was deleted."""
    await delete_streams(shared_nats_server.url)
    return shared_nats_server.url


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[EmbeddedNats]:
    """A server of the test's own: ``kill()``, ``start()``, ``restart()`` keep port and streams."""
    server = EmbeddedNats(tmp_path / "nats", free_port())
    server.start()
    yield server
    server.kill()


async def delete_streams(url: str) -> None:
    """Delete every stream of a server."""
    connection = Connection(url, "tests", Measures(None))
    await connection.start()
    try:
        for name in (await connection.call("STREAM.NAMES"))["streams"] or []:
            await connection.call(f"STREAM.DELETE.{name}")
    finally:
        await connection.stop()


async def until(condition: Callable[[], object], timeout: float = 10.0) -> None:
    """Wait until ``condition()`` holds.

    Raises:
        TimeoutError: not within ``timeout`` seconds.
    """
    async with asyncio.timeout(timeout):
        while not condition():
            await asyncio.sleep(0.005)
