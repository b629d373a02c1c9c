"""From node to node, flow to flow, process to process."""

from __future__ import annotations

import pytest

from services.ivr.domain.actions import FlowRef, Gather, GoTo, HangUp, Piece, Play, Speech
from services.ivr.domain.events import Played, Started
from services.ivr.domain.flow import Library
from services.ivr.domain.interpreter import MOST_DEPTH, MOST_ENTERED, MOST_UNANSWERED, MOST_VARIABLES, decide
from services.ivr.domain.state import State, UnreadableState
from shared.telephony.causes import CAUSES
from tests.unit.ivr.calls import END, FACTS, NOW, Call, flow, text

FAILED = HangUp(CAUSES["NORMAL_TEMPORARY_FAILURE"])


def menu(**exits: str) -> dict:
    return {
        "type": "menu",
        "announcement": text("Menu"),
        "exits": {key.strip("_"): node for key, node in exits.items()},
    }


def play(then: str, words: str = "Hi") -> dict:
    return {"type": "play", "announcement": text(words), "exits": {"done": then}}


def test_a_call_goes_through_silent_nodes_to_the_first_that_does_something():
    nodes = {
        "set": {"type": "set", "variables": {"greeting": "Good day {caller_name}"}, "exits": {"done": "say"}},
        "say": play("end", "{greeting}"),
        "end": END,
    }
    call = Call(flow(nodes))
    assert call.action.sounds == (Speech("Good day Sara"),)
    assert call.path() == ["set", "say"]
    call.played()
    assert [fields.get("exit") for fields in call.told("node.left")] == ["done", "done"]


@pytest.mark.parametrize("keys", ["", "1"])
def test_a_caller_leaves(keys):
    call = Call(flow({"menu": menu(_1="end"), "end": play("menu")}))
    if keys:
        call.press(keys)
    assert call.hang_up() is None
    assert call.told("flow.left") == [{"reason": "hung_up_by_caller", "cause": "NORMAL_CLEARING"}]


def test_a_caller_leaves_a_flow_that_is_gone():
    call = Call(flow({"menu": menu(_1="end"), "end": END}))
    call.library = Library()
    assert call.hang_up() is None


def test_a_flow_inside_a_flow():
    outer = flow({"sub": {"type": "subflow", "flow": "inner", "exits": {"done": "after"}}, "after": menu(_1="after")})
    inner = flow({"ask": menu(_1="back"), "back": {"type": "return"}}, slug="inner")
    call = Call(outer, inner)
    assert (call.node, call.state.flow) == ("ask", inner.ref)
    call.press("1")
    assert (call.node, call.state.flow, call.state.stack) == ("after", outer.ref, ())
    assert call.told("node.left")[-1] == {"exit": "done", "type": "subflow"}


def test_a_return_of_the_outermost_flow_ends_the_call():
    call = Call(flow({"back": {"type": "return"}}))
    assert call.action == Play((Piece("ivr-goodbye"),), "en")
    assert call.move() == HangUp()


def test_a_flow_that_is_not_published_is_unavailable():
    nodes = {
        "sub": {"type": "subflow", "flow": "inner", "exits": {"done": "end", "unavailable": "other"}},
        "other": play("end"),
        "end": END,
    }
    call = Call(flow(nodes))
    assert call.node == "other"
    assert call.told("flow.unavailable") == [{"flow": "inner"}]


def test_flows_that_enter_each_other_end():
    one = flow({"sub": {"type": "subflow", "flow": "two", "exits": {"done": "sub"}}}, slug="one")
    two = flow({"sub": {"type": "subflow", "flow": "one", "exits": {"done": "sub"}}}, slug="two")
    call = Call(one, two)
    assert len(call.state.stack) == MOST_DEPTH
    assert isinstance(call.action, Play)


def test_an_inner_flow_speaks_a_language_that_it_has():
    outer = flow(
        {"sub": {"type": "subflow", "flow": "inner", "exits": {"done": "after"}}, "after": menu(_1="after")},
        languages=("fa", "en"),
    )
    inner = flow({"say": play("back"), "back": {"type": "return"}}, slug="inner", languages=("en",))
    call = Call(outer, inner)
    assert call.action.language == "en"
    assert call.played().language == "fa"


