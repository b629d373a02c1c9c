"""Every query of acd. A `TenantStore` sees one tenant, for REST; a `FloorStore` is for who owns tenants' queues."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import orjson
import psycopg
from sqlalchemy import delete, func, select, text, tuple_, union
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from services.acd.domain.model import AgentState
from services.acd.errors import CONFLICTS, Overtaken
from services.acd.models import (
    AgentHistoryRow,
    AgentRow,
    AgentStateRow,
    EntryRow,
    FloorRow,
    MembershipRow,
    QueueRow,
)
from services.acd.reading import configuration_of, entry_of, state_of
from services.acd.records import Configuration, Entry, Floor, PastStatus
from services.acd.store_past import PastStore
from shared.contracts.message import Event
from shared.db.engine import Database, Session
from shared.db.errors import constraint_name
from shared.db.flushes import Flushes
from shared.db.outbox import Outbox
from shared.db.pipeline import Pipeline, Statement

M = TypeVar("M", QueueRow, AgentRow)
MEMBERSHIP: Any = MembershipRow
STATE: Any = AgentStateRow
HISTORY: Any = AgentHistoryRow
ENTRY: Any = EntryRow
FLOOR: Any = FloorRow


class TenantStore(PastStore):
    """Queries of one tenant in one transaction, opened for that tenant: what is, beside what was."""

    async def get(self, model: type[M], row_id: UUID, *, lock: bool = False) -> M | None:
        """The row of that id, locked until the end of the transaction on request."""
        query = select(model).where(*_is(model, id=row_id, tenant_id=self.tenant_id))
        found: M | None = (await self.session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
        return found

    async def lock_agents(self, agent_ids: Collection[UUID]) -> list[AgentRow]:
        """Those of these agents that there are, locked until the end of the transaction."""
        agent_id = _column(AgentRow, "id")
        query = select(AgentRow).where(*_is(AgentRow, tenant_id=self.tenant_id), agent_id.in_(agent_ids))
        return list((await self.session.execute(query.order_by(agent_id).with_for_update())).scalars())

    async def page(self, model: type[M], *, limit: int, after: tuple[Any, ...] | None, **equal: Any) -> list[M]:
        """Up to ``limit`` + 1 rows past ``after``, by id; ``equal`` compares columns (none: not compared)."""
        wanted = {name: value for name, value in equal.items() if value is not None}
        query = select(model).where(*_is(model, tenant_id=self.tenant_id, **wanted))
        if after is not None:
            query = query.where(tuple_(_column(model, "id")) > after)
        query = query.order_by(_column(model, "id")).limit(limit + 1)
        return list((await self.session.execute(query)).scalars())

    async def count(self, model: type[M]) -> int:
        """How many rows of a kind the tenant has."""
        query = select(func.count()).select_from(model).where(*_is(model, tenant_id=self.tenant_id))
        return int((await self.session.execute(query)).scalar_one())

    async def add(self, *rows: SQLModel) -> None:
        """Insert rows now. Raises the Conflict of the constraint that one breaks."""
        self.session.add_all(rows)
        await self.flush()

    async def remove(self, row: SQLModel) -> None:
        """Delete a row now."""
        await self.session.delete(row)
        await self.flush()

    async def flush(self) -> None:
        """Write what changed. Raises the Conflict of the constraint it breaks."""
        try:
            await self.session.flush()
        except IntegrityError as error:
            known = CONFLICTS.get(constraint_name(error) or "")
            if known is None:
                raise
            raise known() from error

    async def has_floor(self) -> bool:
        """Whether the tenant has a queue or an agent."""
        return bool(await self.count(QueueRow) or await self.count(AgentRow))

    async def agent_of_user(self, user_id: UUID) -> AgentRow | None:
        """The agent who is this user."""
        query = select(AgentRow).where(*_is(AgentRow, tenant_id=self.tenant_id, user_id=user_id))
        found: AgentRow | None = (await self.session.execute(query)).scalar_one_or_none()
        return found

    async def taken_users(self, user_ids: Iterable[UUID]) -> set[UUID]:
        """Which of these users are agents already."""
        user_id = _column(AgentRow, "user_id")
        query = select(user_id).where(*_is(AgentRow, tenant_id=self.tenant_id), user_id.in_(list(user_ids)))
        return set((await self.session.execute(query)).scalars())

    async def queue_ids(self, slugs: Iterable[str]) -> dict[str, UUID]:
        """The queues of these slugs that there are."""
        slug = _column(QueueRow, "slug")
        query = select(slug, _column(QueueRow, "id")).where(
            *_is(QueueRow, tenant_id=self.tenant_id), slug.in_(list(slugs))
        )
        return {name: queue_id for name, queue_id in await self.session.execute(query)}  # noqa: C416

    async def members(
        self, queue_id: UUID, *, limit: int | None = None, after: tuple[Any, ...] | None = None
    ) -> list[tuple[MembershipRow, AgentRow]]:
        """Who serves a queue, by the agents' ids: up to ``limit`` + 1 past ``after``."""
        query = (
            select(MembershipRow, AgentRow)
            .join(AgentRow, _column(AgentRow, "id") == MEMBERSHIP.agent_id)
            .where(MEMBERSHIP.queue_id == queue_id, MEMBERSHIP.tenant_id == self.tenant_id)
            .order_by(MEMBERSHIP.agent_id)
        )
        if after is not None:
            query = query.where(tuple_(MEMBERSHIP.agent_id) > after)
        if limit is not None:
            query = query.limit(limit + 1)
        return [(member, agent) for member, agent in await self.session.execute(query)]

    async def memberships(self, agent_ids: Collection[UUID]) -> dict[UUID, list[MembershipRow]]:
        """What each of these agents serves, by queue."""
        query = select(MembershipRow).where(
            MEMBERSHIP.tenant_id == self.tenant_id, MEMBERSHIP.agent_id.in_(agent_ids)
        )  # fmt: skip
        found: dict[UUID, list[MembershipRow]] = {agent_id: [] for agent_id in agent_ids}
        for row in (await self.session.execute(query.order_by(MEMBERSHIP.queue_id))).scalars():
            found[row.agent_id].append(row)
        return found

    async def put_membership(self, queue_id: UUID, agent_id: UUID, **values: int) -> MembershipRow:
        """Have an agent serve a queue; both are there, locked by this transaction."""
        statement = insert(MembershipRow).values(
            queue_id=queue_id, agent_id=agent_id, tenant_id=self.tenant_id, **{"level": 1, "position": 0, **values}
        )
        kept = statement.on_conflict_do_update(
            index_elements=["queue_id", "agent_id"], set_=values or {"level": MEMBERSHIP.level}
        ).returning(MembershipRow)
        found: MembershipRow = (
            await self.session.execute(kept, execution_options={"populate_existing": True})
        ).scalar_one()
        return found

    async def remove_membership(self, queue_id: UUID, agent_id: UUID) -> bool:
        """Have an agent no longer serve a queue; false when the agent did not."""
        statement = delete(MembershipRow).where(
            *_is(MembershipRow, queue_id=queue_id, agent_id=agent_id, tenant_id=self.tenant_id)
        )
        return bool((await self.session.execute(statement)).rowcount)

    async def callbacks(
        self, *, limit: int, after: tuple[Any, ...] | None, queue_id: UUID | None = None, state: str | None = None
    ) -> list[EntryRow]:
        """Who is or was to be called back, by id: up to ``limit`` + 1 past ``after``."""
        query = select(EntryRow).where(ENTRY.tenant_id == self.tenant_id, ENTRY.callback.is_not(None))
        if queue_id is not None:
            query = query.where(ENTRY.queue_id == queue_id)
        if state is not None:
            query = query.where(ENTRY.callback["state"].astext == state)
        if after is not None:
            query = query.where(tuple_(ENTRY.id) > after)
        return list((await self.session.execute(query.order_by(ENTRY.id).limit(limit + 1))).scalars())

    async def is_in_use(self, queue_id: UUID) -> bool:
        """Whether a caller is in line or talks with an agent of the queue."""
        query = select(ENTRY.id).where(
            ENTRY.tenant_id == self.tenant_id, ENTRY.queue_id == queue_id, ENTRY.state != "left"
        )
        return (await self.session.execute(query.limit(1))).first() is not None

    async def entry(self, entry_id: UUID) -> EntryRow | None:
        """A caller's time in line, over or not."""
        query = select(EntryRow).where(*_is(EntryRow, id=entry_id, tenant_id=self.tenant_id))
        found: EntryRow | None = (await self.session.execute(query)).scalar_one_or_none()
        return found

    async def state(self, agent_id: UUID) -> AgentStateRow | None:
        """What an agent does; none for one who never signed in."""
        query = select(AgentStateRow).where(*_is(AgentStateRow, agent_id=agent_id, tenant_id=self.tenant_id))
        found: AgentStateRow | None = (await self.session.execute(query)).scalar_one_or_none()
        return found

    async def forget_state(self, agent_id: UUID) -> None:
        """Delete what a removed agent does."""
        await self.session.execute(
            delete(AgentStateRow).where(*_is(AgentStateRow, agent_id=agent_id, tenant_id=self.tenant_id))
        )


