"""Whatever a tenant publishes and whatever then happens: a call never fails by surprise, and always ends."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services.ivr.domain.actions import FindCustomer, Gather, GoTo, HangUp, Listen, Play, Query, Record, Request, Store
from services.ivr.domain.events import (
    CameBack,
    CustomerFound,
    CustomerUnknown,
    Gathered,
    Heard,
    NotHeard,
    Played,
    QueryFailed,
    Recorded,
    RequestFailed,
    Responded,
    Resumed,
    Stored,
    StoreFailed,
)
from services.ivr.domain.flow import FlowDocument
from services.ivr.domain.interpreter import MOST_ENTERED
from services.ivr.domain.state import State
from services.ivr.domain.validation import Surroundings, problems_of
from services.ivr.nodes import NODES
from shared.telephony.causes import CAUSES
from tests.unit.ivr.calls import Call, flow, text

NAMES = [f"n{place}" for place in range(7)]
WORDS = st.sampled_from(
    [
        "Hello",
        "{caller_name}",
        "{x} and {customer.name} at {now}",
        "سلام {x}",
        "{{x}}",
    ]
)
ANNOUNCEMENTS = st.lists(
    st.one_of(
        st.fixed_dictionaries({"prompt": st.just("welcome")}),
        st.fixed_dictionaries({"text": st.one_of(WORDS, st.fixed_dictionaries({"en": WORDS, "fa": WORDS}))}),
        st.fixed_dictionaries(
            {
                "say": st.sampled_from(["number", "digits", "ordinal", "money", "date", "time", "duration"]),
                "value": st.sampled_from(["{x}", "12", "{now}", "{caller_number}"]),
            }
        ),
    ),
    min_size=1,
    max_size=3,
)
SCHEDULE = {"time_zone": "Asia/Tehran", "weekly": {"saturday": "09:00-17:00"}}
CHOICES = [
    {"exit": "yes", "phrases": {"en": ["yes"]}, "key": "1"},
    {"exit": "no", "phrases": {"fa": ["نه"]}, "key": "2"},
]
FIELDS: dict[str, Any] = {
    "menu": {},
    "play": {},
    "say": {"say": st.sampled_from(["number", "money", "date"]), "value": st.sampled_from(["{x}", "7"])},
    "gather": {"variable": st.just("x"), "hidden": st.booleans(), "least": st.integers(1, 4)},
    "speech": {"choices": st.just(CHOICES)},
    "language": {"variable": st.just("x")},
    "schedule": {"schedule": st.just(SCHEDULE)},
    "branch": {"conditions": st.just([{"value": "{x}", "test": "more", "than": "5", "exit": "big"}])},
    "set": {"variables": st.sampled_from([{"x": "{x}1"}, {"y": "{x}", "x": "fa"}])},
    "http_request": {"url": st.just("https://api.example/{x}"), "keep": st.just({"x": "a.0"})},
    "customer_lookup": {},
    "queue": {"queue": st.just("support")},
    "ring_group": {"group": st.just("sales")},
    "extension": {"number": st.just("101")},
    "external": {"number": st.sampled_from(["+982112345678", "{x}"])},
    "voicemail": {"mailbox": st.just("101")},
    "record_message": {},
    "survey": {
        "survey": st.just("s"),
        "question": st.just("q-1"),
        "scale": st.sampled_from(["one_to_five", "nps", "yes_no", "comment"]),
    },
    "callback_request": {},
    "subflow": {"flow": st.sampled_from(["inner", "main"])},
    "return": {},
    "conference": {"room": st.just("room")},
    "hangup": {},
}
KEYS = "0123456789*#"


@st.composite
def node(draw: Any) -> dict[str, Any]:
    """A node whose every exit leads to some node."""
    kind = draw(st.sampled_from(sorted(FIELDS)))
    fields: dict[str, Any] = {"type": kind}
    for name, values in FIELDS[kind].items():
        fields[name] = draw(values)
    if "announcement" in NODES[kind].config.model_fields:
        fields["announcement"] = draw(ANNOUNCEMENTS)
    config = NODES[kind].config.model_validate(fields)
    exits = [*config.must_exit(), *(name for name in config.may_exit() if draw(st.booleans()))]
    if kind == "menu":
        exits += draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True))
    return {**fields, "exits": {name: draw(st.sampled_from(NAMES)) for name in exits}}


@st.composite
def nodes(draw: Any) -> dict[str, Any]:
    return {name: draw(node()) for name in NAMES}


DIGITS = st.text(KEYS, max_size=6)
TEXTS = st.text(max_size=20)
CAUSE = st.sampled_from([CAUSES[name] for name in ("USER_BUSY", "NO_ANSWER", "SUBSCRIBER_ABSENT", "NORMAL_CLEARING")])
ANSWERS: dict[type, st.SearchStrategy[Any]] = {
    Play: st.builds(Played, st.text(KEYS, max_size=1)),
    Gather: st.builds(Gathered, DIGITS),
    Listen: st.one_of(
        st.builds(Heard, TEXTS, st.sampled_from(["yes", "no", "", "other"])), st.builds(NotHeard, st.booleans())
    ),
    Record: st.builds(Recorded, st.just("messages/x"), st.floats(0, 100), hung_up=st.just(False)),
    Request: st.one_of(
        st.builds(
            Responded,
            st.sampled_from([200, 404, 500]),
            st.recursive(
                st.one_of(st.none(), st.booleans(), st.floats(), TEXTS),
                lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.just("a"), inner)),
                max_leaves=4,
            ),
        ),
        st.builds(RequestFailed, st.just("deadline")),
    ),
    FindCustomer: st.one_of(
        st.builds(CustomerFound, st.dictionaries(st.sampled_from(["name", "language", "vip"]), TEXTS)),
        st.builds(CustomerUnknown),
    ),
    Store: st.one_of(st.builds(Stored), st.builds(StoreFailed)),
    Query: st.builds(QueryFailed),
    GoTo: st.builds(CameBack, CAUSE),
}


def check(call: Call) -> None:
    state: State = call.state
    assert state.entered <= MOST_ENTERED
    assert len(state.variables) <= 200
    for note in call.step.notes:
        for name in state.hidden:
            value = state.variables.get(name, "")
            assert len(value) < 4 or value not in map(str, note.fields.values())


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(main=nodes(), inner=nodes(), languages=st.sampled_from([("en",), ("fa", "en")]), data=st.data())
def test_a_call_ends_whatever_happens(main: Any, inner: Any, languages: Any, data: st.DataObject) -> None:
    call = Call(flow(main, languages=languages), flow(inner, slug="inner"), language="fa", x="3")
    for _ in range(60):
        check(call)
        action = call.action
        if action is None or isinstance(action, HangUp) or (isinstance(action, GoTo) and not action.comes_back):
            return
        if isinstance(action, GoTo):
            event = data.draw(ANSWERS[GoTo])
        else:
            kinds = [ANSWERS[type(action)]] * 6 + [st.builds(Resumed)]
            event = data.draw(data.draw(st.sampled_from(kinds)))
        call.tell(event)
    call.hang_up()
    assert call.action is None


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(main=nodes())
def test_a_flow_without_problems_never_fails_and_needs_no_more_steps_than_it_may(main: Any) -> None:
    around = Surroundings(prompts={"welcome": {"en"}}, flows={"inner": set(), "main": set()})
    document = FlowDocument.model_validate({"start": NAMES[0], "nodes": main})
    codes = {one.code for one in problems_of(document, around)}
    assume(not codes & {"loop_without_input"})
    back = {"back": {"type": "return"}}
    call = Call(flow(main), flow(back, slug="inner"), x="3")
    for _ in range(MOST_ENTERED * 5):  # each node asks three times, and may say something before
        action = call.action
        if action is None or isinstance(action, HangUp | GoTo):
            break
        call.tell(QUIET[type(action)])
    assert call.action is None or isinstance(call.action, HangUp | GoTo)


QUIET: dict[type, Any] = {
    Play: Played(),
    Gather: Gathered(""),
    Listen: NotHeard(),
    Record: Recorded("x", 0.0),
    Request: RequestFailed("deadline"),
    FindCustomer: CustomerUnknown(),
    Store: StoreFailed(),
}


def test_every_kind_of_node_is_drawn() -> None:
    assert FIELDS.keys() == NODES.keys()
    assert text("x")
