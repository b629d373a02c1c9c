"""What happens on a tenant's floor, story by story: callers come, agents take them or not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.acd.domain.agent_events import Pause, Unpause
from services.acd.domain.model import AgentStatus, Strategy
from services.acd.floor_book import REST_SECONDS
from services.acd.floor_changes import CallAgent, Connect, EndCall
from shared.contracts.acd import (
    AgentStatusChanged,
    QueueConnected,
    QueueContactEnded,
    QueueJoined,
    QueueLeft,
    QueueOffered,
    QueueOfferFailed,
)
from tests.unit.acd.call_centre import NODE, CallCentre, alone, centre, leg_of, queue
from tests.unit.acd.shift import caller

S = AgentStatus


# The whole way


def test_caller_is_offered_at_once() -> None:
    floor = alone()
    entry = floor.calls("ali")
    assert floor.status("maryam") is S.RESERVED
    [call] = floor.done(CallAgent)
    assert (call.leg_id, call.entry.id, call.agent.name) == (floor.phone("maryam"), entry.id, "maryam")
    assert [type(event) for event in floor.tables.events[-3:]] == [QueueJoined, AgentStatusChanged, QueueOffered]


def test_what_is_to_be_done_is_in_the_tables_first() -> None:
    floor = alone()
    floor.calls("ali")
    kept = floor.tables.states[caller("maryam")]
    assert (kept.status, kept.leg_id) == (S.RESERVED, floor.phone("maryam"))


def test_agents_phone_rings_and_the_caller_keeps_the_place() -> None:
    floor = alone()
    floor.calls("ali")
    floor.floor.rings(floor.phone("maryam"), floor.now)
    assert floor.status("maryam") is S.RINGING
    assert floor.line() == ["ali"]


def test_agent_who_answers_is_connected() -> None:
    floor = alone()
    entry = floor.calls("ali")
    leg_id = floor.answers("maryam")
    [connect] = floor.done(Connect)
    assert (connect.leg_id, connect.entry.id) == (leg_id, entry.id)
    floor.now += timedelta(seconds=4)
    floor.connects(leg_id)
    assert floor.status("maryam") is S.ON_CONTACT
    assert floor.line() == []
    [connected], [left] = floor.told(QueueConnected), floor.told(QueueLeft)
    assert (connected.agent_leg_id, connected.waited_seconds) == (leg_id, 4)
    assert (left.outcome, left.agent_id) == ("answered", caller("maryam"))


def test_contact_ends_in_wrap_up_and_the_next_caller_comes() -> None:
    floor = alone(wrap_up_seconds=10)
    floor.calls("ali")
    leg_id = floor.talks("maryam")
    floor.calls("sara")
    floor.now += timedelta(seconds=30)
    floor.hangs_up(leg_id)
    assert floor.status("maryam") is S.WRAP_UP
    assert [event.talk_seconds for event in floor.told(QueueContactEnded)] == [30]
    floor.passes(10)
    assert floor.status("maryam") is S.RESERVED
    assert floor.done(CallAgent)[-1].entry.caller_name == "sara"


def test_the_end_of_wrap_up_is_known_before() -> None:
    floor = alone(wrap_up_seconds=10)
    floor.calls("ali")
    floor.hangs_up(floor.talks("maryam"))
    assert floor.floor.next_due(floor.now) == floor.now + timedelta(seconds=10)


def test_caller_told_twice_is_one_caller() -> None:
    floor = centre()
    floor.calls("ali")
    floor.calls("ali")
    assert floor.line() == ["ali"]
    assert floor.called() == ["maryam"]
    assert len(floor.told(QueueJoined)) == 1


def test_caller_who_left_stays_away() -> None:
    floor = centre()
    floor.calls("ali")
    floor.hangs_up(leg_of("ali"))
    floor.calls("ali")
    assert floor.line() == []
    assert len(floor.told(QueueLeft)) == 1


def test_caller_who_left_stays_away_before_the_tables_know() -> None:
    floor = centre()
    entry = floor.calls("ali")
    floor.floor.hung_up(leg_of("ali"), floor.now, floor.now)
    floor.floor.join(floor.tables.entries[entry.id], floor.now)
    floor.settle()
    assert floor.line() == []
    assert len(floor.told(QueueLeft)) == 1


def test_caller_whose_end_is_told_first_does_not_wait() -> None:
    floor = centre()
    floor.hangs_up(leg_of("ali"))
    floor.calls("ali")
    assert floor.line() == []
    assert [event.outcome for event in floor.told(QueueLeft)] == ["short_abandoned"]
    assert floor.done(CallAgent) == []


# The caller hangs up


@pytest.mark.parametrize(("waited", "outcome"), [(4.9, "short_abandoned"), (5, "abandoned")])
def test_caller_hangs_up_while_waiting(waited: float, outcome: str) -> None:
    floor = CallCentre([queue()], [])
    floor.calls("ali")
    floor.now += timedelta(seconds=waited)
    floor.hangs_up(leg_of("ali"))
    [left] = floor.told(QueueLeft)
    assert (left.outcome, left.waited_seconds) == (outcome, waited)


def test_caller_hangs_up_while_the_agent_rings() -> None:
    """The agent's call is ended, the agent is free, and nothing was missed."""
    floor = alone()
    floor.calls("ali")
    leg_id = floor.phone("maryam")
    floor.floor.rings(leg_id, floor.now)
    floor.hangs_up(leg_of("ali"))
    assert floor.done(EndCall) == [EndCall(leg_id, NODE)]
    assert (floor.status("maryam"), floor.state("maryam").missed) == (S.AVAILABLE, 0)
    assert [event.reason for event in floor.told(QueueOfferFailed)] == ["cancelled"]


