"""``make bench``: the figures Seda must reach, measured here and now.

python -m tests.load [--only NAME ...] [--json FILE]

Ends with status 1 when a bound is not met. What cannot be measured on this machine says why.
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

from tests.load.row import Row
from tests.load.table import as_json, print_table

PARTS = {
    "invite": "tests.load.invite_to_answer",
    "esl": "tests.load.event_socket",
    "publish": "tests.load.event_publishing",
    "lookups": "tests.load.lookups",
    "records": "tests.load.record_delay",
    "ivr-prompt": "tests.load.ivr_prompt",
    "ivr-keys": "tests.load.ivr_keys",
    "ivr-calls": "tests.load.ivr_calls",
    "ivr-steps": "tests.load.ivr_steps",
    "acd-decision": "tests.load.acd_decision",
    "acd-day": "tests.load.acd_day",
    "acd-offer": "tests.load.acd_offer",
    "acd-owner": "tests.load.acd_owner",
    "acd-chaos": "tests.load.acd_chaos",
    "run": "tests.load.first_run",
    "memory": "tests.load.idle_memory",
}
"""Name -> module with ``run() -> list[Row]``; each imports only what it needs."""


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="measure this part alone; may be repeated")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    wanted = parser.parse_args()
    rows: list[Row] = []
    for name in wanted.only or PARTS:
        rows += _measure(name)
    print_table(rows)
    print(as_json(rows))
    if wanted.json:
        wanted.json.write_text(as_json(rows) + "\n")
    return 1 if any(row.met is False for row in rows) else 0


def _measure(name: str) -> list[Row]:
    began = time.monotonic()
    print(f"measuring {name} ...", file=sys.stderr, flush=True)
    rows: list[Row] = importlib.import_module(PARTS[name]).run()
    print(f"measured {name} in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
