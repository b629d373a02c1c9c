"""Callers of another make, SIPp, press keys through menus on a real FreeSWITCH: RFC 4733 events and SIP INFO."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.load.ivr_callers import PRESS
from tests.load.sipp import Sipp
from tests.load.sipp_output import call_counts
from tests.support.call_flows import number_of, publish, text, told
from tests.support.company import Company

pytestmark = [
    pytest.mark.freeswitch,
    pytest.mark.sipp,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.timeout(180),
]

CALLS, RATE = 10, 5
KEYS = "12"
INFO = "".join(PRESS.format(low=400, high=700, cseq=2 + place, key=key) for place, key in enumerate(KEYS))
RFC_4733 = f"""
  <pause distribution="uniform" min="400" max="700"/>
  <nop><action><exec play_dtmf="{KEYS}"/></action></nop>
"""
LAST = '<pause milliseconds="2500"/>'
"""The caller stays on the line after the last key."""


def menu(key: str, to: str) -> dict[str, object]:
    """A menu of one key."""
    return {
        "type": "menu",
        "announcement": text(en="Press a key."),
        "tries": 1,
        "first_seconds": 20,
        "exits": {key: to, "no_input": "bye", "invalid": "bye"},
    }


NODES = {"one": menu("1", "two"), "two": menu("2", "three"), "three": menu("3", "bye"), "bye": {"type": "hangup"}}


@pytest.mark.parametrize(
    ("scenario", "presses"),
    [
        ("menu_caller", INFO),
        pytest.param(
            "dtmf_caller",
            RFC_4733,
            marks=pytest.mark.skipif(os.geteuid() != 0, reason="SIPp sends media through raw sockets, as root only"),
        ),
    ],
    ids=["INFO", "RFC 4733"],
)
async def test_keys_lead_through_menus(real_company: Company, tmp_path: Path, scenario: str, presses: str) -> None:
    company = real_company
    await company.trunk()
    await publish(company, "line", {"start": "one", "nodes": NODES})
    number = await number_of(company, "flow:line")
    sipp = Sipp(tmp_path, company.platform.trunk_sip)
    arguments = ["-key", "number", number, "-key", "sink", "9", "-r", str(RATE), "-m", str(CALLS), "-l", str(CALLS)]

    async with told(company) as events:
        folder = await sipp.run(scenario, arguments, 10, pause=presses + LAST)
        await events.event("flow.left", reason="hung_up_by_caller", node="three", count=CALLS)

    assert (call_counts(folder / "stat.csv").failed, len(events.of("flow.left"))) == (0, CALLS)
    for node, key in (("one", "1"), ("two", "2")):
        assert len(events.of("input.taken", node=node, digits=key)) == CALLS
    assert not events.of("input.failed")
