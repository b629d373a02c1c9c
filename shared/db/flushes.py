"""Tells when what was committed early is on the server's disk, or was lost with the server.

A transaction committed early (``Pipeline.commit(early=True)``) is seen by everybody at once and written to disk within
moments; a server that crashes in between forgets it, and what was committed after it (PostgreSQL manual, "Asynchronous
Commit"). One connection stays open that is asked to write out everything so far. It ends with the server: if it was
there before the commit and has written since, the commit is on disk.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, Final

import psycopg

from shared.db.engine import Database
from shared.db.pipeline import FLUSH
from shared.runtime.logs import get_logger

log = get_logger(__name__)

_RETRY_SECONDS: Final = 0.25

Flushed = asyncio.Future[bool]


class Flushes:
    """A component: the connection by which a loss is noticed, for as long as it runs."""

    name = "flushes"

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked = asyncio.Event()
        self._waiting: list[Flushed] = []
        self._task: asyncio.Task[None] | None = None
        self._opened = 0
        self._is_open = False

    async def start(self) -> None:
        """Begin; the database may still be away."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """End; what is not known to be on disk counts as lost."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self._lose()

    @property
    def watch(self) -> int | None:
        """What to take before an early commit and to ask with after it; none: nobody would notice a loss now."""
        return self._opened if self._is_open else None

    def flushed(self, watch: int) -> Flushed:
        """Whether what was committed since ``watch`` was taken is on disk: true once it is, false if it may be lost."""
        future: Flushed = asyncio.get_running_loop().create_future()
        if watch != self.watch:
            future.set_result(False)
            return future
        self._waiting.append(future)
        self._asked.set()
        return future

    async def _run(self) -> None:
        while True:
            try:
                async with await self._database.connect() as connection:
                    self._opened += 1
                    self._is_open = True
                    await self._serve(connection)
            except Exception as error:  # whatever ended it, what was on its way may be lost
                if self._is_open:
                    log.warning("the database may have lost its last moments", reason=str(error))
            finally:
                self._lose()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _serve(self, connection: psycopg.AsyncConnection[Any]) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            asked = len(self._waiting)  # who asks from now on may have committed after what is written now
            await connection.execute(FLUSH)
            done, self._waiting = self._waiting[:asked], self._waiting[asked:]
            for future in done:
                if not future.done():
                    future.set_result(True)

    def _lose(self) -> None:
        self._is_open = False
        lost, self._waiting = self._waiting, []
        for future in lost:
            if not future.done():
                future.set_result(False)
