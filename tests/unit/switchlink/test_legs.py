"""What the switch's events mean for the bus, leg by leg."""

from __future__ import annotations

from services.switchlink.domain.legs import LegTable
from tests.unit.switchlink.test_queues import AGENT, event, in_queue


def told(table: LegTable, *events: dict[str, str]) -> list[str]:
    return [message.name for one in events for message in table.apply(one)]


def test_a_leg_rings_once_though_the_caller_gets_the_ringback_as_early_media() -> None:
    table = LegTable("n1", "c1")
    steps = (event("CHANNEL_CREATE"), event("CHANNEL_PROGRESS"), event("CHANNEL_PROGRESS_MEDIA"))
    assert told(table, *steps) == ["call.created", "call.ringing"]
    assert told(table, event("CHANNEL_ANSWER")) == ["call.answered"]


def test_ringing_is_told_once_the_tenant_of_the_leg_is_known() -> None:
    table = LegTable("n1", "c1")
    unknown = {"variable_seda_tenant_id": ""}
    assert told(table, event("CHANNEL_CREATE", **unknown), event("CHANNEL_PROGRESS", **unknown)) == []
    assert told(table, event("CHANNEL_PROGRESS_MEDIA")) == ["call.created", "call.ringing"]


def test_legs_in_a_queue_and_of_agents_are_waited_for_and_others_are_not() -> None:
    table = LegTable("n1", "c1")
    for one in (event("CHANNEL_CREATE"), event("CHANNEL_CREATE", AGENT, variable_seda_agent_leg="true")):
        table.apply(one)
    plain, agents = table.live.values()
    assert (plain.is_waited_for, agents.is_waited_for) == (False, True)
    table.apply(event("seda::queued", **in_queue()))
    assert next(iter(table.live.values())).is_waited_for