def test_caller_hangs_up_between_answer_and_connection() -> None:
    floor = alone()
    floor.calls("ali")
    leg_id = floor.answers("maryam")
    floor.hangs_up(leg_of("ali"))
    floor.floor.not_connected(leg_id, floor.now)
    floor.settle()
    assert floor.done(EndCall) == [EndCall(leg_id, NODE)]
    assert (floor.status("maryam"), floor.state("maryam").missed) == (S.AVAILABLE, 0)
    assert [event.outcome for event in floor.told(QueueLeft)] == ["short_abandoned"]


def test_connection_told_after_the_caller_hung_up_is_too_late() -> None:
    floor = alone()
    floor.calls("ali")
    leg_id = floor.answers("maryam")
    floor.hangs_up(leg_of("ali"))
    floor.connects(leg_id)
    assert floor.status("maryam") is S.AVAILABLE
    assert EndCall(leg_id, NODE) in floor.done(EndCall)


def test_caller_hangs_up_while_talking() -> None:
    """The agent's leg may be alone now, where both hung up or were connected in the same moment."""
    floor = alone(wrap_up_seconds=5)
    floor.calls("ali")
    leg_id = floor.talks("maryam")
    floor.hangs_up(leg_of("ali"))
    assert floor.status("maryam") is S.WRAP_UP
    assert floor.done(EndCall) == [EndCall(leg_id, NODE)]
    floor.hangs_up(leg_id)
    assert len(floor.told(QueueContactEnded)) == len(floor.told(QueueLeft)) == 1


def test_answer_to_a_caller_who_is_gone_ends_the_agents_call() -> None:
    floor = alone()
    floor.calls("ali")
    leg_id = floor.phone("maryam")
    floor.hangs_up(leg_of("ali"))
    floor.floor.answered(leg_id, NODE, floor.now)
    floor.settle()
    assert floor.done(EndCall) == [EndCall(leg_id, NODE)] * 2


