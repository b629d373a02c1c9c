"""Queues, agents and callers as tests and simulations need them: everything has a value, any of it can be another."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.acd.domain.model import Agent, AgentState, AgentStatus, Membership, Queue, Waiting
from shared.telephony.destinations import parse_destination

NOW = datetime(2026, 3, 14, 10, 0, tzinfo=UTC)
TENANT = UUID(int=1)
_QUEUES, _AGENTS, _ENTRIES = 10_000, 20_000, 1_000_000


def later(seconds: float) -> datetime:
    """So long after `NOW`; before it when negative."""
    return NOW + timedelta(seconds=seconds)


def queue_id(number: int = 1) -> UUID:
    """Of the queue with this number."""
    return UUID(int=_QUEUES + number)


def agent_id(number: int) -> UUID:
    """Of the agent with this number."""
    return UUID(int=_AGENTS + number)


def entry_id(number: int) -> UUID:
    """Of the caller with this number."""
    return UUID(int=_ENTRIES + number)


def queue(number: int = 1, **settings: Any) -> Queue:
    """A queue of the tenant."""
    return Queue(id=queue_id(number), tenant_id=TENANT, slug=f"queue-{number}", **settings)


def agent(number: int, *, queues: tuple[int, ...] = (1,), level: int = 1, position: int = 0, **settings: Any) -> Agent:
    """An agent of these queues, on the same level in each; give ``memberships`` for others."""
    memberships = tuple(Membership(queue_id(one), level, position) for one in queues)
    values = {"memberships": memberships, "phone": parse_destination(f"extension:{1000 + number}"), **settings}
    return Agent(id=agent_id(number), tenant_id=TENANT, name=f"Agent {number}", **values)


def state(
    number: int, status: AgentStatus = AgentStatus.AVAILABLE, *, idle: float = 60.0, **settings: Any
) -> AgentState:
    """What an agent does now.

    Args:
        idle: seconds at `NOW` since the last contact.
    """
    values = {"idle_since": later(-idle), "signed_in_at": later(-3600), **settings}
    return AgentState(agent_id=agent_id(number), status=status, since=later(-idle), reason="test", **values)


def free(number: int, *, idle: float = 60.0, **settings: Any) -> tuple[Agent, AgentState]:
    """An available agent of queue 1."""
    return agent(number, **settings), state(number, idle=idle)


def busy(number: int, **settings: Any) -> tuple[Agent, AgentState]:
    """An agent of queue 1 with a caller."""
    return agent(number, **settings), state(number, AgentStatus.ON_CONTACT)


def caller(number: int, *, waited: float = 0.0, queue: int = 1, **settings: Any) -> Waiting:
    """A caller in line.

    Args:
        waited: seconds at `NOW`.
        settings: ``leg_id=None`` for a callback.
    """
    values = {"leg_id": f"leg-{number}", "node_id": "node-1", "order": number, **settings}
    return Waiting(id=entry_id(number), queue_id=queue_id(queue), joined_at=later(-waited), **values)
