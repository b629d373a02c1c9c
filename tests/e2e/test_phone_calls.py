"""Two real phones and a real FreeSWITCH with Seda's configuration: what a call does."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.support.office import Office

pytestmark = [pytest.mark.freeswitch, pytest.mark.asyncio(loop_scope="module")]


async def test_caller_hangs_up(office: Office) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    call, answer = await office.connect(alice, bob)

    await call.hang_up()

    end = await answer.ended()
    assert (end.by, end.status) == ("remote", 200)
    assert 'text="NORMAL_CLEARING"' in end.cause


async def test_callee_hangs_up(office: Office) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    call, answer = await office.connect(alice, bob)

    await answer.hang_up()

    assert (await call.ended()).by == "remote"


async def test_both_legs_of_an_answered_call_have_a_record(office: Office) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    call, _ = await office.connect(alice, bob)
    first, second = await office.legs(2)
    await call.hang_up()

    caller = json.loads((await office.record_of(first)).read_text())["variables"]
    callee = json.loads((await office.record_of(second)).read_text())["variables"]

    assert caller["seda_call_id"] == callee["seda_call_id"] == first
    assert caller["seda_tenant_id"] == callee["seda_tenant_id"] == office.services.tenant_id
    assert (caller["direction"], callee["direction"]) == ("inbound", "outbound")
    assert (caller["seda_extension"], callee["seda_extension"]) == ("101", "102")
    assert caller["hangup_cause"] == callee["hangup_cause"] == "NORMAL_CLEARING"
    assert int(caller["billmsec"]) > 0


@pytest.mark.parametrize(
    ("status", "cause"),
    [(486, "USER_BUSY"), (603, "CALL_REJECTED"), (480, "NO_USER_RESPONSE"), (404, "UNALLOCATED_NUMBER")],
)
async def test_refused_call_ends_with_the_callees_reason(office: Office, status: int, cause: str) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    call = await alice.dial("102")

    (await bob.incoming()).reject(status)

    end = await call.ended()
    assert cause in end.cause
    assert end.status == status


async def test_caller_gives_up_while_it_rings(office: Office) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    call = await alice.dial("102")
    answer = await bob.incoming()
    answer.ring()
    await call.ringing()

    assert (await call.cancel()).status == 487

    assert (await answer.ended()).status == 487


async def test_nobody_answers(office: Office) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    bridge = ("bridge", "sofia/phones/102%demo.example")
    office.services.dial = lambda _: [("set", "call_timeout=1"), bridge, ("hangup", "${originate_disposition}")]
    call = await alice.dial("102")
    answer = await bob.incoming()
    answer.ring()

    end = await call.ended()

    assert (end.status, "NO_ANSWER" in end.cause) == (480, True)
    assert (await answer.ended()).status == 487


async def test_extension_without_a_registered_phone(office: Office) -> None:
    alice = await office.phone("101")

    end = await (await alice.dial("104")).ended()

    assert (end.status, "USER_NOT_REGISTERED" in end.cause) == (480, True)


async def test_held_party_hears_music_until_resumed(office: Office) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    call, answer = await office.connect(alice, bob)
    assert answer.rtp.received_voice == 0  # both phones send silence

    await call.hold()
    async with asyncio.timeout(10):
        await answer.stream.heard(voice_packets=20)
    assert await office.node.api(f"uuid_getvar {(await office.legs(2))[0]} seda_call_id")

    await call.resume()
    await office.hear_each_other(call, answer)
    await call.hang_up()


@pytest.mark.parametrize("side", ["caller", "callee"])
async def test_keys_reach_the_other_side(office: Office, side: str) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    calls = await office.connect(alice, bob)
    presser, listener = calls if side == "caller" else reversed(calls)

    presser.send_dtmf("1#*9")

    async with asyncio.timeout(10):
        await listener.stream.heard(digits="1#*9")


async def test_voice_passes_both_ways(office: Office) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    call, answer = await office.connect(alice, bob)
    call.stream.tone_hz, answer.stream.tone_hz = 440, 880

    async with asyncio.timeout(10):
        await call.stream.heard(voice_packets=20)
        await answer.stream.heard(voice_packets=20)


async def test_two_calls_at_once_keep_apart(office: Office) -> None:
    alice, bob, carol, dave = [await office.phone(user) for user in ("101", "102", "103", "104")]
    first, second = await asyncio.gather(office.connect(alice, bob), office.connect(carol, dave))

    await first[0].hang_up()

    assert (await first[1].ended()).by == "remote"
    await office.hear_each_other(*second)


async def test_shutdown_hangs_up_and_writes_the_records(office: Office) -> None:
    alice, bob = await office.phone("101"), await office.phone("102")
    call, answer = await office.connect(alice, bob)
    legs = await office.legs(2)

    await office.node.restart()

    assert "SYSTEM_SHUTDOWN" in (await call.ended()).cause
    assert (await answer.ended()).by == "remote"
    causes = [json.loads((await office.record_of(leg)).read_text())["variables"]["hangup_cause"] for leg in legs]
    assert causes == ["SYSTEM_SHUTDOWN", "SYSTEM_SHUTDOWN"]
