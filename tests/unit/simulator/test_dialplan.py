"""Hunting through a dialplan, and expanding application data."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import pytest

from freeswitch.simulator.domain.dialplan import Application, BadAnswer, hunt, parse_answer
from freeswitch.simulator.domain.expand import expand

SECTION = fromstring(  # noqa: S314 - written above
    """<section name="dialplan"><context name="seda">
      <extension name="tag" continue="true">
        <condition><action application="set" data="tagged=yes"/></condition>
      </extension>
      <extension name="short">
        <condition field="${tenant}" expression="^t1$"/>
        <condition field="destination_number" expression="^(\\d)(\\d+)$">
          <action application="bridge" data="a/$1-$2 ${caller}"/>
          <anti-action application="hangup" data="CALL_REJECTED"/>
        </condition>
      </extension>
    </context></section>"""
)


def applications(**values: str) -> tuple[Application, ...]:
    found = hunt(SECTION, "seda", values.get)
    return found.applications if found else ()


def test_conditions_all_hold_and_captures_are_put_in() -> None:
    assert applications(tenant="t1", destination_number="102") == (
        Application("set", "tagged=yes"),
        Application("bridge", "a/1-02 ${caller}"),
    )


def test_anti_action_runs_when_the_condition_fails() -> None:
    assert applications(tenant="t1", destination_number="x")[-1] == Application("hangup", "CALL_REJECTED")


def test_failed_first_condition_stops_the_extension() -> None:
    assert applications(tenant="t2", destination_number="102") == (Application("set", "tagged=yes"),)


def test_unknown_context_has_no_route() -> None:
    assert hunt(SECTION, "elsewhere", {}.get) is None


def test_answers_of_the_server() -> None:
    assert parse_answer('<d><section name="result"><result status="not found"/></section></d>', "dialplan") is None
    assert parse_answer('<d><section name="dialplan"/></d>', "dialplan") is not None
    for wrong in ("<d>", "<d/>", ""):
        with pytest.raises(BadAnswer):
            parse_answer(wrong, "dialplan")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${a}-${none}-$1", "1-$" + "{b}--$1"),
        ("${long:1:3}", "bcd"),
        ("${long:-2}", "ef"),
        ("${key_${a}}", "nested"),
        ("plain", "plain"),
    ],
)
def test_expansion_never_expands_a_value_again(text: str, expected: str) -> None:
    values = {"a": "1", "long": "abcdef", "key_1": "nested"}
    if "none" in text:
        values["a"] = "1-${b}"
    assert expand(text, values.get) == expected
