"""The same bus twice: in memory and on NATS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.nats import EmbeddedNats
from shared.bus.memory import MemoryBus
from shared.bus.nats import NatsBus
from tests.support.bus_world import MemoryWorld, NatsWorld, World
from tests.support.ports import free_port


@pytest.fixture(params=["memory", "nats"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A bus of either kind, with a server of its own."""
    if request.param == "memory":
        memory = MemoryWorld()
        yield memory
        await memory.close()
        return
    server = EmbeddedNats(tmp_path / "nats", free_port())
    server.start()
    real = NatsWorld(server)
    yield real
    await real.close()
    server.kill()


@pytest.fixture
async def bus(world: World) -> MemoryBus | NatsBus:
    """A started bus whose streams exist."""
    bus = await world.bus()
    await bus.ensure_streams()
    return bus
