"""Names that are put into SQL as they are, and addresses of databases."""

from __future__ import annotations

import re

from sqlalchemy.engine import URL, make_url

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}\Z")

ASYNC_DRIVER = "postgresql+psycopg"


def identifier(name: str) -> str:
    """Return ``name`` when it may stand unquoted in SQL.

    Raises:
        ValueError: it is not 1-63 of ``a-z 0-9 _``, or begins with a digit.
    """
    if not _NAME.match(name):
        raise ValueError(f"{name!r} is not a plain SQL name")
    return name


def sqlalchemy_url(url: str) -> URL:
    """``postgresql://...`` as SQLAlchemy reads it, with psycopg 3 as the driver.

    Raises:
        ValueError: the address is not of a PostgreSQL database.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "postgresql":
        raise ValueError(f"a postgresql:// address is needed, not {parsed.get_backend_name()}://")
    return parsed.set(drivername=ASYNC_DRIVER)


def libpq_url(url: str) -> str:
    """The same address as libpq reads it."""
    return sqlalchemy_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
