"""A caller waits in a queue, hears music, is connected with an agent's leg, and goes on when the agent leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.contract.switch.bench import Bench
from tests.contract.switch.drivers import DOMAIN, Call, Phone
from tests.contract.switch.queue_dialplan import MUSIC, to_queue
from tests.contract.switch.scenes import Compare, phone
from tests.support.fake_xml_curl import Actions

pytestmark = pytest.mark.asyncio(loop_scope="session")


Decide = Callable[[dict[str, str]], Actions | None]
GOODBYE = "file_string://silence_stream://100!silence_stream://200"
ANNOUNCED = "file_string://silence_stream://700!silence_stream://700"


def without_stop_keys(form: dict[str, str]) -> Actions | None:
    """As routing sends callers to a queue: no key ends the music."""
    return [("set", "playback_terminators=none"), *(to_queue(form) or [])]


async def waiting(bench: Bench, dialplan: Decide = to_queue) -> tuple[Call, str]:
    """101 called a queue and hears its music; the call and its leg."""
    bench.route(dialplan)
    alice = await phone(bench, "101")
    call = await alice.dial("600")
    await call.answered()
    leg = await bench.leg("600")
    await bench.event("seda::queued", leg)
    await bench.event("PLAYBACK_START", leg)
    return call, leg


async def offered(bench: Bench, bob: Phone, *, ring_seconds: int = 30) -> tuple[Call, str]:
    """The agent's phone rings, called by the queue; its leg and the job are named by us."""
    leg = str(uuid4())
    variables = f"origination_uuid={leg},originate_timeout={ring_seconds},origination_callee_id_number=102"
    await bench.send(f"bgapi originate {{{variables}}}sofia/phones/102%{DOMAIN} &park()\nJob-UUID: offer")
    call = await bob.incoming()
    await call.ring()
    await bench.event("CHANNEL_PROGRESS", leg)
    return call, leg


async def accepted(bench: Bench, bob: Phone) -> tuple[Call, str]:
    """The agent took the offer: its leg is parked, the caller still waits."""
    call, leg = await offered(bench, bob)
    await call.answer()
    await bench.event("BACKGROUND_JOB", Job_UUID="offer")
    await bench.event("CHANNEL_PARK", leg)
    return call, leg


async def connected(bench: Bench) -> tuple[Call, str, Call, str]:
    """Caller and agent talk: call and leg of either."""
    bob = await phone(bench, "102")
    call, caller = await waiting(bench)
    taken, agent = await accepted(bench, bob)
    await bench.api(f"uuid_bridge {caller} {agent}")
    await bench.event("CHANNEL_BRIDGE", caller)
    await bench.wait_bridged(caller, agent)
    return call, caller, taken, agent


async def test_queued_caller_hears_music_and_leaves(bench: Bench, compare: Compare) -> None:
    """The event carries the leg's variables; the music goes on until the caller hangs up."""
    call, leg = await waiting(bench)
    await call.hang_up()
    await bench.event("CHANNEL_DESTROY", leg)
    await compare()


async def test_queued_caller_is_connected_and_the_agent_hangs_up(bench: Bench, compare: Compare) -> None:
    """The caller's leg asks the dialplan at `seda-next`."""
    call, caller, taken, _ = await connected(bench)
    await taken.hang_up()
    await bench.event("CHANNEL_PARK", caller)
    await call.hang_up()
    await compare()


async def test_queued_caller_is_connected_and_hangs_up(bench: Bench, compare: Compare) -> None:
    """The agent's leg ends with it."""
    call, _, taken, _ = await connected(bench)
    await call.hang_up()
    assert await taken.ended() == 200
    await compare()


async def test_queued_caller_is_connected_and_the_agents_leg_is_killed(bench: Bench, compare: Compare) -> None:
    call, caller, taken, agent = await connected(bench)
    await bench.api(f"uuid_kill {agent} NORMAL_CLEARING")
    assert await taken.ended() == 200
    await bench.event("CHANNEL_PARK", caller)
    await call.hang_up()
    await compare()


async def test_queued_caller_leaves_while_the_agent_rings(bench: Bench, compare: Compare) -> None:
    """The offer is taken back with `uuid_kill`; the job is answered with the cause that was given."""
    bob = await phone(bench, "102")
    call, caller = await waiting(bench)
    rung, agent = await offered(bench, bob)
    await call.hang_up()
    await bench.event("CHANNEL_DESTROY", caller)
    await bench.api(f"uuid_kill {agent} ORIGINATOR_CANCEL")
    assert await rung.ended() == 487
    await bench.event("BACKGROUND_JOB", Job_UUID="offer")
    await compare()


