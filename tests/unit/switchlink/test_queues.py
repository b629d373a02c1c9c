"""A caller who waits in a queue is told once a turn, and again after every loss; strange values cost nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.switchlink.domain.headers import Reader
from services.switchlink.domain.legs import SUBSCRIBED, SUBSCRIBED_CUSTOM, LegTable
from services.switchlink.domain.queues import queue_place, unreadable
from services.switchlink.domain.records import leg_record
from shared.contracts.calls import CallQueued, LegEvent

TENANT = UUID("01a00000-0000-7000-8000-000000000001")
QUEUE = UUID("01a00000-0000-7000-8000-0000000000c1")
CORE = "c0000000-0000-4000-8000-000000000001"
LEG, AGENT = "b0000000-0000-4000-8000-000000000001", "b0000000-0000-4000-8000-000000000002"
BEGAN, LATER = 1_700_000_000_000_000, 1_700_000_060_000_000


def event(name: str, leg: str = LEG, at: int = BEGAN, **headers: str) -> dict[str, str]:
    subclass = {"Event-Name": "CUSTOM", "Event-Subclass": name} if "::" in name else {"Event-Name": name}
    about = {"Unique-ID": leg, "Event-Sequence": f"{name}/{at}", "Event-Date-Timestamp": str(at)}
    known = {"variable_uuid": leg, "variable_seda_tenant_id": str(TENANT), "Caller-Caller-ID-Number": "2025550100"}
    return {**subclass, **about, **known, "Caller-Destination-Number": "600", **headers}


def in_queue(turn: str = "1", **variables: str) -> dict[str, str]:
    values = {
        "seda_queue": str(QUEUE),
        "seda_queue_turn": turn,
        "seda_queue_priority": "5",
        "seda_queue_language": "fa",
    }
    return {f"variable_{name}": value for name, value in {**values, **variables}.items()}


def waiting(turn: str = "1", **variables: str) -> dict[str, str]:
    """What `uuid_dump` says of a leg that hears its queue's music."""
    dumped = event("CHANNEL_DATA", at=LATER, **in_queue(turn, current_application="playback", **variables))
    return {**dumped, "Answer-State": "answered", "Caller-Profile-Created-Time": str(BEGAN)}


def told(messages: list[LegEvent]) -> list[CallQueued]:
    return [message for message in messages if isinstance(message, CallQueued)]


@pytest.fixture
def table() -> LegTable:
    return LegTable("n1", CORE)


def test_the_event_is_subscribed_by_its_subclass() -> None:
    assert "seda::queued" in SUBSCRIBED_CUSTOM
    assert not [name for name in SUBSCRIBED if "::" in name]


def test_a_queued_caller_is_told_with_its_place(table: LegTable) -> None:
    [queued] = told(table.apply(event("seda::queued", **in_queue())))
    assert (queued.queue_id, queued.turn, queued.priority, queued.language) == (QUEUE, 1, 5, "fa")
    assert (queued.caller_number, queued.called_number, queued.leg_id) == ("2025550100", "600", LEG)
    assert queued.occurred_at == datetime.fromtimestamp(BEGAN / 1e6, UTC)


def test_each_turn_is_told_once_under_an_id_of_its_own(table: LegTable) -> None:
    first = told(table.apply(event("seda::queued", **in_queue("1"))))
    again = told(table.apply(event("seda::queued", at=LATER, **in_queue("1"))))
    second = told(table.apply(event("seda::queued", at=LATER, **in_queue("2"))))
    assert [len(messages) for messages in (first, again, second)] == [1, 0, 1]
    assert first[0].message_id != second[0].message_id


def test_a_caller_found_waiting_is_told_again_as_the_same_message(table: LegTable) -> None:
    [first] = told(table.apply(event("seda::queued", **in_queue())))
    assert told(table.adopt([waiting()])) == [first]
    [by_another] = told(LegTable("n1", CORE).adopt([waiting()]))
    assert (by_another.message_id, by_another.occurred_at) == (first.message_id, first.occurred_at)


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"bridge_to": AGENT},
        {"current_application": "bridge"},
        {"current_application": "socket"},
        {"seda_queue": ""},
        {"seda_queue": "support"},
    ],
    ids=str,
)
def test_a_leg_that_does_not_wait_any_more_is_not_told(table: LegTable, elsewhere: dict[str, str]) -> None:
    assert told(table.adopt([{**waiting(), **{f"variable_{name}": value for name, value in elsewhere.items()}}])) == []


