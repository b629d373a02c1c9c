"""Events of queues and agents into the tables of the live view and of contacts, many in one transaction."""

from __future__ import annotations

from services.reporting.gathering import Gathering
from services.reporting.store_contacts import ContactStore
from services.reporting.store_live import LiveStore
from shared.contracts.acd import (
    AgentOtherCallChanged,
    AgentStatusChanged,
    QueueContactEnded,
    QueueEvent,
    QueueJoined,
    QueueLeft,
)
from shared.contracts.message import Event

SHOWN: tuple[type[Event], ...] = (QueueJoined, QueueLeft, QueueContactEnded, AgentStatusChanged, AgentOtherCallChanged)
BATCH = 1000
GATHER_SECONDS = 0.2
"""With ``LOOK_SECONDS`` of the live view far less than the second that it may be old."""

LiveEvent = QueueEvent | AgentStatusChanged | AgentOtherCallChanged


class LiveWriter(Gathering[LiveEvent]):
    """A component. ``take`` returns once the event is in the database."""

    def __init__(self, live: LiveStore, contacts: ContactStore) -> None:
        super().__init__("live writer", self._write_all, seconds=GATHER_SECONDS, most=BATCH)
        self._live, self._contacts = live, contacts

    async def _write_all(self, events: list[LiveEvent]) -> None:
        """Each is written in whole or delivered again; twice is as good as once."""
        await self._live.take(events)
        if ended := [event for event in events if isinstance(event, QueueContactEnded)]:
            await self._contacts.take(ended)
