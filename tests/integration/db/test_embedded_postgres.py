"""The PostgreSQL of the one-machine launcher."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import psycopg
import pytest

from deploy.local.postgres import EmbeddedPostgres, PostgresFailed
from tests.support.ports import free_port


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "postgres"


def test_data_roles_and_passwords_survive_stop_crash_and_a_new_launcher(home: Path) -> None:
    first = EmbeddedPostgres(home, free_port())
    first.start()
    roles = first.provision("probe")
    with psycopg.connect(first.url(roles.owner)) as owner:
        owner.execute("CREATE TABLE probe.calls (id int)")
        owner.execute("INSERT INTO probe.calls VALUES (1)")
    first.kill()
    assert not first.alive
    first.start()
    first.stop()
    second = EmbeddedPostgres(home, free_port())
    second.start()
    with psycopg.connect(second.url(roles.owner)) as owner:
        assert owner.execute("SELECT id FROM probe.calls").fetchall() == [(1,)]
        assert owner.execute("SHOW fsync").fetchone() == ("on",)
    second.provision("probe")
    second.stop()


def test_server_of_a_killed_launcher_is_replaced(home: Path) -> None:
    killed = EmbeddedPostgres(home, free_port())
    killed.start()
    fresh = EmbeddedPostgres(home, free_port())
    fresh.start()
    assert (killed.alive, fresh.alive) == (False, True)
    fresh.stop()


def test_nobody_gets_in_without_a_password(own_postgres: EmbeddedPostgres) -> None:
    own_postgres.provision("probe")
    for role in ("seda_admin", "probe", "probe_owner"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(f"postgresql://{role}@127.0.0.1:{own_postgres.port}/seda")
    assert stat.S_IMODE((own_postgres.home / "password").stat().st_mode) == 0o600


def test_service_can_neither_make_tables_nor_enter_another_schema(own_postgres: EmbeddedPostgres) -> None:
    for schema in ("probe", "other"):
        own_postgres.provision(schema)
    with psycopg.connect(own_postgres.url("probe"), autocommit=True) as service:
        for statement in (
            "CREATE TABLE probe.x (id int)",
            "CREATE TABLE other.x (id int)",
            "CREATE TABLE public.x (id int)",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                service.execute(statement)
    with psycopg.connect(own_postgres.url("probe_owner"), autocommit=True) as owner:
        owner.execute("CREATE TABLE probe.x (id int)")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute("CREATE TABLE other.x (id int)")


def test_taken_port_is_told(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = EmbeddedPostgres(home, taken.getsockname()[1])
        with pytest.raises(PostgresFailed, match=r"[Aa]ddress already in use"):
            server.start()
    assert not server.alive


def test_interrupted_first_start_is_begun_again(home: Path) -> None:
    (home / "data.new").mkdir(parents=True)
    (home / "data.new" / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(home, free_port(), durable=False)
    server.start()
    assert server.alive
    server.stop()
