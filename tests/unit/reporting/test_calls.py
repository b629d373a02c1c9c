"""How legs make a call, as a manager would read it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.reporting.domain.calls import summarise
from shared.contracts.records import LegRecord

TENANT = UUID(int=7)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def leg(leg_id="a", **values):
    defaults = {
        "call_id": "a",
        "tenant_id": TENANT,
        "node_id": "n1",
        "leg_direction": "inbound" if leg_id == "a" else "outbound",
        "caller_number": "101",
        "called_number": "102",
        "extension": "101" if leg_id == "a" else "102",
        "started_at": at(0),
        "ended_at": at(0),
        "cause": "NORMAL_CLEARING",
    }
    return LegRecord(leg_id=leg_id, **{**defaults, **values})


def answered_pair(**of_b):
    a = leg(ringing_at=at(1), answered_at=at(5), bridged_at=at(5), ended_at=at(65))
    b = leg("b", started_at=at(0.5), ringing_at=at(1), answered_at=at(5), bridged_at=at(5), ended_at=at(65), **of_b)
    return [a, b]


def test_an_answered_call_tells_ring_talk_and_who_answered():
    call = summarise(answered_pair(hung_up_by="callee"))
    assert (call.caller_extension, call.answered_by, call.called_number) == ("101", "102", "102")
    assert (call.ring_seconds, call.talk_seconds, call.total_seconds) == (4, 60, 65)
    assert (call.category, call.hung_up_by, call.leg_count) == ("answered", "callee", 2)


def test_a_phone_on_another_node_answered_and_not_the_call_between_the_two():
    times = {"ringing_at": at(1), "answered_at": at(5), "ended_at": at(65)}
    a = leg(answered_at=at(2), bridged_at=at(5.1), ended_at=at(65))
    to_node = leg("b", bridged_at=at(5.1), node_id="n1", **times)
    there = leg("c", bridged_at=at(5), leg_direction="inbound", called_number="desk.7", extension=None, **times)
    phone = leg("d", bridged_at=at(5), node_id="n2", hung_up_by="callee", **times)
    call = summarise([phone, there, a, to_node])
    assert (call.answered_by, call.leg_count, call.talk_seconds) == ("102", 4, 59.9)
    assert (call.node_id, call.hung_up_by) == ("n1", "callee")


def test_hold_is_not_talk():
    call = summarise(answered_pair(hold_seconds=20))
    assert (call.talk_seconds, call.hold_seconds) == (40, 20)


def test_a_busy_callee_ends_the_call_unanswered():
    a = leg(ended_at=at(2), cause="USER_BUSY")
    b = leg("b", ended_at=at(2), cause="USER_BUSY", hung_up_by="callee", sip_status=486)
    call = summarise([a, b])
    assert (call.answered_at, call.answered_by, call.category, call.hung_up_by) == (None, None, "busy", "callee")
    assert call.talk_seconds == 0


def test_a_caller_who_gives_up_ended_it_though_the_phone_was_told_to_stop():
    a = leg(ringing_at=at(1), ended_at=at(9), cause="ORIGINATOR_CANCEL", hung_up_by="caller")
    b = leg("b", ringing_at=at(1), ended_at=at(9), cause="ORIGINATOR_CANCEL")
    call = summarise([a, b])
    assert (call.category, call.hung_up_by, call.ring_seconds) == ("cancelled", "caller", 8)


def test_a_switch_that_plays_a_refusal_has_not_answered_the_call():
    a = leg(answered_at=at(3), ended_at=at(8))
    b = leg("b", ringing_at=at(1), ended_at=at(3), cause="NO_ANSWER")
    assert summarise([a, b]).answered_at is None


def test_a_call_to_the_switch_itself_is_answered_by_it():
    call = summarise([leg(answered_at=at(1), ended_at=at(11))])
    assert (call.answered_at, call.talk_seconds, call.answered_by) == (at(1), 10, None)


def test_of_a_ring_group_the_one_who_talked_answered():
    a = leg(ringing_at=at(1), answered_at=at(6), bridged_at=at(6), ended_at=at(16))
    first = leg("b", extension="201", ended_at=at(6), cause="LOSE_RACE")
    second = leg("c", extension="202", answered_at=at(6), bridged_at=at(6), ended_at=at(16), via="ring-group:sales")
    call = summarise([first, second, a])
    assert (call.answered_by, call.via, call.leg_count) == ("202", "ring-group:sales", 3)


def test_a_lost_switch_is_the_cause_of_the_call_even_when_it_was_answered():
    a, b = answered_pair()
    call = summarise([a.model_copy(update={"cause": "switch_lost"}), b])
    assert (call.cause, call.category) == ("switch_lost", "switch_lost")
    assert call.answered_at == at(5)


def test_a_call_placed_by_a_program_is_the_callers_whose_phone_rang_first():
    shown = {"caller_number": "102", "called_number": "101", "extension": "101", "leg_direction": "outbound"}
    a = leg(**shown, answered_at=at(1), bridged_at=at(3), ended_at=at(9), hung_up_by="callee")
    b = leg("b", started_at=at(2), caller_name="Sara", answered_at=at(3), bridged_at=at(3), ended_at=at(9))
    call = summarise([a, b])
    assert (call.caller_number, call.caller_name, call.caller_extension) == ("101", "Sara", "101")
    assert (call.called_number, call.answered_by, call.hung_up_by) == ("102", "102", "caller")


@given(st.permutations([0, 1, 2]), st.lists(st.floats(0, 100), min_size=9, max_size=9))
def test_the_call_is_the_same_in_whatever_order_its_legs_arrive(order, times):
    legs = [
        leg(
            name,
            started_at=at(times[3 * i]),
            ended_at=at(times[3 * i] + times[3 * i + 1]),
            hold_seconds=times[3 * i + 2],
        )
        for i, name in enumerate("abc")
    ]
    call = summarise([legs[i] for i in order])
    assert call == summarise(legs)
    assert call.total_seconds >= 0
    assert call.talk_seconds >= 0
    assert call.started_at <= call.ended_at
