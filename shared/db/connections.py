"""Connections in autocommit that stay open between transactions, for ``shared.db.pipeline``.

SQLAlchemy's pool asks the server before each transaction whether the connection still lives, a round trip that somebody
waits for. Here the socket is looked at instead: a server that has ended has said so on it.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import psycopg

Connection = psycopg.AsyncConnection[Any]

_RENEWED_AFTER_SECONDS: Final = 1800
"""A server process remembers each table it has seen; so its memory is given back now and then."""


class Connections:
    """At most so many at once.

    Args:
        connect: opens one.
        limit: how many; who finds none free waits.
        wait_seconds: for so long.
    """

    def __init__(self, connect: Callable[[], Awaitable[Connection]], *, limit: int, wait_seconds: float) -> None:
        self._connect = connect
        self._room = asyncio.Semaphore(limit)
        self._wait_seconds = wait_seconds
        self._free: list[tuple[Connection, float]] = []
        self._closed = False

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Connection]:
        """A connection outside any transaction, to be left so; after an exception it is not used again.

        Raises:
            psycopg.OperationalError: the server is away, or no connection came free in time.
        """
        try:
            await asyncio.wait_for(self._room.acquire(), self._wait_seconds)
        except TimeoutError:
            raise psycopg.OperationalError("no connection came free in time") from None
        try:
            connection, opened = await self._take()
            try:
                yield connection
            except BaseException:
                await connection.close()
                raise
            if self._closed:
                await connection.close()
            else:
                self._free.append((connection, opened))
        finally:
            self._room.release()

    async def close(self) -> None:
        """Keep none open any more: those in use are closed afterwards."""
        self._closed = True
        while self._free:
            connection, _ = self._free.pop()
            await connection.close()

    async def _take(self) -> tuple[Connection, float]:
        now = asyncio.get_running_loop().time()
        while self._free:
            connection, opened = self._free.pop()
            if now - opened < _RENEWED_AFTER_SECONDS and not _has_ended(connection):
                return connection, opened
            await connection.close()
        return await self._connect(), now


def _has_ended(connection: Connection) -> bool:
    """Whether the server has closed it: to an idle connection it says nothing else."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
