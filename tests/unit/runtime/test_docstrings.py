"""Libraries are loaded without their docstrings, and work as they did."""

from __future__ import annotations

import pytest

from shared.runtime.docstrings import without_docstrings

SOURCE = '''
"""A module."""
class Box:
    """A box."""
    label = "A box, closed."
    def open(self):
        """Open it."""
        def lid():
            """Of the box."""
            return "up"
        return lid
def echo():
    """said"""
    return "said"
class Named:
    """named"""
    name = "named"
class Plain:
    size = 3
names = [f"{box} of wood" for box in ("Box",)]
shout = lambda: "loud"
'''


@pytest.fixture
def loaded():
    space = {"__name__": "boxes"}
    exec(without_docstrings(compile(SOURCE, "boxes.py", "exec", dont_inherit=True)), space)  # noqa: S102
    return space


def test_functions_and_classes_have_none_and_a_module_keeps_its_own(loaded):
    box = loaded["Box"]
    assert [thing.__doc__ for thing in (box, box.open, box().open(), loaded["Plain"])] == [None] * 4
    assert "__doc__" in vars(box)  # as python -OO leaves it: none, not inherited
    assert loaded["__doc__"] == "A module."


def test_what_the_code_says_stays_even_where_it_is_the_docstring_as_well(loaded):
    assert (loaded["echo"](), loaded["Named"].name, loaded["Box"].label) == ("said", "named", "A box, closed.")
    assert (loaded["Box"]().open()(), loaded["names"], loaded["shout"]()) == ("up", ["Box of wood"], "loud")
