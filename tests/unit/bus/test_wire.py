"""Small rules about what goes over the wire."""

from __future__ import annotations

import dataclasses
import time
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.bus.encoding import Decoder, encode
from shared.bus.memory_broker import matches
from shared.bus.permissions import SERVICES, permissions_for, unowned
from shared.bus.port import Poison
from shared.bus.publishing import WINDOW_BYTES, WINDOW_MESSAGES, _windows
from shared.bus.requests import CLOCKS_MAY_DIFFER_SECONDS, is_given_up
from shared.bus.streams import DUPLICATE_WINDOW_SECONDS, stream_config
from shared.contracts.calls import CallAnswered, CallCreated
from shared.contracts.catalogue import CALLS, COMMANDS, EVENTS, STATE, STREAMS
from shared.contracts.message import Delivery, Encoded
from tests.support.bus_messages import answered, created, number


@pytest.mark.parametrize(
    ("pattern", "subject", "fits"),
    [
        ("a.b", "a.b", True),
        ("a.*", "a.b", True),
        ("a.*", "a.b.c", False),
        ("a.*", "a", False),
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        ("*.b", "a.b", True),
        ("a.b", "a.c", False),
    ],
)
def test_subjects_match_as_on_nats(pattern: str, subject: str, fits: bool) -> None:
    assert matches(pattern, subject) is fits


@pytest.mark.parametrize("event", [created("call-1", caller_name="علی"), answered("call-1"), number()])
def test_event_survives_the_wire(event: CallCreated) -> None:
    encoded = encode(event)
    assert Decoder([type(event)]).decode(encoded.subject, encoded.body) == event
    assert encoded.message_id == str(event.message_id)


def test_event_of_another_class_is_poison() -> None:
    encoded = encode(answered("call-1"))
    with pytest.raises(Poison, match="no class for subject"):
        Decoder([CallCreated]).decode(encoded.subject, encoded.body)


@given(st.binary(max_size=50))
def test_any_rubbish_is_poison_and_nothing_else(body: bytes) -> None:
    with pytest.raises(Poison):
        Decoder([CallAnswered]).decode(encode(answered("call-1")).subject, body)


def test_fields_of_a_newer_sender_are_ignored() -> None:
    encoded = encode(answered("call-1"))
    newer = dataclasses.replace(encoded, body=encoded.body[:-1] + b',"colour":"red"}')
    assert Decoder([CallAnswered]).decode(newer.subject, newer.body).call_id == "call-1"


@given(st.lists(st.integers(0, WINDOW_BYTES), max_size=20))
def test_windows_hold_all_messages_in_order_within_bounds(sizes: list[int]) -> None:
    messages = [Encoded("s", b"", str(place)) for place in range(len(sizes))]
    for message, size in zip(messages, sizes, strict=True):
        object.__setattr__(message, "body", memoryview(bytes(0)) if not size else _Sized(size))
    windows = [list(window.open.values()) for window in _windows(messages)]
    assert [message for window in windows for message in window] == messages
    for window in windows:
        assert len(window) == 1 or sum(len(message.body) for message in window) <= WINDOW_BYTES


class _Sized:
    """A body of a length, without the bytes."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size


def test_no_more_than_a_window_is_unacknowledged() -> None:
    messages = [Encoded("s", b"x", str(uuid4())) for _ in range(2 * WINDOW_MESSAGES + 1)]
    assert [len(window.open) for window in _windows(messages)] == [WINDOW_MESSAGES, WINDOW_MESSAGES, 1]


def test_command_is_too_late_only_beyond_what_clocks_may_differ() -> None:
    now = time.time()
    assert is_given_up(str(int((now - CLOCKS_MAY_DIFFER_SECONDS - 1) * 1000)))
    assert not is_given_up(str(int((now - CLOCKS_MAY_DIFFER_SECONDS + 1) * 1000)))
    assert not is_given_up(None)
    assert not is_given_up("soon")


def test_replicated_tables_lose_no_row_to_a_limit() -> None:
    config = stream_config(STATE, 3)
    assert (config["max_msgs_per_subject"], config["max_bytes"], config["max_age"]) == (1, -1, 0)
    assert (config["storage"], config["num_replicas"]) == ("file", 3)


def test_call_events_are_bounded_and_recognised_when_repeated() -> None:
    config = stream_config(CALLS, 1)
    assert config["max_age"] == CALLS.max_age_seconds * 10**9
    assert config["max_bytes"] == CALLS.max_bytes
    assert config["duplicate_window"] == DUPLICATE_WINDOW_SECONDS * 10**9 >= 120 * 10**9


def test_every_event_has_a_stream_and_only_one() -> None:
    for event in EVENTS:
        takers = [stream.name for stream in STREAMS if event.pattern() in stream.subjects]
        expected = "SEDA_STATE" if event.delivery is Delivery.COMPACTED else "SEDA_CALLS"
        assert takers == [expected], event.name


def test_every_message_is_published_or_carried_out_by_a_known_service() -> None:
    assert unowned() == []


@pytest.mark.parametrize("service", SERVICES)
def test_service_hears_only_its_own_inbox_and_commands(service: str) -> None:
    allowed = permissions_for(service)
    assert not any(subject.startswith((">", "*", "_INBOX.>", "_INBOX.*", "$")) for subject in allowed.subscribe)
    assert not any(subject in (">", "*", "seda.>", "$JS.>", "$JS.API.>") for subject in allowed.publish)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_failure_can_be_answered_in_the_class_of_every_reply(command: type) -> None:
    """A handler that raised knows no field of its reply: all need defaults."""
    assert not command.reply(ok=False, code="internal").ok  # type: ignore[attr-defined]