async def test_queued_caller_leaves_before_the_bridge(bench: Bench, compare: Compare) -> None:
    """`uuid_bridge` is refused; the agent's leg stays parked until it is told otherwise."""
    bob = await phone(bench, "102")
    call, caller = await waiting(bench)
    taken, agent = await accepted(bench, bob)
    await call.hang_up()
    await bench.event("CHANNEL_DESTROY", caller)
    await bench.api(f"uuid_bridge {caller} {agent}")
    await bench.api(f"uuid_getvar {agent} current_application")
    await bench.api(f"uuid_kill {agent} NORMAL_CLEARING")
    assert await taken.ended() == 200
    await compare()


async def test_agent_leaves_before_the_bridge(bench: Bench, compare: Compare) -> None:
    """`uuid_bridge` is refused, the music goes on."""
    bob = await phone(bench, "102")
    call, caller = await waiting(bench)
    taken, agent = await accepted(bench, bob)
    await taken.hang_up()
    await bench.event("CHANNEL_DESTROY", agent)
    await bench.api(f"uuid_bridge {caller} {agent}")
    await bench.api(f"uuid_getvar {caller} current_application_data")
    await call.hang_up()
    await compare()


async def test_agent_is_busy(bench: Bench, compare: Compare) -> None:
    """The offer fails, the caller's music goes on."""
    bob = await phone(bench, "102")
    call, _ = await waiting(bench)
    rung, _ = await offered(bench, bob)
    await rung.reject(486)
    await bench.event("BACKGROUND_JOB", Job_UUID="offer")
    await call.hang_up()
    await compare()


async def test_agent_does_not_answer(bench: Bench, compare: Compare) -> None:
    bob = await phone(bench, "102")
    call, _ = await waiting(bench)
    rung, _ = await offered(bench, bob, ring_seconds=1)
    assert await rung.ended() == 487
    await bench.event("BACKGROUND_JOB", Job_UUID="offer")
    await call.hang_up()
    await compare()


async def test_agent_is_not_registered(bench: Bench, compare: Compare) -> None:
    call, _ = await waiting(bench)
    await bench.send(f"bgapi originate {{origination_uuid={uuid4()}}}sofia/phones/104%{DOMAIN} &park()\nJob-UUID: j")
    await bench.event("BACKGROUND_JOB", Job_UUID="j")
    await call.hang_up()
    await compare()


async def test_agent_transfers_the_caller_to_an_extension(bench: Bench, compare: Compare) -> None:
    """The agent's leg ends, the caller's asks the dialplan; `transfer_after_bridge` counts for the next bridge too."""
    carol = await phone(bench, "103")
    call, caller, taken, _ = await connected(bench)
    transfer = asyncio.create_task(taken.transfer("103"))
    third = await carol.incoming()
    await third.ring()
    await third.answer()
    await transfer
    assert await taken.ended() == 200
    other = await bench.leg("103")
    await bench.event("CHANNEL_BRIDGE", caller, Bridge_B_Unique_ID=other)
    await bench.wait_bridged(caller, other)
    await third.hang_up()
    await bench.event("CHANNEL_PARK", caller)
    await call.hang_up()
    await compare()


async def test_agent_transfers_the_caller_to_a_queue(bench: Bench, compare: Compare) -> None:
    """A second turn of the same leg: told again, with music again."""
    call, caller, taken, _ = await connected(bench)
    await taken.transfer("601")
    assert await taken.ended() == 200
    await bench.event("PLAYBACK_START", caller, Caller_Destination_Number="601")
    await call.hang_up()
    await compare()


async def test_queued_caller_is_sent_on(bench: Bench, compare: Compare) -> None:
    """The wait is over: `uuid_transfer` takes the caller out of the music."""
    call, leg = await waiting(bench)
    await bench.api(f"uuid_transfer {leg} seda-next XML seda")
    await bench.event("CHANNEL_PARK", leg)
    await call.hang_up()
    await compare()


async def test_queued_callers_music_ends(bench: Bench, compare: Compare) -> None:
    """Nobody moves the leg: it asks the dialplan at `seda-next`."""
    call, leg = await waiting(bench)
    await bench.api(f"uuid_break {leg}")
    await bench.event("CHANNEL_PARK", leg)
    await call.hang_up()
    await compare()


