"""A transaction whose statements go out together is one like any other: whole or not at all, and of one tenant."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from shared.db.engine import Database
from shared.db.errors import is_unavailable
from shared.db.outbox import Outbox
from shared.telephony.ids import new_id
from tests.integration.db.models import ADD, NUMBERS, ExtensionProbed
from tests.support.postgres import TestDatabase
from tests.support.waiting import eventually

ANN, BEN = new_id(), new_id()


def add(number: str, tenant_id: Any = ANN) -> tuple[Any, dict[str, Any]]:
    return ADD, {"id": new_id(), "tenant_id": tenant_id, "number": number}


async def numbers(db: Database, tenant_id: Any = ANN) -> list[str]:
    async with db.tenant(tenant_id) as session:
        return list((await session.execute(NUMBERS)).scalars())


async def run(db: Database, *statements: Any, then: Callable[[], object] = lambda: None) -> None:
    async with db.pipeline(ANN) as pipeline:
        await pipeline.run(*statements)
        then()
        await pipeline.commit()


async def test_what_is_run_is_seen_at_once_and_kept_once_it_is_committed(db: Database) -> None:
    async with db.pipeline(ANN) as pipeline:
        *_, found = await pipeline.run(add("101"), add("102"), (NUMBERS, {}))
        assert found == [("101",), ("102",)]
        assert await numbers(db) == []
        await pipeline.commit(add("103"))
    assert await numbers(db) == ["101", "102", "103"]


async def test_without_a_commit_nothing_happened(db: Database) -> None:
    async with db.pipeline(ANN) as pipeline:
        await pipeline.run(add("101"))
    with pytest.raises(ZeroDivisionError):
        await run(db, add("102"), then=lambda: 1 / 0)
    assert await numbers(db) == []


async def test_a_statement_that_fails_undoes_the_others_and_the_connection_goes_on(db: Database) -> None:
    for _ in range(db.engine.pool.size() + 1):  # type: ignore[attr-defined]
        with pytest.raises(psycopg.errors.UniqueViolation):
            async with db.pipeline(ANN) as pipeline:
                await pipeline.commit(add("101"), add("101"), add("102"))
    async with db.pipeline(ANN) as pipeline:
        await pipeline.commit(add("103"))
    assert await numbers(db) == ["103"]


async def test_a_server_that_ended_meanwhile_is_noticed_before_anything_is_sent(db: Database) -> None:
    async with db.pipeline(ANN) as pipeline:
        [[(backend,)]] = await pipeline.run((text("SELECT pg_backend_pid()"), {}))
    async with db.pipeline(ANN) as pipeline:
        assert await pipeline.run((text("SELECT pg_backend_pid()"), {})) == [[(backend,)]], "the same connection again"
    async with db.platform() as session:
        end = text("SELECT pg_terminate_backend(:backend, 5000)")
        assert (await session.execute(end, {"backend": backend})).scalar_one()
    await run(db, add("101"))
    assert await numbers(db) == ["101"]


async def test_who_finds_no_free_connection_waits_and_gives_up_in_time(probe: TestDatabase) -> None:
    db = probe.open(pool_size=1, pool_timeout_seconds=0.05)
    async with db.pipeline(ANN) as pipeline:
        with pytest.raises(psycopg.OperationalError) as busy:
            await run(db, add("101"))
        assert is_unavailable(busy.value)
        waiting = asyncio.create_task(run(db, add("102")))
        await asyncio.sleep(0)
        await pipeline.commit(add("103"))
    await waiting
    assert await numbers(db) == ["102", "103"]
    await db.stop()


async def test_a_stop_leaves_no_connection_behind(probe: TestDatabase, db: Database) -> None:
    stopped = probe.open()
    async with stopped.pipeline(ANN) as pipeline:
        [[(backend,)]] = await pipeline.run((text("SELECT pg_backend_pid()"), {}))
        await stopped.stop()
        await pipeline.commit(add("101"))
    assert await numbers(db) == ["101"]
    query = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :backend")

    async def has_ended() -> bool:
        async with db.platform() as session:
            return not (await session.execute(query, {"backend": backend})).scalar_one()

    await eventually(has_ended)


async def test_who_goes_away_in_the_middle_leaves_room_for_the_next(probe: TestDatabase) -> None:
    db = probe.open(pool_size=1)
    for _ in range(2):
        inside = asyncio.Event()
        caller = asyncio.create_task(run(db, add("101"), (text("SELECT pg_sleep(30)"), {}), then=inside.set))
        await eventually(lambda: sleeps(db))
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert not inside.is_set()
    await run(db, add("102"))
    assert await numbers(db) == ["102"]
    await db.stop()


async def sleeps(db: Database) -> bool:
    """Whether a statement that takes long is under way."""
    query = text("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'SELECT pg_sleep%'")
    async with db.platform() as session:
        return bool((await session.execute(query)).scalar_one())


async def test_other_tenants_rows_are_neither_seen_nor_written(db: Database) -> None:
    async with db.pipeline(BEN) as pipeline:
        await pipeline.commit(add("201", BEN))
    async with db.pipeline(ANN) as pipeline:
        assert await pipeline.run((NUMBERS, {})) == [[]]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with db.pipeline(ANN) as pipeline:
            await pipeline.commit(add("202", BEN))
    assert await numbers(db, BEN) == ["201"]


async def test_messages_leave_with_the_commit(db: Database, probe: TestDatabase) -> None:
    outbox = Outbox(db)
    told = [ExtensionProbed(id=new_id(), revision=n, tenant_id=ANN, text="") for n in (1, 2)]
    assert outbox.statements() == []
    async with db.pipeline(ANN) as pipeline:
        await pipeline.run(*outbox.statements(told[0]))
    async with db.pipeline(ANN) as pipeline:
        await pipeline.commit(add("101"), *outbox.statements(*told))
    async with db.platform() as session:
        kept = (await session.execute(text("SELECT message_id FROM outbox ORDER BY id"))).scalars()
        assert list(kept) == [str(one.message_id) for one in told]


async def test_a_database_that_goes_away_is_told_as_such(db: Database) -> None:
    with pytest.raises(psycopg.Error) as lost:
        await run(db, add("101"), (text("SELECT pg_terminate_backend(pg_backend_pid())"), {}))
    assert is_unavailable(lost.value)
    assert await numbers(db) == []
