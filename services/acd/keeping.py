"""What an owner keeps early: in the tables for everybody to see, and a moment later on the server's disk.

A caller waits for the commit before an agent's phone rings, and would wait for the disk as well, which now and then
takes as long as a hundred commits. So what nobody was promised is committed early, and remembered until it is on disk.
Should the database lose it, it is kept again, with what it has become since.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from services.acd.domain.model import AgentState
from services.acd.floor_changes import Changes
from services.acd.records import Entry, PastStatus
from shared.contracts.message import Event
from shared.db.flushes import Flushed, Flushes
from shared.runtime.logs import get_logger

log = get_logger(__name__)


@dataclass(slots=True)
class Kept:
    """Rows of one transaction, and what it tells."""

    entries: dict[UUID, Entry] = field(default_factory=dict)
    states: dict[UUID, AgentState] = field(default_factory=dict)
    history: list[PastStatus] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @classmethod
    def of(cls, changes: Changes) -> Self:
        """What a floor changed."""
        return cls(dict(changes.entries), dict(changes.states), [*changes.history], [*changes.events])

    @classmethod
    def joined(cls, entries: Iterable[Entry], events: Iterable[Event]) -> Self:
        """Who came into line, and what is told of it."""
        return cls(entries={entry.id: entry for entry in entries}, events=[*events])

    def and_then(self, later: Kept) -> Kept:
        """As if both were one."""
        return Kept(
            self.entries | later.entries,
            self.states | later.states,
            [*self.history, *later.history],
            [*self.events, *later.events],
        )

    def becomes(self, later: Kept) -> None:
        """Whatever changed again is from now on what it became."""
        self.entries |= {key: entry for key, entry in later.entries.items() if key in self.entries}
        self.states |= {key: state for key, state in later.states.items() if key in self.states}

    def rows(self) -> dict[str, Any]:
        """By what a store calls it."""
        return {
            "entries": self.entries.values(),
            "states": self.states.values(),
            "history": self.history,
            "events": self.events,
        }


class Early:
    """What is not known to be on disk.

    Args:
        flushes: tells of losses; without it nothing may be kept early.
        call: something was lost: have it saved.
    """

    def __init__(self, flushes: Flushes | None, call: Callable[[], None]) -> None:
        self._flushes = flushes
        self._call = call
        self._open: list[Kept] = []
        self.lost: Kept | None = None
        """What is to be kept again, before anything else."""

    @property
    def watch(self) -> int | None:
        """To be taken before an early commit; none: do not commit early now."""
        return None if self._flushes is None or self.lost else self._flushes.watch

    def saved(self, kept: Kept, watch: int | None) -> None:
        """It is in the tables: early, if there is a ``watch``."""
        for earlier in (*self._open, *((self.lost,) if self.lost else ())):
            earlier.becomes(kept)
        if watch is not None and self._flushes is not None:
            self._open.append(kept)
            self._flushes.flushed(watch).add_done_callback(lambda flushed: self._over(kept, flushed))

    def saved_again(self, lost: Kept | None) -> None:
        """What was lost is on disk now; what was lost meanwhile is not."""
        if lost is self.lost:
            self.lost = None

    def _over(self, kept: Kept, flushed: Flushed) -> None:
        self._open = [one for one in self._open if one is not kept]
        if flushed.cancelled() or flushed.result():
            return
        if self.lost is None:
            log.warning("the database may have lost what was kept last; it is kept again")
        self.lost = self.lost.and_then(kept) if self.lost else kept
        self._call()