async def test_queued_caller_hears_an_announcement(bench: Bench, compare: Compare) -> None:
    """A sound played into the music: the music goes on after it."""
    call, leg = await waiting(bench)
    await bench.api(f"uuid_broadcast {leg} silence_stream://200 aleg")
    await bench.event("PLAYBACK_STOP", leg)
    await bench.event("CHANNEL_EXECUTE_COMPLETE", leg, Application_Data="silence_stream://200")
    await bench.api(f"uuid_getvar {leg} current_application_data")
    await call.hang_up()
    await compare()


async def test_queued_caller_presses_keys(bench: Bench, compare: Compare) -> None:
    """Each is told, in the music and in an announcement, which go on: with `playback_terminators=none` also `*`."""
    call, leg = await waiting(bench, without_stop_keys)
    await call.dtmf("*")
    await bench.event("DTMF", leg, DTMF_Digit="*")
    await bench.api(f"uuid_broadcast {leg} file_string://silence_stream://700!silence_stream://700 aleg")
    await bench.event("PLAYBACK_START", leg, Playback_File_Path=ANNOUNCED)
    await call.dtmf("1")
    await bench.event("DTMF", leg, DTMF_Digit="1")
    await bench.event("CHANNEL_EXECUTE_COMPLETE", leg, Application_Data=ANNOUNCED)
    await bench.api(f"uuid_getvar {leg} current_application_data")
    await call.hang_up()
    await compare()


async def test_queued_caller_is_connected_in_the_middle_of_an_announcement(bench: Bench, compare: Compare) -> None:
    """The bridge ends it; nothing of it is left when the agent has gone."""
    bob = await phone(bench, "102")
    call, caller = await waiting(bench)
    taken, agent = await accepted(bench, bob)
    await bench.api(f"uuid_broadcast {caller} silence_stream://60000 aleg")
    await bench.event("PLAYBACK_START", caller, Playback_File_Path="silence_stream://60000")
    await bench.api(f"uuid_bridge {caller} {agent}")
    await bench.event("CHANNEL_BRIDGE", caller)
    await bench.wait_bridged(caller, agent)
    await taken.hang_up()
    await bench.event("CHANNEL_PARK", caller)
    await call.hang_up()
    await compare()


async def test_queued_caller_is_sent_on_in_the_middle_of_an_announcement(bench: Bench, compare: Compare) -> None:
    call, leg = await waiting(bench)
    await bench.api(f"uuid_broadcast {leg} silence_stream://60000 aleg")
    await bench.event("PLAYBACK_START", leg, Playback_File_Path="silence_stream://60000")
    await bench.api(f"uuid_transfer {leg} seda-next XML seda")
    await bench.event("CHANNEL_PARK", leg)
    await call.hang_up()
    await compare()


async def test_queued_caller_is_told_goodbye_in_the_middle_of_a_question(bench: Bench, compare: Compare) -> None:
    """What is played in place of question and music is heard at once, and the call ends with it."""
    call, leg = await waiting(bench, without_stop_keys)
    await bench.api(f"uuid_broadcast {leg} silence_stream://60000 aleg")
    await bench.event("PLAYBACK_START", leg, Playback_File_Path="silence_stream://60000")
    await bench.api(f"uuid_transfer {leg} playback:{GOODBYE},hangup:NORMAL_CLEARING inline seda")
    await bench.event("PLAYBACK_START", leg, Playback_File_Path=GOODBYE)
    assert await call.ended() == 200
    await compare()


async def parked_agent(bench: Bench, bob: Phone) -> tuple[Call, str]:
    """An agent's leg, called for a callback, is parked."""
    bench.route(to_queue)
    return await accepted(bench, bob)


async def test_agent_calls_a_customer_back_who_hangs_up(bench: Bench, compare: Compare) -> None:
    """The agent's parked leg is sent into the dialplan, which calls the customer; both legs end together."""
    bob, carol = await phone(bench, "102"), await phone(bench, "103")
    taken, agent = await parked_agent(bench, bob)
    await bench.api(f"uuid_transfer {agent} 103 XML seda")
    called = await carol.incoming()
    await called.ring()
    await called.answer()
    customer = await bench.leg("103")
    await bench.event("CHANNEL_ANSWER", customer)
    await bench.event("CHANNEL_BRIDGE", agent)
    await bench.wait_bridged(agent, customer)
    await called.hang_up()
    assert await taken.ended() == 200
    await compare()


async def test_agent_calls_a_customer_back_who_is_busy(bench: Bench, compare: Compare) -> None:
    """The agent's leg ends with the customer's cause."""
    bob, carol = await phone(bench, "102"), await phone(bench, "103")
    taken, agent = await parked_agent(bench, bob)
    await bench.api(f"uuid_transfer {agent} 103 XML seda")
    called = await carol.incoming()
    await called.reject(486)
    assert await taken.ended() == 200
    await bench.event("CHANNEL_DESTROY", agent)
    await compare()


