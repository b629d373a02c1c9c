"""A real PostgreSQL for tests: one server a session, one migrated database a test.

The server is the embedded one, or the one named by ``SEDA_TEST_DATABASE_URL`` (as a superuser). A service's
migrations run once a session into a template; each test gets a copy of it, so tests never see each other's rows.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import itertools
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql
from sqlalchemy.engine import make_url

from deploy.local.postgres import EmbeddedPostgres
from shared.db.provision import provision, roles_of
from tests.support.ports import free_port

if TYPE_CHECKING:
    from shared.db.engine import Database

PROJECT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """One database with one service's schema, migrated.

    Args:
        schema: the service's schema.
        url: the address for the service's own role.
        owner_url: the address for the role that owns the schema.
        admin_url: the address for the superuser, whom no policy binds.
    """

    __test__ = False

    schema: str
    url: str
    owner_url: str
    admin_url: str

    def open(self, **options: Any) -> Database:
        """A ``Database`` on it, not started."""
        from shared.db.engine import Database  # a test run without a database does not pay for SQLAlchemy

        return Database(self.url, schema=self.schema, **options)


class Server(Protocol):
    """What tests need of a PostgreSQL server."""

    def url(self, role: str = ..., database: str = ...) -> str: ...

    def password(self, role: str) -> str: ...


class ExternalServer:
    """A server that somebody else runs."""

    def __init__(self, admin_url: str) -> None:
        self._admin = make_url(admin_url)

    def url(self, role: str = "", database: str = "postgres") -> str:
        address = self._admin.set(database=database)
        if role:
            address = address.set(username=role, password=self.password(role))
        return address.render_as_string(hide_password=False)

    def password(self, role: str) -> str:
        return hashlib.sha256(role.encode()).hexdigest()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """The server of this test session. A test that kills a server starts its own: ``own_postgres``."""
    if external := os.environ.get("SEDA_TEST_DATABASE_URL"):
        yield ExternalServer(external)
        return
    with embedded() as server:
        yield server


@contextlib.contextmanager
def embedded(*, durable: bool = False) -> Iterator[EmbeddedPostgres]:
    """An embedded server in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="seda-postgres-") as folder:
        server = EmbeddedPostgres(Path(folder), free_port(), durable=durable)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def blank_cluster() -> Iterator[Path]:
    """A folder of an embedded server that was started once, to be copied: making one costs a second."""
    with tempfile.TemporaryDirectory(prefix="seda-postgres-") as folder:
        server = EmbeddedPostgres(Path(folder) / "blank", free_port(), durable=False)
        server.start()
        server.stop()
        yield server.home


@pytest.fixture
def own_postgres(blank_cluster: Path) -> Iterator[EmbeddedPostgres]:
    """An embedded server of this test alone, to be stopped, killed and started again."""
    with tempfile.TemporaryDirectory(prefix="seda-postgres-") as folder:
        home = Path(folder) / "own"
        subprocess.run(["cp", "-a", str(blank_cluster), str(home)], check=True)  # keeps the owner of the files
        server = EmbeddedPostgres(home, free_port(), durable=False)
        server.start()
        try:
            yield server
        finally:
            server.stop()


class Templates:
    """Migrated databases to copy from, made on first use."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._made: dict[tuple[str, Path], str] = {}
        self._numbers = itertools.count(1)
        self._prefix = f"t{os.getpid()}"

    def copy(self, schema: str, script_location: Path) -> TestDatabase:
        """A fresh database with this service's schema."""
        template = self._made.get((schema, script_location)) or self._make(schema, script_location)
        name = self._create(template)
        return self._describe(schema, name)

    def drop(self, database: TestDatabase) -> None:
        """Remove a copy, whoever is still connected."""
        self._drop(str(make_url(database.admin_url).database))

    def drop_all(self) -> None:
        """Remove the templates."""
        for name in self._made.values():
            self._drop(name)

    def _make(self, schema: str, script_location: Path) -> str:
        from shared.db.migrations import upgrade

        name = self._create("template1")
        target = self._describe(schema, name)
        roles = roles_of(schema)
        provision(
            target.admin_url,
            schema,
            owner_password=self._server.password(roles.owner),
            service_password=self._server.password(roles.service),
        )
        upgrade(target.owner_url, schema, roles.service, script_location)
        self._made[schema, script_location] = name
        return name

    def _describe(self, schema: str, database: str) -> TestDatabase:
        roles = roles_of(schema)
        return TestDatabase(
            schema,
            url=self._server.url(roles.service, database=database),
            owner_url=self._server.url(roles.owner, database=database),
            admin_url=self._server.url(database=database),
        )

    def _create(self, template: str) -> str:
        name = f"{self._prefix}_{next(self._numbers)}"
        # Copied as files: half the time of copying through the log, which is PostgreSQL's own choice.
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        self._administer(copy.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def _drop(self, name: str) -> None:
        # A connection whose making was cancelled ends when it is collected. Until then its server process waits a
        # minute for the password, and DROP DATABASE waits for every process.
        gc.collect()
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server.url(database="postgres"), autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def database_templates(postgres: Server) -> Iterator[Templates]:
    """Shared by the fixtures below."""
    templates = Templates(postgres)
    yield templates
    templates.drop_all()


DatabaseFor = Callable[..., TestDatabase]


@pytest.fixture
def database_for(database_templates: Templates) -> Iterator[DatabaseFor]:
    """``database_for("directory")``: a fresh database with that service's schema, for this test alone.

    ``script_location`` names other migrations than ``services/<schema>/migrations``.
    """
    made: list[TestDatabase] = []

    def make(schema: str, script_location: Path | None = None) -> TestDatabase:
        scripts = script_location or PROJECT / "services" / schema / "migrations"
        made.append(database_templates.copy(schema, scripts))
        return made[-1]

    yield make
    for database in made:
        database_templates.drop(database)


@pytest.fixture
def database_url_for(database_for: DatabaseFor) -> Callable[[str], str]:
    """``database_url_for("directory")``: the address of a fresh database for the service's own role."""
    return lambda schema: database_for(schema).url


OpenDatabase = Callable[..., Awaitable["Database"]]


@pytest_asyncio.fixture
async def open_database() -> AsyncIterator[OpenDatabase]:
    """``await open_database(test_database)``: a started ``Database``, stopped after the test."""
    async with contextlib.AsyncExitStack() as stack:

        async def opened(target: TestDatabase, **options: Any) -> Database:
            database = target.open(**options)
            stack.push_async_callback(database.stop)
            await database.start()
            return database

        yield opened