def test_who_is_connected_with_whom_is_known_of_both_legs(table: LegTable) -> None:
    table.apply(event("seda::queued", **in_queue()))
    table.apply(event("CHANNEL_PARK", AGENT))
    table.apply(event("CHANNEL_BRIDGE", **in_queue(), **{"Bridge-B-Unique-ID": AGENT}))
    assert [table.live[leg].other_leg_id for leg in (LEG, AGENT)] == [AGENT, LEG]
    table.apply(event("CHANNEL_UNBRIDGE", **in_queue()))
    assert [table.live[leg].other_leg_id for leg in (LEG, AGENT)] == [None, None]
    table.adopt([waiting(bridge_to=AGENT)])
    assert table.live[LEG].other_leg_id == AGENT


def test_a_leg_has_its_place_until_its_variables_say_otherwise(table: LegTable) -> None:
    table.apply(event("seda::queued", **in_queue()))
    table.apply({name: value for name, value in event("CHANNEL_HOLD").items() if not name.startswith("variable_")})
    assert table.live[LEG].queue is not None
    table.apply(event("CHANNEL_PARK"))
    assert (table.live[LEG].queue, table.live[LEG].queued_at) == (None, None)


def test_the_users_language_counts_where_routing_named_none() -> None:
    headers = event("seda::queued", **in_queue(seda_queue_language="", seda_language="ar"))
    place = queue_place(Reader(headers))
    assert place is not None
    assert place.language == "ar"


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_strange_values_are_passed_over_and_named(queue: str, turn: str, priority: str, language: str) -> None:
    named = {"seda_queue": queue, "seda_queue_turn": turn, "seda_queue_priority": priority}
    headers = event("seda::queued", **in_queue(**{**named, "seda_queue_language": language}))
    messages = told(LegTable("n1", CORE).apply(headers))
    strange = unreadable(Reader(headers))
    assert len(messages) == (bool(queue) and "seda_queue" not in strange)
    assert strange.keys() <= {*named, "seda_queue_language"}


@pytest.mark.parametrize("turn", ["-1", "1.5", "²", "9" * 40, "one"])
def test_a_turn_that_is_no_number_is_turn_0(turn: str) -> None:
    headers = event("seda::queued", **in_queue(turn))
    [queued] = told(LegTable("n1", CORE).apply(headers))
    assert queued.turn == 0
    assert unreadable(Reader(headers)) == {"seda_queue_turn": turn}


@pytest.mark.parametrize("priority", ["101", "-101", "high"])
def test_a_priority_that_is_none_is_priority_0(priority: str) -> None:
    [queued] = told(LegTable("n1", CORE).apply(event("seda::queued", **in_queue(seda_queue_priority=priority))))
    assert queued.priority == 0


def test_a_caller_who_was_connected_and_went_on_has_a_record_that_says_when() -> None:
    """A transfer begins the times anew, and the end of a bridge is one (`transfer_after_bridge`)."""
    variables = {"uuid": LEG, "start_uepoch": str(BEGAN), "end_uepoch": str(LATER), "bridge_uepoch": "0"}
    flow: list[dict[str, Any]] = [
        {"times": {"bridged_time": "0"}, "caller_profile": {"destination_number": "seda-next"}},
        {"times": {"bridged_time": str(BEGAN + 5_000_000)}, "caller_profile": {"destination_number": "600"}},
    ]
    record = leg_record({"variables": variables, "callflow": flow}, node_id="n1")
    assert record.bridged_at == datetime.fromtimestamp(BEGAN / 1e6 + 5, UTC)
    assert record.called_number == "600"
    assert leg_record({"variables": variables, "callflow": flow[:1]}, node_id="n1").bridged_at is None
