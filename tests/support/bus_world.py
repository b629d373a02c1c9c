"""One bus and its outages, the same for the memory twin and for real NATS, so that one suite proves both."""

from __future__ import annotations

import asyncio
from typing import Protocol

from deploy.local.nats import EmbeddedNats
from shared.bus.memory import MemoryBus
from shared.bus.memory_broker import MemoryBroker
from shared.bus.nats import NatsBus
from shared.runtime.metrics import Metrics


class World(Protocol):
    """Makes buses that reach each other, and takes the server away from them."""

    async def bus(self, name: str = "test", metrics: Metrics | None = None) -> MemoryBus | NatsBus:
        """A started bus; its streams are not made yet."""
        ...

    async def go_down(self) -> None:
        """The server is killed."""
        ...

    async def come_up(self) -> None:
        """It is started again, with what it had stored."""
        ...

    async def close(self) -> None: ...


class MemoryWorld:
    """Buses in memory."""

    def __init__(self) -> None:
        self.broker = MemoryBroker()
        self._buses: list[MemoryBus] = []

    async def bus(self, name: str = "test", metrics: Metrics | None = None) -> MemoryBus:
        bus = MemoryBus(self.broker, name, metrics)
        self._buses.append(bus)
        await bus.start()
        return bus

    async def go_down(self) -> None:
        self.broker.go_down()

    async def come_up(self) -> None:
        self.broker.come_up()

    async def close(self) -> None:
        self.broker.come_up()
        for bus in self._buses:
            await bus.stop()


class NatsWorld:
    """Buses on a real server."""

    def __init__(self, server: EmbeddedNats) -> None:
        self.server = server
        self._buses: list[NatsBus] = []

    async def bus(self, name: str = "test", metrics: Metrics | None = None) -> NatsBus:
        bus = NatsBus(self.server.url_for(name), name, metrics)
        self._buses.append(bus)
        await bus.start()
        return bus

    async def go_down(self) -> None:
        await asyncio.to_thread(self.server.kill)
        async with asyncio.timeout(5):
            while any(bus.connected for bus in self._buses):
                await asyncio.sleep(0.005)

    async def come_up(self) -> None:
        await asyncio.to_thread(self.server.start)

    async def close(self) -> None:
        for bus in self._buses:
            await bus.stop()
