"""An event is what the switch said: nothing in a value can become a header, and nothing missing is an error."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.esl.errors import ProtocolError
from shared.esl.events import decode_event

ANSWER = {
    "Event-Name": "CHANNEL_ANSWER",
    "Core-UUID": "core-1",
    "Unique-ID": "leg-1",
    "Event-Date-Timestamp": "1790000000123456",
    "Event-Sequence": "4711",
    "variable_seda_tenant_id": "tenant-1",
    "variable_list": ["one", "two"],
}


def test_reading_an_event():
    event = decode_event(orjson.dumps(ANSWER))
    assert (event.name, event.uuid, event.core_uuid) == ("CHANNEL_ANSWER", "leg-1", "core-1")
    assert (event.timestamp, event.sequence) == (1_790_000_000_123_456, 4711)
    assert event.variable("seda_tenant_id") == "tenant-1"
    assert event.size == len(orjson.dumps(ANSWER))


def test_what_is_not_there_is_none_or_empty():
    event = decode_event(b"{}")
    assert (event.name, event.subclass, event.body, event.sequence, event.timestamp) == ("", "", "", 0, 0)
    assert (event.uuid, event.job_uuid, event.get("X"), event.variable("x"), event.get_all("X")) == (*[None] * 4, ())


def test_a_header_with_several_values():
    event = decode_event(orjson.dumps(ANSWER))
    assert event.variable("list") == "one"
    assert event.get_all("variable_list") == ("one", "two")
    assert event.get_all("Unique-ID") == ("leg-1",)


@given(st.text())
def test_a_callers_name_forges_nothing(name):
    text = name.encode("utf-8", "replace").decode()
    event = decode_event(orjson.dumps(ANSWER | {"Caller-Caller-ID-Name": text}))
    assert event.get("Caller-Caller-ID-Name") == text
    assert (event.uuid, event.variable("seda_tenant_id")) == ("leg-1", "tenant-1")


def test_bytes_that_are_not_utf8_are_replaced():
    event = decode_event(b'{"Event-Name":"DTMF","Caller-Caller-ID-Name":"Bob \xff"}')
    assert (event.name, event.get("Caller-Caller-ID-Name")) == ("DTMF", "Bob \ufffd")


@pytest.mark.parametrize("body", [b"", b"[]", b"3", b"{", b'{"a":}'])
def test_what_is_no_event_is_refused(body):
    with pytest.raises(ProtocolError):
        decode_event(body)
