"""Callers, agents and queues as they are shown to people and programs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from services.acd.domain.model import AgentState
from services.acd.domain.waits import Estimate
from services.acd.floor import Floor
from services.acd.records import Entry, Supervisor


def estimate_view(estimate: Estimate | None) -> dict[str, Any]:
    """How long somebody is likely to wait, and between which two in four of five cases."""
    seconds = (None, None, None) if estimate is None else (estimate.seconds, estimate.low, estimate.high)
    names = ("estimated_wait_seconds", "estimated_wait_low_seconds", "estimated_wait_high_seconds")
    return {name: None if one is None else round(one, 1) for name, one in zip(names, seconds, strict=True)}


def caller_view(
    entry: Entry, now: datetime, position: int | None = None, estimate: Estimate | None = None
) -> dict[str, Any]:
    """A caller. ``waited_seconds``: up to now, or up to the answer; ``position``: from 1, while in line."""
    until = entry.answered_at or now
    return {
        "entry_id": entry.id,
        "queue_id": entry.queue_id,
        "call_id": entry.call_id,
        "leg_id": None if entry.is_called_back else entry.leg_id,
        "caller_number": entry.caller_number,
        "caller_name": entry.caller_name,
        "language": entry.language,
        "joined_at": entry.joined_at,
        "waited_seconds": round(max(0.0, (until - entry.joined_at).total_seconds()), 3),
        "position": position,
        **estimate_view(estimate),
        "priority": entry.priority,
        "state": entry.state,
        "agent_id": entry.agent_id,
        "by": entry.by,
        "callback": entry.callback,
        "destination": entry.destination,
        "consult": None if entry.consult is None else entry.consult.destination,
        "consult_state": None if entry.consult is None else entry.consult.state,
        "supervisors": [supervisor_view(supervisor) for supervisor in entry.supervisors],
    }


def supervisor_view(supervisor: Supervisor) -> dict[str, Any]:
    """Who listens."""
    return {
        "by": supervisor.by,
        "phone": supervisor.phone,
        "mode": supervisor.mode,
        "joined": supervisor.joined,
        "since": supervisor.since,
    }


def state_view(state: AgentState) -> dict[str, Any]:
    """What an agent does."""
    return {
        "agent_id": state.agent_id,
        "status": state.status,
        "reason": state.reason,
        "pause_reason": state.pause_reason,
        "since": state.since,
        "until": state.until,
        "queue_id": state.queue_id,
        "entry_id": state.entry_id,
        "next": "offline" if state.leaving else "paused" if state.next_pause else None,
        "signed_in_at": state.signed_in_at,
        "calls": state.calls,
        "talk_seconds": round(state.talk_seconds, 3),
        "missed": state.missed,
        "standing_leg_id": state.standing_leg_id,
        "on_other_call": state.on_other_call,
        "by": state.by,
    }


def floor_view(floor: Floor, queue_id: UUID | None, now: datetime) -> dict[str, Any]:
    """Queues with their callers in order, agents, and who talks; of one queue, or of all."""
    queues = [
        {
            "queue_id": config.queue.id,
            "slug": config.queue.slug,
            "callers": line.callers,
            "callbacks": len(line) - line.callers,
            "longest_wait_seconds": round(line.longest_wait(now), 3),
            **estimate_view(floor.estimated_of_next(config.queue.id, now)),
            "agents": floor.counts(config.queue.id),
            "waiting": [
                caller_view(floor.entry(waiting.id), now, place, estimate)
                for place, (waiting, estimate) in enumerate(floor.estimated(config.queue.id, now), start=1)
            ],
        }
        for config, line in floor.queues
        if queue_id in (None, config.queue.id)
    ]
    talking = [e for e in floor.entries if e.state == "connected" and queue_id in (None, e.queue_id)]
    agents = [
        state_view(state)
        for agent, state in floor.agents
        if queue_id is None or any(member.queue_id == queue_id for member in agent.memberships)
    ]
    return {"at": now, "queues": queues, "talking": [caller_view(entry, now) for entry in talking], "agents": agents}
