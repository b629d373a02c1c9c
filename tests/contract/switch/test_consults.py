"""An agent asks a third party while the caller hears music: taken back, passed on, swapped, three together."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.contract.switch.bench import Bench
from tests.contract.switch.drivers import DOMAIN, Call, Phone
from tests.contract.switch.queue_dialplan import MUSIC, to_queue
from tests.contract.switch.scenes import Compare, phone, to_extension
from tests.contract.switch.test_queues import waiting
from tests.support.esl_probe import Headers
from tests.support.fake_xml_curl import Actions

pytestmark = pytest.mark.asyncio(loop_scope="session")
HELD = f"endless_playback:{MUSIC} inline"


def with_consults(form: dict[str, str]) -> Actions | None:
    """As routing answers: who consults waits in park when nobody takes the call."""
    if form["Caller-Destination-Number"] == "103":
        return [("unset", "seda_queue"), *to_extension(form, then=[("park", "")])]
    return to_queue(form)


async def consulting(bench: Bench) -> tuple[Call, str, Call, str]:
    """The caller hears music, the agent's leg is in park: call and leg of either."""
    bob = await phone(bench, "102")
    call, caller = await waiting(bench)
    bench.route(with_consults)
    taken, agent = await accepted(bench, bob)
    await bench.api(f"uuid_bridge {caller} {agent}")
    await bench.event("CHANNEL_BRIDGE", caller)
    await bench.wait_bridged(caller, agent)
    await hold(bench, caller, agent)
    return call, caller, taken, agent


async def accepted(bench: Bench, bob: Phone) -> tuple[Call, str]:
    """The agent took the offer of a caller whose name and number the phone shows."""
    leg = str(uuid4())
    shown = "origination_caller_id_name=Alice,origination_caller_id_number=101"
    named = "origination_callee_id_name=Bob,origination_callee_id_number=102"
    variables = f"origination_uuid={leg},hangup_after_bridge=true,{shown},{named}"
    await bench.send(f"bgapi originate {{{variables}}}sofia/phones/102%{DOMAIN} &park()\nJob-UUID: offer")
    call = await bob.incoming()
    await call.answer()
    await bench.event("BACKGROUND_JOB", Job_UUID="offer")
    await bench.event("CHANNEL_PARK", leg)
    return call, leg


async def hold(bench: Bench, held: str, other: str) -> None:
    """One of two legs that talk hears music, the other waits in park."""
    await bench.api(f"uuid_setvar {other} park_after_bridge true")
    await bench.api(f"uuid_transfer {held} {HELD}")
    await hears_music(bench, held)
    await parked(bench, other)


async def asked(bench: Bench) -> tuple[Call, str, Call, str, Call, str]:
    """The agent talks with a third: call and leg of caller, agent, third."""
    carol = await phone(bench, "103")
    call, caller, taken, agent = await consulting(bench)
    await bench.api(f"uuid_transfer {agent} 103 XML seda")
    third = await carol.incoming()
    await third.ring()
    await third.answer()
    leg = await bench.leg("103", "outbound")
    await bench.event("CHANNEL_BRIDGE", agent, Bridge_B_Unique_ID=leg)
    await bench.wait_bridged(agent, leg)
    return call, caller, taken, agent, third, leg


async def hears_music(bench: Bench, leg: str) -> None:
    """Wait until a leg that talked hears music; what it heard before the call does not count."""
    steps = {"CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE", "PLAYBACK_START"}

    def is_playing(_: Headers) -> bool:
        told = [event["Event-Name"] for event in bench.events.events if event.get("Unique-ID") == leg]
        return [name for name in told if name in steps][-1:] == ["PLAYBACK_START"]

    await bench.events.wait_event(is_playing)


async def parked(bench: Bench, leg: str) -> None:
    """Wait until a leg is in park, whatever it did before."""

    def is_parked(_: Headers) -> bool:
        told = [event["Event-Name"] for event in bench.events.events if event.get("Unique-ID") == leg]
        return [name for name in told if name.endswith("PARK")][-1:] == ["CHANNEL_PARK"]

    await bench.events.wait_event(is_parked)


async def again(bench: Bench, one: str, other: str) -> None:
    await bench.api(f"uuid_bridge {one} {other}")
    await bench.wait_bridged(one, other)


async def test_held_caller_is_taken_back(bench: Bench, compare: Compare) -> None:
    call, caller, taken, agent = await consulting(bench)
    await again(bench, caller, agent)
    await taken.hang_up()
    await bench.event("CHANNEL_PARK", caller)
    await call.hang_up()
    await compare()


async def test_third_hangs_up_and_the_caller_is_taken_back(bench: Bench, compare: Compare) -> None:
    """The agent's leg waits in park."""
    call, caller, taken, agent, third, _ = await asked(bench)
    await third.hang_up()
    await parked(bench, agent)
    await again(bench, caller, agent)
    await taken.hang_up()
    await bench.event("CHANNEL_PARK", caller)
    await call.hang_up()
    await compare()


async def test_third_does_not_take_the_call(bench: Bench) -> None:
    carol = await phone(bench, "103")
    call, caller, taken, agent = await consulting(bench)
    await bench.api(f"uuid_transfer {agent} 103 XML seda")
    await (await carol.incoming()).reject(486)
    await bench.wait_variable(agent, "originate_disposition", "USER_BUSY")
    await parked(bench, agent)
    await again(bench, caller, agent)
    await call.hang_up()
    await bench.event("CHANNEL_PARK", agent)
    await bench.api(f"uuid_kill {agent}")
    assert await taken.ended() == 200


