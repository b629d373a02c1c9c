import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.http.pages import InvalidCursor, PageQuery, encode_cursor


def test_a_cursor_brings_back_the_key_it_was_made_of():
    key = (datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC), "صدا")
    assert PageQuery(limit=10, cursor=encode_cursor(key)).after((datetime, str)) == key


def test_the_last_page_has_no_cursor():
    assert PageQuery(limit=2, cursor=None).page([1, 2], lambda row: (row,)) == ([1, 2], None)
    rows, cursor = PageQuery(limit=2, cursor=None).page([1, 2, 3], lambda row: (row,))
    assert rows == [1, 2]
    assert PageQuery(limit=2, cursor=cursor).after((int,)) == (2,)


@given(st.text(max_size=80))
def test_what_is_no_cursor_is_refused_and_nothing_else_happens(text):
    with contextlib.suppress(InvalidCursor):
        PageQuery(limit=1, cursor=text).after((datetime, str))


@pytest.mark.parametrize("key", [("2026",), ("not a date", "x"), ("2026-01-01T00:00:00+00:00", "x", "y")])
def test_a_cursor_of_another_list_is_refused(key):
    with pytest.raises(InvalidCursor):
        PageQuery(limit=1, cursor=encode_cursor(key)).after((datetime, str))
