"""Cursor pagination."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any, Generic, TypeVar

import orjson
from fastapi import Query
from pydantic import BaseModel

from shared.http.errors import Invalid

T = TypeVar("T")
MAX_LIMIT = 200


class InvalidCursor(Invalid):
    """The cursor was not made by this list."""

    code = "invalid_cursor"
    title = "The cursor is not one of this list"


class Page(BaseModel, Generic[T]):
    """One page of a list. ``next_cursor`` is absent on the last one."""

    items: list[T]
    next_cursor: str | None = None


Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="how many at most")]
Cursor = Annotated[str | None, Query(max_length=512, description="next_cursor of the page before")]


class PageQuery:
    """``?limit=`` (1 to 200, default 50) and ``?cursor=`` of a list; use with ``Depends(page_query)``."""

    def __init__(self, limit: Limit = 50, cursor: Cursor = None) -> None:
        self.limit = limit
        self.cursor = cursor

    def after(self, kinds: tuple[type, ...]) -> tuple[Any, ...] | None:
        """The sort key the cursor stands for, each part of the kind given; none on the first page.

        Raises:
            InvalidCursor: it was not made by this list.
        """
        if self.cursor is None:
            return None
        key = decode_cursor(self.cursor)
        if len(key) != len(kinds):
            raise InvalidCursor(field="cursor")
        try:
            return tuple(
                kind.fromisoformat(part) if hasattr(kind, "fromisoformat") else kind(part)
                for kind, part in zip(kinds, key, strict=True)
            )
        except (ValueError, TypeError, AttributeError) as error:
            raise InvalidCursor(field="cursor") from error

    def page(self, rows: list[Any], key: Any) -> tuple[list[Any], str | None]:
        """Cut ``rows`` (fetched with ``limit + 1``) to the page, and make its cursor with ``key(row) -> tuple``."""
        shown = rows[: self.limit]
        return shown, encode_cursor(key(shown[-1])) if len(rows) > self.limit else None


async def page_query(limit: Limit = 50, cursor: Cursor = None) -> PageQuery:
    """The page that a request asks for. A coroutine, since FastAPI calls anything else in a thread."""
    return PageQuery(limit, cursor)


def encode_cursor(key: tuple[Any, ...]) -> str:
    """A sort key as an opaque cursor."""
    return (
        base64.urlsafe_b64encode(orjson.dumps([str(p) if not hasattr(p, "isoformat") else p.isoformat() for p in key]))
        .rstrip(b"=")
        .decode()
    )


def decode_cursor(cursor: str) -> list[Any]:
    """The parts of a cursor.

    Raises:
        InvalidCursor: it is no cursor.
    """
    try:
        parts = orjson.loads(base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise InvalidCursor(field="cursor") from error
    if not isinstance(parts, list) or not all(isinstance(part, str) and "\x00" not in part for part in parts):
        raise InvalidCursor(field="cursor")
    return parts