def test_phone_that_rings_after_it_was_called_off_is_ended_again() -> None:
    """The order to end overtook the order to call."""
    floor = alone()
    floor.calls("ali")
    leg_id = floor.phone("maryam")
    floor.hangs_up(leg_of("ali"))
    floor.floor.rings(leg_id, floor.now)
    floor.settle()
    assert floor.done(EndCall) == [EndCall(leg_id, NODE)] * 2


# The agent does not take the call


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        ("USER_BUSY", "busy"),
        ("CALL_REJECTED", "rejected"),
        ("NORMAL_CLEARING", "rejected"),
        ("NO_ANSWER", "no_answer"),
        ("NO_USER_RESPONSE", "no_answer"),
        ("ALLOTTED_TIMEOUT", "no_answer"),
        ("USER_NOT_REGISTERED", "unreachable"),
        ("DESTINATION_OUT_OF_ORDER", "unreachable"),
    ],
)
def test_caller_keeps_the_place_and_the_next_agent_is_called(cause: str, reason: str) -> None:
    floor = centre()
    floor.calls("ali")
    floor.calls("sara")
    floor.misses("reza", "USER_BUSY")
    floor.hangs_up(leg_of("sara"))
    floor.passes(REST_SECONDS)
    floor.misses("maryam", cause)
    assert floor.line() == ["ali"]
    assert floor.called() == ["reza"]
    failed = floor.told(QueueOfferFailed)[-1]
    assert (failed.reason, failed.agent_id) == (reason, caller("maryam"))
    assert floor.state("maryam").missed == 1


def test_offer_that_failed_is_told_with_how_long_it_rang() -> None:
    floor = alone()
    floor.calls("ali")
    floor.now += timedelta(seconds=20)
    floor.misses("maryam")
    assert [event.rang_seconds for event in floor.told(QueueOfferFailed)] == [20]


def test_agent_who_misses_too_often_is_paused() -> None:
    floor = alone(max_missed=2)
    floor.calls("ali")
    floor.misses("maryam")
    floor.passes(REST_SECONDS)
    floor.misses("maryam")
    assert (floor.status("maryam"), floor.state("maryam").pause_reason) == (S.PAUSED, "missed_calls")
    assert floor.line() == ["ali"]


def test_phone_that_is_off_is_not_called_in_a_busy_loop() -> None:
    floor = alone(max_missed=0)
    floor.calls("ali")
    floor.misses("maryam", "USER_NOT_REGISTERED")
    assert floor.called() == []
    assert floor.floor.next_due(floor.now) == floor.now + timedelta(seconds=REST_SECONDS)
    floor.passes(REST_SECONDS)
    assert floor.called() == ["maryam"]


def test_other_callers_do_not_wait_for_an_agent_whose_phone_is_off() -> None:
    """Maryam has been idle longest, and her phone is off: who calls next gets Reza at once."""
    floor = centre(max_missed=0)
    floor.does("reza", Pause("lunch"))
    floor.calls("ali")
    floor.misses("maryam", "USER_NOT_REGISTERED")
    floor.hangs_up(leg_of("ali"))
    floor.does("reza", Unpause())
    floor.calls("sara")
    assert floor.called() == ["reza"]


def test_call_whose_outcome_is_not_known_is_ended_and_not_missed() -> None:
    """NATS was away: the phone may be ringing, and the agent is not to blame."""
    floor = centre()
    floor.calls("ali")
    leg_id = floor.misses("maryam", "")
    assert floor.done(EndCall) == [EndCall(leg_id, NODE)]
    assert (floor.status("maryam"), floor.state("maryam").missed) == (S.AVAILABLE, 0)
    assert floor.called() == ["reza"]


@pytest.mark.parametrize(("cause", "reason"), [("NO_ANSWER", "no_answer"), ("CALL_REJECTED", "rejected")])
def test_end_of_the_agents_leg_told_before_the_answer_to_the_call(cause: str, reason: str) -> None:
    floor = alone()
    floor.calls("ali")
    leg_id = floor.phone("maryam")
    floor.hangs_up(leg_id, cause)
    floor.floor.not_taken(leg_id, cause, floor.now)
    floor.settle()
    assert [event.reason for event in floor.told(QueueOfferFailed)] == [reason]
    assert floor.state("maryam").missed == 1


