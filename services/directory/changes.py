"""One change of the directory: rows, audit entries, messages and kept answer in one transaction; memory right after."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import SQLModel

from services.directory.domain.audit import difference
from services.directory.memory import Memory
from services.directory.metrics import DirectoryMetrics
from services.directory.models import AuditEntry, Extension, Tenant, Trunk
from services.directory.store import Store
from shared.contracts.directory import DirectoryState
from shared.db.engine import Database, Session
from shared.db.outbox import Outbox
from shared.runtime.clock import Clock

Keep = Callable[[Session, int, Mapping[str, str], str], Awaitable[None]]
"""Stores status, headers and body of an answer in a transaction."""


@dataclass(slots=True)
class KeptAnswer:
    """Where the answer to a request with an Idempotency-Key goes."""

    keep: Keep
    committed: bool = False


PORTION = 200
"""Messages encoded at once; lookups of the switch get their turn between portions."""

KEPT_ANSWER: ContextVar[KeptAnswer | None] = ContextVar("kept_answer", default=None)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who changes something, and from where.

    Args:
        subject: of the access token (``user:<id>``, ``api-key:<id>``), or ``system:<what>``.
        source_address: where the request came from.
    """

    subject: str
    source_address: str = ""


@dataclass(slots=True)
class Change:
    """An open change. Tell it what was created, updated or removed; it writes the audit log and the messages."""

    store: Store
    actor: Actor
    clock: Clock
    messages: list[DirectoryState] = field(default_factory=list)
    entries: list[AuditEntry] = field(default_factory=list)
    touched: dict[type[SQLModel], set[UUID]] = field(default_factory=dict)
    answer: tuple[int, Mapping[str, str], str] | None = None

    def note(self, action: str, row: SQLModel, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        """Add an audit entry about `row`. ``action`` is like ``extension.updated``."""
        row_id: UUID = row.id  # type: ignore[attr-defined]
        shown_before, shown_after = difference(before, after)
        self.entries.append(
            AuditEntry(
                tenant_id=row_id if isinstance(row, Tenant) else getattr(row, "tenant_id", None),
                occurred_at=self.clock.now(),
                actor=self.actor.subject,
                action=action,
                entity_kind=action.partition(".")[0],
                entity_id=row_id,
                before=shown_before,
                after=shown_after,
                source_address=self.actor.source_address,
            )
        )
        self.touch(row)

    def touch(self, row: SQLModel) -> None:
        """The memory has to read this row again."""
        if isinstance(row, Tenant | Extension | Trunk):
            self.touched.setdefault(type(row), set()).add(row.id)

    def announce(self, *messages: DirectoryState) -> None:
        """Send these once the change is committed."""
        self.messages.extend(messages)

    def answers(self, body: BaseModel, *, status: int = 201, revision: int | None = None) -> None:
        """What a POST is going to be answered, to be kept for who asks again."""
        headers = {"ETag": f'"{revision}"'} if revision is not None else {}
        self.answer = (status, headers, body.model_dump_json())


def snapshot(row: SQLModel) -> dict[str, Any]:
    """A row as the audit log keeps it."""
    return row.model_dump(mode="json")


class Changes:
    """Opens changes."""

    def __init__(
        self, database: Database, outbox: Outbox, memory: Memory, *, clock: Clock, metrics: DirectoryMetrics
    ) -> None:
        self._database = database
        self._outbox = outbox
        self._memory = memory
        self._clock = clock
        self._metrics = metrics

    @asynccontextmanager
    async def reading(self, tenant_id: UUID | None) -> AsyncIterator[Store]:
        """Queries over one tenant, or (none) the platform."""
        scope = self._database.platform() if tenant_id is None else self._database.tenant(tenant_id)
        async with scope as session:
            yield Store(session, tenant_id)

    @asynccontextmanager
    async def open(self, tenant_id: UUID | None, actor: Actor) -> AsyncIterator[Change]:
        """A change within one tenant, or (none) of the platform: committed whole at the end, or not at all."""
        kept = KEPT_ANSWER.get()
        async with self.reading(tenant_id) as store:
            change = Change(store, actor, self._clock)
            yield change
            await store.add(*change.entries)
            for start in range(0, len(change.messages), PORTION):
                await self._outbox.add(store.session, *change.messages[start : start + PORTION])
            if kept is not None and change.answer is not None:
                await kept.keep(store.session, *change.answer)
        if kept is not None and change.answer is not None:
            kept.committed = True
        for entry in change.entries:
            kind, _, verb = entry.action.partition(".")
            self._metrics.changes.labels(kind, verb).inc()
        await self._memory.refresh_soon(change.touched)
