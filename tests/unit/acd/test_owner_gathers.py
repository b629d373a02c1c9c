"""What nobody waits for is kept with what follows, and no later than the owner ends."""

from __future__ import annotations

from typing import Any

import pytest

from services.acd.records import Entry
from shared.contracts.acd import ShowFloor
from shared.contracts.calls import CallHeld, CallHungUp, CallResumed
from shared.contracts.switch import Originate
from tests.unit.acd.call_centre import CORE, NODE, TENANT
from tests.unit.acd.test_owner import World, about, signs_in, until, world


def kept(here: World) -> Entry:
    [entry] = here.store.tables.entries.values()
    return entry


async def talks(here: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Ali talks with Maryam, and from now on nothing is kept before it must be; the agent's leg."""
    await signs_in(here)
    await here.calls("ali")
    await here.connects("ali")
    monkeypatch.setattr("services.acd.owner.GATHER_SECONDS", 60.0)
    [agents] = here.switch.of(Originate)
    assert isinstance(agents, Originate)
    return {
        "tenant_id": TENANT,
        "node_id": NODE,
        "core_id": CORE,
        "call_id": kept(here).call_id,
        "leg_id": agents.leg_id,
    }


async def test_what_happens_shortly_after_each_other_is_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    async with world() as here:
        leg = await talks(here, monkeypatch)
        before = here.store.saves
        for event in (CallHeld(**leg), CallResumed(**leg), CallHeld(**leg)):
            await here.bus.publish(event)
        assert (await here.bus.request(ShowFloor(tenant_id=TENANT))).ok
        assert (here.store.saves - before, kept(here).held_since is not None) == (1, True)


async def test_what_is_to_be_done_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with world() as here:
        leg = await talks(here, monkeypatch)
        await here.bus.publish(CallHeld(**leg))
        await here.bus.publish(CallHungUp(tenant_id=TENANT, cause="NORMAL_CLEARING", **about("ali")))
        await until(lambda: kept(here).state == "left")


async def test_an_owner_that_ends_keeps_what_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    async with world() as here:
        leg = await talks(here, monkeypatch)
        floor = here.owners._owned[TENANT].floor
        await here.bus.publish(CallHeld(**leg))
        await until(lambda: floor.contact(kept(here).id).held_since is not None)
        assert kept(here).held_since is None
        await here.owners.stop()
        assert kept(here).held_since is not None
