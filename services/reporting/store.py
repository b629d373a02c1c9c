"""Every query of reporting."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, and_, bindparam, delete, or_, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import SQLModel, col, select

from services.reporting.domain.calls import CallSummary, summarise
from services.reporting.domain.lost import OpenLeg, record_of
from services.reporting.models import CallRow, LegRow, LifeRow, OpenLegRow
from shared.contracts.records import LegRecord
from shared.db.engine import Database, Session

EXPORT_CHUNK = 1000
_CALL_FIELDS = tuple(field.name for field in fields(CallSummary))
OPEN_LEG_FIELDS = tuple(field.name for field in fields(OpenLeg))

_LOCK_CALLS = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('reporting.call.' || id, 0)) FROM unnest(CAST(:ids AS text[])) AS id"
)
_LOCK_NODES = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('reporting.node.' || id, 0)) FROM unnest(CAST(:ids AS text[])) AS id"
)
# Records, events and the end of a node speak of the same legs, at times in the same millisecond: one writer for one
# node at a time, so that none overlooks what the other is about to commit, and none waits for the other in a circle.


def _table(row: type[SQLModel]) -> Table:
    table: Table = row.__table__  # type: ignore[attr-defined]
    return table


def _put(table: Table, where: Any = None) -> Any:
    """Insert a row, or write it over the one that has its key."""
    statement = insert(table)
    written = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=written, where=where)


LEGS, CALLS, OPEN_LEGS = _table(LegRow), _table(CallRow), _table(OpenLegRow)

# Of one row each, carried out for many: a statement that has the values of many rows in it is compiled anew each time.
_PUT_LEG = _put(LEGS, where=LEGS.c.synthetic.is_(True))
_ADD_SYNTHETIC_LEG = insert(LEGS).on_conflict_do_nothing()
_PUT_CALL = _put(CALLS)
_ADD_OPEN_LEG = insert(OPEN_LEGS).on_conflict_do_nothing()
_LEARN = update(OPEN_LEGS).where(OPEN_LEGS.c.leg_id == bindparam("of"))
_NOTHING_KNOWN: dict[str, Any] = dict.fromkeys(OPEN_LEGS.c.keys())


@dataclass(frozen=True, slots=True)
class CallFilter:
    """Which calls. ``number`` matches caller, called or answering number; ``since`` is inclusive, ``until`` not."""

    since: datetime | None = None
    until: datetime | None = None
    number: str | None = None
    extension: str | None = None
    direction: str | None = None
    category: str | None = None
    answered: bool | None = None
    cause: str | None = None
    trunk_id: str | None = None
    min_talk_seconds: float | None = None


class RecordStore:
    """Writes of records, over all tenants: each leg once, each call made of its legs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def transaction(self) -> Any:
        """A platform transaction."""
        return self._database.platform()

    async def store_legs(self, session: Session, legs: Sequence[LegRecord], *, synthetic: bool = False) -> list[str]:
        """Store records; what is stored already stays, but a synthetic one yields to the switch's own.

        Returns the ids of the calls that may have changed, sorted so that concurrent writers lock in one order.
        """
        unique = {leg.leg_id: leg for leg in legs}
        await _lock_nodes(session, (leg.node_id for leg in legs))
        rows = [{**leg.model_dump(), "synthetic": synthetic} for _, leg in sorted(unique.items())]
        await session.execute(_ADD_SYNTHETIC_LEG if synthetic else _PUT_LEG, rows)
        await session.execute(delete(OpenLegRow).where(col(OpenLegRow.leg_id).in_(list(unique))))
        return sorted({leg.call_id for leg in unique.values()})

    async def rebuild_calls(self, session: Session, call_ids: Sequence[str]) -> list[CallSummary]:
        """Make calls anew from their legs; returns those that have no open leg left."""
        # one writer at a time for one call, so that none overlooks the other's leg
        await session.execute(_LOCK_CALLS, {"ids": sorted(call_ids)})
        result = await session.execute(select(LEGS).where(LEGS.c.call_id.in_(call_ids)))
        legs: dict[str, list[LegRecord]] = {}
        for row in result.mappings():
            known = {name: value for name, value in row.items() if name != "synthetic"}
            legs.setdefault(row["call_id"], []).append(LegRecord.model_validate(known))
        summaries = [summarise(of_call) for of_call in legs.values()]
        if not summaries:
            return []
        await session.execute(_PUT_CALL, [_call_row(summary) for summary in summaries])
        still_open = set(
            await session.exec(select(OpenLegRow.call_id).where(col(OpenLegRow.call_id).in_(call_ids)).distinct())
        )
        return [summary for summary in summaries if summary.call_id not in still_open]

    async def track(self, session: Session, changes: Sequence[dict[str, Any]]) -> list[OpenLeg]:
        """Legs began and went on. Each change has ``leg_id`` and what was learnt; a leg's beginning has all of it.

        Returns those that turn out to belong to a switch process that is lost already.
        """
        await _lock_nodes(session, (change["node_id"] for change in changes))
        ids = [change["leg_id"] for change in changes]
        stored = set(await session.exec(select(LegRow.leg_id).where(col(LegRow.leg_id).in_(ids))))
        open_ = [change for change in changes if change["leg_id"] not in stored]
        begun = [change for change in open_ if "created_at" in change]
        if begun:
            await session.execute(_ADD_OPEN_LEG, [_NOTHING_KNOWN | change for change in begun])
        await self._learn(session, [change for change in open_ if "created_at" not in change])
        return await self._of_lost_lives(session, [change["leg_id"] for change in begun])

    async def _learn(self, session: Session, changes: Sequence[dict[str, Any]]) -> None:
        """Write what became known of legs; those that learnt the same things go together."""
        alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for change in changes:
            learnt = {name: value for name, value in change.items() if name not in {"leg_id", "node_id"}}
            if learnt:
                alike.setdefault(tuple(learnt), []).append({**learnt, "of": change["leg_id"]})
        for rows in alike.values():
            await session.execute(_LEARN, rows)

    async def _of_lost_lives(self, session: Session, leg_ids: Sequence[str]) -> list[OpenLeg]:
        if not leg_ids:
            return []
        lost = select(LifeRow.node_id).where(
            col(LifeRow.node_id) == col(OpenLegRow.node_id),
            col(LifeRow.core_id) == col(OpenLegRow.core_id),
            col(LifeRow.lost_at).is_not(None),
        )
        return await self._open_legs(session, and_(col(OpenLegRow.leg_id).in_(leg_ids), lost.exists()))

    async def begin_life(self, session: Session, node_id: str, core_id: str, since: datetime) -> list[OpenLeg]:
        """A node's switch process is seen for the first time: earlier ones are over. Returns their open legs."""
        await _lock_nodes(session, [node_id])
        life = insert(LifeRow).values(node_id=node_id, core_id=core_id, since=since)
        await session.execute(life.on_conflict_do_nothing())
        earlier = and_(col(LifeRow.node_id) == node_id, col(LifeRow.core_id) != core_id, col(LifeRow.since) < since)
        await session.execute(update(LifeRow).where(earlier, col(LifeRow.lost_at).is_(None)).values(lost_at=since))
        lost = select(LifeRow.core_id).where(earlier)
        return await self._open_legs(
            session, and_(col(OpenLegRow.node_id) == node_id, col(OpenLegRow.core_id).in_(lost))
        )

    async def end_life(self, session: Session, node_id: str, core_id: str, lost_at: datetime) -> list[OpenLeg]:
        """A switch process is lost. Returns its open legs."""
        await _lock_nodes(session, [node_id])
        life = insert(LifeRow).values(node_id=node_id, core_id=core_id, since=lost_at, lost_at=lost_at)
        await session.execute(
            life.on_conflict_do_update(index_elements=["node_id", "core_id"], set_={"lost_at": lost_at})
        )
        return await self._open_legs(
            session, and_(col(OpenLegRow.node_id) == node_id, col(OpenLegRow.core_id) == core_id)
        )

    async def mark_unseen(
        self, session: Session, node_id: str, core_id: str, live: Iterable[str], *, as_of: datetime
    ) -> None:
        """Legs that should be up and are not: they ended while nobody looked. Legs that are up count as seen again."""
        await _lock_nodes(session, [node_id])
        seen = update(OpenLegRow).where(
            col(OpenLegRow.leg_id).in_(list(live)), col(OpenLegRow.unseen_since).is_not(None)
        )
        await session.execute(seen.values(unseen_since=None))
        await session.execute(
            update(OpenLegRow)
            .where(
                col(OpenLegRow.node_id) == node_id,
                col(OpenLegRow.core_id) == core_id,
                col(OpenLegRow.created_at) < as_of,
                col(OpenLegRow.unseen_since).is_(None),
                col(OpenLegRow.leg_id).not_in(list(live)),
            )
            .values(unseen_since=as_of)
        )

    async def overdue(self, session: Session, *, unseen_before: datetime, ended_before: datetime) -> list[OpenLeg]:
        """Legs whose record should have come long ago."""
        late = or_(col(OpenLegRow.unseen_since) < unseen_before, col(OpenLegRow.hung_up_at) < ended_before)
        await _lock_nodes(session, await session.exec(select(OpenLegRow.node_id).where(late).distinct()))
        return await self._open_legs(session, late)

    async def close_lost(
        self, session: Session, legs: Sequence[OpenLeg], *, ended_at: datetime, cause: str
    ) -> list[CallSummary]:
        """Write the best record there can be for legs that the switch will write none for."""
        if not legs:
            return []
        records = [record_of(leg, ended_at=ended_at, cause=cause) for leg in legs]
        return await self.rebuild_calls(session, await self.store_legs(session, records, synthetic=True))

    async def _open_legs(self, session: Session, condition: Any) -> list[OpenLeg]:
        rows = await session.exec(select(OpenLegRow).where(condition).order_by(OpenLegRow.leg_id).with_for_update())
        return [OpenLeg(**{name: getattr(row, name) for name in OPEN_LEG_FIELDS}) for row in rows]


