"""The agents of one tenant, kept so that the next one for a caller is at hand.

For each queue, and for each set of skills that callers of it need, the free agents who have them are kept in the order
in which they get callers: lower level first, then the queue's strategy. An agent's place in these lists changes when
the agent's state does, so a decision reads lists that are sorted already.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from services.acd.domain.model import Agent, AgentState, AgentStatus, Membership, Queue, Requirement, Strategy
from services.acd.domain.skills import best_skill_score, meets

__all__ = ["AWAY", "Bench", "Place", "Requirements"]

Requirements = tuple[Requirement, ...]

MOST_POOLS: Final = 256
"""Sorted lists of one queue; past that they are made anew as they are asked for."""

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
AWAY: Final = frozenset({AgentStatus.OFFLINE, AgentStatus.PAUSED})


class Place(NamedTuple):
    """An agent in the order of a strategy, smallest first.

    Args:
        level: of the membership.
        key: by the strategy.
        idle_since: breaks its ties.
    """

    level: int
    key: Any
    idle_since: datetime
    position: int
    agent_id: UUID


@dataclass(frozen=True, slots=True)
class _Pool:
    strategy: Strategy
    requirements: Requirements
    places: list[Place]


def idle_since(state: AgentState) -> datetime:
    """The end of the last contact, or the sign-in."""
    return state.idle_since or state.signed_in_at or state.since


_KEYS: Final[Mapping[Strategy, Callable[[Agent, AgentState, Membership, Requirements], Any]]] = {
    Strategy.LONGEST_IDLE: lambda agent, state, membership, requirements: 0,
    Strategy.ROUND_ROBIN: lambda agent, state, membership, requirements: state.offered_at or _NEVER,
    Strategy.FEWEST_CALLS: lambda agent, state, membership, requirements: state.calls,
    Strategy.LEAST_TALK: lambda agent, state, membership, requirements: state.talk_seconds,
    Strategy.TOP_DOWN: lambda agent, state, membership, requirements: membership.position,
    Strategy.RING_ALL: lambda agent, state, membership, requirements: 0,
    Strategy.RANDOM: lambda agent, state, membership, requirements: 0,
    Strategy.BEST_SKILL: lambda agent, state, membership, requirements: -best_skill_score(agent, requirements),
}
"""What goes before whom within a level. All but ``top_down`` break ties by who is idle longest."""


class Bench:
    """Agents with their states. Not thread-safe; whoever owns the tenant's queues owns the bench.

    Args:
        agents: all who may serve a queue, in any order: the choice is the same for the same agents.

    A change of a state costs O(log n) for each queue of the agent and set of skills asked for in it.
    """

    def __init__(self, agents: Iterable[tuple[Agent, AgentState]] = ()) -> None:
        self._agents: dict[UUID, Agent] = {}
        self._states: dict[UUID, AgentState] = {}
        self._members: dict[UUID, dict[UUID, Membership]] = {}
        self._free: dict[UUID, dict[UUID, None]] = {}
        self._serving: dict[UUID, int] = {}
        self._signed_in: dict[UUID, int] = {}
        self._pools: dict[UUID, dict[tuple[Strategy, Requirements], _Pool]] = {}
        for agent, state in agents:
            self.put(agent, state)

    def __len__(self) -> int:
        return len(self._agents)

    def __iter__(self) -> Iterator[tuple[Agent, AgentState]]:
        return ((agent, self._states[agent.id]) for agent in self._agents.values())

    def put(self, agent: Agent, state: AgentState) -> None:
        """An agent is new, or has other settings.

        Raises:
            ValueError: the state is another agent's.
        """
        if state.agent_id != agent.id:
            raise ValueError(f"a state of {state.agent_id} is none of {agent.id}")
        self.remove(agent.id)
        self._agents[agent.id] = agent
        self._states[agent.id] = state
        for membership in agent.memberships:
            self._members.setdefault(membership.queue_id, {})[agent.id] = membership
        self._count(agent, state, 1)
        if _is_free(agent, state):
            self._seat(agent, state)

    def change(self, state: AgentState) -> None:
        """An agent has another state.

        Raises:
            KeyError: no such agent.
        """
        agent, old = self._agents[state.agent_id], self._states[state.agent_id]
        if _is_free(agent, old):
            self._unseat(agent, old)
        if _presence(old) != _presence(state):
            self._count(agent, old, -1)
            self._count(agent, state, 1)
        self._states[agent.id] = state
        if _is_free(agent, state):
            self._seat(agent, state)

    def remove(self, agent_id: UUID) -> None:
        """An agent is deleted; who is not there stays away."""
        agent = self._agents.get(agent_id)
        if agent is None:
            return
        state = self._states[agent_id]
        if _is_free(agent, state):
            self._unseat(agent, state)
        self._count(agent, state, -1)
        for membership in agent.memberships:
            self._members[membership.queue_id].pop(agent_id, None)
        del self._agents[agent_id], self._states[agent_id]

    def agent(self, agent_id: UUID) -> Agent:
        """Raises KeyError: no such agent."""
        return self._agents[agent_id]

    def state(self, agent_id: UUID) -> AgentState:
        """Raises KeyError: no such agent."""
        return self._states[agent_id]

    def free(self, queue_id: UUID) -> int:
        """How many of the queue's agents may be offered a caller now."""
        return len(self._free.get(queue_id, ()))

    def serving(self, queue_id: UUID) -> int:
        """How many of the queue's agents are signed in and not paused: available or busy."""
        return self._serving.get(queue_id, 0)

    def signed_in(self, queue_id: UUID) -> int:
        """How many of the queue's agents are signed in, paused ones among them."""
        return self._signed_in.get(queue_id, 0)

    def fits(self, agent_id: UUID, queue_id: UUID, requirements: Requirements) -> bool:
        """Whether the agent serves the queue and has the skills, free or not."""
        return agent_id in self._members.get(queue_id, ()) and meets(self._agents[agent_id], requirements)

    def is_free(self, agent_id: UUID) -> bool:
        """Whether the agent may be offered a caller now: is available, and in no other call that forbids it."""
        state = self._states.get(agent_id)
        return state is not None and _is_free(self._agents[agent_id], state)

    def is_awaited(self, agent_id: UUID, queue_id: UUID, requirements: Requirements) -> bool:
        """Whether a caller may wait for this very agent: one who fits and is neither offline nor paused."""
        state = self._states.get(agent_id)
        return state is not None and state.status not in AWAY and self.fits(agent_id, queue_id, requirements)

    def pool(self, queue: Queue, requirements: Requirements) -> Sequence[Place]:
        """The free agents of a queue who have these skills, in the order in which they get callers.

        For ``random`` the order within a level is by who is idle longest; chance is the decision's.
        """
        pools = self._pools.setdefault(queue.id, {})
        pool = pools.get((queue.strategy, requirements))
        if pool is None:
            if len(pools) >= MOST_POOLS:
                pools.clear()
            pool = _Pool(queue.strategy, requirements, [])
            for agent_id in self._free.get(queue.id, ()):
                agent = self._agents[agent_id]
                if meets(agent, requirements):
                    pool.places.append(self._place(pool, agent, self._states[agent_id], queue.id))
            pool.places.sort()
            pools[queue.strategy, requirements] = pool
        return pool.places

    def _place(self, pool: _Pool, agent: Agent, state: AgentState, queue_id: UUID) -> Place:
        membership = self._members[queue_id][agent.id]
        key = _KEYS[pool.strategy](agent, state, membership, pool.requirements)
        return Place(membership.level, key, idle_since(state), membership.position, agent.id)

    def _seat(self, agent: Agent, state: AgentState) -> None:
        for membership in agent.memberships:
            self._free.setdefault(membership.queue_id, {})[agent.id] = None
            for pool in self._pools.get(membership.queue_id, {}).values():
                if meets(agent, pool.requirements):
                    insort(pool.places, self._place(pool, agent, state, membership.queue_id))

    def _unseat(self, agent: Agent, state: AgentState) -> None:
        for membership in agent.memberships:
            self._free[membership.queue_id].pop(agent.id, None)
            for pool in self._pools.get(membership.queue_id, {}).values():
                if meets(agent, pool.requirements):
                    place = self._place(pool, agent, state, membership.queue_id)
                    del pool.places[bisect_left(pool.places, place)]

    def _count(self, agent: Agent, state: AgentState, by: int) -> None:
        is_here, serves = _presence(state)
        for membership in agent.memberships:
            queue_id = membership.queue_id
            self._signed_in[queue_id] = self._signed_in.get(queue_id, 0) + is_here * by
            self._serving[queue_id] = self._serving.get(queue_id, 0) + serves * by


def _is_free(agent: Agent, state: AgentState) -> bool:
    return state.status is AgentStatus.AVAILABLE and (agent.ring_in_use or not state.on_other_call)


def _presence(state: AgentState) -> tuple[bool, bool]:
    """Whether the agent is signed in, and not paused either."""
    return state.status is not AgentStatus.OFFLINE, state.status not in AWAY
