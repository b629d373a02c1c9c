"""What is committed early is there at once, and known to be on disk, or lost, soon after."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator

import psutil
import pytest
from sqlalchemy import text

from deploy.local.postgres import EmbeddedPostgres
from shared.db.engine import Database
from shared.db.flushes import Flushes
from shared.db.migrations import upgrade
from shared.db.outbox import Outbox
from shared.telephony.ids import new_id
from tests.integration.db.conftest import SCRIPTS
from tests.integration.db.models import ADD, NUMBERS, ExtensionProbed
from tests.support.waiting import eventually

ANN = new_id()
WRITTEN = text("SELECT pg_current_wal_flush_lsn() >= cast(:place AS pg_lsn)")


@pytest.fixture
async def flushes(db: Database) -> AsyncIterator[Flushes]:
    component = Flushes(db)
    await component.start()
    yield component
    await component.stop()


async def add(db: Database, number: str, *, early: bool = True) -> None:
    async with db.pipeline(ANN) as pipeline:
        await pipeline.commit((ADD, {"id": new_id(), "tenant_id": ANN, "number": number}), early=early)


async def numbers(db: Database) -> list[str]:
    async with db.tenant(ANN) as session:
        return list((await session.execute(NUMBERS)).scalars())


async def watches(flushes: Flushes) -> int:
    async def watch() -> int | None:
        return flushes.watch

    return await eventually(watch)


async def test_what_is_committed_early_is_seen_at_once_and_on_disk_a_moment_later(
    db: Database, flushes: Flushes
) -> None:
    watch = await watches(flushes)
    for number in ("101", "102"):
        await add(db, number)
        assert number in await numbers(db)
        async with db.tenant(ANN) as session:
            place = (await session.execute(text("SELECT pg_current_wal_insert_lsn()"))).scalar_one()
        assert await flushes.flushed(watch)
        async with db.tenant(ANN) as session:
            assert (await session.execute(WRITTEN, {"place": place})).scalar_one()


async def test_who_asks_about_a_time_when_nobody_watched_is_told_that_it_may_be_lost(
    db: Database, flushes: Flushes
) -> None:
    watch = await watches(flushes)
    assert not await flushes.flushed(watch - 1)
    await flushes.stop()
    assert flushes.watch is None
    assert not await flushes.flushed(watch)


async def test_messages_hold_the_lock_of_a_notify_for_no_disk_and_are_on_disk_in_the_end(db: Database) -> None:
    message = ExtensionProbed(id=new_id(), revision=1, tenant_id=ANN)
    async with db.tenant(ANN) as session:
        await Outbox(db).add(session, message)
        assert (await session.execute(text("SHOW synchronous_commit"))).scalar_one() == "off"
        place = (await session.execute(text("SELECT pg_current_wal_insert_lsn()"))).scalar_one()
    async with db.tenant(ANN) as session:
        assert (await session.execute(WRITTEN, {"place": place})).scalar_one()
        assert (await session.execute(text("SHOW synchronous_commit"))).scalar_one() == "on"
    async with db.pipeline(ANN) as pipeline:
        *_, [[place]] = await pipeline.run((text("SELECT pg_current_wal_insert_lsn()"), {}))
        await pipeline.commit(*Outbox(db).statements(message))
    async with db.tenant(ANN) as session:
        assert (await session.execute(WRITTEN, {"place": place})).scalar_one()


async def test_a_server_that_crashes_first_has_lost_it_and_that_is_told(own_postgres: EmbeddedPostgres) -> None:
    roles = own_postgres.provision("probe")
    upgrade(own_postgres.url(roles.owner), "probe", roles.service, SCRIPTS)
    db = Database(own_postgres.url("probe"), schema="probe")
    flushes = Flushes(db)
    await flushes.start()
    watch = await watches(flushes)
    await add(db, "101", early=False)
    hold_still("walwriter", own_postgres)
    await add(db, "102")
    kept = flushes.flushed(watch)
    own_postgres.kill()  # before anybody is asked to write
    assert not await kept
    own_postgres.start()
    assert await watches(flushes) > watch
    assert await numbers(db) == ["101"]
    await flushes.stop()
    await db.stop()


def hold_still(worker: str, server: EmbeddedPostgres) -> None:
    """Stop the server's process that would write what is committed to disk; it ends with the server."""
    [process] = [one for one in psutil.Process(server.pid).children() if worker in " ".join(one.cmdline())]
    process.send_signal(signal.SIGSTOP)
