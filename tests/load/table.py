"""The rows for people and for programs."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.load.row import Row

VERDICTS = {True: "[green]yes[/green]", False: "[bold red]NO[/bold red]", None: "-"}


def print_table(rows: Sequence[Row], console: Console | None = None) -> None:
    """What, measured, must reach, met?"""
    table = Table(box=box.SIMPLE_HEAD, title_justify="left", header_style="bold")
    table.add_column("what", overflow="fold", ratio=3)
    table.add_column("measured", justify="right", no_wrap=True)
    table.add_column("must reach", justify="right", no_wrap=True)
    table.add_column("met?", no_wrap=True)
    table.add_column("how", overflow="fold", ratio=4)
    for row in rows:
        table.add_row(escape(row.what), measured(row), must_reach(row), VERDICTS[row.met], escape(row.detail))
    (console or Console()).print(table)


def measured(row: Row) -> str:
    """The value with its unit."""
    return "not measured" if row.value is None else f"{figure(row.value)} {row.unit}".rstrip()


def must_reach(row: Row) -> str:
    """The bound with its unit."""
    return "" if row.bound is None else f"{row.sense} {figure(row.bound)} {row.unit}".rstrip()


def figure(value: float) -> str:
    """Three digits that matter, thousands apart."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def as_json(rows: Sequence[Row]) -> str:
    """Everything, with the machine it was measured on."""
    document: dict[str, Any] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "rows": [{**asdict(row), "met": row.met} for row in rows],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
