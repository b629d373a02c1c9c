"""A call's state on its channel: readable by every replica, by nobody else, for no other call."""

from __future__ import annotations

from uuid import UUID

import pytest

from services.ivr.call_states import MOST_CHARACTERS, Kept, StateBox, as_text, from_text
from services.ivr.domain.actions import FlowRef
from services.ivr.domain.state import Frame, State, UnreadableState
from shared.telephony.channel_variables import variable_value

LEG = "5e0c8d06-0d5a-4f4e-8a5c-6a4d2c3b1a00"
FLOW = FlowRef(UUID(LEG), 3)
STATE = State(
    FLOW,
    "ask",
    "fa",
    memo={"attempt": 2},
    variables={"pin": "4711", "caller_name": "علی"},
    hidden=frozenset({"pin"}),
    stack=(Frame(FLOW, "outer"),),
    entered=7,
)
KEPT = Kept("flow:main", 2, STATE)


def test_every_replica_reads_it_and_a_channel_can_carry_it() -> None:
    text = as_text(StateBox("secret").seal(KEPT, LEG))
    assert text is not None
    assert variable_value(text) == text
    assert StateBox("secret").open(from_text(text), LEG) == KEPT


def test_what_was_typed_cannot_be_read() -> None:
    sealed = StateBox("secret").seal(KEPT, LEG)
    assert b"4711" not in sealed


@pytest.mark.parametrize("text", ["", "x", "....", "AAAA", "A" * 400, "é"])
def test_what_somebody_else_wrote_is_no_state(text: str) -> None:
    with pytest.raises(UnreadableState):
        StateBox("secret").open(from_text(text), LEG)


def test_another_call_or_secret_does_not_fit() -> None:
    sealed = StateBox("secret").seal(KEPT, LEG)
    for box, leg in ((StateBox("secret"), LEG.replace("5", "6")), (StateBox("other"), LEG)):
        with pytest.raises(UnreadableState):
            box.open(sealed, leg)
    with pytest.raises(UnreadableState):
        StateBox("secret").open(sealed[:-1] + bytes([sealed[-1] ^ 1]), LEG)


def test_what_does_not_fit_goes_elsewhere() -> None:
    import os

    many = State(FLOW, "ask", "en", variables={f"v{n}": os.urandom(60).hex() for n in range(60)})
    sealed = StateBox("secret").seal(Kept("flow:main", 1, many), LEG)
    assert len(sealed) > MOST_CHARACTERS
    assert as_text(sealed) is None
    assert StateBox("secret").open(sealed, LEG).state == many
