"""Names and addresses that go into SQL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.db.names import identifier, libpq_url, sqlalchemy_url


@given(st.text())
def test_identifier_passes_nothing_that_could_end_a_name(name: str) -> None:
    try:
        passed = identifier(name)
    except ValueError:
        return
    assert passed == name
    assert passed.isascii()
    assert passed.replace("_", "a").isalnum()


@pytest.mark.parametrize("name", ["", "1st", "Directory", "a-b", "a b", 'a"', "a;b", "a\n", "a" * 64, "é"])
def test_unfit_identifier_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="plain SQL name"):
        identifier(name)


@pytest.mark.parametrize("url", ["postgresql://u:p%40ss@h:5432/d", "postgresql+psycopg://u:p%40ss@h:5432/d"])
def test_either_spelling_of_an_address_serves_both_libraries(url: str) -> None:
    assert sqlalchemy_url(url).render_as_string(hide_password=False) == "postgresql+psycopg://u:p%40ss@h:5432/d"
    assert libpq_url(url) == "postgresql://u:p%40ss@h:5432/d"


def test_address_of_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ValueError, match="postgresql://"):
        sqlalchemy_url("sqlite:///seda.db")