def _call_row(call: CallSummary) -> dict[str, Any]:
    return {name: getattr(call, name) for name in _CALL_FIELDS}


async def _lock_nodes(session: Session, node_ids: Iterable[str]) -> None:
    await session.execute(_LOCK_NODES, {"ids": sorted(set(node_ids))})


class CallReader:
    """Reads of one tenant's calls."""

    def __init__(self, database: Database, tenant_id: UUID) -> None:
        self._database = database
        self._tenant_id = tenant_id

    async def page(self, wanted: CallFilter, *, limit: int, after: tuple[datetime, str] | None) -> list[CallRow]:
        """Calls, newest first, from behind the key ``after``."""
        query = select(CallRow).where(*self._conditions(wanted))
        if after is not None:
            query = query.where(tuple_(col(CallRow.started_at), col(CallRow.call_id)) < after)
        query = query.order_by(col(CallRow.started_at).desc(), col(CallRow.call_id).desc()).limit(limit)
        async with self._database.tenant(self._tenant_id) as session:
            return list(await session.exec(query))

    async def call(self, call_id: str) -> tuple[CallRow, list[LegRow]] | None:
        """A call with its legs in the order they began."""
        async with self._database.tenant(self._tenant_id) as session:
            query = select(CallRow).where(CallRow.call_id == call_id, CallRow.tenant_id == self._tenant_id)
            row = (await session.exec(query)).first()
            if row is None:
                return None
            legs = await session.exec(select(LegRow).where(LegRow.call_id == call_id))
            # the switch's clock is coarse: the leg that dialled comes first, whatever it says
            return row, sorted(legs, key=lambda leg: (leg.leg_id != call_id, leg.started_at, leg.leg_id))

    async def export(self, wanted: CallFilter) -> AsyncIterator[list[CallRow]]:
        """Every call in chunks; each chunk is a transaction of its own, so a slow reader holds nothing open."""
        after: tuple[datetime, str] | None = None
        while True:
            rows = await self.page(wanted, limit=EXPORT_CHUNK, after=after)
            if rows:
                yield rows
            if len(rows) < EXPORT_CHUNK:
                return
            after = (rows[-1].started_at, rows[-1].call_id)

    def _conditions(self, wanted: CallFilter) -> list[Any]:
        found: list[Any] = [CallRow.tenant_id == self._tenant_id]
        if wanted.since:
            found.append(CallRow.started_at >= wanted.since)
        if wanted.until:
            found.append(CallRow.started_at < wanted.until)
        if wanted.number:
            places = (CallRow.caller_number, CallRow.called_number, CallRow.answered_by)
            found.append(or_(*(col(place) == wanted.number for place in places)))
        if wanted.extension:
            places = (CallRow.caller_extension, CallRow.answered_by, CallRow.called_number)
            found.append(or_(*(col(place) == wanted.extension for place in places)))
        if wanted.answered is not None:
            found.append(
                col(CallRow.answered_at).is_not(None) if wanted.answered else col(CallRow.answered_at).is_(None)
            )
        if wanted.min_talk_seconds is not None:
            found.append(CallRow.talk_seconds >= wanted.min_talk_seconds)
        for name in ("direction", "category", "cause", "trunk_id"):
            value = getattr(wanted, name)
            if value:
                found.append(getattr(CallRow, name) == value)
        return found
