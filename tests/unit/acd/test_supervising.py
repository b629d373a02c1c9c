"""A supervisor's phone as the owner of a floor calls it, from the command over the bus to the switch and back."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from shared.contracts.acd import ChangeContact, FloorReply, QueueContactSupervised
from shared.contracts.calls import CallHungUp
from shared.contracts.switch import Barge, Eavesdrop, HangUp, Originate, SwitchReply
from tests.unit.acd.call_centre import CORE, NODE, TENANT
from tests.unit.acd.test_owner import World, signs_in, until, world


async def talks(here: World) -> ChangeContact:
    """Ali talks with Maryam; the command of a supervisor who wants to listen."""
    await signs_in(here)
    await here.calls("ali")
    await here.connects("ali")
    [entry] = here.store.tables.entries.values()
    about: dict[str, Any] = {"tenant_id": TENANT, "entry_id": entry.id, "by": "user:leila"}
    return ChangeContact(action="supervise", destination="extension:101", mode="listen", **about)


async def asks(here: World, command: ChangeContact, **changed: Any) -> FloorReply:
    fields = command.model_dump(exclude={"message_id"}) | changed
    reply = await here.bus.request(ChangeContact(**fields))
    assert isinstance(reply, FloorReply)
    return reply


async def test_the_phone_is_called_once_and_the_mode_changed_on_the_same_leg() -> None:
    async with world() as here:
        command = await talks(here)
        reply = await asks(here, command)
        assert reply.ok, reply
        [shown] = orjson.loads(reply.result)["supervisors"]
        assert (shown["by"], shown["mode"], shown["joined"]) == ("user:leila", "listen", True)
        [agents], [called] = here.switch.of(Originate), here.switch.of(Eavesdrop)
        assert isinstance(agents, Originate)
        assert isinstance(called, Eavesdrop)
        assert (called.leg_id, called.mode, called.node_id) == (agents.leg_id, "listen", NODE)
        reply = await asks(here, command, mode="whisper")
        assert orjson.loads(reply.result)["supervisors"][0]["mode"] == "whisper"
        [changed] = here.switch.of(Barge)
        assert isinstance(changed, Barge)
        assert (changed.leg_id, changed.other_leg_id) == (called.supervisor_leg_id, agents.leg_id)
        assert changed.mode == "whisper"
        assert (await asks(here, command, action="unsupervise")).ok
        await until(lambda: any(one.leg_id == called.supervisor_leg_id for one in here.switch.of(HangUp)))  # type: ignore[attr-defined]
        states = [one.state for one in here.store.tables.events if isinstance(one, QueueContactSupervised)]
        assert states == ["calling", "joined", "changed", "ended"]


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        (SwitchReply(ok=False, code="refused", detail="CALL_REJECTED"), "CALL_REJECTED"),
        (SwitchReply(ok=False, code="node_draining", detail="no new calls"), "node_draining"),
    ],
)
async def test_who_declines_does_not_listen(reply: SwitchReply, detail: str) -> None:
    async with world() as here:
        command = await talks(here)
        here.switch.answers[Eavesdrop] = reply
        refused = await asks(here, command)
        assert (refused.code, refused.detail) == ("not_reached", detail)
        await until(lambda: not next(iter(here.store.tables.entries.values())).supervisors)
        del here.switch.answers[Eavesdrop]
        assert (await asks(here, command)).ok, "and may try again"


async def test_a_phone_that_is_none_is_not_called() -> None:
    async with world() as here:
        command = await talks(here)
        assert (await asks(here, command, destination="extension:999")).code == "destination_unknown"
        assert not here.switch.of(Eavesdrop)


async def test_a_mode_that_the_switch_does_not_change_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.acd.commands.NEWS_SECONDS", 0.1)
    async with world() as here:
        command = await talks(here)
        assert (await asks(here, command)).ok
        here.switch.answers[Barge] = SwitchReply(ok=False, code="call_gone", detail="the call has ended")
        refused = await asks(here, command, mode="barge")
        assert (refused.code, refused.detail) == ("not_reached", "call_gone")
        [entry] = here.store.tables.entries.values()
        assert entry.supervisors[0].mode == "listen"


async def test_the_contact_ends_while_the_phone_rings() -> None:
    async with world() as here:
        command = await talks(here)
        [entry] = here.store.tables.entries.values()
        here.switch.answers[Eavesdrop] = SwitchReply(ok=False, code="refused", detail="ORIGINATOR_CANCEL")
        legs = {"node_id": NODE, "core_id": CORE, "call_id": entry.call_id, "leg_id": entry.leg_id or ""}
        await here.bus.publish(CallHungUp(tenant_id=TENANT, cause="NORMAL_CLEARING", **legs))
        refused = await asks(here, command)
        assert refused.code in ("gone", "not_reached")


@pytest.mark.parametrize("command_of_the_switch", [Eavesdrop, Barge])
async def test_the_switch_knows_of_the_end_of_a_contact_before_its_event_is_here(
    command_of_the_switch: type[Eavesdrop | Barge],
) -> None:
    async with world() as here:
        command = await talks(here)
        if command_of_the_switch is Barge:
            assert (await asks(here, command)).ok
        [entry] = here.store.tables.entries.values()
        here.switch.answers[command_of_the_switch] = SwitchReply(
            ok=False, code="call_gone", detail="the call has ended"
        )
        asking = asyncio.create_task(asks(here, command, mode="barge"))
        await until(lambda: bool(here.switch.of(command_of_the_switch)))
        legs = {"node_id": NODE, "core_id": CORE, "call_id": entry.call_id, "leg_id": entry.leg_id or ""}
        await here.bus.publish(CallHungUp(tenant_id=TENANT, cause="NORMAL_CLEARING", **legs))
        assert (await asking).code == "gone"