async def test_agent_has_nothing_of_the_callers_queue(bench: Bench, compare: Compare) -> None:
    """The bridge copies no variable of the queue to the agent's leg."""
    call, caller, taken, agent = await connected(bench)
    for leg in (caller, agent):
        for name in ("seda_queue", "seda_queue_turn", "transfer_after_bridge", "export_vars"):
            await bench.api(f"uuid_getvar {leg} {name}")
    await call.hang_up()
    assert await taken.ended() == 200
    await compare()


async def test_caller_leaves_in_the_moment_of_the_bridge(bench: Bench) -> None:
    """`uuid_bridge` may say +OK and connect nobody. The agent's leg mostly stays, in park or CS_RESET."""
    bob = await phone(bench, "102")
    call, caller = await waiting(bench)
    taken, agent = await accepted(bench, bob)
    _, reply = await asyncio.gather(call.hang_up(), bench.api(f"uuid_bridge {caller} {agent}"))
    assert reply.startswith(("+OK", "-ERR Invalid uuid"))
    await bench.event("CHANNEL_DESTROY", caller)
    await bench.api(f"uuid_kill {agent} NORMAL_CLEARING")
    assert await taken.ended() == 200


async def test_agent_leaves_in_the_moment_of_the_bridge(bench: Bench) -> None:
    """The caller goes on hearing music (-ERR), or asks the dialplan (+OK) without ever having been connected."""
    bob = await phone(bench, "102")
    call, caller = await waiting(bench)
    taken, agent = await accepted(bench, bob)
    _, reply = await asyncio.gather(taken.hang_up(), bench.api(f"uuid_bridge {caller} {agent}"))
    await bench.event("CHANNEL_DESTROY", agent)
    if reply.startswith("+OK"):
        await bench.event("CHANNEL_PARK", caller)
    else:
        assert await bench.api(f"uuid_getvar {caller} current_application_data") == MUSIC
    await call.hang_up()


async def test_agents_leg_is_killed_in_the_moment_of_the_bridge(bench: Bench) -> None:
    """The caller asks the dialplan, connected for a moment or not at all."""
    bob = await phone(bench, "102")
    call, caller = await waiting(bench)
    _, agent = await accepted(bench, bob)
    await asyncio.gather(bench.api(f"uuid_bridge {caller} {agent}"), bench.api(f"uuid_kill {agent}"))
    await bench.event("CHANNEL_PARK", caller)
    assert await bench.api(f"uuid_getvar {caller} seda_step") == "next"
    await call.hang_up()


async def test_second_bridge_of_a_connected_caller(bench: Bench, compare: Compare) -> None:
    """Another agent's leg is bridged to a caller who is talking already: it takes the caller over."""
    carol = await phone(bench, "103")
    call, caller, taken, _ = await connected(bench)
    second = str(uuid4())
    variables = f"origination_uuid={second},origination_callee_id_number=103"
    await bench.send(f"bgapi originate {{{variables}}}sofia/phones/103%{DOMAIN} &park()\nJob-UUID: second")
    third = await carol.incoming()
    await third.answer()
    await bench.event("CHANNEL_PARK", second)
    await bench.event("BACKGROUND_JOB", Job_UUID="second")
    await bench.api(f"uuid_bridge {caller} {second}")
    assert await taken.ended() == 200
    await bench.event("CHANNEL_BRIDGE", caller, Bridge_B_Unique_ID=second)
    await bench.wait_bridged(caller, second)
    await call.hang_up()
    assert await third.ended() == 200
    await compare()


async def test_queued_caller_is_connected_and_put_back_in_the_queue(bench: Bench, compare: Compare) -> None:
    """The agent's leg, which `hangup_after_bridge` ends, goes; the caller hears music again, a turn later."""
    bob = await phone(bench, "102")
    call, caller = await waiting(bench)
    taken, agent = await accepted(bench, bob)
    await bench.api(f"uuid_setvar {agent} hangup_after_bridge true")
    await bench.api(f"uuid_bridge {caller} {agent}")
    await bench.event("CHANNEL_BRIDGE", caller)
    await bench.wait_bridged(caller, agent)
    await bench.api(f"uuid_transfer {caller} 601 XML seda")
    assert await taken.ended() == 200
    await bench.event("PLAYBACK_START", caller, Caller_Destination_Number="601")
    await bench.api(f"uuid_getvar {caller} current_application_data")
    await call.hang_up()
    await bench.event("CHANNEL_DESTROY", caller)
    await compare()
