"""Events of queues and agents into the tables of the live view, many in one transaction."""

from __future__ import annotations

from services.reporting.gathering import Gathering
from services.reporting.store_live import LiveStore
from shared.contracts.acd import AgentOtherCallChanged, AgentStatusChanged, QueueEvent, QueueJoined, QueueLeft
from shared.contracts.message import Event

SHOWN: tuple[type[Event], ...] = (QueueJoined, QueueLeft, AgentStatusChanged, AgentOtherCallChanged)
BATCH = 1000
GATHER_SECONDS = 0.2
"""With ``LOOK_SECONDS`` of the live view far less than the second that it may be old."""

LiveEvent = QueueEvent | AgentStatusChanged | AgentOtherCallChanged


class LiveWriter(Gathering[LiveEvent]):
    """A component. ``take`` returns once the event is in the database."""

    def __init__(self, store: LiveStore) -> None:
        super().__init__("live writer", store.take, seconds=GATHER_SECONDS, most=BATCH)
