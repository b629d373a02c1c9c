"""Imports over REST: reading the file, checking its rows, telling what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Query, Request
from pydantic import BaseModel, ValidationError

from shared.http.errors import FieldProblem, Invalid, UnsupportedMedia
from shared.imports.files import MAX_ROWS, Kind, Problem, Unreadable, rows_from_csv, rows_from_json

B = TypeVar("B", bound=BaseModel)
Mode = Literal["all_or_nothing", "best_effort"]
ModeQuery = Annotated[Mode, Query(description="all_or_nothing: one wrong row and nothing is written")]
DryRun = Annotated[bool, Query(description="check only, write nothing")]


class ImportUnreadable(Invalid):
    """A file that as a whole is wrong."""

    code = "import_unreadable"
    title = "The file cannot be read"


@dataclass(slots=True)
class CheckedRow(Generic[B]):
    """A row on its way in."""

    row: int
    body: B | None
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether it may come in."""
        return self.body is not None and not self.problems


def documented(row: type[BaseModel], example: str) -> dict[str, Any]:
    """OpenAPI of the request body, which FastAPI cannot see because the content type decides how it is read."""
    schema = row.model_json_schema()
    return {
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "array", "minItems": 1, "maxItems": MAX_ROWS, "items": schema}},
                "text/csv": {"schema": {"type": "string"}, "example": example},
            },
        }
    }


async def read_rows(request: Request, row: type[B], columns: Mapping[str, Kind]) -> list[CheckedRow[B]]:
    """The rows of the request's file, each checked by itself.

    Raises:
        UnsupportedMedia: neither JSON nor CSV.
        ImportUnreadable: the file as a whole is wrong.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in ("application/json", "text/csv"):
        raise UnsupportedMedia("send application/json or text/csv")
    body = await request.body()
    try:
        rows = rows_from_json(body) if media_type == "application/json" else rows_from_csv(body, columns)
    except Unreadable as error:
        raise ImportUnreadable(str(error), field="body") from error
    checked: list[CheckedRow[B]] = []
    for index, raw in enumerate(rows, start=1):
        await breathe(index)
        checked.append(_checked(index, raw, row))
    return checked


async def breathe(index: int) -> None:
    """Every hundred rows let others on the event loop have their turn: the switch does not wait for an import."""
    if index % 100 == 0:
        await asyncio.sleep(0)


def _checked(index: int, raw: dict[str, Any], row: type[B]) -> CheckedRow[B]:
    try:
        return CheckedRow(index, row.model_validate(raw))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        return CheckedRow(
            index, None, [Problem(".".join(map(str, one["loc"])), one["type"], one["msg"]) for one in found]
        )


def may_write(rows: Sequence[CheckedRow[Any]], mode: Mode, dry_run: bool) -> bool:
    """Whether the good rows are to be written."""
    good = sum(row.is_good for row in rows)
    return not dry_run and good > 0 and (mode == "best_effort" or good == len(rows))


def field_problems(problems: Iterable[Problem]) -> list[FieldProblem]:
    """Problems as the API tells them."""
    return [FieldProblem(field=one.field, code=one.code, detail=one.detail) for one in problems]
