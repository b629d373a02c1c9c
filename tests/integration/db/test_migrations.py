"""Migrations run once, one runner at a time, wholly or not at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, OperationalError

from shared.db.migrations import MigrationTurnTimeout, current_revision, differences, upgrade, write_revision
from tests.integration.db.models import Extension
from tests.support.postgres import DatabaseFor, TestDatabase

SCRIPT = """
revision = "{revision}"
down_revision = {before!r}
branch_labels = depends_on = None
from alembic import op
from shared.db.rls import enable_row_level_security

def upgrade():
{body}
"""


class Scripts:
    """A service's migrations folder, written by the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._last: str | None = None
        (folder / "versions").mkdir()

    def add(self, revision: str, *statements: str) -> None:
        body = "\n".join(f"    op.execute({statement!r})" for statement in statements) or "    pass"
        script = SCRIPT.format(revision=revision, before=self._last, body=body)
        (self.folder / "versions" / f"{revision}.py").write_text(script)
        self._last = revision


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    return Scripts(tmp_path)


@pytest.fixture
def bare(database_for: DatabaseFor, tmp_path_factory: pytest.TempPathFactory) -> TestDatabase:
    """A database with the roles and the empty schema of ``bare``."""
    nothing = tmp_path_factory.mktemp("no-scripts")
    (nothing / "versions").mkdir()
    return database_for("bare", nothing)


@pytest.fixture
def admin(bare: TestDatabase) -> Iterator[psycopg.Connection]:
    with psycopg.connect(bare.admin_url, autocommit=True) as connection:
        yield connection


def run(bare: TestDatabase, scripts: Scripts, **options: float) -> None:
    upgrade(bare.owner_url, "bare", "bare", scripts.folder, **options)  # type: ignore[arg-type]


def tables(admin: psycopg.Connection) -> set[str]:
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'bare' AND tablename <> 'alembic_version'"
    return {name for (name,) in admin.execute(query)}


def test_running_again_changes_nothing(bare: TestDatabase, scripts: Scripts, admin: psycopg.Connection) -> None:
    scripts.add("one", "CREATE TABLE queues (id int)", "INSERT INTO queues VALUES (1)")
    assert current_revision(bare.owner_url, "bare") is None
    run(bare, scripts)
    run(bare, scripts)
    assert current_revision(bare.owner_url, "bare") == "one"
    assert admin.execute("SELECT count(*) FROM bare.queues").fetchone() == (1,)


def test_version_table_stands_in_the_service_schema_out_of_its_reach(bare: TestDatabase, scripts: Scripts) -> None:
    scripts.add("one")
    run(bare, scripts)
    with (
        psycopg.connect(bare.url) as service,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="alembic_version"),
    ):
        service.execute("UPDATE bare.alembic_version SET version_num = 'none'")


def test_failed_migration_leaves_nothing_and_can_be_mended(
    bare: TestDatabase, scripts: Scripts, admin: psycopg.Connection
) -> None:
    scripts.add("one", "CREATE TABLE queues (id int)")
    scripts.add("two", "CREATE TABLE agents (id int)", "INSERT INTO queues VALUES (1)", "SELECT 1 / 0")
    with pytest.raises(DBAPIError, match="division by zero"):
        run(bare, scripts)
    assert tables(admin) == {"queues"}
    assert admin.execute("SELECT count(*) FROM bare.queues").fetchone() == (0,)
    assert current_revision(bare.owner_url, "bare") == "one"

    path = scripts.folder / "versions" / "two.py"
    path.write_text(path.read_text().replace("1 / 0", "1 / 1"))
    run(bare, scripts)
    assert tables(admin) == {"queues", "agents"}


def test_runners_that_start_at_once_take_turns(bare: TestDatabase, scripts: Scripts, admin: psycopg.Connection) -> None:
    scripts.add("one", "CREATE TABLE queues (id int)", "INSERT INTO queues VALUES (1)", "SELECT pg_sleep(0.2)")
    scripts.add("two", "INSERT INTO queues VALUES (2)")
    together = threading.Barrier(4)

    def runner() -> None:
        together.wait()
        run(bare, scripts)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(runner) for _ in range(4)]:
            done.result()
    assert admin.execute("SELECT array_agg(id ORDER BY id) FROM bare.queues").fetchone() == ([1, 2],)


