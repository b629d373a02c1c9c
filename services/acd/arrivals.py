"""Callers who come into line: kept with what follows from it, an agent's phone that rings, in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from uuid import UUID

from services.acd.errors import Overtaken
from services.acd.floor import Floor
from services.acd.floor_changes import Changes, Kept
from services.acd.keeping import Early
from services.acd.records import Entry
from services.acd.store import FloorStore, Joining
from shared.contracts.calls import CallQueued
from shared.db.errors import is_unavailable
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger

log = get_logger(__name__)

STICKY_DAYS: Final = 30


def _something_was_lost(_: datetime) -> None:
    """Has the owner save."""


class Keeping(Protocol):
    """What is needed of an owner."""

    tenant_id: UUID
    store: FloorStore
    clock: Clock

    @property
    def floor(self) -> Floor: ...

    @property
    def fence(self) -> int: ...

    def put(self, happening: Callable[[datetime], Any]) -> None: ...

    async def patiently(self, work: Callable[[], Awaitable[Any]]) -> Any: ...

    async def configure(self) -> None: ...


class Arrivals:
    """Takes in who was told to wait, and keeps it."""

    def __init__(self, owner: Keeping) -> None:
        self._owner = owner
        self._told: list[CallQueued] = []
        self._joining: Joining | None = None
        self._early = Early(owner.store.flushes, lambda: owner.put(_something_was_lost))

    def told(self, event: CallQueued) -> bool:
        """A caller waits; whether it is the first since `begin`."""
        self._told.append(event)
        return len(self._told) == 1

    async def begin(self) -> None:
        """Let everybody who was told of join the floor. Nothing of it is kept before `save`.

        Raises:
            Overtaken: another process took over.
        """
        told, self._told = self._told, []
        entries = await self._entries(told)
        if not entries:
            return
        owner = self._owner
        try:
            self._joining = await owner.patiently(
                lambda: owner.store.joining(owner.tenant_id, entries, owner.floor.joined, fence=owner.fence)
            )
            kept = self._joining.kept
        except Overtaken:
            raise
        except Exception:
            log.exception("callers cannot be kept together; each is tried alone", tenant_id=str(owner.tenant_id))
            kept = await self._each(entries)
        for entry in kept:
            owner.floor.join(entry, owner.clock.now())

    async def save(self, changes: Changes, *, early: bool = False) -> None:
        """Keep what changed, and who joined since `begin`, whole or not at all; while the database is away, later.

        Args:
            early: nobody is promised that it is on disk; should it be lost with the database, it is kept again.

        Raises:
            Overtaken: another process took over.
        """
        owner, joining = self._owner, self._joining
        self._joining = None
        kept: Kept = changes
        watch = self._early.watch if early else None
        if joining is not None:
            kept = Kept.joined(joining.new, joining.events).and_then(kept)
            try:
                await joining.save(**changes.rows(), early=watch is not None)
            except Exception as error:
                if not is_unavailable(error):
                    raise
                log.warning("callers are kept once the database is back", tenant_id=str(owner.tenant_id))
            else:
                self._early.saved(kept, watch)
                if self._early.lost is None:
                    return
                kept = Kept()
        await owner.patiently(lambda: self._save(kept, watch))

    async def _save(self, kept: Kept, watch: int | None) -> None:
        """Keep it after what was lost before it."""
        owner, lost = self._owner, self._early.lost
        whole, watch = (kept, watch) if lost is None else (lost.and_then(kept), None)
        await owner.store.save(owner.tenant_id, **whole.rows(), fence=owner.fence, early=watch is not None)
        self._early.saved(whole, watch)
        self._early.saved_again(lost)

    async def give_up(self) -> None:
        """The owner ends before `save`: whoever comes next is told again by the switches."""
        joining, self._joining = self._joining, None
        if joining is not None:
            await joining.undo()

    @property
    def is_due(self) -> bool:
        """Whether there is something to save beside changes of the floor: who joined, or what was lost."""
        return self._joining is not None or self._early.lost is not None

    async def found(self, told: Sequence[CallQueued]) -> list[Entry]:
        """Callers whom a switch says to wait, as they are kept, each once however often that is told."""
        entries = await self._entries(told)
        try:
            return await self._store(entries)
        except Overtaken:
            raise
        except Exception:
            if len(entries) < 2:
                raise
            log.exception("callers cannot be kept; each is tried alone", tenant_id=str(self._owner.tenant_id))
        return await self._each(entries)

    async def _entries(self, told: Sequence[CallQueued]) -> list[Entry]:
        floor = self._owner.floor
        if any(not floor.has_queue(one.queue_id) for one in told):
            await self._owner.configure()  # a new queue, perhaps
        return [await self._entry(one) for one in told if floor.has_queue(one.queue_id)]

    async def _each(self, entries: Sequence[Entry]) -> list[Entry]:
        kept: list[Entry] = []
        for entry in entries:
            try:
                kept += await self._store([entry])
            except Overtaken:
                raise
            except Exception as error:
                log.error("a caller cannot be kept", leg_id=entry.leg_id, reason=str(error)[:500])
        return kept

    async def _store(self, entries: list[Entry]) -> list[Entry]:
        owner = self._owner
        kept: list[Entry] = await owner.patiently(
            lambda: owner.store.join(owner.tenant_id, entries, owner.floor.joined, fence=owner.fence)
        )
        return kept

    async def _entry(self, told: CallQueued) -> Entry:
        owner, sticky = self._owner, None
        if owner.floor.is_sticky(told.queue_id):
            since = owner.clock.now() - timedelta(days=STICKY_DAYS)
            sticky = await owner.patiently(
                lambda: owner.store.last_agent_of(owner.tenant_id, told.queue_id, told.caller_number, since)
            )
        overflowed: tuple[str, ...] = ()
        if told.turn > 1:
            overflowed = await owner.patiently(lambda: owner.store.overflowed(owner.tenant_id, told.leg_id, told.turn))
        return Entry(
            queue_id=told.queue_id,
            joined_at=told.occurred_at,
            call_id=told.call_id,
            leg_id=told.leg_id,
            node_id=told.node_id,
            core_id=told.core_id,
            turn=told.turn,
            caller_number=told.caller_number,
            caller_name=told.caller_name,
            called_number=told.called_number,
            language=told.language,
            priority=told.priority,
            sticky_agent_id=sticky,
            overflowed=overflowed,
        )
