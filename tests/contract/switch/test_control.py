"""Live control over the event socket: park, bridge, record, originate, listen, conference."""

from __future__ import annotations

import pytest

from tests.contract.switch.bench import Bench
from tests.contract.switch.drivers import DOMAIN, Call
from tests.contract.switch.scenes import Compare, answered_alone, answered_call, phone

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def parked(bench: Bench, user: str, number: str) -> tuple[Call, str]:
    """A phone that called `number` and is parked there."""
    caller = await phone(bench, user)
    call = await caller.dial(number)
    await call.answered()
    leg = await bench.leg(number)
    await bench.event("CHANNEL_PARK", leg)
    return call, leg


async def test_park_by_dialplan(bench: Bench, compare: Compare) -> None:
    call, leg = await answered_alone(bench, "700", ("park", ""))
    await bench.event("CHANNEL_PARK", leg)
    await bench.api(f"uuid_kill {leg} NORMAL_CLEARING")
    assert await call.ended() == 200
    await compare()


async def test_park_timeout(bench: Bench, compare: Compare) -> None:
    call, leg = await answered_alone(bench, "700", ("set", "park_timeout=1:ALLOTTED_TIMEOUT"), ("park", ""))
    await bench.event("CHANNEL_PARK", leg)
    assert await call.ended() == 200
    await compare()


async def test_park_by_command(bench: Bench, compare: Compare) -> None:
    outgoing, incoming = await answered_call(bench)
    leg = await bench.leg("102", "inbound")
    await bench.api(f"uuid_park {leg}")
    await bench.event("CHANNEL_PARK", leg)
    assert await incoming.ended() == 200
    await outgoing.hang_up()
    await compare()


async def test_bridge_of_two_parked_legs(bench: Bench, compare: Compare) -> None:
    bench.route(lambda _form: [("answer", ""), ("park", "")])
    first, one = await parked(bench, "101", "701")
    second, two = await parked(bench, "102", "702")
    await bench.api(f"uuid_bridge {one} {two}")
    await bench.event("CHANNEL_BRIDGE", one)
    await bench.wait_bridged(one, two)
    await first.hang_up()
    assert await second.ended() == 200
    await compare()


async def test_record(bench: Bench, compare: Compare) -> None:
    outgoing, incoming = await answered_call(bench)
    leg = await bench.leg("102", "inbound")
    path = bench.folder / "call.wav"
    for verb in ("start", "mask", "unmask", "stop", "stop"):
        await bench.api(f"uuid_record {leg} {verb} {path}")
        if verb == "start":
            await bench.event("RECORD_START", leg)
    await bench.event("RECORD_STOP", leg)
    await outgoing.hang_up()
    assert await incoming.ended() == 200
    await compare()


async def test_record_until_hangup(bench: Bench, compare: Compare) -> None:
    outgoing, incoming = await answered_call(bench)
    leg = await bench.leg("102", "inbound")
    await bench.api(f"uuid_record {leg} start {bench.folder / 'call.wav'}")
    await bench.event("RECORD_START", leg)
    await outgoing.hang_up()
    assert await incoming.ended() == 200
    await compare()


async def test_originate_to_application(bench: Bench, compare: Compare) -> None:
    bob = await phone(bench, "102")
    variables = "origination_caller_id_number=200,origination_caller_id_name=Desk,seda_call_id=x"
    await bench.send(f"bgapi originate {{{variables}}}sofia/phones/102%{DOMAIN} &park()\nJob-UUID: job-1")
    call = await bob.incoming()
    await call.ring()
    await call.answer()
    await bench.event("BACKGROUND_JOB", Job_UUID="job-1")
    leg = await bench.leg("102")
    await bench.event("CHANNEL_PARK", leg)
    await call.hang_up()
    await compare()


async def test_originate_to_extension(bench: Bench, compare: Compare) -> None:
    alice, bob = await phone(bench, "101"), await phone(bench, "102")
    ids = "origination_caller_id_number=102,origination_callee_id_number=101,origination_callee_id_name=Alice"
    variables = f"{{seda_tenant_id={bench.tenant},{ids}}}"
    await bench.send(f"bgapi originate {variables}sofia/phones/101%{DOMAIN} 102 XML seda\nJob-UUID: job-2")
    first = await alice.incoming()
    await first.ring()
    await first.answer()
    second = await bob.incoming()
    await second.ring()
    await bench.event("CHANNEL_PROGRESS", await bench.leg("102"))
    await second.answer()
    await bench.event("CHANNEL_BRIDGE")
    await bench.wait_bridged(await bench.leg("101"), await bench.leg("102"))
    await second.hang_up()
    assert await first.ended() == 200
    await compare()


async def test_originate_failed(bench: Bench, compare: Compare) -> None:
    bob = await phone(bench, "102")
    await bench.send(f"bgapi originate sofia/phones/102%{DOMAIN} &park()\nJob-UUID: job-3")
    await (await bob.incoming()).reject(486)
    await bench.event("BACKGROUND_JOB", Job_UUID="job-3")
    await bench.api("originate error/USER_BUSY &park()")
    await bench.api(f"originate sofia/phones/104%{DOMAIN} &park()")
    await compare()


async def test_originate_no_answer(bench: Bench, compare: Compare) -> None:
    bob = await phone(bench, "102")
    command = f"originate {{originate_timeout=1}}sofia/phones/102%{DOMAIN} &park()"
    await bench.send(f"bgapi {command}\nJob-UUID: job-4")
    call = await bob.incoming()
    await call.ring()
    assert await call.ended() == 487
    await bench.event("BACKGROUND_JOB", Job_UUID="job-4")
    await compare()


