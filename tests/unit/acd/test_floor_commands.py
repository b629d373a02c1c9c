"""Commands of the bus about a floor: carried out in its order, answered once what changed is stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
import pytest

from services.acd.commands import Commands
from services.acd.domain.model import AgentStatus
from services.acd.floor import Floor
from services.acd.floor_changes import SendOn
from services.acd.schemas.agents import AgentNow
from services.acd.schemas.floor import CallerNow, FloorNow
from services.acd.supervising import Supervising
from shared.contracts.acd import ChangeAgent, ChangeWaiting, FloorReply, QueueLeft, ShowFloor
from shared.contracts.message import Command
from tests.unit.acd.call_centre import TENANT, CallCentre, agent, alone, queue
from tests.unit.acd.shift import caller

S = AgentStatus


class Owner:
    """Takes commands in like the owner of the floor, when it is told to."""

    def __init__(self, centre: CallCentre) -> None:
        self.tenant_id = TENANT
        self.centre = centre
        self.inbox: list[Callable[[datetime], Any]] = []
        self.saved: list[Callable[[], None]] = []

    @property
    def floor(self) -> Floor:
        return self.centre.floor

    def has_extension(self, number: str) -> bool:
        return number in {"101", "102"}

    def put(self, happening: Callable[[datetime], Any]) -> None:
        self.inbox.append(happening)

    def after_save(self, done: Callable[[], None]) -> None:
        self.saved.append(done)

    def takes_in(self) -> None:
        for happening in self.inbox:
            happening(self.centre.now)
        self.inbox.clear()

    def stores(self) -> None:
        self.centre.settle()
        for done in self.saved:
            done()


def commands(owner: Owner) -> Commands:
    """Of an owner who calls no supervisors."""
    return Commands(owner, Supervising(ask=None, reaching=None))  # type: ignore[arg-type]


async def replied(centre: CallCentre, command: Command) -> FloorReply:
    owner = Owner(centre)
    answer = asyncio.create_task(commands(owner).carry_out(command))
    await asyncio.sleep(0)
    owner.takes_in()
    owner.stores()
    return await answer


async def result(centre: CallCentre, command: Command) -> Any:
    reply = await replied(centre, command)
    assert reply.ok, reply
    return orjson.loads(reply.result)


async def test_a_command_is_answered_once_the_change_is_stored() -> None:
    centre = CallCentre([queue()], [agent("maryam")])
    owner = Owner(centre)
    command = ChangeAgent(tenant_id=TENANT, agent_id=caller("maryam"), action="sign_in")
    answer = asyncio.create_task(commands(owner).carry_out(command))
    await asyncio.sleep(0)
    owner.takes_in()
    await asyncio.sleep(0)
    assert not answer.done()
    owner.stores()
    assert (await answer).ok
    assert centre.tables.states[caller("maryam")].status is S.AVAILABLE


@pytest.mark.parametrize(
    ("about", "status"),
    [
        ({"action": "pause", "pause_reason": "lunch", "seconds": 60}, "paused"),
        ({"action": "pause", "forced": True}, "paused"),
        ({"action": "sign_out"}, "offline"),
        ({"action": "sign_out", "forced": True}, "offline"),
    ],
)
async def test_agent_is_changed_and_shown(about: dict[str, Any], status: str) -> None:
    shown = await result(alone(), ChangeAgent(tenant_id=TENANT, agent_id=caller("maryam"), **about))
    assert AgentNow.model_validate(shown).status == status


async def test_agent_comes_back_from_a_pause_and_out_of_wrap_up() -> None:
    centre = alone(wrap_up_seconds=30)
    change: dict[str, Any] = {"tenant_id": TENANT, "agent_id": caller("maryam")}
    await result(centre, ChangeAgent(**change, action="pause"))
    assert (await result(centre, ChangeAgent(**change, action="unpause")))["status"] == "available"
    centre.calls("ali")
    centre.hangs_up(centre.talks("maryam"))
    longer = await result(centre, ChangeAgent(**change, action="wrap_up_extend", seconds=60))
    assert longer["status"] == "wrap_up"
    assert (await result(centre, ChangeAgent(**change, action="wrap_up_done")))["status"] == "available"


async def test_what_is_impossible_is_refused() -> None:
    change: dict[str, Any] = {"tenant_id": TENANT, "agent_id": caller("maryam")}
    for command in (
        ChangeAgent(**change, action="unpause"),
        ChangeAgent(**change, action="sign_in"),
        ChangeAgent(**change, action="wrap_up_extend"),
    ):
        reply = await replied(alone(), command)
        assert (reply.ok, reply.code) == (False, "illegal_change")


async def test_who_is_not_there_is_not_found() -> None:
    nobody = caller("nobody")
    for command in (
        ChangeAgent(tenant_id=TENANT, agent_id=nobody, action="sign_in"),
        ChangeWaiting(tenant_id=TENANT, entry_id=nobody, action="prioritise", priority=1),
        ShowFloor(tenant_id=TENANT, queue_id=nobody),
    ):
        reply = await replied(alone(), command)
        assert (reply.ok, reply.code) == (False, "not_found")


async def test_caller_is_prioritised_moved_and_sent_on() -> None:
    centre = CallCentre([queue(), queue("sales")], [])
    centre.calls("ali")
    centre.passes(1)
    entry = centre.calls("sara")
    change: dict[str, Any] = {"tenant_id": TENANT, "entry_id": entry.id}
    first = await result(centre, ChangeWaiting(**change, action="prioritise", priority=5))
    assert CallerNow.model_validate(first).position == 1
    centre.floor.prioritise(centre.entry_of("ali").id, 100)
    front = await result(centre, ChangeWaiting(**change, action="front", by="user:1"))
    assert (front["position"], front["by"]) == (1, "user:1")
    centre.settle()
    centre.dies()
    assert (centre.line(), centre.entry_of("sara").by) == (["sara", "ali"], "user:1")
    moved = await result(centre, ChangeWaiting(**change, action="move", queue_id=caller("sales"), by="user:2"))
    assert (moved["queue_id"], moved["position"]) == (str(caller("sales")), 1)
    sent = await result(centre, ChangeWaiting(**change, action="send", destination="voicemail:101", by="user:3"))
    assert (moved["by"], [left.by for left in centre.told(QueueLeft)]) == ("user:2", ["user:3"])
    assert (sent["state"], sent["position"]) == ("left", None)
    assert [str(action.destination) for action in centre.done(SendOn)] == ["voicemail:101"]


@pytest.mark.parametrize("about", [{"action": "move"}, {"action": "prioritise"}, {"action": "send"}])
async def test_a_change_without_what_it_needs_is_refused(about: dict[str, Any]) -> None:
    centre = CallCentre([queue()], [])
    entry = centre.calls("ali")
    reply = await replied(centre, ChangeWaiting(tenant_id=TENANT, entry_id=entry.id, **about))
    assert (reply.ok, reply.code) == (False, "illegal_change")
    assert centre.line() == ["ali"]


async def test_a_command_that_fails_is_answered_and_harms_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    centre = alone()
    monkeypatch.setattr(centre.floor, "change_agent", lambda *_: 1 / 0)
    reply = await replied(centre, ChangeAgent(tenant_id=TENANT, agent_id=caller("maryam"), action="sign_out"))
    assert (reply.ok, reply.code) == (False, "internal")


async def test_floor_is_shown_as_the_api_reads_it() -> None:
    centre = CallCentre([queue(), queue("sales")], [agent("maryam"), agent("reza", "sales")])
    centre.works("maryam")
    centre.calls("ali")
    centre.talks("maryam")
    centre.calls("sara")
    centre.passes(7)
    shown = FloorNow.model_validate(await result(centre, ShowFloor(tenant_id=TENANT, queue_id=caller("support"))))
    [support] = shown.queues
    assert (support.slug, support.callers, support.longest_wait_seconds) == ("support", 1, 7)
    assert support.agents == {"free": 0, "serving": 1, "signed_in": 1}
    assert [(one.caller_name, one.position) for one in [*support.waiting]] == [("sara", 1)]
    assert [(one.caller_name, one.agent_id) for one in shown.talking] == [("ali", caller("maryam"))]
    assert [one.status for one in shown.agents] == ["on_contact"]
    everything = FloorNow.model_validate(await result(centre, ShowFloor(tenant_id=TENANT)))
    assert (len(everything.queues), len(everything.agents)) == (2, 2)
