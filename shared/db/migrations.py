"""Brings a service's schema up to date, or fails and leaves each migration done or not begun.

A migration is one transaction with its entry in the version table. Runners that start at once take turns. Nothing
here is imported by a running service: alembic costs memory that only ``python -m services.<name> migrate`` should
pay.

A service keeps its scripts in ``services/<name>/migrations/versions``; environment and template stand once, in
``shared/db/alembic``.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Engine, MetaData, String, create_engine, text
from sqlalchemy.pool import NullPool
from sqlalchemy.types import TypeDecorator, TypeEngine

from shared.db.engine import connect_args
from shared.db.message_tables import TABLES
from shared.db.names import identifier, sqlalchemy_url

ENVIRONMENT = Path(__file__).with_name("alembic")
LOCK_TIMEOUT = "5s"
"""How long a migration may wait for a table in use: waiting longer would hold up everyone queued behind it."""

_TURN_POLL_SECONDS = 0.1


class MigrationTurnTimeout(Exception):
    """Another runner kept migrating this schema for too long."""


def upgrade(
    url: str, schema: str, role: str, script_location: str | Path, *, revision: str = "head", wait_seconds: float = 300
) -> None:
    """Run the migrations of ``schema`` that have not run yet. Running it again changes nothing.

    Args:
        url: the database, as the role that owns the schema (or may create it).
        schema: the service's schema; its version table stands in it.
        role: the service's own role, which exists and gets its rights from the scripts.
        script_location: the service's ``migrations`` folder.
        revision: how far to go.
        wait_seconds: how long to wait for another runner of this schema.

    Raises:
        MigrationTurnTimeout: another runner did not finish in time.
        SQLAlchemyError: a statement failed, or waited over 5 s for a lock; the migration it belongs to left no trace.
    """
    engine = _owner_engine(url, schema)
    with _turn(engine, schema, wait_seconds), engine.connect() as connection:
        _prepare_schema(connection, schema, role)
        command.upgrade(_config(connection, schema, role, script_location), revision)


def current_revision(url: str, schema: str) -> str | None:
    """The last migration that ran, if any did."""
    with _owner_engine(url, schema).connect() as connection:
        exists = connection.execute(text("SELECT to_regclass(:name)"), {"name": f"{schema}.alembic_version"}).scalar()
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() if exists else None


def differences(url: str, schema: str, metadata: MetaData) -> list[str]:
    """Where the models and the migrated schema disagree, an item each."""
    with _comparing_engine(url, schema).connect() as connection:
        context = MigrationContext.configure(connection, opts={**comparison(schema), "target_metadata": metadata})
        return [str(found) for found in compare_metadata(context, metadata)]


def comparison(schema: str) -> dict[str, Any]:
    """What alembic compares: the tables of this service that have models, and of their columns what PostgreSQL sees."""

    def is_modelled(name: str | None, kind: str, _parents: Any) -> bool:
        if kind == "schema":
            return name == schema
        return not (kind == "table" and name in {*TABLES, "alembic_version"})

    return {
        "include_schemas": True,
        "include_name": is_modelled,
        "include_object": _counts,
        "compare_type": _types_differ,
        "version_table_schema": schema,
    }


def _types_differ(
    _context: Any, _there: Any, _column: Any, there: TypeEngine[Any], here: TypeEngine[Any]
) -> bool | None:
    plain = here.impl if isinstance(here, TypeDecorator) else here  # SQLModel's strings are decorated
    if isinstance(there, String) and isinstance(plain, String) and there.length == plain.length:
        return False  # text and varchar are the same
    return None


def _counts(item: Any, _name: str | None, kind: str, reflected: bool, counterpart: Any) -> bool:
    # An index that only a script names serves speed, in forms that a model can hardly say; a unique one is a rule.
    return not (kind == "index" and reflected and counterpart is None and not item.unique)


def write_revision(
    url: str, schema: str, role: str, script_location: str | Path, *, metadata: MetaData, message: str
) -> None:
    """Write the script that takes an up-to-date schema to what the models say (to be read and finished by hand)."""
    with _comparing_engine(url, schema).connect() as connection:
        config = _config(connection, schema, role, script_location)
        config.attributes["metadata"] = metadata
        command.revision(config, message, autogenerate=True)


def _comparing_engine(url: str, schema: str) -> Engine:
    # Models name their schema; found on the search path, the same table would count as one without a schema.
    return _owner_engine(url, schema, "-c search_path=pg_catalog")


def _owner_engine(url: str, schema: str, *options: str) -> Engine:
    arguments = connect_args(schema, statement_timeout_seconds=0, connect_timeout_seconds=5)
    arguments["options"] += f" -c lock_timeout={LOCK_TIMEOUT} -c seda.scope=platform"
    arguments["options"] += " ".join([" -c idle_in_transaction_session_timeout=0", *options])
    return create_engine(sqlalchemy_url(url), poolclass=NullPool, connect_args=arguments)


@contextmanager
def _turn(engine: Engine, schema: str, wait_seconds: float) -> Iterator[None]:
    # Asking again and again, not waiting inside the server: a waiting statement holds a snapshot, which would make
    # CREATE INDEX CONCURRENTLY in the other runner wait for this one.
    deadline = time.monotonic() + wait_seconds
    key = {"key": f"seda.migrations.{schema}"}
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        take = text("SELECT pg_try_advisory_lock(hashtextextended(:key, 0))")
        while not connection.execute(take, key).scalar_one():
            if time.monotonic() >= deadline:
                raise MigrationTurnTimeout(f"another runner has been migrating {schema} for {wait_seconds:g} s")
            time.sleep(_TURN_POLL_SECONDS)
        yield  # the lock ends with the connection


def _prepare_schema(connection: Connection, schema: str, role: str) -> None:
    name = identifier(schema)
    present = connection.execute(text("SELECT 1 FROM pg_namespace WHERE nspname = :name"), {"name": name}).scalar()
    if not present:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA {name} TO {identifier(role)}"))
    connection.commit()


def _config(connection: Connection, schema: str, role: str, script_location: str | Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ENVIRONMENT).replace("%", "%%"))
    versions = Path(script_location).resolve() / "versions"
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(slug)s")
    config.attributes.update(connection=connection, schema=identifier(schema), role=identifier(role))
    return config
