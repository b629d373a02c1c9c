"""In a rush messages are gathered; what somebody in a queue waits for is not held up by it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from services.switchlink import publisher as publishing
from services.switchlink.metrics import SwitchlinkMetrics
from services.switchlink.publisher import Publisher
from shared.contracts.message import Event
from shared.contracts.nodes import NodeStarted
from shared.runtime.metrics import Metrics

FOR_EVER = 3600.0


class Bus:
    """Takes everything at once and remembers it, batch by batch."""

    def __init__(self) -> None:
        self.batches: list[list[Event]] = []
        self.changed = asyncio.Event()

    async def ensure_streams(self) -> None:
        return None

    async def publish_many(self, batch: Sequence[Event]) -> None:
        self.batches.append(list(batch))
        self.changed.set()

    async def has(self, batches: int) -> list[list[Event]]:
        while len(self.batches) < batches:
            self.changed.clear()
            await self.changed.wait()
        return self.batches


@pytest.fixture
async def bus() -> Bus:
    return Bus()


@pytest.fixture
async def publisher(bus: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Publisher]:
    monkeypatch.setattr(publishing, "GATHER_SECONDS", FOR_EVER)
    one = Publisher(bus, SwitchlinkMetrics(Metrics("switchlink")))
    await one.start()
    yield one
    one.put((), urgent=True)
    await one.stop()


def news(life: str) -> NodeStarted:
    return NodeStarted(node_id="n1", core_id=life)


async def test_the_first_message_goes_at_once_and_its_followers_together(bus: Bus, publisher: Publisher) -> None:
    first, second, third = (news(life) for life in "abc")
    publisher.put([first])
    assert await bus.has(1) == [[first]]
    publisher.put([second])
    publisher.put([third])
    publishing_goes_on = asyncio.create_task(bus.has(2))
    assert not publishing_goes_on.done()
    publisher.put((), urgent=True)
    assert await publishing_goes_on == [[first], [second, third]]


async def test_an_urgent_message_takes_along_what_waits_before_it(bus: Bus, publisher: Publisher) -> None:
    first, gathered, urgent = (news(life) for life in "abc")
    publisher.put([first])
    await bus.has(1)
    publisher.put([gathered])
    publisher.put([urgent], urgent=True)
    assert await bus.has(2) == [[first], [gathered, urgent]]
