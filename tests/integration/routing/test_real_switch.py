"""Routing's answers carried out by a real FreeSWITCH, with real phones."""

from __future__ import annotations

import asyncio
import functools

import pytest

from freeswitch.phone import SipPhone
from services.routing.domain.config import Caps, Member
from tests.integration.routing.switchboard import Switchboard
from tests.support.waiting import eventually
from tests.unit.routing.town import ACME, MOBILE, OTHER_NUMBER, RIVAL, TEHRAN_NUMBER, id_of, trunk

pytestmark = [pytest.mark.freeswitch, pytest.mark.asyncio(loop_scope="module")]


async def rings(phone: SipPhone):
    call = await phone.incoming()
    call.ring()
    return call


async def test_all_devices_of_an_extension_ring_and_the_first_to_answer_gets_the_call(board: Switchboard) -> None:
    board.town.extension("102", devices=2)
    caller, desk, mobile = [await board.phone(user) for user in ("101", "102", "102-1")]
    call = await caller.dial("102", display="The Bank", from_user="101")
    one, other = await asyncio.gather(rings(desk), rings(mobile))
    assert one.caller_name == other.caller_name == "Phone 101"
    other.answer()
    await call.answered()
    assert (await one.ended()).status == 487
    await board.office.hear_each_other(call, other)
    legs = await board.office.legs(2)
    await call.hang_up()
    records = [await board.record(leg) for leg in legs]
    assert {record["seda_call_id"] for record in records} == {legs[0]}
    assert {record["seda_tenant_id"] for record in records} == {str(ACME.id)}
    assert records[1]["seda_device_id"] == str(id_of("acme/102/1"))


async def test_another_tenants_extension_is_as_unknown_as_any(board: Switchboard) -> None:
    caller = await board.phone("101")
    theirs = await board.phone("201", RIVAL)
    assert [await board.refused_by(number, caller) for number in ("201", "299", "seda-next")] == [404, 404, 404]
    assert not theirs.is_called


async def test_busy_forwards(board: Switchboard) -> None:
    caller, busy, colleague = [await board.phone(user) for user in ("101", "102", "103")]
    board.town.forward("102", busy="extension:103")
    call = await caller.dial("102")
    (await busy.incoming()).reject(486)
    taken = await rings(colleague)
    assert "102@acme.example" in taken.invite.headers.get("Diversion")
    taken.answer()
    await call.answered()
    await call.hang_up()


async def test_no_answer_and_unreachable_forward_and_busy_ends_as_busy(board: Switchboard) -> None:
    caller, colleague, third = [await board.phone(user) for user in ("101", "103", "104")]
    board.town.forward("102", unreachable="extension:103")
    board.town.forward("103", no_answer="extension:104", no_answer_seconds=1)
    call = await caller.dial("102")
    silent = await rings(colleague)
    last = await rings(third)
    assert (await silent.ended()).status == 487
    last.reject(486)
    assert (await call.ended()).status == 486


async def test_do_not_disturb_is_busy(board: Switchboard) -> None:
    caller = await board.phone("101")
    board.town.forward("102", do_not_disturb=True)
    assert await board.refused_by("102", caller) == 486


async def test_a_group_rings_in_turn_then_overflows(board: Switchboard) -> None:
    board.town.ring_group(
        "sales", [Member("102", 0, 1), Member("103", 0, 5)], no_answer="hangup:busy", strategy="sequential"
    )
    first, second = [await board.phone(user) for user in ("102", "103")]
    call = await board.carrier_calls(OTHER_NUMBER)
    one = await rings(first)
    two = await rings(second)
    assert (await one.ended()).status == 487
    two.reject(603)
    assert (await call.ended()).status == 486


async def test_a_group_rings_together_with_delays(board: Switchboard) -> None:
    board.town.ring_group("sales", [Member("102", 0, 10), Member("103", 1, 10)])
    first, second = [await board.phone(user) for user in ("102", "103")]
    call = await board.carrier_calls(OTHER_NUMBER)
    one = await rings(first)
    assert not second.is_called
    two = await rings(second)
    two.answer()
    await call.answered()
    assert (await one.ended()).status == 487
    await call.hang_up()


async def test_a_call_from_outside_shows_its_number_and_can_be_transferred_to_a_colleague(board: Switchboard) -> None:
    desk, colleague = await board.phone("101"), await board.phone("103")
    board.carriers["first"].user = MOBILE
    try:
        call = await board.carrier_calls(TEHRAN_NUMBER, display="Ali")
        taken = await rings(desk)
        assert (taken.caller_name, MOBILE in taken.caller_uri) == ("Ali", True)
        taken.answer()
        await call.answered()
        await board.office.hear_each_other(call, taken)
        _, moved = await asyncio.gather(taken.transfer("103"), rings(colleague))
        assert MOBILE in moved.caller_uri
        moved.answer()
        await board.office.hear_each_other(call, moved)
        await call.hang_up()
    finally:
        board.carriers["first"].user = "first"


async def test_a_transfer_to_the_outside_obeys_the_class_of_who_transfers(board: Switchboard) -> None:
    board.town.extension("101", service_class="internal")
    desk = await board.phone("101")
    call = await board.carrier_calls(TEHRAN_NUMBER)
    taken = await rings(desk)
    taken.answer()
    await call.answered()
    await board.office.hear_each_other(call, taken)  # who transfers in the first millisecond is not heard by the switch
    transfer = asyncio.create_task(taken.transfer("09121234567"))
    assert "OUTGOING_CALL_BARRED" in (await call.ended()).cause
    transfer.cancel()
    assert not board.carriers["second"].is_called


