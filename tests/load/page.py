"""Bring the figures of a run into ``docs/benchmarks.md``.

python -m tests.load --json FILE && python -m tests.load.page FILE [FILE ...]

Several files may hold parts of a run (``--only``): a row stands in the table as the last file has it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.load.row import Row
from tests.load.table import measured, must_reach
from tests.support.freeswitch_node import REPOSITORY

PAGE = REPOSITORY / "docs" / "benchmarks.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
VERDICTS = {True: "yes", False: "**no**", None: ""}


class NoMarkers(ValueError):
    """The page has no place for figures."""


def rendered(runs: Sequence[Mapping[str, Any]]) -> str:
    """The runs (``--json``) as a Markdown table, with what they were measured on."""
    rows = {given["what"]: _row(given) for run in runs for given in run["rows"]}
    lines = [_conditions(run) for run in runs]
    lines += ["", "| what | measured | must reach | met | how |", "|---|---|---|---|---|"]
    for row in rows.values():
        cells = (row.what, measured(row), must_reach(row), VERDICTS[row.met], row.detail)
        lines.append("| " + " | ".join(map(_cell, cells)) + " |")
    return "\n".join(lines)


def put_in(page: str, figures: str) -> str:
    """The page with these figures instead of those between its markers.

    Raises:
        NoMarkers: it has none.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise NoMarkers(f"{BEGIN} and {END} do not stand in the page")
    return f"{before}{BEGIN}\n{figures}\n{END}{after}"


def _row(given: Mapping[str, Any]) -> Row:
    return Row(**{name: given[name] for name in ("what", "value", "unit", "bound", "sense", "detail")})


def _conditions(run: Mapping[str, Any]) -> str:
    load = " ".join(f"{value:.2f}" for value in run["load_average"])
    machine = f"{run['cores']} cores, Python {run['python']}"
    return f"Measured {run['measured_at']} on {machine}; load average at the end {load}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main() -> None:
    """Read the files, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="what --json wrote")
    files = parser.parse_args().files
    PAGE.write_text(put_in(PAGE.read_text(), rendered([json.loads(file.read_text()) for file in files])))


if __name__ == "__main__":
    main()
