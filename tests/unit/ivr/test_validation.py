"""Every problem of a flow, named by node."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from services.ivr.domain.flow import FlowDocument
from services.ivr.domain.validation import Surroundings, problems_of
from services.ivr.nodes.digit_patterns import fault
from tests.unit.ivr.calls import END, text

AROUND = Surroundings(
    prompts={"welcome": {"en", "fa"}, "only-en": {"en"}},
    flows={"inner": set(), "one": {"two"}, "two": {"main"}},
    extensions={"101"},
)


def found(nodes: dict[str, Any], *, start: str = "", slug: str = "main", **more: Any) -> set[tuple[str, str, str]]:
    document = FlowDocument.model_validate({"start": start or next(iter(nodes)), "nodes": nodes, **more})
    return {(one.code, one.node, one.field) for one in problems_of(document, AROUND, slug=slug)}


def play(then: str | None, announcement: Any = None) -> dict[str, Any]:
    exits = {} if then is None else {"done": then}
    return {"type": "play", "announcement": announcement or text("Hi"), "exits": exits}


def menu(**exits: str) -> dict[str, Any]:
    return {"type": "menu", "announcement": text("?"), "exits": {key.strip("_"): node for key, node in exits.items()}}


def test_a_sound_flow_has_none():
    nodes = {"hi": play("menu"), "menu": menu(_1="hi", _2="ext", no_input="end"), "ext": ext("101"), "end": END}
    assert found(nodes) == set()


def ext(number: str, **exits: str) -> dict[str, Any]:
    return {"type": "extension", "number": number, "exits": exits}


def test_wiring():
    assert found({"a": END}, start="b") == {("unknown_node", "", "start"), ("unreachable", "a", "")}
    assert found({"a": END, "lost": END}) == {("unreachable", "lost", "")}
    assert found({"a": play(None)}) == {("dead_end", "a", "exits.done")}
    assert found({"a": play("gone")}) == {("unknown_node", "a", "exits.done")}
    assert found({"a": {**END, "exits": {"done": "a"}}}) >= {("unknown_exit", "a", "exits.done")}
    assert found({"a": menu()}) == {("no_choice", "a", "exits")}
    assert found({"a": menu(_1="b", _12="b"), "b": END}) == {("unknown_exit", "a", "exits.12")}


def test_circles():
    assert found({"a": play("b"), "b": play("a")}) == {("loop_without_input", "a", "exits")}
    assert found({"a": play("a")}) == {("loop_without_input", "a", "exits")}
    assert found({"a": play("m"), "m": menu(_1="a")}) == set()
    two = {"m": menu(_1="a", _2="c"), "a": play("b"), "b": play("a"), "c": play("c")}
    assert found(two) == {("loop_without_input", "a", "exits"), ("loop_without_input", "c", "exits")}


def test_circles_of_a_caller_who_does_nothing_are_warned_of():
    again = {"m": {**menu(_1="end"), "exits": {"1": "end", "no_input": "p"}}, "p": play("m"), "end": END}
    assert found(again) == {("loop_unanswered", "m", "exits")}
    assert found({"m": {**menu(_1="m"), "exits": {"1": "m", "invalid": "m"}}}) == set()


def test_prompts_and_languages():
    assert found({"a": {**END, "announcement": "gone"}}) == {("missing_prompt", "a", "announcement")}
    assert found({"a": {**END, "announcement": "only-en"}}, languages=("en", "fa")) == {
        ("missing_language", "a", "announcement")
    }
    assert found({"a": {**END, "announcement": [{"text": {"en": "Bye"}}]}}, languages=("en", "fa")) == {
        ("missing_language", "a", "announcement")
    }
    assert found({"a": {**END, "announcement": "welcome"}}, languages=("en", "fa")) == set()


def test_targets():
    assert found({"a": ext("999")}) == {("missing_target", "a", "")}
    assert found({"a": END}, fallback="extension:999") == {("missing_target", "", "fallback")}
    assert found({"a": END}, fallback="flow:inner") == {("bad_fallback", "", "fallback")}
    assert found({"a": END}, fallback="queue:unknown-here") == set()

    def sub(slug: str) -> dict[str, Any]:
        return {"a": {"type": "subflow", "flow": slug, "exits": {"done": "b"}}, "b": END}

    assert found(sub("inner")) == set()
    assert found(sub("gone")) == {("missing_target", "a", "flow")}
    assert found(sub("one")) == {("subflow_loop", "a", "flow")}
    assert found(sub("one"), slug="other") == set()


@pytest.mark.parametrize(
    ("node", "problem"),
    [
        ({"type": "external", "number": "0912"}, ("bad_number", "number")),
        ({"type": "http_request", "url": "ftp://example/x"}, ("bad_url", "url")),
        ({"type": "http_request", "url": "https://{host}/x"}, ("bad_url", "url")),
        ({"type": "http_request", "url": "https://user:secret@example/x"}, ("bad_url", "url")),
        ({"type": "http_request", "url": "https://[::1/x"}, ("bad_url", "url")),
        ({"type": "http_request", "url": "https://e.example", "headers": {"X": "a\r\nb"}}, ("bad_header", "headers.X")),
        ({"type": "gather", "announcement": text("?"), "variable": "x", "least": 5, "most": 4}, ("bad_length", "most")),
        ({"type": "gather", "announcement": text("?"), "variable": "x", "pattern": "(1"}, ("bad_pattern", "pattern")),
        (
            {"type": "branch", "conditions": [{"value": "x", "test": "is_set", "exit": "otherwise"}]},
            ("bad_exit", "conditions.0.exit"),
        ),
        (
            {"type": "speech", "announcement": text("?"), "choices": [
                {"exit": "a", "phrases": {"en": ["a"]}, "key": "1"},
                {"exit": "no_input", "phrases": {"en": ["b"]}, "key": "1"},
            ]},
            ("same_key", "choices"),
        ),
    ],
)  # fmt: skip
def test_what_a_schema_cannot_say(node, problem):
    assert (problem[0], "a", problem[1]) in found({"a": node})


@pytest.mark.parametrize(
    "document",
    [
        {"start": "a", "nodes": {}},
        {"start": "a", "nodes": {"a": {"type": "teleport"}}},
        {"start": "a", "nodes": {"A!": END}},
        {"start": "a", "nodes": {"a": {**END, "announcement": [{"text": "Hi {caller_name"}]}}},
        {"start": "a", "nodes": {"a": END}, "languages": []},
        {"start": "a", "nodes": {"a": {"type": "extension", "number": "x"}}},
        {"start": "a", "nodes": {f"n{place}": END for place in range(201)}},
    ],
)
def test_what_is_no_flow_at_all(document):
    with pytest.raises(ValidationError):
        FlowDocument.model_validate(document)


@pytest.mark.parametrize(
    "pattern", [r"[0-9]{4,8}", r"1?[2-9][0-9]*", r"(1|2)[0-9]{3}", r"\*[0-9]+#", r"(01){2}", "[*#]"]
)
def test_patterns_that_are_taken(pattern):
    assert fault(pattern) == ""


@pytest.mark.parametrize(
    "pattern",
    [
        "(1+)+",
        "(1|11)*",
        "((1|11))*",
        "(1|1){40}",
        r"\d*\d*\d*\d*\d*",
        "1?" * 30,
        "(1|2)" * 19,
        "(|||||||)" * 6,
        "(1*)*#",
    ],
)
def test_patterns_that_could_take_for_ever_are_not(pattern):
    assert fault(pattern) != ""
