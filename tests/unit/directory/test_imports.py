from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.domain.imports import Admission
from shared.imports.files import MAX_ROWS, Unreadable, rows_from_csv, rows_from_json

COLUMNS = {"number": "text", "display_name": "text", "enabled": "flag", "max_calls": "integer"}


def test_csv_of_a_spreadsheet():
    body = '\ufeffnumber;display_name;enabled;max_calls\r\n101;"Sara; Ahmadi";yes;2\r\n\r\n0102;رضا;;\r\n'.encode()
    assert rows_from_csv(body, COLUMNS) == [
        {"number": "101", "display_name": "Sara; Ahmadi", "enabled": True, "max_calls": 2},
        {"number": "0102", "display_name": "رضا"},
    ]


def test_what_does_not_fit_its_column_is_left_for_the_row_to_be_refused():
    (row,) = rows_from_csv(b"number,enabled,max_calls\n101,perhaps,many,extra\n", COLUMNS)
    assert row == {"number": "101", "enabled": "perhaps", "max_calls": "many", "": ["extra"]}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the first line names the columns"),
        (b"number,colour\n101,red\n", "the first line names the columns"),
        (b"number,number\n101,102\n", "named twice"),
        (b"number\n", "there are no rows"),
        (b"number\n\x00\n", "NUL"),
        (b"number\n\xff\n", "not UTF-8"),
        (b'number\n"101\n', "not CSV"),
        (b"number\n" + b"1\n" * (MAX_ROWS + 1), "split the file"),
        (b"number\n" + b"1" * 200_000 + b"\n", "not CSV"),
    ],
)
def test_csv_that_cannot_be_read(body, reason):
    with pytest.raises(Unreadable, match=reason):
        rows_from_csv(body, COLUMNS)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[1]", b"[]", b"[", b"[" * 5000, b'[{"a": "\\ud800"}]', b"nul", b"[{}, 1]"]
)
def test_json_that_cannot_be_read(body):
    with pytest.raises(Unreadable):
        rows_from_json(body)


@given(st.binary(max_size=300))
def test_no_file_does_anything_but_be_read_or_refused(body):
    for read in (
        rows_from_json,
        lambda text: rows_from_csv(text, COLUMNS),
        lambda t: rows_from_csv(b"number\n" + t, COLUMNS),
    ):
        with contextlib.suppress(Unreadable):
            assert len(read(body)) > 0


def test_rows_are_let_in_one_after_the_other():
    admission = Admission({"101"}, {"101", "bob"}, frozenset({"+982112345678"}))
    assert [one.code for one in admission.number("number", "101", "taken")] == ["taken"]
    assert not list(admission.number("number", "102", "taken"))
    assert [one.code for one in admission.number("number", "102", "taken")] == ["taken"]
    assert admission.username(None, "101") == ("101-2", [])
    assert admission.username(None, "101") == ("101-3", [])
    assert [one.code for one in admission.username("BOB", "103")[1]] == ["sip_username_taken"]
    assert not list(admission.caller_id("+982112345678"))
    assert [one.code for one in admission.caller_id("+982100000000")] == ["caller_id_not_owned"]
    assert not list(admission.caller_id(None))