async def test_eavesdrop(bench: Bench, compare: Compare) -> None:
    outgoing, incoming = await answered_call(bench)
    target = await bench.leg("102", "inbound")
    supervisor = await phone(bench, "103")
    await bench.send(f"bgapi originate sofia/phones/103%{DOMAIN} &eavesdrop({target})\nJob-UUID: job-5")
    listening = await supervisor.incoming()
    await listening.answer()
    leg = await bench.leg("103")
    await bench.event("CHANNEL_EXECUTE", leg, Application="eavesdrop")
    await outgoing.hang_up()
    assert await incoming.ended() == 200
    assert await listening.ended() == 200
    await compare()


async def test_conference_of_three(bench: Bench, compare: Compare) -> None:
    bench.route(lambda _form: [("answer", ""), ("conference", "room-1@default")])
    calls = []
    for number, user in enumerate(("101", "102", "103"), start=1):
        caller = await phone(bench, user)
        call = await caller.dial(f"80{number}")
        await call.answered()
        await bench.event("conference::maintenance", await bench.leg(f"80{number}"), Action="add-member")
        calls.append(call)
    await bench.api("conference room-1 kick last")
    assert await calls[2].ended() == 200
    await calls[0].hang_up()
    await bench.event("conference::maintenance", await bench.leg("801"), Action="del-member")
    await calls[1].hang_up()
    await bench.event("conference::maintenance", Action="conference-destroy")
    await compare()


async def test_transfer_by_command(bench: Bench, compare: Compare) -> None:
    carol = await phone(bench, "103")
    outgoing, incoming = await answered_call(bench)
    await bench.api(f"uuid_transfer {await bench.leg('102', 'inbound')} 103")
    assert await incoming.ended() == 200
    third = await carol.incoming()
    await third.ring()
    await third.answer()
    await bench.event("CHANNEL_BRIDGE", Bridge_B_Unique_ID=await bench.leg("103"))
    await bench.wait_bridged(await bench.leg("102", "inbound"), await bench.leg("103"))
    await third.hang_up()
    assert await outgoing.ended() == 200
    await compare()


async def test_hold_by_command(bench: Bench, compare: Compare) -> None:
    """The other leg hears music, if it has talked for ten packets (switch_ivr_bridge.c: DEFAULT_LEAD_FRAMES)."""
    outgoing, incoming = await answered_call(bench)
    await outgoing.hears()
    leg = await bench.leg("102", "inbound")
    await bench.api(f"uuid_hold {leg}")
    await bench.event("CHANNEL_HOLD", leg)
    await bench.wait_variable(leg, "sip_from_user", "102")  # the phone took the re-INVITE
    music = await bench.event("PLAYBACK_START")
    await bench.api(f"uuid_hold off {leg}")
    await bench.event("CHANNEL_UNHOLD", leg)
    await bench.event("PLAYBACK_STOP", music["Unique-ID"])
    await outgoing.hang_up()
    assert await incoming.ended() == 200
    await compare()


async def test_call_held_for_a_moment(bench: Bench) -> None:
    """Who waits is known to hear something by `current_loop`; that stopped, both hear each other."""
    outgoing, incoming = await answered_call(bench)
    await outgoing.hears()
    leg, other = await bench.leg("102", "inbound"), await bench.leg("102", "outbound")
    await bench.api(f"uuid_hold {leg}")
    await bench.wait_variable(other, "current_loop")
    await bench.event("PLAYBACK_START", other)  # a break that comes between the two is lost
    await bench.api(f"uuid_break {other} all")
    await bench.wait_variable(other, "current_loop", "_undef_")
    await bench.api(f"uuid_hold off {leg}")
    for call in (outgoing, incoming):
        await call.hears()
    await outgoing.hang_up()
    assert await incoming.ended() == 200


async def test_kill(bench: Bench, compare: Compare) -> None:
    outgoing, incoming = await answered_call(bench)
    await bench.api(f"uuid_kill {await bench.leg('102', 'outbound')} CALL_REJECTED")
    assert await outgoing.ended() == 200
    assert await incoming.ended() == 200
    await compare()


async def test_answers_of_commands(bench: Bench, compare: Compare) -> None:
    outgoing, incoming = await answered_call(bench)
    leg, gone = await bench.leg("102", "inbound"), "00000000-0000-4000-8000-000000000000"
    await bench.api(f"uuid_exists {leg}")
    await bench.api(f"uuid_setvar {leg} seda_step 2")
    await bench.api(f"uuid_getvar {leg} seda_step")
    await bench.api(f"uuid_getvar {leg} nothing")
    for command in ("uuid_exists", "uuid_kill", "uuid_park", "uuid_dump", "uuid_hold", "uuid_answer"):
        await bench.api(f"{command} {gone}")
    for command in ("uuid_transfer {} 103", "uuid_setvar {} a b", "uuid_getvar {} a", "uuid_broadcast {} x.wav both"):
        await bench.api(command.format(gone))
    await bench.api(f"uuid_record {gone} start /nowhere.wav")
    await bench.api(f"uuid_bridge {gone} {leg}")
    for command in ("uuid_kill", "uuid_bridge", "uuid_transfer", "originate", "no_such_command x"):
        await bench.api(command)
    await bench.api("hostname_nothing")
    await outgoing.hang_up()
    assert await incoming.ended() == 200
    await bench.api(f"uuid_exists {gone}")
    await compare()


async def test_commands_of_the_connection(bench: Bench, compare: Compare) -> None:
    for command in ("filter Unique-ID x", "filter delete Unique-ID x", "filter", "nixevent DTMF", "nixevent"):
        await bench.send(command)
    for command in (
        "noevents",
        "noevents",
        "event plain NOTHING",
        "linger",
        "myevents",
        "nolog",
        "nonsense",
        "sendmsg x",
    ):
        await bench.send(command)
    await compare()
