"""Decisions a second of the pure interpreter: what one core gives when nothing but ``decide`` runs.

One step is one call of ``decide(library, state, event, facts, now)``. The flow is of the kind tenants build: a language
menu, a main menu with a wrong key now and then, an order number typed in, variables set from it, a branch over them,
the number read back, an inner flow. Every call goes the same way through it, from ``Started`` to its hang-up.

Counted by the CPU time of the process, which is the wall's where the core is its own; the median of the rounds.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.ivr.domain.events import Event, Gathered, HungUp, Played, Started
from services.ivr.domain.flow import Library, flow_of
from services.ivr.domain.interpreter import decide, first_state
from services.ivr.domain.node import CallFacts
from services.ivr.domain.state import State
from shared.telephony.causes import CAUSES
from tests.load.row import Row, at_least
from tests.load.samples import median

LEAST_PER_SECOND = 50_000
ROUNDS = 7
ROUND_CALLS = 4_000
NOW = datetime(2026, 3, 20, 10, 0, tzinfo=UTC)
FACTS = CallFacts(
    tenant_id="7b0f5a52-8f1c-4f6e-9a53-0b1c7c1d2e3f",
    call_id="5a3c1b7e-0000-4000-8000-000000000001",
    leg_id="5a3c1b7e-0000-4000-8000-000000000001",
    caller_number="+989121234567",
    caller_name="Sara",
    called_number="+982112345678",
    time_zone="Asia/Tehran",
)
MAIN: dict[str, Any] = {
    "start": "language",
    "languages": ["en", "fa"],
    "nodes": {
        "language": {"type": "menu", "announcement": "welcome", "exits": {"1": "persian", "2": "main"}},
        "persian": {"type": "language", "language": "fa", "exits": {"done": "main"}},
        "main": {"type": "menu", "announcement": "main", "tries": 3, "exits": {"1": "ask", "2": "bye", "9": "hours"}},
        "ask": {"type": "gather", "announcement": "order", "variable": "order", "most": 8, "exits": {"done": "note"}},
        "note": {
            "type": "set",
            "variables": {"reference": "{called_number}-{order}", "vip": "no"},
            "exits": {"done": "which"},
        },
        "which": {
            "type": "branch",
            "conditions": [
                {"value": "{vip}", "test": "equals", "than": "yes", "exit": "vip"},
                {"value": "{order}", "test": "at_least", "than": "1000", "exit": "known"},
            ],
            "exits": {"vip": "bye", "known": "read_back", "otherwise": "main"},
        },
        "read_back": {"type": "say", "say": "digits", "value": "{order}", "exits": {"done": "main"}},
        "hours": {"type": "subflow", "flow": "hours", "exits": {"done": "main", "unavailable": "main"}},
        "bye": {"type": "hangup"},
    },
}
HOURS: dict[str, Any] = {
    "start": "tell",
    "languages": ["en", "fa"],
    "nodes": {
        "tell": {"type": "play", "announcement": "hours", "exits": {"done": "back"}},
        "back": {"type": "return"},
    },
}
WAY: tuple[Event, ...] = (
    Started(),
    Gathered("1", ""),  # Persian
    Gathered("7", ""),  # no such key
    Gathered("1", ""),
    Gathered("471105", "#"),
    Played(),  # the number read back
    Gathered("9", ""),
    Played(),  # the hours
    Gathered("1", ""),
    Gathered("22", "#"),  # no such order: back to the menu
    HungUp(CAUSES["NORMAL_CLEARING"]),
)


def library() -> Library:
    """Both flows, published."""
    return Library.of(
        flow_of(MAIN, slug="main", flow_id=UUID(int=1), version=1),
        flow_of(HOURS, slug="hours", flow_id=UUID(int=2), version=1),
    )


def one_call(flows: Library, first: State) -> State:
    """Every decision of one call."""
    state = first
    for event in WAY:
        state = decide(flows, state, event, FACTS, NOW).state
    return state


def run() -> list[Row]:
    """Measure."""
    flows = library()
    flow = flows.by_slug("main")
    assert flow is not None
    first = first_state(flow)
    one_call(flows, first)
    rates = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(ROUND_CALLS):
            one_call(flows, first)
        rates.append(ROUND_CALLS * len(WAY) / (time.process_time() - began))
    detail = f"{len(WAY)} steps a call; rounds {min(rates):,.0f} to {max(rates):,.0f}"
    return [at_least("decisions of the pure interpreter", median(rates), "steps/s", LEAST_PER_SECOND, detail)]