def _recordset(model: type[SQLModel], *, without: Collection[str] = ()) -> tuple[list[str], str]:
    """The columns of a table that JSON objects fill, and the beginning of the INSERT that reads them.

    One parameter whatever the number of rows, so the statement is parsed and planned once.
    """
    table = model.__table__  # type: ignore[attr-defined]
    columns = [f'"{one.name}"' for one in table.columns if one.name not in {"tenant_id", *without}]
    names = ", ".join(columns)
    return columns, (
        f"INSERT INTO {table.name} (tenant_id, {names}) SELECT cast(:tenant_id AS uuid), {names}"  # noqa: S608 -- no value
        f" FROM jsonb_populate_recordset(null::{table.name}, cast(:rows AS jsonb))"
    )


def _upsert(model: type[SQLModel], key: str, *, without: Collection[str] = ()) -> Any:
    columns, begin = _recordset(model, without=without)
    sets = ", ".join(f"{name} = excluded.{name}" for name in columns if name != f'"{key}"')
    return text(f"{begin} ON CONFLICT ({key}) DO UPDATE SET {sets}")


_JOIN: Final = text(
    _recordset(EntryRow, without=["order"])[1] + ' ON CONFLICT DO NOTHING RETURNING id, "order"'
)  # fmt: skip
_FIELDS: Final = ", ".join(f'kept."{name}"' for name in EntryRow.model_fields)
_KNOWN: Final = text(
    f"SELECT {_FIELDS} FROM {EntryRow.__tablename__} AS kept"  # noqa: S608 -- no value
    f" JOIN jsonb_populate_recordset(null::{EntryRow.__tablename__}, cast(:rows AS jsonb)) AS told"
    " ON kept.id = told.id OR (kept.leg_id, kept.turn) = (told.leg_id, told.turn) WHERE kept.tenant_id = :tenant_id"
)
_FENCE: Final = text(
    "SELECT 1 / count(*) FROM (SELECT FROM "  # noqa: S608 -- no value
    f"{FloorRow.__tablename__} WHERE tenant_id = :tenant_id AND fence = :fence FOR SHARE) AS mine"
)
"""Fails, and with it what goes out after it, once another process owns the floor; and nobody takes over meanwhile."""
_SAVE_ENTRIES: Final = _upsert(EntryRow, "id", without=["order"])
_SAVE_STATES: Final = _upsert(AgentStateRow, "agent_id")
_SAVE_HISTORY: Final = text(_recordset(AgentHistoryRow)[1] + " ON CONFLICT (id) DO NOTHING")


