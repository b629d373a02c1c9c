"""What happens in flows, told on the bus: in order, in batches, and never in a caller's way."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from services.ivr.domain.actions import Note
from services.ivr.metrics import IvrMetrics
from shared.bus.port import Bus, BusError, MessageRefused
from shared.contracts.ivr import FlowEntered, FlowEvent, FlowInputFailed, FlowInputTaken, FlowLeft, FlowNodePassed
from shared.contracts.message import Event
from shared.runtime.logs import get_logger

log = get_logger(__name__)

MOST_WAITING = 20_000
BATCH = 500
PAUSE_SECONDS = 0.05
RETRY_SECONDS = 1.0

Common = Mapping[str, Any]
"""tenant_id, call_id, leg_id, flow_id, flow, flow_version of a call."""


def _left(note: Note, common: Common) -> FlowEvent:
    fields = dict(note.fields)
    return FlowLeft(**common, node=note.node, **fields)


def _passed(note: Note, common: Common) -> FlowEvent:
    return FlowNodePassed(**common, node=note.node, node_type=str(note.fields["type"]), exit=str(note.fields["exit"]))


def _taken(note: Note, common: Common) -> FlowEvent:
    return FlowInputTaken(**common, node=note.node, digits=str(note.fields.get("digits", "")))


def _failed(note: Note, common: Common) -> FlowEvent:
    attempt, digits = int(str(note.fields.get("attempt", 1))), str(note.fields.get("digits", ""))
    return FlowInputFailed(**common, node=note.node, missed=note.name == "input.missed", attempt=attempt, digits=digits)


_EVENTS: dict[str, Callable[[Note, Common], FlowEvent]] = {
    "flow.left": _left,
    "node.left": _passed,
    "input.taken": _taken,
    "input.missed": _failed,
    "input.refused": _failed,
}
"""The notes that are told; the others are for whoever tries a flow out."""


class Teller:
    """A component: publishes events that callers' ways make. While NATS is away they wait, the oldest go first.

    ``entered`` and ``notes`` may be called from any thread.
    """

    name = "teller"

    def __init__(self, bus: Bus, metrics: IvrMetrics) -> None:
        self._bus = bus
        self._metrics = metrics
        self._waiting: deque[Event] = deque()
        self._task: asyncio.Task[None] | None = None
        self._more = asyncio.Event()
        self._woken = False
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(self._run(), name="tell of flows")

    async def stop(self) -> None:
        """Tell what still waits, if that is quick."""
        if self._task is None:
            return
        try:
            async with asyncio.timeout(2):
                while self._waiting:
                    await self._flush()
        except (TimeoutError, BusError):
            self._metrics.notes_dropped.inc(len(self._waiting))
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def entered(self, common: Common, *, caller: str, called: str, resumed: bool) -> None:
        """A call came."""
        self._put([FlowEntered(**common, caller_number=caller, called_number=called, resumed=resumed)])

    def notes(self, notes: tuple[Note, ...], common: Common, *, seconds: float = 0.0) -> None:
        """What happened in one step."""
        events: list[Event] = []
        for note in notes:
            self._count(note)
            if (make := _EVENTS.get(note.name)) is not None:
                event = make(note, common)
                events.append(event.model_copy(update={"seconds": seconds}) if isinstance(event, FlowLeft) else event)
        self._put(events)

    def _count(self, note: Note) -> None:
        if note.name.startswith("input."):
            self._metrics.inputs.labels(note.name.removeprefix("input.")).inc()
        elif note.name == "flow.left":
            self._metrics.left.labels(str(note.fields["reason"])).inc()
        elif note.name in {"flow.failed", "flow.unavailable"}:
            log.warning("a flow cannot go on", node=note.node, **{k: str(v) for k, v in note.fields.items()})

    def _put(self, events: list[Event]) -> None:
        self._waiting.extend(events)
        while len(self._waiting) > MOST_WAITING:
            self._waiting.popleft()
            self._metrics.notes_dropped.inc()
        # Conversations run in another thread; one wake-up serves all that is put before it is heard.
        if events and not self._woken and self._loop is not None:
            self._woken = True
            self._loop.call_soon_threadsafe(self._more.set)

    async def _run(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            self._woken = False  # before looking: what is put from now on wakes again
            try:
                while self._waiting:
                    await self._flush()
            except BusError as error:
                log.warning("events of flows wait", waiting=len(self._waiting), reason=str(error))
                self._more.set()
                await asyncio.sleep(RETRY_SECONDS)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _flush(self) -> None:
        batch = [self._waiting[place] for place in range(min(BATCH, len(self._waiting)))]
        try:
            await self._bus.publish_many(batch)
        except MessageRefused as error:
            log.error("events of flows were refused", reason=str(error))
        told = set(map(id, batch))
        while self._waiting and id(self._waiting[0]) in told:
            self._waiting.popleft()


def common_of(tenant_id: UUID, *, call_id: str, leg_id: str, flow_id: UUID, flow: str, version: int) -> Common:
    """What every event of a call says."""
    return {
        "tenant_id": tenant_id,
        "call_id": call_id,
        "leg_id": leg_id,
        "flow_id": flow_id,
        "flow": flow,
        "flow_version": version,
    }
