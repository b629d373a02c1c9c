"""Rows, and how they are shown."""

import io
import json

from rich.console import Console

from tests.load.row import at_least, at_most, told
from tests.load.table import as_json, measured, must_reach, print_table

FAST = at_least("lookups", 2_345.6, "/s", 1_500, "how")
SLOW = at_most("answer", 12.34, "ms", 10)
MISSING = at_most("INVITE to 200", None, "x", 1.25, "no FreeSWITCH on this machine")
FACT = told("something", 1.5, "x")


def test_a_bound_is_met_or_not_or_nothing_is_said():
    assert [row.met for row in (FAST, SLOW, MISSING, FACT)] == [True, False, None, None]


def test_the_bound_itself_is_met():
    assert at_most("failed calls", 0, "", 0).met
    assert at_least("ratio", 3.0, "x", 3).met


def test_figures_have_three_digits_that_matter():
    assert [measured(row) for row in (FAST, SLOW, MISSING, FACT)] == ["2,346 /s", "12.3 ms", "not measured", "1.5 x"]
    assert [must_reach(row) for row in (FAST, SLOW, FACT)] == ["at least 1,500 /s", "at most 10 ms", ""]


def test_the_table_shows_every_row_and_why_one_is_missing():
    out = io.StringIO()
    print_table([FAST, SLOW, MISSING, FACT], Console(file=out, width=200))
    text = out.getvalue()
    assert all(row.what in text for row in (FAST, SLOW, MISSING, FACT))
    assert "no FreeSWITCH on this machine" in text
    assert text.count("NO") == 1


def test_json_has_the_rows_and_the_machine():
    document = json.loads(as_json([FAST, MISSING]))
    assert [row["met"] for row in document["rows"]] == [True, None]
    assert document["rows"][0] | {"detail": ""} == {
        "what": "lookups", "value": 2345.6, "unit": "/s", "bound": 1500, "sense": "at least", "detail": "", "met": True,
    }  # fmt: skip
    assert document["cores"] >= 1
