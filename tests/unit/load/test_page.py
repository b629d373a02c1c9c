"""The figures of a run in docs/benchmarks.md."""

import json

import pytest

from tests.load.page import BEGIN, END, PAGE, NoMarkers, put_in, rendered
from tests.load.row import at_least, at_most
from tests.load.table import as_json


def _run(*rows):
    return json.loads(as_json(rows))


def test_a_row_shows_its_figure_its_bound_and_whether_it_is_met():
    text = rendered([_run(at_most("key to prompt", 12.3, "ms", 30, "a|b"), at_least("calls", 290, "calls", 300))])
    assert "| key to prompt | 12.3 ms | at most 30 ms | yes | a\\|b |" in text
    assert "| calls | 290 calls | at least 300 calls | **no** |  |" in text
    assert text.startswith("Measured ")


def test_a_later_run_replaces_rows_of_the_same_name():
    text = rendered([_run(at_most("a", 1, "ms", 2), at_most("b", 1, "ms", 2)), _run(at_most("a", 3, "ms", 2))])
    assert text.count("| a |") == 1
    assert "| a | 3 ms | at most 2 ms | **no** |  |" in text
    assert "| b | 1 ms |" in text


def test_what_was_not_measured_says_why():
    assert "| a | not measured | at most 2 ms |  | no FreeSWITCH |" in rendered(
        [_run(at_most("a", None, "ms", 2, "no FreeSWITCH"))]
    )


def test_only_what_stands_between_the_markers_is_replaced():
    page = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert put_in(page, "new") == f"before\n{BEGIN}\nnew\n{END}\nafter\n"
    assert put_in(put_in(page, "new"), "old") == page


def test_a_page_without_markers_is_refused():
    with pytest.raises(NoMarkers):
        put_in("nothing", "new")


def test_the_page_has_its_markers():
    assert put_in(PAGE.read_text(), "x")
