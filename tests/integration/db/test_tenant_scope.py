"""A tenant is a wall, also for a query that forgets its tenant."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InvalidRequestError, ProgrammingError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import select

from shared.db.engine import Database
from shared.db.errors import UnsafeRole, constraint_name, is_stale
from shared.telephony.ids import new_id
from tests.integration.db.models import Extension
from tests.support.postgres import TestDatabase

ANN, BOB = new_id(), new_id()


async def provision_extension(db: Database, tenant_id: UUID, number: str) -> Extension:
    async with db.tenant(tenant_id) as session:
        extension = Extension(tenant_id=tenant_id, number=number)
        session.add(extension)
    return extension


async def numbers_seen(db: Database, tenant_id: UUID | None) -> set[str]:
    async with db.tenant(tenant_id) if tenant_id else db.platform() as session:
        return set((await session.exec(select(Extension.number))).all())


@pytest.fixture
async def two_tenants(db: Database) -> Database:
    await provision_extension(db, ANN, "101")
    await provision_extension(db, BOB, "202")
    return db


async def test_tenant_sees_only_its_own_rows(two_tenants: Database) -> None:
    assert await numbers_seen(two_tenants, ANN) == {"101"}
    assert await numbers_seen(two_tenants, BOB) == {"202"}
    assert await numbers_seen(two_tenants, new_id()) == set()


async def test_platform_sees_every_tenant(two_tenants: Database) -> None:
    assert await numbers_seen(two_tenants, None) == {"101", "202"}


async def test_raw_sql_cannot_read_change_or_delete_rows_of_another_tenant(two_tenants: Database) -> None:
    async with two_tenants.tenant(ANN) as session:
        seen = (await session.execute(text("SELECT number FROM extensions"))).scalars().all()
        changed = await session.execute(text("UPDATE extensions SET number = 'x' WHERE number = '202'"))
        deleted = await session.execute(text("DELETE FROM extensions WHERE tenant_id = :bob"), {"bob": BOB})
    assert (seen, changed.rowcount, deleted.rowcount) == (["101"], 0, 0)
    assert await numbers_seen(two_tenants, BOB) == {"202"}


async def test_row_cannot_be_written_for_another_tenant(two_tenants: Database) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with two_tenants.tenant(ANN) as session:
            session.add(Extension(tenant_id=BOB, number="303"))
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with two_tenants.tenant(ANN) as session:
            await session.execute(text("UPDATE extensions SET tenant_id = :bob"), {"bob": BOB})
    assert await numbers_seen(two_tenants, BOB) == {"202"}


async def test_connection_without_scope_sees_nothing_even_after_a_scoped_transaction(probe: TestDatabase) -> None:
    db = probe.open(pool_size=1)  # the same connection every time
    try:
        await provision_extension(db, ANN, "101")
        async with db.engine.begin() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM extensions"))).scalar_one() == 0
        async with db.platform() as session:
            await session.execute(text("SELECT 1"))
        async with db.engine.begin() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM extensions"))).scalar_one() == 0
        with pytest.raises(ProgrammingError, match="row-level security"):
            async with db.engine.begin() as connection:
                await connection.execute(
                    text("INSERT INTO extensions VALUES (:id, now(), now(), 1, :ann, '9')"),
                    {"id": new_id(), "ann": ANN},
                )
    finally:
        await db.stop()


async def test_nothing_can_be_asked_after_a_commit_inside_the_block(two_tenants: Database) -> None:
    async with two_tenants.tenant(ANN) as session:
        await session.commit()
        with pytest.raises(InvalidRequestError, match="closed transaction"):
            await session.exec(select(Extension))


async def test_owner_of_the_schema_is_bound_too(two_tenants: Database, probe: TestDatabase) -> None:
    with psycopg.connect(probe.owner_url) as connection:
        assert connection.execute("SELECT count(*) FROM probe.extensions").fetchone() == (0,)


async def test_exception_rolls_the_transaction_back(db: Database) -> None:
    with pytest.raises(RuntimeError):
        await add_and_fail(db)
    assert await numbers_seen(db, ANN) == set()


async def add_and_fail(db: Database) -> None:
    async with db.tenant(ANN) as session:
        session.add(Extension(tenant_id=ANN, number="101"))
        await session.flush()
        raise RuntimeError


async def test_violation_names_its_constraint(two_tenants: Database) -> None:
    with pytest.raises(IntegrityError) as caught:
        await provision_extension(two_tenants, ANN, "101")
    assert constraint_name(caught.value) == "uq_extensions_tenant_id_number"


async def test_two_tenants_may_use_the_same_number(two_tenants: Database) -> None:
    await provision_extension(two_tenants, BOB, "101")
    assert await numbers_seen(two_tenants, BOB) == {"101", "202"}


async def test_service_may_append_to_the_audit_log_but_not_rewrite_it(db: Database) -> None:
    async with db.tenant(ANN) as session:
        await session.execute(text("INSERT INTO audit VALUES (:ann, 'signed in')"), {"ann": ANN})
    for statement in ("UPDATE audit SET what = ''", "DELETE FROM audit", "TRUNCATE audit", "DROP TABLE audit"):
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            async with db.tenant(ANN) as session:
                await session.execute(text(statement))


async def test_table_that_a_migration_forgot_to_open_is_closed(db: Database) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with db.platform() as session:
            await session.execute(text("SELECT * FROM forgotten"))


async def test_revision_grows_with_every_change_and_a_lost_update_is_refused(db: Database) -> None:
    made = await provision_extension(db, ANN, "101")
    assert made.revision == 1
    async with db.tenant(ANN) as session:
        mine = await session.get_one(Extension, made.id)
        async with db.tenant(ANN) as other:
            theirs = await other.get_one(Extension, made.id)
            theirs.number = "102"
        assert theirs.revision == 2
        assert theirs.updated_at > theirs.created_at
        mine.number = "103"
        with pytest.raises(StaleDataError) as caught:
            await session.flush()
        await session.rollback()
    assert is_stale(caught.value)
    assert await numbers_seen(db, ANN) == {"102"}


async def test_superuser_is_refused_as_a_service_role(probe: TestDatabase) -> None:
    db = Database(probe.admin_url, schema="probe")
    with pytest.raises(UnsafeRole, match="superuser"):
        await db.start()
    await db.stop()


async def test_slow_statement_is_ended_by_the_server(probe: TestDatabase) -> None:
    db = probe.open(statement_timeout_seconds=0.05)
    with pytest.raises(DBAPIError, match="statement timeout"):
        async with db.platform() as session:
            await session.execute(text("SELECT pg_sleep(30)"))
    await db.stop()
