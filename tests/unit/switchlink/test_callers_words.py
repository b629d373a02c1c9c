"""What a caller says of himself is told and recorded as one line that steers nothing; whose call it is stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.switchlink.domain.legs import LegTable
from services.switchlink.domain.records import leg_record
from shared.contracts.calls import CallCreated, CallHungUp

CAPTURED = Path(__file__).parents[2] / "support" / "captured" / "cdr_a_leg.json"
TENANT = UUID("01a00000-0000-7000-8000-000000000001")
OTHER = UUID("01a00000-0000-7000-8000-000000000002")
LEG = "b0000000-0000-4000-8000-000000000001"

SAID = [
    ("Bob\r\n\nUnique-ID: victim", "Bob Unique-ID: victim"),
    ("\x1b]0;owned\x07Bob", " ]0;owned Bob"),
    ("a\u2028b\u0085c\u202ed", "a b c d"),
    ("سارا می\u200cآید ${x} </b>", "سارا می\u200cآید ${x} </b>"),
]


def event(name: str, **headers: str) -> dict[str, str]:
    return {"Event-Name": name, "Unique-ID": LEG, "Event-Sequence": name, **headers}


@pytest.mark.parametrize(("name", "told"), SAID)
def test_a_callers_name_is_told_as_one_line(name: str, told: str) -> None:
    table = LegTable("n1", "")
    headers = {"Caller-Caller-ID-Name": name, "Caller-Destination-Number": "102\n%acme.example"}
    [created] = table.apply(event("CHANNEL_CREATE", variable_seda_tenant_id=str(TENANT), **headers))
    assert isinstance(created, CallCreated)
    assert (created.caller_name, created.called_number) == (told, "102")


@pytest.mark.parametrize(("name", "told"), SAID)
def test_a_callers_name_is_recorded_as_one_line(name: str, told: str) -> None:
    document: dict[str, Any] = json.loads(CAPTURED.read_text())
    for flow in document["callflow"]:
        flow["caller_profile"]["caller_id_name"] = name
    assert leg_record(document, node_id="n1").caller_name == told


def test_a_leg_stays_with_its_tenant_and_is_told_of_once_that_is_known() -> None:
    table = LegTable("n1", "")
    assert table.apply(event("CHANNEL_CREATE")) == []
    [created] = table.apply(event("CHANNEL_PROGRESS", variable_seda_tenant_id=str(TENANT)))[:1]
    [ended] = table.apply(event("CHANNEL_HANGUP_COMPLETE", variable_seda_tenant_id=str(OTHER)))
    assert isinstance(ended, CallHungUp)
    assert created.tenant_id == ended.tenant_id == TENANT
    assert table.apply(event("CHANNEL_ANSWER", variable_seda_tenant_id=str(OTHER))) == []
