"""An agent's leg that stays up: callers are bridged to it one after another, with a beep, and it parks in between."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.contract.switch.bench import Bench
from tests.contract.switch.drivers import DOMAIN, Call
from tests.contract.switch.queue_dialplan import to_queue
from tests.contract.switch.scenes import Compare, phone

pytestmark = pytest.mark.asyncio(loop_scope="session")

BEEP = "tone_stream://%(200,0,880)"


async def stands(bench: Bench) -> tuple[Call, str]:
    """102 was called once and is parked; its leg is named by us."""
    bob, leg = await phone(bench, "102"), str(uuid4())
    variables = f"origination_uuid={leg},seda_agent_leg=true,park_after_bridge=true,origination_callee_id_number=102"
    await bench.send(f"bgapi originate {{{variables}}}sofia/phones/102%{DOMAIN} &park()\nJob-UUID: standing")
    call = await bob.incoming()
    await call.answer()
    await bench.event("BACKGROUND_JOB", Job_UUID="standing")
    await bench.event("CHANNEL_PARK", leg)
    return call, leg


async def test_standing_agent_gets_two_callers(bench: Bench, compare: Compare) -> None:
    bench.route(to_queue)
    taken, agent = await stands(bench)
    for user, number, parked in (("101", "600", 2), ("103", "601", 3)):
        call = await (await phone(bench, user)).dial(number)
        await call.answered()
        leg = await bench.leg(number)
        await bench.event("PLAYBACK_START", leg)
        await bench.api(f"uuid_bridge {leg} {agent}")
        await bench.event("CHANNEL_BRIDGE", leg)
        await bench.wait_bridged(leg, agent)
        await bench.api(f"uuid_broadcast {agent} {BEEP} aleg")
        await bench.times("PLAYBACK_STOP", 2 * (parked - 1))
        await call.hang_up()
        await bench.event("CHANNEL_DESTROY", leg)
        await bench.times("CHANNEL_PARK", parked)
    await bench.api(f"uuid_kill {agent} NORMAL_CLEARING")
    assert await taken.ended() == 200
    await compare()


async def test_standing_agent_hangs_up_while_talking(bench: Bench, compare: Compare) -> None:
    """The caller goes on in the dialplan, as after any agent."""
    bench.route(to_queue)
    taken, agent = await stands(bench)
    call = await (await phone(bench, "101")).dial("600")
    await call.answered()
    leg = await bench.leg("600")
    await bench.event("PLAYBACK_START", leg)
    await bench.api(f"uuid_bridge {leg} {agent}")
    await bench.event("CHANNEL_BRIDGE", leg)
    await bench.wait_bridged(leg, agent)
    await taken.hang_up()
    await bench.event("CHANNEL_PARK", leg)
    await call.hang_up()
    await compare()


@pytest.mark.parametrize("hold", ["park_after_bridge=true", "hangup_after_bridge=true"], ids=["standing", "called"])
async def test_agents_phone_dies_while_talking(bench: Bench, hold: str) -> None:
    """No BYE, no more media: the leg ends after `media_timeout`, and the caller goes on in the dialplan."""
    if bench.switch.kind != "freeswitch":
        pytest.skip("the simulator carries no sound that could stop")
    bench.route(to_queue)
    bob, agent = await phone(bench, "102"), str(uuid4())
    variables = f"origination_uuid={agent},{hold},media_timeout=1000,origination_callee_id_number=102"
    await bench.send(f"bgapi originate {{{variables}}}sofia/phones/102%{DOMAIN} &park()\nJob-UUID: offer")
    await (await bob.incoming()).answer()
    await bench.event("CHANNEL_PARK", agent)
    call = await (await phone(bench, "101")).dial("600")
    await call.answered()
    leg = await bench.leg("600")
    await bench.event("PLAYBACK_START", leg)
    await bench.api(f"uuid_bridge {leg} {agent}")
    await bench.event("CHANNEL_BRIDGE", leg)
    await bench.wait_bridged(leg, agent)
    await bob._phone.close()  # type: ignore[attr-defined]
    ended = await bench.event("CHANNEL_HANGUP", agent)
    assert ended["Hangup-Cause"] == "MEDIA_TIMEOUT"
    await bench.event("CHANNEL_PARK", leg)
    await call.hang_up()
