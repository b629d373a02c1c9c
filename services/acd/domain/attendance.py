"""An agent's attendance over a day, a shift or an interval, from the history of status changes. Lengths are seconds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from services.acd.domain.agent_events import StatusChanged
from services.acd.domain.model import AgentState, AgentStatus

_NOTHING: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Span:
    """A status from one moment to another.

    Args:
        pause_reason: in words of the tenant, while paused.
    """

    status: AgentStatus
    since: datetime
    until: datetime
    pause_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Stint:
    """From a sign-in to the next sign-out, as far as it lies within the time that was asked for.

    Args:
        signed_in_at: none: before the time that was asked for, or as it began.
        signed_out_at: none: not yet, or after the time that was asked for.
    """

    signed_in_at: datetime | None
    signed_out_at: datetime | None


@dataclass(frozen=True, slots=True)
class Attendance:
    """What an agent's time went into. The lengths from ``available_seconds`` on and the breaks add up to the first.

    Args:
        signed_in_seconds: not offline.
        ring_seconds: chosen for a caller and not yet connected.
        talk_seconds: on contact, hold included.
        break_seconds: paused, by reason; an empty word stands for a pause without one.
        stints: in order of time.
    """

    signed_in_seconds: float = 0.0
    available_seconds: float = 0.0
    ring_seconds: float = 0.0
    talk_seconds: float = 0.0
    wrap_up_seconds: float = 0.0
    break_seconds: Mapping[str, float] = field(default_factory=dict)
    stints: tuple[Stint, ...] = ()

    @property
    def occupancy(self) -> float | None:
        """(talk + hold + ring + wrap-up) / (those + available), 0-1; none for an agent who had time for neither."""
        busy = self.talk_seconds + self.ring_seconds + self.wrap_up_seconds
        whole = busy + self.available_seconds
        return min(1.0, busy / whole) if whole > 0 else None


def spans(changes: Iterable[StatusChanged], state: AgentState, now: datetime) -> tuple[Span, ...]:
    """One agent's history without gaps: each status that ended, and the present one until now.

    Args:
        changes: of this agent, oldest first.
        state: as the last change left it.
        now: UTC.
    """
    ended = (Span(change.old, change.since, change.at, change.old_pause_reason) for change in changes)
    reason = state.pause_reason if state.status is AgentStatus.PAUSED else None
    return (*ended, Span(state.status, state.since, max(now, state.since), reason))


def attendance(history: Iterable[Span], begin: datetime, end: datetime) -> Attendance:
    """What the time from ``begin`` to before ``end`` went into.

    Where two spans overlap, as when two owners of a queue wrote at the same time, the earlier one counts.

    Args:
        history: of one agent, by beginning; what lies outside does not count.
        begin, end: UTC; of a day its tenant's midnights, which a change of the clocks sets 23 or 25 hours apart.
    """
    within = tuple(_clipped(history, begin, end))
    totals: dict[AgentStatus, timedelta] = defaultdict(timedelta)
    breaks: dict[str, timedelta] = defaultdict(timedelta)
    for span in within:
        totals[span.status] += span.until - span.since
        if span.status is AgentStatus.PAUSED:
            breaks[span.pause_reason or ""] += span.until - span.since
    signed_in = sum((total for status, total in totals.items() if status is not AgentStatus.OFFLINE), _NOTHING)
    return Attendance(
        signed_in_seconds=signed_in.total_seconds(),
        available_seconds=totals[AgentStatus.AVAILABLE].total_seconds(),
        ring_seconds=(totals[AgentStatus.RESERVED] + totals[AgentStatus.RINGING]).total_seconds(),
        talk_seconds=totals[AgentStatus.ON_CONTACT].total_seconds(),
        wrap_up_seconds=totals[AgentStatus.WRAP_UP].total_seconds(),
        break_seconds={reason: total.total_seconds() for reason, total in breaks.items()},
        stints=_stints(within, begin),
    )


def _clipped(history: Iterable[Span], begin: datetime, end: datetime) -> Iterable[Span]:
    """What of the history lies within, no moment twice."""
    counted = begin
    for span in history:
        since, until = max(span.since, counted), min(span.until, end)
        touches = span.until > begin or span.since >= begin
        if touches and since < end and since <= until:
            yield Span(span.status, since, until, span.pause_reason)
            counted = until


def _stints(within: Iterable[Span], begin: datetime) -> tuple[Stint, ...]:
    stints: list[Stint] = []
    working = False
    for span in within:
        if span.status is AgentStatus.OFFLINE:
            if working:
                stints[-1] = Stint(stints[-1].signed_in_at, span.since)
            working = False
        elif not working:
            stints.append(Stint(span.since if span.since > begin else None, None))
            working = True
    return tuple(stints)
