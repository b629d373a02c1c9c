"""Bus in: records from the switches, and what happens to calls and nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from services.reporting.live_writer import SHOWN, LiveWriter
from services.reporting.recorder import Recorder
from services.reporting.tracker import TRACKED, LegTracker
from shared.bus.port import Bus, BusError, Subscription
from shared.contracts.acd import AgentOtherCallChanged, AgentStatusChanged, QueueEvent
from shared.contracts.catalogue import CALLS
from shared.contracts.message import Event
from shared.contracts.nodes import NodeLost, NodeReconciled, NodeStarted
from shared.contracts.records import StoreCallRecords
from shared.runtime.logs import get_logger

log = get_logger(__name__)

BACKOFF_SECONDS = (0.2, 0.5, 1.0, 2.0)
"""Short: when the database is back everything should be written within seconds."""

RETRY_SECONDS = 0.5


class Consumers:
    """A component: every subscription of reporting. They begin as soon as NATS is there."""

    name = "consumers"

    def __init__(self, bus: Bus, recorder: Recorder, tracker: LegTracker, live: LiveWriter) -> None:
        self._bus = bus
        self._live = live
        self._recorder = recorder
        self._tracker = tracker
        self._subscriptions: list[Subscription] = []
        self._starting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._subscriptions.append(await self._bus.serve(StoreCallRecords, self._recorder.store, queue="reporting"))
        self._starting = asyncio.create_task(self._consume(), name="begin to consume")

    async def stop(self) -> None:
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        for subscription in self._subscriptions:
            await subscription.stop()

    async def _consume(self) -> None:
        while True:
            try:
                await self._bus.ensure_streams()
                subscription = await self._bus.consume(
                    "reporting-calls",
                    CALLS,
                    [*TRACKED, NodeStarted, NodeLost, NodeReconciled],
                    self.handle,
                    max_in_flight=1000,
                    backoff_seconds=BACKOFF_SECONDS,
                )
                self._subscriptions.append(subscription)
                subscription = await self._bus.consume(
                    "reporting-live",
                    CALLS,
                    SHOWN,
                    self.show,
                    max_in_flight=1000,
                    backoff_seconds=BACKOFF_SECONDS,
                )
            except BusError as error:
                log.warning("cannot consume yet", reason=str(error))
                await asyncio.sleep(RETRY_SECONDS)
            else:
                self._subscriptions.append(subscription)
                return

    async def show(self, event: Event) -> None:
        """One event of a queue or an agent."""
        if isinstance(event, QueueEvent | AgentStatusChanged | AgentOtherCallChanged):
            await self._live.take(event)

    async def handle(self, event: Event) -> None:
        """One event of the stream of calls."""
        nodes: dict[type[Event], Callable[[Any], Awaitable[None]]] = {
            NodeStarted: self._recorder.node_started,
            NodeLost: self._recorder.node_lost,
            NodeReconciled: self._recorder.node_reconciled,
        }
        await nodes.get(type(event), self._tracker.take)(event)
