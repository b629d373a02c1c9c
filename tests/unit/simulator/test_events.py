"""Subscriptions, filters, wire forms, commands."""

from __future__ import annotations

import json

import pytest

from freeswitch.simulator.domain.command import Command, parse_head
from freeswitch.simulator.domain.event import Event
from freeswitch.simulator.domain.subscription import Subscription


def event(name: str, subclass: str = "", **headers: str) -> Event:
    return Event(name, {"Event-Name": name, **headers}, subclass)


def test_custom_events_are_wanted_by_subclass() -> None:
    wanted = Subscription()
    assert wanted.add(["CHANNEL_ANSWER", "CUSTOM", "sofia::register"])
    assert wanted.wants(event("CHANNEL_ANSWER"))
    assert wanted.wants(event("CUSTOM", "sofia::register"))
    assert not wanted.wants(event("CUSTOM", "sofia::expire"))
    assert not wanted.wants(event("CHANNEL_HANGUP"))


def test_unknown_keyword_is_no_subscription() -> None:
    assert not Subscription().add(["NOTHING"])


def test_nixevent_after_all_leaves_the_others() -> None:
    wanted = Subscription()
    wanted.add(["ALL"])
    wanted.remove(["DTMF"])
    assert not wanted.wants(event("DTMF"))
    assert wanted.wants(event("CHANNEL_ANSWER"))


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        ([("Leg", "a")], True),
        ([("Leg", "b")], False),
        ([("Leg", "b"), ("Leg", "A")], True),
        ([("Leg", "a"), ("Way", "-in")], False),
        ([("Leg", "/^a")], True),
        ([("Other", "a")], False),
    ],
)
def test_filters_are_alternatives_and_minus_excludes(filters: list[tuple[str, str]], passes: bool) -> None:
    wanted = Subscription(filters=filters)
    wanted.add(["DTMF"])
    assert wanted.wants(event("DTMF", Leg="a", Way="in")) is passes


def test_a_newline_in_a_value_forges_nothing() -> None:
    forged = event("CHANNEL_CREATE", Name="Bob\nUnique-ID: victim\n\n")
    assert json.loads(forged.as_json())["Name"] == "Bob\nUnique-ID: victim\n\n"
    lines = forged.as_plain().decode().split("\n")
    assert [line.split(":")[0] for line in lines if line] == ["Event-Name", "Name"]


def test_body_of_an_event() -> None:
    job = Event("BACKGROUND_JOB", {"Event-Name": "BACKGROUND_JOB"}, body="+OK é\n")
    assert json.loads(job.as_json())["_body"] == "+OK é\n"
    assert job.as_plain().endswith("Content-Length: 7\n\n+OK é\n".encode())


def test_command_with_headers_and_body() -> None:
    name, arguments, headers = parse_head("SENDMSG uuid\ncall-command: execute\nEVENT-UUID: 1\ncontent-length: 2")
    assert (name, arguments) == ("sendmsg", "uuid")
    message = Command(name, arguments, headers, "hi").message()
    assert message == {"call-command": "execute", "Event-UUID": "1", "Content-Length": "2", "_body": "hi"}
