"""From a CSV or JSON file to rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson

__all__ = ["MAX_ROWS", "Kind", "Problem", "Unreadable", "rows_from_csv", "rows_from_json"]

MAX_ROWS: Final = 2000

Kind = Literal["text", "integer", "flag"]
"""What a CSV column holds; JSON says so itself."""

_INTEGER: Final = re.compile(r"-?[0-9]{1,10}")
_FLAGS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class Unreadable(ValueError):
    """The file as a whole cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row."""

    field: str
    code: str
    detail: str


def rows_from_json(body: bytes) -> list[dict[str, Any]]:
    """The rows of a JSON array of objects. Raises Unreadable."""
    try:
        rows = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Unreadable("the body is not JSON") from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable("a JSON array of objects is needed")
    return _counted(rows)


def rows_from_csv(body: bytes, columns: Mapping[str, Kind]) -> list[dict[str, Any]]:
    """The rows of a CSV file (UTF-8; comma or semicolon; the first line names the columns). Raises Unreadable.

    A column ``attribute.*`` stands for as many as there are with that beginning. An empty cell counts as not given.
    What does not fit its column's kind stays text; its row is refused later.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable("the file is not UTF-8") from error
    if "\x00" in text:
        raise Unreadable("the file holds NUL characters")
    first_line = text.partition("\n")[0]
    delimiter = ";" if first_line.count(";") > first_line.count(",") else ","
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Unreadable(f"the file is not CSV: {error}") from error
    header, *records = lines or [[]]
    names = _header(header, columns)
    rows = [_record(names, record, columns) for record in records if any(cell.strip() for cell in record)]
    return _counted(rows)


def _header(header: list[str], columns: Mapping[str, Kind]) -> list[str]:
    names = [name.strip() for name in header]
    unknown = [name for name in names if _kind(name, columns) is None]
    if not names or unknown:
        raise Unreadable("the first line names the columns; known are " + ", ".join(columns))
    if len(set(names)) != len(names):
        raise Unreadable("a column is named twice")
    return names


def _kind(name: str, columns: Mapping[str, Kind]) -> Kind | None:
    """What a column holds; none: it is unknown. ``attribute.*`` knows every ``attribute.<something>``."""
    prefix, dot, rest = name.partition(".")
    return columns.get(name) or (columns.get(f"{prefix}.*") if dot and rest else None)


def _record(names: list[str], record: list[str], columns: Mapping[str, Kind]) -> dict[str, Any]:
    row: dict[str, Any] = {
        name: _cell(cell.strip(), _kind(name, columns))
        for name, cell in zip(names, record, strict=False)
        if cell.strip()
    }
    if len(record) > len(names):
        row[""] = record[len(names) :]
    return row


def _cell(cell: str, kind: Kind | None) -> Any:
    if kind == "integer" and _INTEGER.fullmatch(cell):
        return int(cell)
    if kind == "flag":
        return _FLAGS.get(cell.lower(), cell)
    return cell


def _counted(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if not rows:
        raise Unreadable("there are no rows")
    if len(rows) > MAX_ROWS:
        raise Unreadable(f"more than {MAX_ROWS} rows; split the file")
    return rows
