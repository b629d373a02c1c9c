"""What the database's errors mean."""

from __future__ import annotations

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError


class UnsafeRole(Exception):
    """The service would run as a role for which row-level security does not hold."""

    def __init__(self, schema: str) -> None:
        super().__init__(
            f"the role of {schema}'s database address is a superuser or has BYPASSRLS: "
            "tenants would not be kept apart; give the service its own role"
        )


def constraint_name(error: BaseException) -> str | None:
    """The constraint that a statement broke, such as ``uq_extensions_tenant_id_number``; none when it broke none.

    Args:
        error: what the flush, the statement or the commit raised (``sqlalchemy.exc.IntegrityError``).
    """
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, psycopg.Error):
        return original.diag.constraint_name
    return None


def is_stale(error: BaseException) -> bool:
    """Whether the row was changed by someone else since it was read (see ``shared.db.tables.Row.revision``)."""
    return isinstance(error, StaleDataError)


def is_unavailable(error: BaseException) -> bool:
    """Whether the database was away, too busy or too slow: the same request may succeed later."""
    if isinstance(error, PoolTimeout):
        return True
    original = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(original, psycopg.OperationalError)
