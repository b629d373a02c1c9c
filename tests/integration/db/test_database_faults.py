"""The database goes away in mid-flight; services do not have to be restarted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from deploy.local.postgres import EmbeddedPostgres
from shared.bus.port import BusUnavailable
from shared.db.engine import Database
from shared.db.errors import is_unavailable
from shared.db.migrations import upgrade
from shared.db.outbox import Outbox, OutboxRelay
from shared.runtime.metrics import Metrics
from shared.telephony.ids import new_id
from tests.integration.db.conftest import SCRIPTS
from tests.integration.db.models import ExtensionProbed, RecordingBus
from tests.support.ports import free_port
from tests.support.postgres import TestDatabase
from tests.support.waiting import eventually

ANN = new_id()


@pytest.fixture
def server(own_postgres: EmbeddedPostgres) -> EmbeddedPostgres:
    roles = own_postgres.provision("probe")
    upgrade(own_postgres.url(roles.owner), "probe", roles.service, SCRIPTS)
    return own_postgres


@pytest.fixture
async def service(server: EmbeddedPostgres) -> AsyncIterator[Database]:
    database = Database(server.url("probe"), schema="probe", pool_size=3)
    await database.start()
    yield database
    await database.stop()


async def leave(db: Database, outbox: Outbox) -> str:
    event = ExtensionProbed(id=new_id(), revision=1, tenant_id=ANN)
    async with db.tenant(ANN) as session:
        await outbox.add(session, event)
    return str(event.message_id)


async def test_pool_and_relay_recover_after_the_database_was_killed(
    server: EmbeddedPostgres, service: Database
) -> None:
    bus, outbox, metrics = RecordingBus(), Outbox(service), Metrics("probe")
    relay = OutboxRelay(service, bus, metrics)
    await relay.start()
    sent = [await leave(service, outbox)]
    await bus.until(lambda: bus.ids() == sent)
    await shows(metrics, database_connected=1)

    async with asyncio.TaskGroup() as group:  # several connections of the pool are open when it happens
        for _ in range(3):
            group.create_task(service.ping())
    server.kill()
    for _ in range(3):
        with pytest.raises((SQLAlchemyError, OSError)) as caught:
            await leave(service, outbox)
        assert is_unavailable(caught.value)
    await shows(metrics, database_connected=0)
    server.start()

    sent += [await leave(service, outbox) for _ in range(5)]  # the first try after its return works
    await bus.until(lambda: set(bus.ids()) == set(sent))
    await shows(metrics, database_connected=1)
    await relay.stop()


async def shows(metrics: Metrics, **wanted: float) -> None:
    async def look() -> dict[str, float | None]:
        return {name: metrics.registry.get_sample_value(f"seda_probe_{name}") for name in wanted}

    await eventually(look, lambda shown: shown == wanted)


async def test_relay_that_lost_the_database_tells_no_old_numbers(server: EmbeddedPostgres, service: Database) -> None:
    """Another process may be the sender when it is back, and has sent what waited."""
    bus, outbox, metrics = RecordingBus(), Outbox(service), Metrics("probe")
    bus.broken = BusUnavailable("away")
    relay = OutboxRelay(service, bus, metrics)
    await leave(service, outbox)
    await relay.start()
    await shows(metrics, outbox_waiting=1)
    server.kill()
    await shows(metrics, outbox_waiting=0, outbox_oldest_seconds=0, database_connected=0)
    await relay.stop()


async def test_restart_of_the_database_that_nobody_noticed_costs_no_transaction(
    server: EmbeddedPostgres, service: Database
) -> None:
    outbox = Outbox(service)
    await asyncio.gather(*(leave(service, outbox) for _ in range(3)))
    server.stop()
    server.start()
    await asyncio.gather(*(leave(service, outbox) for _ in range(3)))


async def test_transaction_cut_in_the_middle_is_told_and_leaves_nothing(
    server: EmbeddedPostgres, service: Database
) -> None:
    outbox = Outbox(service)
    with pytest.raises(DBAPIError) as caught:
        await leave_while_cut(server, service, outbox)
    assert is_unavailable(caught.value)
    async with service.platform() as session:
        assert (await session.execute(text("SELECT count(*) FROM outbox"))).scalar_one() == 0


async def leave_while_cut(server: EmbeddedPostgres, service: Database, outbox: Outbox) -> None:
    async with service.tenant(ANN) as session:
        await outbox.add(session, ExtensionProbed(id=new_id(), revision=1, tenant_id=ANN))
        pid = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        with psycopg.connect(server.url(), autocommit=True) as admin:
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])


async def test_committed_rows_survive_a_killed_server(server: EmbeddedPostgres, service: Database) -> None:
    sent = await leave(service, Outbox(service))
    server.kill()
    server.start()
    async with service.platform() as session:
        assert (await session.execute(text("SELECT message_id FROM outbox"))).scalars().all() == [sent]


async def test_start_waits_for_a_database_that_comes_later(server: EmbeddedPostgres) -> None:
    server.stop()
    database = Database(server.url("probe"), schema="probe")
    starting = asyncio.create_task(database.start())
    await asyncio.to_thread(server.start)
    await starting
    await database.ping()
    await database.stop()


async def test_start_gives_up_on_a_database_that_never_comes() -> None:
    database = Database(f"postgresql://nobody@127.0.0.1:{free_port()}/x", schema="probe", start_within_seconds=0.3)
    with pytest.raises(SQLAlchemyError) as caught:
        await database.start()
    assert is_unavailable(caught.value)
    await database.stop()


async def test_server_that_takes_connections_and_says_nothing_is_given_up() -> None:
    silent = await asyncio.start_server(lambda *_: asyncio.Event().wait(), "127.0.0.1", 0)  # type: ignore[arg-type, return-value]
    port = silent.sockets[0].getsockname()[1]
    database = Database(f"postgresql://x@127.0.0.1:{port}/x", schema="probe", connect_timeout_seconds=2)
    with pytest.raises((SQLAlchemyError, TimeoutError)):
        await database.ping()
    await database.stop()
    silent.close()


async def test_transaction_that_finds_no_free_connection_gives_up_in_time(probe: TestDatabase) -> None:
    database = probe.open(pool_size=1, pool_timeout_seconds=0.05)
    async with database.platform():
        with pytest.raises(PoolTimeout) as caught:
            await database.ping()
    assert is_unavailable(caught.value)
    await database.ping()
    await database.stop()


async def test_caller_that_goes_away_leaves_the_pool_whole(probe: TestDatabase) -> None:
    database = probe.open(pool_size=1)
    for _ in range(5):
        inside = asyncio.Event()
        caller = asyncio.create_task(wait_inside(database, inside))
        await inside.wait()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
    await database.ping()
    await database.stop()


async def wait_inside(database: Database, inside: asyncio.Event) -> None:
    async with database.tenant(ANN) as session:
        inside.set()
        await session.execute(text("SELECT pg_sleep(30)"))
