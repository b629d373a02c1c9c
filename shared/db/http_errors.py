"""What a REST caller is told while the database is away."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from shared.db.errors import is_unavailable
from shared.http.app import always_possible, respond
from shared.http.errors import Unavailable


class DatabaseUnavailable(Unavailable):
    """The database does not answer; nothing was changed."""

    code = "database_unavailable"
    title = "The database is away"


def add_database_errors(app: FastAPI) -> None:
    """Answer 503 while the database is away; any other database error is a defect of ours."""
    app.add_exception_handler(SQLAlchemyError, _database_error)
    always_possible(app, DatabaseUnavailable)


async def _database_error(_: Request, error: Exception) -> Response:
    if not is_unavailable(error):
        raise error
    return respond(DatabaseUnavailable(headers={"Retry-After": "1"}))
