"""A transaction whose statements go to the server together: one round trip for all of them, instead of one each.

For work that somebody waits for at every step, with statements that are known beforehand. Everything else is better off
with the sessions of ``shared.db.engine``, which speak to the server for each statement and know tables as classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from sqlalchemy import TextClause
from sqlalchemy.dialects.postgresql import psycopg as dialect

Statement = tuple[TextClause, Mapping[str, Any]]
Rows = list[tuple[Any, ...]]

FLUSH = "SELECT pg_logical_emit_message(true, 'seda.flush', '')"
"""The smallest transaction that is written to the log: its commit waits until all before it is on the server's disk."""
_EARLY = "SET LOCAL synchronous_commit TO off"
_DIALECT = dialect.dialect()  # type: ignore[no-untyped-call]


class Pipeline:
    """An open transaction.

    Args:
        connection: in autocommit: begin and commit are statements like all others here.
        first: what goes out with the first statements, such as the tenant's scope.
    """

    def __init__(self, connection: psycopg.AsyncConnection[Any], first: Sequence[Statement] = ()) -> None:
        self._connection = connection
        self._first: tuple[str | Statement, ...] = ("BEGIN", *first)

    async def run(self, *statements: Statement) -> list[Rows]:
        """Send these together, and wait for all of them; what each returned, in their order.

        Raises:
            psycopg.Error: one failed; the transaction is over.
        """
        first, self._first = self._first, ()
        cursors = await self._send((*first, *statements))
        return [await cursor.fetchall() if cursor.description else [] for cursor in cursors[len(first) :]]

    async def commit(self, *statements: Statement, early: bool = False) -> None:
        """Send the last statements with the commit.

        Args:
            early: return when everybody sees the transaction, before it is on disk: see ``shared.db.flushes``.

        Raises:
            psycopg.Error: a statement failed, and nothing of the transaction happened; or the connection was lost.
        """
        first, self._first = self._first, ()
        await self._send((*first, *statements, _EARLY, "COMMIT", *(() if early else (FLUSH,))))

    async def rollback(self) -> None:
        """Undo what was sent; does nothing once the transaction has ended."""
        if self._connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            await self._connection.execute("ROLLBACK")

    async def _send(self, statements: Sequence[str | Statement]) -> list[psycopg.AsyncCursor[Any]]:
        async with self._connection.pipeline():
            return [
                await self._connection.execute(one)
                if isinstance(one, str)
                else await self._connection.execute(_sql(one[0]), one[1])
                for one in statements
            ]


@lru_cache(maxsize=256)
def _sql(statement: TextClause) -> bytes:
    """As psycopg reads it; statements are constants, so each is compiled once."""
    return str(statement.compile(dialect=_DIALECT)).encode()