@dataclass(frozen=True, slots=True)
class Joining:
    """An open transaction with callers who came into line.

    Args:
        kept: each as it is kept, in the order in which they were given: a new one with its ``order``; one that was
            kept before as it is by now.
        new: those who were not kept before.
        events: what is told of these.
    """

    tenant_id: UUID
    kept: list[Entry]
    new: list[Entry]
    events: list[Event]
    _pipeline: Pipeline
    _outbox: Outbox
    _stack: AsyncExitStack

    async def save(
        self,
        *,
        entries: Iterable[Entry] = (),
        states: Iterable[AgentState] = (),
        history: Iterable[PastStatus] = (),
        events: Iterable[Event] = (),
        early: bool = False,
    ) -> None:
        """Write what changed besides, and what is told of it all, whole or not at all. Once.

        Args:
            early: as of ``Pipeline.commit``.
        """
        async with self._stack:
            changes = _changes(self.tenant_id, entries, states, history)
            await self._pipeline.commit(*changes, *self._outbox.statements(*self.events, *events), early=early)

    async def undo(self) -> None:
        """End without having kept anybody; does nothing after `save`."""
        await self._stack.aclose()


class FloorStore:
    """What the owner of tenants' queues works with: it loads everything once, and saves each change.

    Every method is one transaction of its own, bound to the tenant that is named.
    """

    def __init__(self, database: Database, outbox: Outbox, flushes: Flushes | None = None) -> None:
        self._database = database
        self._outbox = outbox
        self.flushes = flushes
        """Tells of early commits; without it there are none."""

    async def tenants(self) -> list[UUID]:
        """The tenants that have queues or agents."""
        kinds = [select(_column(model, "tenant_id")) for model in (QueueRow, AgentRow)]
        async with self._database.platform() as session:
            return sorted((await session.execute(union(*kinds))).scalars())

    async def take_over(self, tenant_id: UUID) -> int:
        """Become the owner of a tenant's queues; returns the fence to save with.

        Waits for what a former owner is writing; whatever it tries to write afterwards is refused. The number comes
        from the table, since a lease's own begins anew when NATS loses its files.
        """
        statement = insert(FloorRow).values(tenant_id=tenant_id, fence=1)
        statement = statement.on_conflict_do_update(index_elements=["tenant_id"], set_={"fence": FLOOR.fence + 1})
        async with self._database.tenant(tenant_id) as session:
            return int((await session.execute(statement.returning(FLOOR.fence))).scalar_one())

    async def load(self, tenant_id: UUID) -> Floor:
        """Queues, agents, what agents do, and who is in line (or connected), oldest first."""
        async with self._database.tenant(tenant_id) as session:
            configuration = await _configuration(session, tenant_id)
            states = (await session.execute(select(AgentStateRow).where(STATE.tenant_id == tenant_id))).scalars()
            entries = select(EntryRow).where(ENTRY.tenant_id == tenant_id, ENTRY.state != "left")
            in_order = (await session.execute(entries.order_by(ENTRY.joined_at, ENTRY.order))).scalars()
            return Floor(
                configuration=configuration,
                states={row.agent_id: state_of(row) for row in states if row.agent_id in configuration.agents},
                entries=tuple(map(entry_of, in_order)),
            )

    async def configuration(self, tenant_id: UUID) -> Configuration:
        """Queues and agents only: what `QueueChanged` and `AgentChanged` tell to read again."""
        async with self._database.tenant(tenant_id) as session:
            return await _configuration(session, tenant_id)

    async def join(
        self, tenant_id: UUID, entries: Sequence[Entry], tell: Callable[[Entry], Event], *, fence: int | None = None
    ) -> list[Entry]:
        """Keep who came into line, each once however often that is told; ``tell`` makes the message about a new one.

        Returns each as it is kept, in the order of ``entries``: a new one with its ``order``; one that was kept before
        as it is by now.

        Raises:
            Overtaken: another process took over since.
        """
        if not entries:
            return []
        joining = await self.joining(tenant_id, entries, tell, fence=fence)
        await joining.save()
        return joining.kept

    async def joining(
        self, tenant_id: UUID, entries: Sequence[Entry], tell: Callable[[Entry], Event], *, fence: int | None = None
    ) -> Joining:
        """As `join`, but nothing is kept yet: what follows from it is saved in the same transaction.

        Raises:
            Overtaken: another process took over since.
        """
        async with AsyncExitStack() as stack:
            pipeline = await stack.enter_async_context(self._database.pipeline(tenant_id))
            with _overtaken(tenant_id):
                *_, rows = await pipeline.run(*_fenced(tenant_id, fence), (_JOIN, _rows(tenant_id, entries)))
            order = dict(rows)
            kept = {entry.id: replace(entry, order=order[entry.id]) for entry in entries if entry.id in order}
            new = list(kept.values())
            if before := [entry for entry in entries if entry.id not in kept]:
                kept |= await _known(pipeline, tenant_id, before)
            events = [tell(entry) for entry in new]
            joined = [kept[entry.id] for entry in entries]
            return Joining(tenant_id, joined, new, events, pipeline, self._outbox, stack.pop_all())

    async def save(
        self,
        tenant_id: UUID,
        *,
        entries: Iterable[Entry] = (),
        states: Iterable[AgentState] = (),
        history: Iterable[PastStatus] = (),
        events: Iterable[Event] = (),
        fence: int | None = None,
        early: bool = False,
    ) -> None:
        """Write what changed, and what is told of it, whole or not at all; again is safe.

        An entry that is not kept yet is inserted; its ``order`` never changes.

        Args:
            early: as of ``Pipeline.commit``.

        Raises:
            Overtaken: another process took over since ``fence`` was given out.
        """
        changes = _changes(tenant_id, entries, states, history)
        messages = self._outbox.statements(*events)
        async with self._database.pipeline(tenant_id) as pipeline:
            with _overtaken(tenant_id):
                await pipeline.commit(*_fenced(tenant_id, fence), *changes, *messages, early=early)

    async def last_agent_of(self, tenant_id: UUID, queue_id: UUID, caller_number: str, since: datetime) -> UUID | None:
        """Who talked to this number last in this queue, not before ``since``; a caller without a number has nobody."""
        if not caller_number:
            return None
        query = select(ENTRY.agent_id).where(
            ENTRY.tenant_id == tenant_id,
            ENTRY.queue_id == queue_id,
            ENTRY.caller_number == caller_number,
            ENTRY.agent_id.is_not(None),
            ENTRY.answered_at >= since,
        )
        async with self._database.tenant(tenant_id) as session:
            found: UUID | None = (
                await session.execute(query.order_by(ENTRY.answered_at.desc()).limit(1))
            ).scalar_one_or_none()
        return found

    async def overflowed(self, tenant_id: UUID, leg_id: str, turn: int) -> tuple[str, ...]:
        """The overflow steps that a leg took before it came into line for this time; none once an agent had it."""
        query = select(ENTRY.overflowed).where(
            ENTRY.tenant_id == tenant_id,
            ENTRY.leg_id == leg_id,
            ENTRY.turn < turn,
            ENTRY.outcome.is_distinct_from("answered"),
        )
        async with self._database.tenant(tenant_id) as session:
            found = (await session.execute(query.order_by(ENTRY.turn.desc()).limit(1))).scalar_one_or_none()
        return tuple(found or ())


