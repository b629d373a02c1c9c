"""A flow tried out: what a person sees of the way."""

from __future__ import annotations

from services.ivr.domain.flow import Flow, Library
from services.ivr.domain.tryout import MASK, MOST_STEPS, Answer, Trial, TriedFlow, try_flow
from shared.telephony.causes import CAUSES
from tests.unit.ivr.calls import END, FACTS, NOW, flow, text

ORDERS = {
    "welcome": {"type": "play", "announcement": ["welcome"][0], "exits": {"done": "menu"}},
    "menu": {"type": "menu", "announcement": text("1 or 2"), "exits": {"1": "pin", "2": "agent"}},
    "pin": {"type": "gather", "announcement": text("PIN"), "variable": "pin", "hidden": True, "exits": {"done": "ask"}},
    "ask": {
        "type": "http_request",
        "url": "https://api.example/{pin}",
        "keep": {"total": "total"},
        "exits": {"done": "say", "failed": "agent"},
    },
    "say": {"type": "say", "say": "number", "value": "{total}", "exits": {"done": "end"}},
    "agent": {"type": "queue", "queue": "support", "exits": {"no_answer": "sorry"}},
    "sorry": {"type": "hangup", "announcement": text("Sorry")},
    "end": END,
}


def tried(*flows: Flow, keys: tuple[str, ...] = (), **trial: object) -> TriedFlow:
    return try_flow(Library.of(*flows), flows[0], Trial(keys, **trial), FACTS, NOW)  # type: ignore[arg-type]


def seen(result: TriedFlow) -> list[tuple[str, str | None, str | None, str | None]]:
    return [(step.node, step.says, step.pressed, step.exit) for step in result.steps]


def test_the_whole_way_to_the_end():
    result = tried(flow(ORDERS), keys=("7", "1", "1234#"), answers={"ask": Answer(200, {"total": 25})})
    assert seen(result) == [
        ("welcome", "[welcome]", None, "done"),
        ("menu", "1 or 2", "7", None),
        ("menu", "[ivr-invalid] 1 or 2", "1", "1"),
        ("pin", "PIN", MASK, "done"),
        ("ask", None, None, "done"),
        ("say", "twenty five", None, "done"),
        ("end", None, None, None),
    ]
    assert (result.ends, result.cause) == ("hung_up", "NORMAL_CLEARING")
    assert result.variables == {"pin": MASK, "http_status": "200", "total": "25"}
    assert "1234" not in repr(result)


def test_what_is_not_answered_fails_and_whoever_is_sent_on_is_taken():
    result = tried(flow(ORDERS), keys=("1", "1"))
    assert (result.ends, result.destination) == ("sent_on", "queue:support")
    assert result.steps[-1].node == "agent"


def test_a_call_comes_back():
    result = tried(flow(ORDERS), keys=("2",), answers={"agent": Answer(nobody_took_it=CAUSES["NO_ANSWER"])})
    assert seen(result)[-2:] == [("agent", None, None, "no_answer"), ("sorry", "Sorry", None, None)]
    assert result.ends == "hung_up"


def test_the_keys_are_used_up():
    result = tried(flow(ORDERS), keys=("",))
    assert result.ends == "waits_for_keys"
    assert seen(result)[-1] == ("menu", "[ivr-no-input] 1 or 2", None, None)


def test_a_flow_inside_a_flow_with_the_same_names():
    outer = flow({"a": {"type": "subflow", "flow": "inner", "exits": {"done": "b"}}, "b": END})
    inner = flow({"a": {"type": "return"}}, slug="inner")
    assert [(step.flow, step.node, step.type, step.exit) for step in tried(outer, inner).steps] == [
        ("main", "a", "subflow", "done"),
        ("inner", "a", "return", "return"),
        ("main", "b", "hangup", None),
    ]


def test_a_way_without_an_end_is_cut_short():
    nodes = {
        name: {"type": "play", "announcement": text("Hi"), "exits": {"done": other}} for name, other in ("ab", "ba")
    }
    result = tried(flow(nodes))
    assert (result.ends, len(result.steps)) == ("goes_on_for_ever", MOST_STEPS)


def test_every_kind_of_answer():
    nodes = {
        "who": {"type": "customer_lookup", "exits": {"found": "speak", "unknown": "end"}},
        "speak": {
            "type": "speech", "announcement": text("Yes?"), "exits": {"yes": "record"},
            "choices": [{"exit": "yes", "phrases": {"en": ["yes"]}, "key": "1"}],
        },
        "record": {"type": "record_message", "exits": {"done": "end", "nothing": "end", "failed": "end"}},
        "end": END,
    }  # fmt: skip
    answers = {
        "who": Answer(customer={"name": "Sara"}),
        "speak": Answer(said="yes please", choice="yes"),
        "record": Answer(recorded_seconds=0.1),
    }
    result = tried(flow(nodes), answers=answers)
    assert [step.exit for step in result.steps] == ["found", "yes", "nothing", None]
    assert result.variables == {"customer.name": "Sara", "said": "yes please"}
    usual = tried(flow(nodes), keys=("1",), answers={"who": Answer(customer={})})
    assert [(step.node, step.pressed, step.exit) for step in usual.steps] == [
        ("who", None, "found"),
        ("speak", None, None),
        ("speak", "1", "yes"),
        ("record", None, "done"),
        ("end", None, None),
    ]
    failing = tried(flow(nodes), answers={**answers, "record": Answer(stored=False)})
    assert failing.steps[-2].exit == "failed"
