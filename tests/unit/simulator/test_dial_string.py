"""Dial strings as FreeSWITCH reads them."""

from __future__ import annotations

import pytest

from freeswitch.simulator.domain.dial_string import BadDialString, parse_dial_string, parse_variables


def test_groups_are_tried_in_order_and_each_rung_at_once() -> None:
    dial = parse_dial_string("sofia/phones/1%a,sofia/phones/2%a|sofia/gateway/g/3")
    assert [[endpoint.text for endpoint in group] for group in dial.groups] == [
        ["sofia/phones/1%a", "sofia/phones/2%a"],
        ["sofia/gateway/g/3"],
    ]


def test_braces_are_for_all_legs_and_brackets_for_one() -> None:
    dial = parse_dial_string("{a=1,b='x,y'}[c=2]error/USER_BUSY")
    assert dial.variables == {"a": "1", "b": "x,y"}
    assert dial.groups[0][0].variables == {"c": "2"}
    assert (dial.groups[0][0].kind, dial.groups[0][0].target) == ("error", "USER_BUSY")


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("^^;a=1,2;b=3", {"a": "1,2", "b": "3"}),
        (r"a=x\,y,b=2", {"a": "x,y", "b": "2"}),
        ("a=,b=2", {"a": "", "b": "2"}),
        ("nothing", {}),
    ],
)
def test_variables_of_a_bracket(inside: str, expected: dict[str, str]) -> None:
    assert parse_variables(inside) == expected


def test_separators_inside_brackets_and_quotes_do_not_split() -> None:
    dial = parse_dial_string("[a='1|2',b=x]sofia/phones/1%a|[c=1]sofia/phones/2%a")
    assert [group[0].variables for group in dial.groups] == [{"a": "1|2", "b": "x"}, {"c": "1"}]


@pytest.mark.parametrize("text", ["", "{a=1}", "{a=1", "nowhere", "sofia/phones/1%a,,|", "[x]"])
def test_what_cannot_be_dialled_is_refused(text: str) -> None:
    with pytest.raises(BadDialString):
        parse_dial_string(text)