def test_runner_whose_turn_does_not_come_gives_up(
    bare: TestDatabase, scripts: Scripts, admin: psycopg.Connection
) -> None:
    admin.execute("SELECT pg_advisory_lock(hashtextextended('seda.migrations.bare', 0))")
    scripts.add("one", "CREATE TABLE queues (id int)")
    with pytest.raises(MigrationTurnTimeout):
        run(bare, scripts, wait_seconds=0.05)
    assert tables(admin) == set()


def test_migration_does_not_queue_behind_a_table_in_use(
    bare: TestDatabase, scripts: Scripts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.db.migrations.LOCK_TIMEOUT", "50ms")
    scripts.add("one", "CREATE TABLE queues (id int)")
    run(bare, scripts)
    scripts.add("two", "ALTER TABLE queues ADD name text")
    with psycopg.connect(bare.admin_url) as busy:
        busy.execute("SELECT * FROM bare.queues")
        with pytest.raises(OperationalError, match="lock timeout"):
            run(bare, scripts)
    run(bare, scripts)


def test_data_migration_sees_the_rows_of_every_tenant(
    bare: TestDatabase, scripts: Scripts, admin: psycopg.Connection
) -> None:
    scripts.add("one", "CREATE TABLE queues (tenant_id uuid DEFAULT gen_random_uuid(), name text)")
    protect = scripts.folder / "versions" / "one.py"
    protect.write_text(protect.read_text() + "    enable_row_level_security('queues')\n")
    run(bare, scripts)
    admin.execute("INSERT INTO bare.queues VALUES (DEFAULT, 'a'), (DEFAULT, 'b')")
    scripts.add("two", "UPDATE queues SET name = upper(name)")
    run(bare, scripts)
    assert admin.execute("SELECT array_agg(name ORDER BY name) FROM bare.queues").fetchone() == (["A", "B"],)


def test_unfit_names_never_reach_sql(bare: TestDatabase, scripts: Scripts) -> None:
    with pytest.raises(ValueError, match="plain SQL name"):
        upgrade(bare.owner_url, "bare; DROP SCHEMA bare", "bare", scripts.folder)
    with pytest.raises(ValueError, match="plain SQL name"):
        upgrade(bare.owner_url, "bare", 'bare"', scripts.folder)


def test_models_that_differ_from_the_migrations_are_told(probe: TestDatabase) -> None:
    metadata = Extension.metadata
    changed = sa.MetaData(schema="probe", naming_convention=metadata.naming_convention)
    Extension.__table__.to_metadata(changed)  # type: ignore[attr-defined]
    for name in ("audit", "forgotten"):
        sa.Table(name, changed, autoload_with=sa.create_engine(probe.owner_url.replace("://", "+psycopg://", 1)))
    assert differences(probe.owner_url, "probe", changed) == []
    changed.tables["probe.extensions"].append_column(sa.Column("display_name", sa.String()))
    (line,) = differences(probe.owner_url, "probe", changed)
    assert "display_name" in line


def test_new_script_is_written_from_the_models_and_runs(bare: TestDatabase, scripts: Scripts) -> None:
    scripts.add("one")
    run(bare, scripts)
    metadata = sa.MetaData(schema="bare")
    sa.Table("queues", metadata, sa.Column("id", sa.Uuid(), primary_key=True))
    write_revision(bare.owner_url, "bare", "bare", scripts.folder, metadata=metadata, message="queues")
    (written,) = set((scripts.folder / "versions").glob("*.py")) - {scripts.folder / "versions" / "one.py"}
    assert written.name == "queues.py"
    assert "import sqlmodel" in written.read_text()
    run(bare, scripts)
    assert differences(bare.owner_url, "bare", metadata) == []
