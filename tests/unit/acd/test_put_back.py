"""What the switch is asked, and says, about callers who come back to a line, and agents' legs that were in one."""

from __future__ import annotations

from uuid import UUID

from services.acd.nodes import Look
from services.acd.nodes import _take_in as take_in
from shared.contracts.calls import CallQueued
from shared.contracts.nodes import NodeReported
from shared.contracts.switch import SetVariables
from shared.telephony.queueing import QUEUE_TURN
from tests.unit.acd.call_centre import NODE
from tests.unit.acd.shift import MORNING, caller
from tests.unit.acd.test_owner import signs_in, until, world


async def test_caller_who_is_put_back_has_the_turn_that_the_line_knows_however_often_it_is_asked() -> None:
    """A consult that was not completed may have counted it on, and the way back may be asked for twice."""
    async with world() as here:
        await signs_in(here)
        await here.calls("ali")
        await here.connects("ali")
        [entry] = here.store.tables.entries.values()
        [owner] = here.owners._owned.values()
        owner.put(lambda now: owner.floor.put_back(entry.id, now))
        await until(lambda: bool(turns(here.switch.of(SetVariables))))
        assert turns(here.switch.of(SetVariables)) == ["1"], "routing counts on to the second"


def turns(asked: list[SetVariables]) -> list[str]:
    return [one.variables[QUEUE_TURN] for one in asked if QUEUE_TURN in one.variables]


def test_agents_leg_in_park_does_not_wait_in_the_queue_where_it_asked() -> None:
    assert [one.leg_id for one in waiting(parked=False)] == ["agent"]
    assert waiting(parked=True) == []


def waiting(*, parked: bool) -> list[CallQueued]:
    found = Look()
    leg = {"leg_id": "agent", "call_id": "agent", "queue_id": str(caller("sales")), "queue_turn": 1, "parked": parked}
    node = NodeReported(node_id=NODE, core_id="core", state="up", revision=1)
    take_in(found, {**leg, "queued_at": MORNING.isoformat(), "agent_leg": True}, node, UUID(int=1))
    return found.waiting
