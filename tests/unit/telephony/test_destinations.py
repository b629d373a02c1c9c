"""Destinations are read, written and refused in one way everywhere."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from shared.telephony.destinations import Destination, DestinationKind, parse_destination
from tests.unit.telephony.nasty import texts


class Route(BaseModel):
    to: Destination


WRITTEN = [
    "extension:101",
    "queue:support",
    "flow:main-menu",
    "ring-group:sales",
    "voicemail:101",
    "conference:room-1",
    "external:+982112345678",
    "hangup:busy",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_reads_what_it_writes(text: str) -> None:
    destination = Destination.parse(text)
    assert str(destination) == text
    assert Route.model_validate_json(f'{{"to": "{text}"}}').model_dump_json() == f'{{"to":"{text}"}}'
    assert Route(to=destination).to == destination == parse_destination(text)
    assert re.fullmatch(Route.model_json_schema()["properties"]["to"]["pattern"], text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "extension",
        "extension:",
        "extension:1",
        "extension:123456789",
        "extension:10a",
        "extension:101\n",
        "Extension:101",
        "extension: 101",
        "queue:Support",
        "queue:-a",
        "queue:a" + "b" * 63,
        "external:982112345678",
        "external:+98",
        "external:+982112345678;x",
        "hangup:",
        "hangup:now",
        "agent:1",
        "queue:a:b",
    ],
)
def test_refuses_what_is_no_destination(text: str) -> None:
    with pytest.raises(ValueError, match=r"destination|comes"):
        Destination.parse(text)
    with pytest.raises(ValidationError) as refused:
        Route.model_validate({"to": text})
    assert refused.value.error_count() == 1


@pytest.mark.parametrize("value", [None, 1, ["extension:101"], {"kind": "extension", "target": "101"}])
def test_refuses_what_is_no_text(value: object) -> None:
    with pytest.raises(ValidationError):
        Route.model_validate({"to": value})


@given(st.sampled_from(DestinationKind), texts | st.from_regex(r"\+?[0-9a-z-]{1,20}", fullmatch=True))
def test_the_schema_accepts_exactly_what_the_parser_accepts(kind: DestinationKind, target: str) -> None:
    pattern = Route.model_json_schema()["properties"]["to"]["pattern"]
    matches = re.fullmatch(pattern.strip("^$"), f"{kind.value}:{target}") is not None
    try:
        Destination.parse(f"{kind.value}:{target}")
    except ValueError:
        assert not matches
    else:
        assert matches


def test_a_hangup_has_a_cause_and_nothing_else_does() -> None:
    assert Destination.parse("hangup:busy").hangup_cause.name == "USER_BUSY"
    with pytest.raises(ValueError, match="does not hang up"):
        _ = Destination.parse("queue:support").hangup_cause