def test_end_of_the_agents_leg_told_after_the_answer_to_the_call() -> None:
    floor = alone()
    floor.calls("ali")
    leg_id = floor.misses("maryam", "USER_BUSY")
    floor.hangs_up(leg_id, "USER_BUSY")
    assert floor.state("maryam").missed == 1


def test_answer_told_after_the_agent_hung_up_again() -> None:
    floor = alone()
    floor.calls("ali")
    leg_id = floor.phone("maryam")
    floor.hangs_up(leg_id)
    floor.floor.answered(leg_id, NODE, floor.now)
    floor.settle()
    assert floor.done(Connect) == []
    assert floor.line() == ["ali"]
    assert floor.state("maryam").missed == 1


# Answering at once


def test_two_agents_answer_at_once() -> None:
    """The first gets the caller; the other's phone is silent again, and nothing was missed."""
    floor = centre(strategy=Strategy.RING_ALL)
    floor.calls("ali")
    first, second = floor.phone("reza"), floor.phone("maryam")
    floor.floor.answered(first, NODE, floor.now)
    floor.floor.answered(second, NODE, floor.now)
    floor.settle()
    floor.connects(first)
    assert [connect.leg_id for connect in floor.done(Connect)] == [first]
    assert set(floor.done(EndCall)) == {EndCall(second, NODE)}
    assert (floor.status("reza"), floor.status("maryam")) == (S.ON_CONTACT, S.AVAILABLE)
    assert floor.state("maryam").missed == 0


def test_ring_all_goes_on_when_one_of_them_is_busy() -> None:
    floor = centre(strategy=Strategy.RING_ALL)
    floor.calls("ali")
    floor.misses("maryam", "USER_BUSY")
    assert floor.called() == ["reza"]


def test_answer_told_twice_connects_once() -> None:
    floor = alone()
    floor.calls("ali")
    leg_id = floor.answers("maryam")
    floor.floor.answered(leg_id, NODE, floor.now)
    floor.settle()
    assert len(floor.done(Connect)) == 1
    floor.connects(leg_id)
    floor.connects(leg_id)
    floor.floor.answered(leg_id, NODE, floor.now)
    floor.settle()
    assert floor.status("maryam") is S.ON_CONTACT
    assert floor.done(EndCall) == []


def test_bridge_fails_and_the_next_agent_gets_the_caller() -> None:
    floor = centre()
    floor.calls("ali")
    leg_id = floor.answers("maryam")
    floor.floor.not_connected(leg_id, floor.now)
    floor.settle()
    assert floor.done(EndCall) == [EndCall(leg_id, NODE)]
    assert floor.state("maryam").missed == 0
    assert (floor.line(), floor.called()) == (["ali"], ["reza"])


def test_agent_hangs_up_after_answering_and_was_not_connected() -> None:
    floor = centre()
    floor.calls("ali")
    leg_id = floor.answers("maryam")
    floor.hangs_up(leg_id)
    assert floor.called() == ["maryam"], "whether they were connected, the switch tells"
    floor.floor.not_connected(leg_id, floor.now)
    floor.settle()
    assert (floor.line(), floor.called()) == (["ali"], ["reza"])
    assert floor.state("maryam").missed == 1


def test_agent_hangs_up_in_the_moment_of_the_connection() -> None:
    """The end is told before the connection; the caller has left the line on the switch, and is not offered again."""
    floor = centre(wrap_up_seconds=5)
    floor.calls("ali")
    leg_id = floor.answers("maryam")
    floor.hangs_up(leg_id)
    floor.connects(leg_id)
    assert floor.line() == []
    assert floor.status("maryam") is S.WRAP_UP
    assert len(floor.told(QueueConnected)) == len(floor.told(QueueContactEnded)) == 1
