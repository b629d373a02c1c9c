"""Which caller goes to which agent.

The caller with the highest score over all queues comes first and gets an agent by the queue's level and strategy; then
the next, until no free agent fits anybody. So an agent who serves several queues gets the best-scored caller of them,
and nobody waits while an agent who fits is free, except who waits for one agent of their own.

* Levels come before the strategy: no agent of level 2 is asked while one of level 1 who fits is free.
* A sticky caller waits for the agent who served them last, ``sticky_seconds`` at most, unless that agent is offline,
  paused, lacks the skills or did not take this very caller. After that time the agent still comes first when free.
* Agents who did not take a caller are asked again for the same caller only when no other free agent fits.
* ``ring_all`` asks all free agents who fit, of the lowest level where anybody is free.
* A caller for whom phones ring, and a callback that is not due, get no offer.

Nothing is changed by a decision: whoever carries it out tells `Line.offer` and `Bench.change` before the next one.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from random import Random
from typing import NamedTuple
from uuid import UUID

from services.acd.domain.bench import Bench, Place, Requirements
from services.acd.domain.line import Group, Line, Rank, microseconds
from services.acd.domain.model import Agent, AgentState, Offer, Queue, Strategy, Waiting

__all__ = ["decide", "decide_all"]


def decide(
    queue: Queue,
    waiting: Iterable[Waiting],
    agents: Iterable[tuple[Agent, AgentState]],
    now: datetime,
    rng: Random,
) -> list[Offer]:
    """Offers of one queue, from plain rows. Who decides often keeps a `Line` and a `Bench` and asks `decide_all`.

    Args:
        waiting, agents: in any order.
        rng: of the strategy ``random``; no other draws from it.
    """
    line = waiting if isinstance(waiting, Line) else Line(queue, waiting)
    return decide_all([line], agents if isinstance(agents, Bench) else Bench(agents), now, rng)


def decide_all(lines: Iterable[Line], bench: Bench, now: datetime, rng: Random) -> list[Offer]:
    """Offers over several queues of one tenant, best-scored caller first: at most one for each agent and each caller.

    Args:
        lines: of all queues that share free agents; after a change those suffice that it touched (the queues of an
            agent who became free, the queue that a caller joined).
        bench: the tenant's agents.
        rng: of the strategy ``random``; no other draws from it.

    Costs O(groups + offers x log), whatever the number of callers and agents.
    """
    turn = _Turn(bench, rng)
    heads: list[_Head] = []
    now_microseconds = microseconds(now)
    for line in lines:
        if bench.free(line.queue.id):
            for group, ranks in line.groups(now).items():
                if turn.may_have_an_agent(line.queue, group):
                    head = _Head.of(line, group, ranks, 0, now_microseconds)
                    heads.append(head)
    heapq.heapify(heads)
    offers: list[Offer] = []
    while heads:
        head = heads[0]
        waiting = head.line[head.ranks[head.at].entry_id]
        chosen = turn.choose(head.line.queue, head.group, waiting)
        if chosen:
            offers.append(Offer(waiting.id, head.line.queue.id, chosen))
        following = head.at + 1
        if chosen and following < len(head.ranks):
            heapq.heapreplace(heads, _Head.of(head.line, head.group, head.ranks, following, now_microseconds))
        else:  # whoever needs the same as a caller for whom there is nobody need not be looked at
            heapq.heappop(heads)
    return offers


class _Head(NamedTuple):
    """The first caller of a group who was not looked at; the smallest is the next to get an agent."""

    front: int
    urgency: float
    joined: int
    order: int
    entry_id: UUID
    line: Line
    group: Group
    ranks: Sequence[Rank]
    at: int

    @staticmethod
    def of(line: Line, group: Group, ranks: Sequence[Rank], at: int, now: int) -> _Head:
        """Args: now: microseconds since the epoch of the ranks."""
        rank = ranks[at]
        urgency = rank.key - line.queue.weight * now
        return _Head(rank.front, urgency, rank.joined, rank.order, rank.entry_id, line, group, ranks, at)


class _Turn:
    """One decision: who is taken already, and how far each order of agents is used up."""

    def __init__(self, bench: Bench, rng: Random) -> None:
        self._bench = bench
        self._rng = rng
        self._taken: set[UUID] = set()
        self._orders: dict[tuple[UUID, Requirements], Sequence[Place]] = {}
        self._used: dict[tuple[UUID, Requirements], int] = {}

    def may_have_an_agent(self, queue: Queue, group: Group) -> bool:
        """False when this group surely gets nobody: its own agent is awaited and busy."""
        sticky = group.sticky_agent_id
        if sticky is None or self._bench.is_free(sticky):
            return True
        return not self._bench.is_awaited(sticky, queue.id, group.requirements)

    def choose(self, queue: Queue, group: Group, waiting: Waiting) -> tuple[UUID, ...]:
        """The agents who are asked for this caller; none: nobody is left who fits."""
        sticky = group.sticky_agent_id
        if sticky is not None and self._bench.is_awaited(sticky, queue.id, group.requirements):
            chosen: tuple[UUID, ...] = (sticky,) if self._is_left(sticky) else ()
        elif (regular := self._regular(queue, group, waiting)) is not None:
            chosen = (regular,)
        else:
            chosen = self._by_strategy(queue, group.requirements, waiting.excluded)
        self._taken.update(chosen)
        return chosen

    def _is_left(self, agent_id: UUID) -> bool:
        return agent_id not in self._taken and self._bench.is_free(agent_id)

    def _regular(self, queue: Queue, group: Group, waiting: Waiting) -> UUID | None:
        """Who served this caller last, while free for them."""
        agent_id = waiting.sticky_agent_id
        if agent_id is None or queue.sticky_seconds <= 0 or agent_id in waiting.excluded:
            return None
        free = self._is_left(agent_id) and self._bench.fits(agent_id, queue.id, group.requirements)
        return agent_id if free else None

    def _by_strategy(self, queue: Queue, requirements: Requirements, excluded: frozenset[UUID]) -> tuple[UUID, ...]:
        first: Place | None = None
        chosen: list[UUID] = []
        for place in self._left(queue, requirements):
            if place.agent_id in excluded:
                continue
            if first is not None and place.level != first.level:
                break
            first = first or place
            chosen.append(place.agent_id)
            if queue.strategy is not Strategy.RING_ALL:
                break
        if not chosen and excluded:
            return self._by_strategy(queue, requirements, frozenset())
        return tuple(chosen)

    def _left(self, queue: Queue, requirements: Requirements) -> Iterator[Place]:
        """Those who fit and were not taken, in order."""
        key = (queue.id, requirements)
        order = self._orders.get(key)
        if order is None:
            order = self._bench.pool(queue, requirements)
            if queue.strategy is Strategy.RANDOM:
                order = sorted(order, key=lambda place: (place.level, self._rng.random()))
            self._orders[key] = order
        used = self._used.get(key, 0)
        while used < len(order) and order[used].agent_id in self._taken:
            used += 1
        self._used[key] = used
        return (order[index] for index in range(used, len(order)) if order[index].agent_id not in self._taken)
