"""Replicated tables followed for as long as a process lives, also when it starts before the bus is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from shared.bus.port import Bus, BusError, Replica
from shared.contracts.message import StateEvent
from shared.runtime.logs import get_logger

__all__ = ["Following", "Table"]

log = get_logger(__name__)

RETRY_SECONDS: Final = 0.5

Table = tuple[Sequence[type[StateEvent]], Callable[[Any], Awaitable[None]]]
"""Events, and what takes each of them in. Two tables do not wait for each other's handlers."""


class Following:
    """A component, or a part of one. Starting it waits for nobody: a service without a bus works from its tables.

    Args:
        name: what is followed, for the log.
        then: called once, when all that stood in the streams has been taken in.
    """

    def __init__(self, bus: Bus, name: str, *tables: Table, then: Callable[[], None] | None = None) -> None:
        self.name = name
        self._bus = bus
        self._tables = tables
        self._then = then
        self._replicas: list[Replica] = []
        self._caught_up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_caught_up(self) -> bool:
        """Whether all that stood in the streams at the start has been taken in."""
        return self._caught_up.is_set()

    async def caught_up(self) -> None:
        """Wait until ``is_caught_up``."""
        await self._caught_up.wait()

    async def start(self) -> None:
        """Begin in the background."""
        self._task = asyncio.create_task(self._follow(), name=f"follow {self.name}")

    async def stop(self) -> None:
        """End, each table after the event that is being taken in."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for replica in self._replicas:
            await replica.stop()

    async def _follow(self) -> None:
        while len(self._replicas) < len(self._tables):
            try:
                await self._bus.ensure_streams()
                for events, take in self._tables[len(self._replicas) :]:
                    self._replicas.append(await self._bus.replicate(events, take))
            except BusError as error:
                log.warning("cannot follow yet", what=self.name, reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)
        for replica in self._replicas:
            await replica.caught_up()
        if self._then is not None:
            self._then()
        self._caught_up.set()
