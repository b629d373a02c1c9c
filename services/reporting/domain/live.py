"""What a queue and an agent do now, and how the day went so far: the KPIs of a live view, each with one definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

SERVICE_LEVEL_SECONDS: Final = 20.0
NOT_OFFERED: Final = frozenset({"moved", "short_abandoned"})
"""Outcomes that are no offered caller: who was moved counts where they went, and short abandons count apart."""


@dataclass(frozen=True, slots=True)
class Ended:
    """Callers whose time in line ended alike.

    Args:
        outcome: how it ended.
        callers: how many.
        in_time: how many of them waited no longer than ``SERVICE_LEVEL_SECONDS``.
        waited_seconds: together.
    """

    outcome: str
    callers: int
    in_time: int
    waited_seconds: float


@dataclass(frozen=True, slots=True)
class Day:
    """A queue's day so far. Rates are of 1; none: nobody was offered, or answered, yet."""

    offered: int = 0
    answered: int = 0
    answered_in_time: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    answered_waited_seconds: float = 0.0

    @property
    def service_level(self) -> float | None:
        """Answered in time, of those offered; an abandon counts as missed."""
        return _share(self.answered_in_time, self.offered)

    @property
    def abandonment(self) -> float | None:
        """Abandoned, of those offered."""
        return _share(self.abandoned, self.offered)

    @property
    def mean_wait_seconds(self) -> float | None:
        """The mean wait of those who were answered (ASA)."""
        return _share(self.answered_waited_seconds, self.answered)


def day_of(ended: Iterable[Ended]) -> Day:
    """A day from what happened in it."""
    of = {one.outcome: one for one in ended}
    answered = of.get("answered")
    return Day(
        offered=sum(one.callers for one in of.values() if one.outcome not in NOT_OFFERED),
        answered=answered.callers if answered else 0,
        answered_in_time=answered.in_time if answered else 0,
        abandoned=of["abandoned"].callers if "abandoned" in of else 0,
        short_abandoned=of["short_abandoned"].callers if "short_abandoned" in of else 0,
        answered_waited_seconds=answered.waited_seconds if answered else 0.0,
    )


@dataclass(frozen=True, slots=True)
class AgentNow:
    """What an agent does.

    Args:
        since: none: nothing was heard of this agent yet.
        on_other_call: the phone is in a call outside the queues.
    """

    id: UUID
    display_name: str = ""
    queue_ids: tuple[UUID, ...] = ()
    status: str = "offline"
    since: datetime | None = None
    pause_reason: str | None = None
    queue_id: UUID | None = None
    entry_id: UUID | None = None
    on_other_call: bool = False


@dataclass(frozen=True, slots=True)
class QueueNow:
    """A queue.

    Args:
        longest_since: when who waits longest joined; none: nobody waits.
        agents: of those who serve it, how many do what; only what somebody does.
    """

    id: UUID
    slug: str
    display_name: str = ""
    waiting: int = 0
    longest_since: datetime | None = None
    agents: Mapping[str, int] = field(default_factory=dict)
    day: Day = field(default_factory=Day)


@dataclass(frozen=True, slots=True)
class FloorNow:
    """A tenant's queues and agents as they are ``at`` a moment."""

    at: datetime
    queues: Mapping[UUID, QueueNow] = field(default_factory=dict)
    agents: Mapping[UUID, AgentNow] = field(default_factory=dict)

    def since(self, before: FloorNow) -> FloorNow:
        """What is not as it was."""
        return FloorNow(
            self.at,
            {id_: queue for id_, queue in self.queues.items() if before.queues.get(id_) != queue},
            {id_: agent for id_, agent in self.agents.items() if before.agents.get(id_) != agent},
        )


def by_status(agents: Iterable[AgentNow], queue_id: UUID) -> dict[str, int]:
    """How many of a queue's agents do what."""
    counts: dict[str, int] = {}
    for agent in agents:
        if queue_id in agent.queue_ids:
            counts[agent.status] = counts.get(agent.status, 0) + 1
    return counts


def _share(part: float, whole: int) -> float | None:
    return part / whole if whole else None