def test_a_circle_without_a_word_ends():
    nodes = {
        name: {"type": "set", "variables": {"x": "{x}1"}, "exits": {"done": other}} for name, other in ("ab", "ba")
    }
    call = Call(flow(nodes))
    assert call.action == FAILED
    assert call.told("flow.failed")


def test_a_call_that_goes_round_for_ever_ends():
    call = Call(flow({"a": play("b"), "b": play("a")}))
    for _ in range(MOST_ENTERED + 1):
        if call.action == FAILED:
            break
        call.played()
    assert call.action == FAILED


ROUND = {
    "menu": {"type": "menu", "announcement": text("1?"), "tries": 1, "exits": {"1": "hi", "no_input": "hi"}},
    "hi": play("menu"),
}


def silent(call: Call, times: int) -> None:
    """The caller does nothing at so many questions, and hears everything to its end."""
    for _ in range(times):
        call.silence()
        if call.node == "hi":
            call.played()


def test_a_caller_who_never_presses_anything_is_let_go():
    call = Call(flow(ROUND))
    silent(call, MOST_UNANSWERED - 1)
    assert call.node == "menu"
    call.silence()
    assert call.action == Play((Piece("ivr-goodbye"),), "en")
    assert call.told("flow.unanswered") == [{"times": MOST_UNANSWERED}]
    assert call.played() == HangUp()
    assert call.told("flow.left") == [{"reason": "no_input", "cause": "NORMAL_CLEARING"}]


def test_a_caller_who_presses_something_now_and_then_goes_on():
    call = Call(flow(ROUND))
    for _ in range(5):
        silent(call, MOST_UNANSWERED - 1)
        call.press("1")
        call.played()
    assert call.node == "menu"
    silent(call, MOST_UNANSWERED - 1)
    call.press("9")  # no choice, but somebody is there
    call.move()
    silent(call, MOST_UNANSWERED - 1)
    assert call.node == "menu"


def test_a_flow_that_is_gone_ends_the_call():
    call = Call(flow({"menu": menu(_1="menu")}))
    step = decide(Library(), call.state, Played(), FACTS, NOW)
    assert step.action == FAILED


def test_a_later_publication_does_not_touch_a_call():
    old = flow({"menu": menu(_1="old"), "old": play("menu", "old")})
    call = Call(old)
    new = flow({"menu": menu(_1="menu")})
    ref = FlowRef(old.ref.id, 2)
    call.library = Library({"main": ref}, {old.ref: old, ref: new})
    assert call.press("1").sounds == (Speech("old"),)


def test_variables_have_bounds():
    nodes = {
        "set": {
            "type": "set",
            "variables": {f"v{place}": "{x}{x}{x}" for place in range(20)},
            "exits": {"done": "menu"},
        },
        "menu": menu(_1="set"),
    }
    call = Call(flow(nodes), x="9" * 900, **{f"w{place}": "" for place in range(300)})
    assert len(call.state.variables) == MOST_VARIABLES
    assert {len(call.state.variables[f"v{place}"]) for place in range(20)} == {2000}


def test_nothing_is_shared_between_decisions():
    one = flow({"menu": menu(_1="menu")})
    call = Call(one)
    before = call.state.to_document()
    decide(call.library, call.state, Started(), FACTS, NOW)
    assert call.state.to_document() == before
    assert isinstance(call.move(), Gather)


@pytest.mark.parametrize("document", [None, {}, [], "x", {"v": 2}, {"v": 1, "f": ["x", 1]}, {"v": 1, "f": 3}])
def test_a_state_of_something_else_is_refused(document):
    with pytest.raises(UnreadableState):
        State.from_document(document)


def test_sending_on_ends_the_programs_part():
    call = Call(flow({"menu": menu(_1="to"), "to": {"type": "queue", "queue": "support"}}))
    assert isinstance(call.press("1"), GoTo)
