"""What the database's errors mean to a service."""

from __future__ import annotations

import psycopg
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from shared.db.errors import constraint_name, is_stale, is_unavailable


def wrapped(original: Exception) -> DBAPIError:
    return DBAPIError("SELECT 1", {}, original)


def test_lost_connection_and_a_full_pool_are_worth_another_try() -> None:
    assert is_unavailable(wrapped(psycopg.OperationalError("server closed the connection unexpectedly")))
    assert is_unavailable(psycopg.errors.AdminShutdown())
    assert is_unavailable(PoolTimeout())


def test_broken_rule_or_statement_is_not() -> None:
    assert not is_unavailable(wrapped(psycopg.errors.UniqueViolation()))
    assert not is_unavailable(wrapped(psycopg.errors.SyntaxError()))
    assert not is_unavailable(ValueError())


def test_error_without_a_constraint_names_none() -> None:
    assert constraint_name(IntegrityError("", {}, psycopg.errors.NotNullViolation())) is None
    assert constraint_name(ValueError()) is None


def test_change_of_a_row_that_changed_meanwhile_is_stale() -> None:
    assert is_stale(StaleDataError())
    assert not is_stale(ValueError())
