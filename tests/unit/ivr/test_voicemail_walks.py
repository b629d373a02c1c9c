"""Whatever happens in Seda's own flows, in whatever order: nothing raises, and every call ends."""

from __future__ import annotations

from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ivr.domain.actions import GoTo, HangUp, Query, Record, Store
from services.ivr.domain.events import (
    CameBack,
    Found,
    Gathered,
    HungUp,
    NotHeard,
    Played,
    QueryFailed,
    Recorded,
    Resumed,
    Stored,
    StoreFailed,
)
from services.ivr.domain.flow import Library
from services.ivr.domain.interpreter import decide, first_state, kept_after_hang_up
from services.ivr.domain.state import State
from shared.telephony.causes import CAUSES
from tests.unit.ivr.calls import NOW
from tests.unit.ivr.mailbox_calls import OWNER, Box, built_in_flow

CAUSE = CAUSES["NORMAL_CLEARING"]
FLOWS = st.sampled_from(
    [
        ("voicemail", "101"),
        ("mailbox", "101"),
        ("mailbox", ""),
        ("record-prompt", "welcome"),
        ("clock", ""),
        ("echo", ""),
    ]
)
DIGITS = st.one_of(st.sampled_from([*"0123456*#", "101", "8642", "102", ""]), st.text("0123456789*#", max_size=10))
SECONDS = st.floats(0, 400, allow_nan=False)
STRANGE = st.sampled_from(
    [
        CameBack(CAUSE),
        QueryFailed(),
        StoreFailed(),
        StoreFailed("full"),
        Stored("weak"),
        Found(None),
        NotHeard(),
        Resumed(),
    ]
)
LIKELY = st.sampled_from([True] * 12 + [False])
MOST_EVENTS = 3_000


def likely(draw: Any, box: Box, action: Any) -> Any:
    """An answer that fits the action."""
    if isinstance(action, Query | Store):
        return box.answer(action.what)
    if isinstance(action, Record):
        return Recorded(action.name, draw(SECONDS), draw(st.sampled_from(["", "#", "*"])), draw(st.booleans()))
    return Gathered(draw(DIGITS)) if hasattr(action, "least") else Played(draw(st.sampled_from(["", "", "#", "*"])))


@settings(max_examples=150, deadline=None)
@given(st.data(), FLOWS, st.booleans())
def test_random_calls_end(data: st.DataObject, named: tuple[str, str], has_pin: bool):
    box = Box(pin="8642" if has_pin else "").leave("new", "saved", "new")
    flow = built_in_flow(*named)
    library, state, step = Library.of(flow), first_state(flow), None
    step = decide(library, state, Resumed(), OWNER, NOW)
    for _ in range(60):
        action = step.action
        if action is None or isinstance(action, HangUp | GoTo):
            return
        state = State.from_document(orjson.loads(orjson.dumps(step.state.to_document())))
        if isinstance(action, Record):
            kept_after_hang_up(library, state, Recorded(action.name, data.draw(SECONDS), hung_up=True), OWNER, NOW)
        event = likely(data.draw, box, action) if data.draw(LIKELY) else data.draw(STRANGE)
        step = decide(library, state, event, OWNER, NOW)
    assert decide(library, step.state, HungUp(CAUSE), OWNER, NOW).action is None


def test_owner_who_leans_on_a_key_is_let_go_of():
    box = Box().leave("new")
    for keys in (["8642", "1", *["1"] * MOST_EVENTS], ["8642", *["0"] * MOST_EVENTS]):
        flow = built_in_flow("mailbox", "101")
        library = Library.of(flow)
        step = decide(library, first_state(flow), Resumed(), OWNER, NOW)
        pressed = iter(keys)
        while not isinstance(step.action, HangUp):
            action = step.action
            event = box.answer(action.what) if isinstance(action, Query | Store) else Gathered(next(pressed))
            step = decide(library, step.state, event, OWNER, NOW)
