"""What the command line prints: a table for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shared.telephony.safe_text import one_line

console = Console(highlight=False, width=None if sys.stdout.isatty() else 240)
"""A pipe has no width; lines are not cut for one."""

errors = Console(stderr=True, highlight=False, soft_wrap=True)


def show_items(items: Sequence[dict[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """A list, one row each."""
    if as_json:
        print_json(items)
        return
    table = Table(*columns, box=None, header_style="bold")
    for item in items:
        table.add_row(*(cell(item.get(column)) for column in columns))
    console.print(table if items else "[dim]none[/dim]")


def show_item(item: dict[str, Any], *, as_json: bool) -> None:
    """One thing, a line per field."""
    if as_json:
        print_json(item)
        return
    table = Table(show_header=False, box=None)
    for name, value in item.items():
        table.add_row(f"[bold]{name}[/bold]", cell(value))
    console.print(table)


def show_done(words: str, *, as_json: bool) -> None:
    """That something is done, of which the API says no more: ``null`` for programs."""
    if as_json:
        print_json(None)
    else:
        console.print(words, markup=False)


def print_json(value: Any) -> None:
    """Exactly what the API answered."""
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def cell(value: Any) -> str:
    """A value as a person reads it; nothing in it is taken as markup or steers the terminal."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.1f}"
    if isinstance(value, list | dict):
        return escape(one_line(json.dumps(value, ensure_ascii=False)))
    return escape(one_line(str(value)))