async def test_who_is_no_trunk_is_refused(board: Switchboard) -> None:
    board.put_trunks(trunk("first", None, "198.51.100.0/24"))
    assert (await (await board.carrier_calls(TEHRAN_NUMBER)).ended()).status == 403
    board.put_trunks(trunk("first", None, "127.0.0.0/8"))
    assert (await (await board.carrier_calls("101")).ended()).status == 404


async def test_the_second_trunk_takes_what_the_first_cannot(board: Switchboard) -> None:
    caller = await board.phone("101")
    call = await caller.dial("09121234567")
    (await board.carriers["first"].incoming()).reject(503)
    taken = await rings(board.carriers["second"])
    assert (MOBILE in str(taken.invite.uri), TEHRAN_NUMBER in taken.caller_uri) == (True, True)
    taken.answer()
    await call.answered()
    legs = await board.office.legs(2)
    await call.hang_up()
    record = await board.record(legs[1])
    assert (record["seda_trunk_id"], record["seda_number_class"]) == (str(id_of("second")), "national")
    assert record["seda_billed_extension_id"] == str(id_of("acme/101"))


async def test_what_the_far_end_decides_is_final(board: Switchboard) -> None:
    caller = await board.phone("101")
    call = await caller.dial("09121234567")
    (await board.carriers["first"].incoming()).reject(486)
    assert (await call.ended()).status == 486
    assert not board.carriers["second"].is_called


async def test_a_full_trunk_is_passed_over_and_free_again_afterwards(board: Switchboard) -> None:
    board.put_trunks(trunk("first", None, priority=1, caps=Caps(max_calls=1)), trunk("second", None, priority=2))
    one, two = await board.phone("101"), await board.phone("103")
    first = await one.dial("09121234567")
    (taken := await rings(board.carriers["first"])).answer()
    await first.answered()
    second = await two.dial("09121234567")
    (await rings(board.carriers["second"])).reject(486)
    assert (await second.ended()).status == 486
    await taken.hang_up()
    await first.ended()
    await board.office.legs(0)
    third = await two.dial("09121234567")
    (await board.carriers["first"].incoming()).reject(486)
    assert (await third.ended()).status == 486


async def test_caps_on_calls_at_one_time(board: Switchboard) -> None:
    board.town.tenant(caps=Caps(max_calls=1))
    one, two, three = [await board.phone(user) for user in ("101", "102", "103")]
    call = await one.dial("102")
    (taken := await rings(two)).answer()
    await call.answered()
    assert await board.refused_by("101", three) == 503
    await taken.hang_up()
    await call.ended()
    await board.office.legs(0)
    again = await three.dial("102")
    (await rings(two)).reject(486)
    assert (await again.ended()).status == 486


async def test_an_extension_with_as_many_calls_as_it_may_have_is_busy(board: Switchboard) -> None:
    board.town.extension("102", caps=Caps(max_calls=1))
    board.town.forward("102", busy="extension:104")
    one, two, three, four = [await board.phone(user) for user in ("101", "102", "103", "104")]
    call = await one.dial("102")
    (await rings(two)).answer()
    await call.answered()
    second = await three.dial("102")
    (await rings(four)).reject(486)
    assert (await second.ended()).status == 486
    await call.hang_up()


async def test_calls_a_second(board: Switchboard) -> None:
    board.town.extension("101", caps=Caps(max_calls_per_second=0))
    caller = await board.phone("101")
    statuses = {await board.refused_by("102", caller) for _ in range(3)}
    assert 503 in statuses


async def test_minutes_that_run_out_end_the_call(board: Switchboard) -> None:
    board.town.tenant(caps=Caps(max_international_minutes_per_day=1))
    board.town.seconds[ACME.id, board.town.now.date()] = 59
    caller = await board.phone("101")
    call = await caller.dial("00442079460000")
    (taken := await rings(board.carriers["first"])).answer()
    await call.answered()
    assert "ALLOTTED_TIMEOUT" in (await call.ended()).cause
    await taken.ended()


async def test_an_emergency_call_passes_every_cap(board: Switchboard) -> None:
    board.town.tenant(caps=Caps(0, 0, 0))
    board.town.extension("101", service_class="internal")
    caller = await board.phone("101")
    assert await board.refused_by("102", caller) == 503
    call = await caller.dial("115")
    (await board.carriers["first"].incoming()).reject(486)
    taken = await rings(board.carriers["second"])
    assert "115" in str(taken.invite.uri)
    taken.answer()
    await call.answered()
    await call.hang_up()


async def test_notices_echo_and_conferences_are_heard(board: Switchboard) -> None:
    caller = await board.phone("101")
    board.town.forward("102", always="queue:support")
    told = await caller.dial("102")
    await told.ringing()
    assert (await told.ended()).status == 501
    assert 183 in told.provisional
    echo = await caller.dial("*43")
    await echo.answered()
    await echo.stream.heard(packets=10)
    await echo.hang_up()
    board.town.forward("102", always="conference:room-1")
    meeting = await caller.dial("102")
    await meeting.answered()
    list_rooms = functools.partial(board.office.node.api, "conference list")
    await eventually(list_rooms, lambda rooms: f"{ACME.id}-room-1" in rooms)
    await meeting.hang_up()


@pytest.mark.parametrize(
    "name", ["x-pre-process", "${uuid}", "a'b", "a,b}c]", "<b>", "^^;a", "%[a=b]", "علی", "a\\'b", "A=1|B"]
)
async def test_whatever_a_caller_calls_itself_the_phone_rings(board: Switchboard, name: str) -> None:
    desk = await board.phone("101")
    call = await board.carrier_calls(TEHRAN_NUMBER, display=name)
    taken = await rings(desk)
    assert taken.caller_name or MOBILE
    taken.reject(486)
    assert (await call.ended()).status == 486