async def _configuration(session: Session, tenant_id: UUID) -> Configuration:
    async def rows(model: type[SQLModel]) -> Any:
        return (await session.execute(select(model).where(*_is(model, tenant_id=tenant_id)))).scalars()

    return configuration_of(await rows(QueueRow), await rows(AgentRow), await rows(MembershipRow))


def _fenced(tenant_id: UUID, fence: int | None) -> list[Statement]:
    """What stands before the writing of an owner; of whoever writes without a fence, nothing."""
    return [] if fence is None else [(_FENCE, {"tenant_id": tenant_id, "fence": fence})]


@contextmanager
def _overtaken(tenant_id: UUID) -> Iterator[None]:
    """Raises Overtaken for a fence that failed."""
    try:
        yield
    except psycopg.errors.DivisionByZero as error:
        raise Overtaken(f"another process owns the queues of tenant {tenant_id} by now") from error


async def _known(pipeline: Pipeline, tenant_id: UUID, entries: Sequence[Entry]) -> dict[UUID, Entry]:
    """Those that were kept before, under the ids of ``entries``."""
    [found] = await pipeline.run((_KNOWN, _rows(tenant_id, entries)))
    rows = [entry_of(EntryRow(**dict(zip(EntryRow.model_fields, row, strict=True)))) for row in found]
    by_id, by_leg = {row.id: row for row in rows}, {(row.leg_id, row.turn): row for row in rows}
    return {entry.id: by_id.get(entry.id) or by_leg[entry.leg_id, entry.turn] for entry in entries}


def _changes(
    tenant_id: UUID, entries: Iterable[Entry], states: Iterable[AgentState], history: Iterable[PastStatus]
) -> list[Statement]:
    parts = ((_SAVE_ENTRIES, [*entries]), (_SAVE_STATES, [*states]), (_SAVE_HISTORY, [*history]))
    return [(statement, _rows(tenant_id, rows)) for statement, rows in parts if rows]


def _rows(tenant_id: UUID, rows: Sequence[Any]) -> dict[str, Any]:
    return {"tenant_id": tenant_id, "rows": orjson.dumps(rows).decode()}


def _column(model: type[SQLModel], name: str) -> Any:
    return getattr(model, name)


def _is(model: type[SQLModel], **equal: Any) -> list[Any]:
    return [_column(model, name) == value for name, value in equal.items()]
