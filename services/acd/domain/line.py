"""The line of one queue: who waits, in which order, and who may be offered to an agent now.

The order is that of the score, seconds waited x queue weight + 60 x priority. Everybody's score grows at the same
rate, so the order of two callers never changes by waiting: a caller's place is fixed by when they joined, and the line
stays sorted without being sorted again. Whom a supervisor moved to the front comes before every score.

Next to the order, callers who may be offered are kept in groups that need the same of an agent: the same skills, and
the same sticky agent as long as they wait for one. A decision looks at the first of each group only. A caller changes
groups as requirements relax, the sticky wait ends, or a callback becomes due; those moments are kept in a heap.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Final, NamedTuple
from uuid import UUID

from services.acd.domain.model import Queue, Requirement, Waiting
from services.acd.domain.skills import next_relaxation, requirements_at

__all__ = ["Group", "Line", "Rank", "score"]

EPOCH: Final = datetime(2020, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_PRIORITY_MICROSECONDS: Final = 60_000_000


class Rank(NamedTuple):
    """Where a caller stands, smallest first; it does not depend on the time.

    Args:
        front: `Waiting.front`, negated.
        key: microseconds of weight x joining - 60 s x priority: the score at any moment is weight x moment - key.
        joined: microseconds since `EPOCH`.
        order: `Waiting.order`.
    """

    front: int
    key: float
    joined: int
    order: int
    entry_id: UUID


@dataclass(frozen=True, slots=True)
class Group:
    """What callers who may be offered have in common.

    Args:
        requirements: what an agent must have for them now.
        sticky_agent_id: the agent they wait for, while that is bounded by the queue's ``sticky_seconds``.
    """

    requirements: tuple[Requirement, ...] = ()
    sticky_agent_id: UUID | None = None


def microseconds(moment: datetime) -> int:
    """Since `EPOCH`: whole numbers, so two moments compare as the moments do."""
    return (moment - EPOCH) // _MICROSECOND


def score(queue: Queue, waiting: Waiting, now: datetime) -> float:
    """Seconds waited x weight + 60 x priority: the higher, the sooner."""
    return (now - waiting.joined_at).total_seconds() * queue.weight + 60.0 * waiting.priority


def _rank(queue: Queue, waiting: Waiting) -> Rank:
    joined = microseconds(waiting.joined_at)
    key = queue.weight * joined - _PRIORITY_MICROSECONDS * waiting.priority
    return Rank(-waiting.front, key, joined, waiting.order, waiting.id)


class Line:
    """The callers of one queue, in order. Not thread-safe; whoever owns the queue owns the line.

    Args:
        queue: how it distributes.
        rows: who waits already, in any order: the line is the same for the same rows.

    Every change costs O(log n) and returns what to store. Settings that change make a new line: ``Line(queue, line)``.
    """

    def __init__(self, queue: Queue, rows: Iterable[Waiting] = ()) -> None:
        self.queue = queue
        self._entries: dict[UUID, Waiting] = {}
        self._ranks: dict[UUID, Rank] = {}
        self._order: list[Rank] = []
        self._joined: list[tuple[int, UUID]] = []
        self._groups: dict[Group, list[Rank]] = {}
        self._group_of: dict[UUID, Group] = {}
        self._unplaced: dict[UUID, None] = {}
        self._changes: list[tuple[datetime, int, UUID]] = []
        self._next_change: dict[UUID, int] = {}
        self._numbers = count(1)
        self._now: datetime | None = None
        self._ringing = 0
        for row in rows:
            self.join(row)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, entry_id: UUID) -> bool:
        return entry_id in self._entries

    def __iter__(self) -> Iterator[Waiting]:
        """From the front."""
        return (self._entries[rank.entry_id] for rank in self._order)

    def __getitem__(self, entry_id: UUID) -> Waiting:
        return self._entries[entry_id]

    def get(self, entry_id: UUID) -> Waiting | None:
        """The caller, or None who is not in this line."""
        return self._entries.get(entry_id)

    # Who comes and goes

    def join(self, waiting: Waiting) -> int:
        """A caller takes the place that the score gives; returns the position, from 1.

        Raises:
            ValueError: the caller is in this line already, or belongs into another queue's.
        """
        if waiting.id in self._entries:
            raise ValueError(f"{waiting.id} is in line already")
        if waiting.queue_id != self.queue.id:
            raise ValueError(f"{waiting.id} waits for queue {waiting.queue_id}, not for {self.queue.id}")
        rank = _rank(self.queue, waiting)
        self._entries[waiting.id] = waiting
        self._ranks[waiting.id] = rank
        insort(self._order, rank)
        if waiting.leg_id is not None:
            insort(self._joined, (rank.joined, waiting.id))
            self._ringing += bool(waiting.offered_to)
        self._unplaced[waiting.id] = None
        return bisect_left(self._order, rank) + 1

    def leave(self, entry_id: UUID) -> Waiting | None:
        """A caller is gone: answered, hung up, sent on. None: they were not in this line (any more)."""
        waiting = self._entries.pop(entry_id, None)
        if waiting is None:
            return None
        rank = self._ranks.pop(entry_id)
        del self._order[bisect_left(self._order, rank)]
        if waiting.leg_id is not None:
            self._ringing -= bool(waiting.offered_to)
            del self._joined[bisect_left(self._joined, (rank.joined, entry_id))]
        self._take_out_of_group(entry_id, rank)
        self._unplaced.pop(entry_id, None)
        self._next_change.pop(entry_id, None)
        return waiting

    def put_back(self, waiting: Waiting) -> Waiting:
        """A caller who left comes back to the old place, whatever happened meanwhile; nobody rings for them."""
        back = replace(waiting, queue_id=self.queue.id, offered_to=frozenset())
        self.join(back)
        return back

    # Offers

    def offer(self, entry_id: UUID, agent_ids: Iterable[UUID]) -> Waiting:
        """Phones ring for this caller; the place in line stays, and no other agent is chosen meanwhile.

        Raises:
            KeyError: they are not in this line (any more).
        """
        return self._change(replace(self._entries[entry_id], offered_to=frozenset(agent_ids)))

    def unanswered(self, entry_id: UUID, agent_id: UUID) -> Waiting:
        """One agent did not take this caller, and is asked again only when nobody else is left.

        Raises:
            KeyError: they are not in this line (any more).
        """
        waiting = self._entries[entry_id]
        return self._change(
            replace(waiting, offered_to=waiting.offered_to - {agent_id}, excluded=waiting.excluded | {agent_id})
        )

    def withdraw(self, entry_id: UUID, agent_id: UUID | None = None) -> Waiting:
        """An offer ended by no fault of the agent (switch lost, agent gone): not excluded.

        Args:
            agent_id: whose; none: all offers of this caller.

        Raises:
            KeyError: they are not in this line (any more).
        """
        waiting = self._entries[entry_id]
        left = frozenset[UUID]() if agent_id is None else waiting.offered_to - {agent_id}
        return self._change(replace(waiting, offered_to=left))

    # What a supervisor does

    def prioritise(self, entry_id: UUID, priority: int) -> Waiting:
        """Give another priority, -100 to 100; the place follows.

        Raises:
            KeyError: they are not in this line (any more).
            ValueError: no such priority.
        """
        if not -100 <= priority <= 100:
            raise ValueError("a priority is -100 to 100")
        return self._change(replace(self._entries[entry_id], priority=priority))

    def move_to_front(self, entry_id: UUID) -> Waiting:
        """Before everybody, also before who was moved there earlier; the time waited stays true.

        Raises:
            KeyError: they are not in this line (any more).
        """
        first = -self._order[0].front if self._order else 0
        return self._change(replace(self._entries[entry_id], front=first + 1))

    def hold(self, entry_id: UUID, not_before: datetime | None) -> Waiting:
        """A callback keeps its place and is not called before then; None: at once.

        Raises:
            KeyError: they are not in this line (any more).
        """
        return self._change(replace(self._entries[entry_id], not_before=not_before))

    # What is asked

    def position(self, entry_id: UUID) -> int:
        """From 1; who is being offered and callbacks keep their places. O(log n).

        Raises:
            KeyError: they are not in this line.
        """
        return bisect_left(self._order, self._ranks[entry_id]) + 1

    def score(self, entry_id: UUID, now: datetime) -> float:
        """See `score`."""
        return score(self.queue, self._entries[entry_id], now)

    def first(self, most: int) -> list[Waiting]:
        """At most so many, from the front."""
        return [self._entries[rank.entry_id] for rank in self._order[:most]]

    @property
    def callers(self) -> int:
        """How many are on the line: all but callbacks."""
        return len(self._joined)

    @property
    def ringing(self) -> int:
        """For how many of them an agent's phone rings."""
        return self._ringing

    def longest_wait(self, now: datetime) -> float:
        """Seconds since the earliest joining of who is on the line, callbacks apart; 0 for nobody. O(1)."""
        if not self._joined:
            return 0.0
        return max(0.0, (now - self._entries[self._joined[0][1]].joined_at).total_seconds())

    def groups(self, now: datetime) -> Mapping[Group, Sequence[Rank]]:
        """Who may be offered now, by what they need, each group in order; none is empty.

        A clock that steps back is taken as standing still: what has relaxed stays relaxed.
        """
        now = now if self._now is None else max(now, self._now)
        self._now = now
        while self._changes and self._changes[0][0] <= now:
            _, number, entry_id = heapq.heappop(self._changes)
            if self._next_change.get(entry_id) == number:
                del self._next_change[entry_id]
                self._take_out_of_group(entry_id, self._ranks[entry_id])
                self._unplaced[entry_id] = None
        for entry_id in self._unplaced:
            self._place(self._entries[entry_id], now)
        self._unplaced.clear()
        return self._groups

    def next_change(self, now: datetime) -> datetime | None:
        """When somebody's requirements relax, sticky wait ends or callback is due: decide again then. None: never."""
        self.groups(now)
        while self._changes and self._next_change.get(self._changes[0][2]) != self._changes[0][1]:
            heapq.heappop(self._changes)
        return self._changes[0][0] if self._changes else None

    def _change(self, waiting: Waiting) -> Waiting:
        self.leave(waiting.id)
        self.join(waiting)
        return waiting

    def _take_out_of_group(self, entry_id: UUID, rank: Rank) -> None:
        group = self._group_of.pop(entry_id, None)
        if group is None:
            return
        ranks = self._groups[group]
        del ranks[bisect_left(ranks, rank)]
        if not ranks:
            del self._groups[group]

    def _place(self, waiting: Waiting, now: datetime) -> None:
        if waiting.offered_to:
            return
        if waiting.not_before is not None and waiting.not_before > now:
            self._change_at(waiting.id, waiting.not_before)
            return
        relaxes = next_relaxation(self.queue, waiting, now)
        changes = [] if relaxes is None else [relaxes]
        sticky = waiting.sticky_agent_id if self.queue.sticky_seconds > 0 else None
        if sticky is not None:
            ends = waiting.joined_at + timedelta(seconds=self.queue.sticky_seconds)
            if sticky in waiting.excluded or ends <= now:
                sticky = None
            else:
                changes.append(ends)
        group = Group(requirements_at(self.queue, waiting, now), sticky)
        insort(self._groups.setdefault(group, []), self._ranks[waiting.id])
        self._group_of[waiting.id] = group
        if changes:
            self._change_at(waiting.id, min(changes))

    def _change_at(self, entry_id: UUID, moment: datetime) -> None:
        number = next(self._numbers)
        self._next_change[entry_id] = number
        heapq.heappush(self._changes, (moment, number, entry_id))
