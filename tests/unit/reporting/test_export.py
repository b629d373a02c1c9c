import csv
import io

import pytest

from services.reporting.api import _cell, _csv


@pytest.mark.parametrize("name", ['=HYPERLINK("http://evil")', "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\tx"])
def test_a_name_that_a_spreadsheet_would_run_is_disarmed(name):
    assert _cell(name) == "'" + name


@pytest.mark.parametrize("plain", ["+982112345678", "101", "Sara", "", 5, None, "-12.5"])
def test_numbers_and_plain_names_stay_as_they_are(plain):
    assert _cell(plain) == plain


def test_quotes_and_line_breaks_stay_inside_their_cell():
    hostile = 'a","b\r\nc'
    assert list(csv.reader(io.StringIO(_csv([[hostile, "x"]]), newline=""))) == [[hostile, "x"]]
