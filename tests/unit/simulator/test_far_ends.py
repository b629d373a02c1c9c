"""Scripted far ends on a clock moved by hand."""

from __future__ import annotations

import asyncio

from tests.unit.simulator.conftest import Stage

DIAL = "originate {origination_uuid=%s,originate_timeout=30}sofia/phones/102%%acme.test &park()"


async def test_answers_after_its_seconds_and_hangs_up_after_its_talk(stage: Stage) -> None:
    stage.phone("102", {"ring_after": 1, "answer_after": 4, "hangup_after": 60})
    call = asyncio.create_task(stage.api(DIAL % "leg-1"))
    await stage.clock.advance(1)
    assert "CHANNEL_PROGRESS" in stage.ears.names("leg-1")
    await stage.clock.advance(3.9)
    assert not call.done()
    await stage.clock.advance(0.2)
    assert await call == "+OK leg-1\n"
    await stage.clock.advance(59)
    assert await stage.api("uuid_exists leg-1") == "true"
    await stage.clock.advance(1)
    assert stage.ears.names("leg-1")[-2:] == ["CHANNEL_DESTROY", "CHANNEL_STATE"]
    [record] = stage.records()
    assert (record["billsec"], record["duration"], record["hangup_cause"]) == ("60", "65", "NORMAL_CLEARING")


async def test_no_answer_ends_by_the_timeout(stage: Stage) -> None:
    stage.phone("102", "no-answer")
    call = asyncio.create_task(stage.api(DIAL % "leg-2"))
    await stage.clock.advance(29)
    assert not call.done()
    await stage.clock.advance(2)
    assert await call == "-ERR NO_ANSWER\n"


async def test_busy_unreachable_and_unregistered(stage: Stage) -> None:
    for script, cause in (("busy", "USER_BUSY"), ("unreachable", "NO_USER_RESPONSE"), ("reject", "CALL_REJECTED")):
        stage.phone("102", script)
        call = asyncio.create_task(stage.api(DIAL % script))
        await stage.clock.advance(1)
        assert await call == f"-ERR {cause}\n"
    assert await stage.api("originate sofia/phones/109%acme.test &park()") == "-ERR USER_NOT_REGISTERED\n"


async def test_registration_ends_by_itself(stage: Stage) -> None:
    stage.phone("102", "answer")
    await stage.clock.advance(3601)
    assert await stage.api("originate sofia/phones/102%acme.test &park()") == "-ERR USER_NOT_REGISTERED\n"


async def test_keys_pressed_by_a_script_reach_the_event_stream(stage: Stage) -> None:
    stage.phone("102", {"ring_after": 0, "answer_after": 0, "digits": "12#", "digits_after": 2})
    call = asyncio.create_task(stage.api(DIAL % "leg-3"))
    await stage.clock.advance(5)
    await call
    digits = [event.headers["DTMF-Digit"] for event in stage.ears.events if event.name == "DTMF"]
    assert digits == ["1", "2", "#"]


async def test_call_of_an_hour_takes_no_time_of_ours(stage: Stage) -> None:
    stage.phone("102", "answer")
    call = asyncio.create_task(stage.api(DIAL % "leg-4"))
    await stage.clock.advance(2)
    await call
    await stage.api("sched_hangup +3600 leg-4 ALLOTTED_TIMEOUT")
    await stage.clock.advance(3600)
    [record] = stage.records()
    assert (record["billsec"], record["hangup_cause"]) == ("3601", "ALLOTTED_TIMEOUT")


async def test_loopback_answers_when_its_other_half_is_answered(stage: Stage) -> None:
    call = asyncio.create_task(stage.api("originate loopback/103/seda &park()"))
    await stage.clock.advance(1)
    inner = next(leg for leg in stage.switch.sessions.values() if leg.channel.name == "loopback/103-b")
    inner.answer()
    await stage.clock.advance(1)
    assert (await call).startswith("+OK")


async def test_without_services_the_fallback_dialplan_connects_the_tenant(stage: Stage) -> None:
    stage.phone("102", "answer")
    from freeswitch.simulator.domain.profile import CallerProfile
    from freeswitch.simulator.far_end.leg import FarLeg
    from freeswitch.simulator.legs import incoming

    stage.phone("101")
    caller = stage.switch.phones.find("101@acme.test")
    assert caller is not None
    far = FarLeg(caller, outgoing=True, number="102")
    tags = {"seda_tenant_id": "7b0f5a52-8f1c-4f6e-9a53-0b1c7c1d2e3f", "domain_name": "acme.test"}
    profile = CallerProfile(context="seda", destination_number="102", caller_id_number="101")
    incoming(stage.switch, far, profile, "sofia/phones/101@acme.test", tags)
    await stage.clock.advance(3)
    assert far.state == "answered"
    assert "CHANNEL_BRIDGE" in stage.ears.names(far.uuid)
