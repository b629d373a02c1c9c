"""The connection to PostgreSQL: a pool, and transactions bound to one tenant.

Every transaction is opened for a tenant or, explicitly, for the whole platform. The scope is a transaction-local
setting that the row-level security policies of ``shared.db.rls`` read, so it ends with the transaction and cannot
leak through the pool; a connection without a scope sees no row at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import psycopg
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import Session as _PlainSession
from sqlmodel import Session as _SyncSession
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db.connections import Connections
from shared.db.errors import UnsafeRole
from shared.db.names import identifier, libpq_url, sqlalchemy_url
from shared.db.pipeline import FLUSH, Pipeline
from shared.runtime.logs import get_logger

log = get_logger(__name__)

_SCOPE = text("SELECT set_config('seda.tenant_id', :tenant_id, true), set_config('seda.scope', :scope, true)")
_ROLE = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
_EARLY = "committed early"
_RETRY_SECONDS = 0.25


class _QuietSession(_SyncSession):
    # SQLModel marks execute() as deprecated in favour of exec(); raw SQL and bulk statements have no other way.
    execute = _PlainSession.execute


class Session(AsyncSession):
    """One transaction. ``exec`` for SQLModel selects, ``execute`` for everything else."""

    sync_session_class = _QuietSession

    async def execute(self, statement: Any, params: Any | None = None, **options: Any) -> Any:
        """Run any statement, raw SQL included."""
        return await super(AsyncSession, self).execute(statement, params, **options)

    def commits_early(self) -> None:
        """The transaction turned ``synchronous_commit`` off: whoever opened it waits for the disk after the commit."""
        self.info[_EARLY] = True


class Database:
    """A service's database. Nothing is connected before ``start`` or the first transaction.

    Args:
        url: ``postgresql://role:password@host:port/database``, as the service's own role.
        schema: the service's schema; first in the search path.
        pool_size: connections kept, and as many for pipelines; a transaction that finds none free waits up to
            ``pool_timeout_seconds``.
        statement_timeout_seconds: the server ends a statement that runs longer.
        connect_timeout_seconds: to open a connection (libpq takes no less than 2).
        start_within_seconds: how long ``start`` waits for a database that does not answer yet.
    """

    name = "database"

    def __init__(
        self,
        url: str | SecretStr,
        *,
        schema: str,
        pool_size: int = 5,
        statement_timeout_seconds: float = 10,
        connect_timeout_seconds: int = 3,
        pool_timeout_seconds: float = 5,
        start_within_seconds: float = 30,
    ) -> None:
        self.schema = identifier(schema)
        self._url = url.get_secret_value() if isinstance(url, SecretStr) else url
        self._connect_args = connect_args(schema, statement_timeout_seconds, connect_timeout_seconds)
        self._start_within_seconds = start_within_seconds
        self.engine: AsyncEngine = create_async_engine(
            sqlalchemy_url(self._url),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=pool_timeout_seconds,
            pool_pre_ping=True,  # a connection that died with the server is replaced before use
            pool_recycle=1800,
            pool_use_lifo=True,
            connect_args=self._connect_args,
        )
        self._pipelines = Connections(self.connect, limit=pool_size, wait_seconds=pool_timeout_seconds)

    async def start(self) -> None:
        """Wait until the database answers.

        Raises:
            UnsafeRole: the role is a superuser or ignores row-level security.
            SQLAlchemyError: there is no answer in time.
        """
        deadline = asyncio.get_running_loop().time() + self._start_within_seconds
        told = False
        while True:
            try:
                async with self.engine.connect() as connection:
                    unsafe = (await connection.execute(_ROLE)).scalar_one()
                break
            except (SQLAlchemyError, OSError) as error:
                if asyncio.get_running_loop().time() >= deadline:
                    raise
                if not told:  # a wrong password or name shows here, long before the deadline
                    log.warning("waiting for the database", reason=str(getattr(error, "orig", error)))
                told = True
                await asyncio.sleep(_RETRY_SECONDS)
        if unsafe:
            raise UnsafeRole(self.schema)

    async def stop(self) -> None:
        """Close every connection."""
        await self._pipelines.close()
        await self.engine.dispose()

    async def ping(self) -> None:
        """Return when the database answers within 2 s.

        Raises:
            SQLAlchemyError: it does not.
            TimeoutError: it does not in time.
        """
        async with asyncio.timeout(2), self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))

    @asynccontextmanager
    async def tenant(self, tenant_id: UUID) -> AsyncIterator[Session]:
        """A transaction that sees and writes one tenant's rows; committed at the end, rolled back on an exception."""
        async with self._scoped(tenant_id=str(tenant_id), scope="tenant") as session:
            yield session

    @asynccontextmanager
    async def platform(self) -> AsyncIterator[Session]:
        """A transaction over all tenants: for platform administration, consumers and background work."""
        async with self._scoped(tenant_id="", scope="platform") as session:
            yield session

    @asynccontextmanager
    async def pipeline(self, tenant_id: UUID) -> AsyncIterator[Pipeline]:
        """A transaction over one tenant's rows whose statements go out together. Without its ``commit`` it is undone.

        Raises:
            psycopg.Error: the database is away, or a statement failed.
        """
        async with self._pipelines.one() as connection:
            # Closed after a failure: psycopg takes statements for prepared that a failed pipeline never got to.
            pipeline = Pipeline(connection, [(_SCOPE, {"tenant_id": str(tenant_id), "scope": "tenant"})])
            yield pipeline
            await pipeline.rollback()

    @asynccontextmanager
    async def _scoped(self, **scope: str) -> AsyncIterator[Session]:
        async with self.engine.connect() as connection:
            async with Session(connection, expire_on_commit=False) as session, session.begin():
                await session.execute(_SCOPE, scope)
                yield session
            if _EARLY in session.info:  # on the same connection: had the server lost the commit, it would be gone
                await connection.execute(text(FLUSH))
                await connection.commit()

    async def connect(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        """A connection of one's own outside the pool, in autocommit: for LISTEN, advisory locks and COPY."""
        return await psycopg.AsyncConnection.connect(libpq_url(self._url), autocommit=True, **self._connect_args)


def connect_args(schema: str, statement_timeout_seconds: float, connect_timeout_seconds: int) -> dict[str, Any]:
    """libpq's settings for one connection: nothing waits for ever, on either side of a broken network."""
    options = {
        "search_path": identifier(schema),
        "statement_timeout": int(statement_timeout_seconds * 1000),
        "lock_timeout": int(statement_timeout_seconds * 1000),
        "idle_in_transaction_session_timeout": 60_000,
        "timezone": "UTC",
        # The server lets go of a vanished client's locks after half a minute.
        "tcp_keepalives_idle": 15,
        "tcp_keepalives_interval": 5,
        "tcp_keepalives_count": 3,
    }
    return {
        "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
        "connect_timeout": connect_timeout_seconds,
        "application_name": f"seda-{schema}",
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
    }
