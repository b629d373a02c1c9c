"""Keys that callers press before, while and after the switch asks for them."""

from __future__ import annotations

import pytest

from services.ivr.domain.actions import Gather
from services.ivr.typed_keys import Typed, typed_about


@pytest.mark.parametrize(
    ("told", "taken", "keys"),
    [
        ([], "", ""),
        ([], "4711", "4711"),  # hidden: nothing is told
        ([(8, "1")], "1", "1"),
        ([(8, "1"), (12, "2"), (13, "3")], "1", "123"),  # typed ahead, and told together with the end
        ([(7, "9"), (8, "1"), (12, "2")], "1", "912"),  # the 9 fell before the question
        ([(7, "9")], "", "9"),
        ([(12, "2")], "1", "12"),
        ([(12, "1")], "1", "11"),  # the same key again is not the one that was taken
    ],
)
def test_no_key_is_lost_and_none_counts_twice(told: list[tuple[int, str]], taken: str, keys: str) -> None:
    assert typed_about(told, taken, ended=10) == keys


def test_what_is_left_is_for_the_next_question() -> None:
    typed = Typed("", Gather((), "en", 1, 1, 5, 5))
    typed.add(typed_about([(8, "1"), (12, "1"), (13, "2")], "1", ended=10))
    assert (typed.digits, typed.left) == ("1", "12")