async def test_consult_is_cancelled_while_the_third_rings(bench: Bench) -> None:
    carol = await phone(bench, "103")
    call, caller, taken, agent = await consulting(bench)
    await bench.api(f"uuid_transfer {agent} 103 XML seda")
    rung = await carol.incoming()
    await rung.ring()
    await bench.event("CHANNEL_PROGRESS", await bench.leg("103", "outbound"))
    await bench.api(f"uuid_park {agent}")
    assert await rung.ended() == 487
    await parked(bench, agent)
    await again(bench, caller, agent)
    await taken.hang_up()
    await bench.event("CHANNEL_PARK", caller)
    await call.hang_up()


async def test_consult_is_cancelled_while_they_talk(bench: Bench, compare: Compare) -> None:
    call, caller, taken, agent, third, _ = await asked(bench)
    await bench.api(f"uuid_park {agent}")
    assert await third.ended() == 200
    await parked(bench, agent)
    await again(bench, caller, agent)
    await taken.hang_up()
    await bench.event("CHANNEL_PARK", caller)
    await call.hang_up()
    await compare()


async def test_caller_is_passed_on_after_a_consult(bench: Bench, compare: Compare) -> None:
    """The agent's leg waits in park until it is ended; when the third hangs up, the caller asks the dialplan."""
    call, caller, taken, agent, third, leg = await asked(bench)
    await again(bench, caller, leg)
    await parked(bench, agent)
    await bench.api(f"uuid_kill {agent}")
    assert await taken.ended() == 200
    await third.hang_up()
    await bench.event("CHANNEL_PARK", caller)
    await call.hang_up()
    await compare()


async def test_agent_swaps_caller_and_third(bench: Bench, compare: Compare) -> None:
    call, caller, taken, agent, third, leg = await asked(bench)
    await hold(bench, leg, agent)
    await again(bench, caller, agent)
    await hold(bench, caller, agent)
    await again(bench, leg, agent)
    await third.hang_up()
    await parked(bench, agent)
    await call.hang_up()
    await bench.api(f"uuid_kill {agent}")
    assert await taken.ended() == 200
    await compare()


async def test_agent_hangs_up_during_a_consult(bench: Bench, compare: Compare) -> None:
    """The third's leg ends with it; the caller hears music on."""
    call, caller, taken, _, third, _ = await asked(bench)
    await taken.hang_up()
    assert await third.ended() == 200
    await bench.api(f"uuid_getvar {caller} current_application_data")
    await call.hang_up()
    await compare()


async def test_three_talk_together(bench: Bench, compare: Compare) -> None:
    """The third hears both and both hear the third; when that one leaves, the two talk on."""
    call, caller, taken, agent, third, leg = await asked(bench)
    await hold(bench, leg, agent)
    await again(bench, caller, agent)
    for name in ("eavesdrop_whisper_aleg", "eavesdrop_whisper_bleg"):
        await bench.api(f"uuid_setvar {leg} {name} true")
    await bench.api(f"uuid_transfer {leg} eavesdrop:{caller} inline")
    await bench.event("CHANNEL_EXECUTE", leg, Application="eavesdrop")
    await third.hang_up()
    await bench.event("CHANNEL_DESTROY", leg)
    await bench.wait_bridged(caller, agent)
    await call.hang_up()
    await parked(bench, agent)
    await bench.api(f"uuid_kill {agent}")
    assert await taken.ended() == 200
    await compare()


async def test_agent_asks_an_agent_whose_phone_is_called_to_park(bench: Bench) -> None:
    """The one who asks hears a ringing tone until the two are joined; each leg goes where the next bridge says."""
    carol = await phone(bench, "103")
    call, caller, taken, agent = await consulting(bench)
    await bench.api(f"uuid_broadcast {agent} tone_stream://%(1000,4000,425);loops=24 aleg")
    await bench.event("PLAYBACK_START", agent)
    leg = str(uuid4())
    variables = f"origination_uuid={leg},hangup_after_bridge=true"
    await bench.send(f"bgapi originate {{{variables}}}sofia/phones/103%{DOMAIN} &park()\nJob-UUID: asked")
    third = await carol.incoming()
    await third.answer()
    await bench.event("CHANNEL_PARK", leg)
    await again(bench, agent, leg)
    await hold(bench, leg, agent)
    await again(bench, caller, agent)
    await again(bench, caller, leg)
    await parked(bench, agent)
    await bench.api(f"uuid_kill {agent}")
    assert await taken.ended() == 200
    await call.hang_up()
    assert await third.ended() == 200


async def test_consult_is_cancelled_while_they_talk_again_after_a_swap(bench: Bench, compare: Compare) -> None:
    """The third's leg, which waited in music meanwhile, has nothing to go on with, and ends as it would have before."""
    call, caller, taken, agent, third, leg = await asked(bench)
    await hold(bench, leg, agent)
    await again(bench, caller, agent)
    await hold(bench, caller, agent)
    await again(bench, leg, agent)
    await bench.api(f"uuid_park {agent}")
    assert await third.ended() == 200
    await parked(bench, agent)
    await again(bench, caller, agent)
    await call.hang_up()
    await parked(bench, agent)
    await bench.api(f"uuid_kill {agent}")
    assert await taken.ended() == 200
    await compare()
