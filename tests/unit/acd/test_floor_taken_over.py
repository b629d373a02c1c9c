"""What a floor makes of lost switches, dead owners, and of what really is up."""

from __future__ import annotations

from datetime import timedelta

from services.acd.domain.agent_events import ForcePause, Unpause
from services.acd.domain.model import AgentStatus
from services.acd.domain.overflow import OverflowStep
from services.acd.floor_changes import EndCall, SendOn
from shared.contracts.acd import (
    AgentStatusChanged,
    QueueContactEnded,
    QueueLeft,
)
from tests.unit.acd.call_centre import CORE, MAILBOX, NODE, CallCentre, agent, alone, centre, leg_of, queue, seen
from tests.unit.acd.shift import caller

S = AgentStatus


# The switch is lost


def test_waiting_callers_of_a_lost_switch_are_closed_and_agents_are_free() -> None:
    floor = alone()
    floor.calls("ali")
    floor.floor.node_lost(NODE, CORE, floor.now, floor.now)
    floor.settle()
    assert [event.outcome for event in floor.told(QueueLeft)] == ["switch_lost"]
    assert (floor.status("maryam"), floor.state("maryam").missed) == (S.AVAILABLE, 0)
    assert floor.done(EndCall) == [], "there is nobody to ask"


def test_contacts_on_a_lost_switch_end_without_wrap_up() -> None:
    floor = alone(wrap_up_seconds=30)
    floor.calls("ali")
    floor.talks("maryam")
    floor.floor.node_lost(NODE, CORE, floor.now, floor.now)
    floor.settle()
    assert floor.status("maryam") is S.AVAILABLE
    assert len(floor.told(QueueContactEnded)) == 1
    assert [event.outcome for event in floor.told(QueueLeft)] == ["answered"]


def test_callers_of_the_switchs_next_life_are_not_lost() -> None:
    floor = CallCentre([queue()], [])
    floor.calls("ali")
    floor.floor.node_lost(NODE, "an earlier life", floor.now, floor.now)
    floor.settle()
    assert floor.line() == ["ali"]


# Another owner takes over


def test_order_is_the_same_after_a_take_over() -> None:
    floor = CallCentre([queue()], [])
    for name in ("ali", "sara", "omid", "neda"):
        floor.calls(name)
        floor.passes(1)
    floor.floor.prioritise(floor.entry_of("omid").id, 10)
    floor.settle()
    before = floor.line()
    floor.dies()
    assert floor.line() == before == ["omid", "ali", "sara", "neda"]


def test_ringing_agent_is_freed_after_a_take_over() -> None:
    floor = alone()
    floor.calls("ali")
    leg_id = floor.phone("maryam")
    floor.dies()
    floor.passes(1)
    floor.looks(seen(leg_of("ali"), turn=1), seen(leg_id, is_agents=True))
    assert EndCall(leg_id, NODE) in floor.done(EndCall)
    assert floor.phone("maryam") != leg_id, "offered anew"
    assert floor.state("maryam").missed == 0


def test_caller_is_not_offered_twice_before_the_switch_was_asked() -> None:
    floor = centre()
    floor.calls("ali")
    floor.dies()
    floor.settle()
    assert floor.called() == ["maryam"]


def test_contact_goes_on_after_a_take_over() -> None:
    floor = alone(wrap_up_seconds=5)
    floor.calls("ali")
    leg_id = floor.talks("maryam")
    floor.dies()
    floor.passes(1)
    floor.looks(seen(leg_of("ali"), turn=1, hears=leg_id), seen(leg_id, hears=leg_of("ali"), is_agents=True))
    assert floor.status("maryam") is S.ON_CONTACT
    assert floor.done(EndCall) == []
    floor.hangs_up(leg_id)
    assert floor.status("maryam") is S.WRAP_UP


def test_connection_made_as_the_owner_died_is_taken_in() -> None:
    """The switch joined them, and nobody was left to hear of it: the conversation goes on."""
    floor = alone()
    floor.calls("ali")
    leg_id = floor.answers("maryam")
    floor.dies()
    floor.passes(1)
    floor.looks(seen(leg_of("ali"), turn=1, hears=leg_id), seen(leg_id, hears=leg_of("ali"), is_agents=True))
    assert floor.status("maryam") is S.ON_CONTACT
    assert floor.done(EndCall) == []
    assert [event.outcome for event in floor.told(QueueLeft)] == ["answered"]


def test_offer_on_a_switch_that_does_not_answer_is_given_up() -> None:
    floor = alone()
    floor.calls("ali")
    leg_id = floor.phone("maryam")
    floor.dies()
    floor.passes(10)
    floor.floor.reconcile({}, {}, floor.now, floor.now)
    floor.settle()
    assert floor.done(EndCall) == [EndCall(leg_id, NODE)]


def test_wrap_up_goes_on_after_a_take_over() -> None:
    floor = alone(wrap_up_seconds=10)
    floor.calls("ali")
    floor.hangs_up(floor.talks("maryam"))
    floor.dies()
    floor.passes(10)
    assert floor.status("maryam") is S.AVAILABLE


def test_second_turn_kept_as_the_owner_died_ends_the_first() -> None:
    floor = alone()
    floor.calls("ali")
    floor.talks("maryam")
    floor.tables.join(floor.entry("ali", turn=2), floor.floor)
    floor.dies()
    floor.settle()
    assert floor.called() == ["maryam"]
    assert len(floor.told(QueueContactEnded)) == 1
    assert floor.line() == ["ali"]


def test_leg_of_an_agent_whom_nobody_knows_is_ended() -> None:
    """An owner died between storing that the call was off and ending it."""
    floor = alone()
    floor.looks(seen("stray", is_agents=True), seen("somebody"))
    assert floor.done(EndCall) == [EndCall("stray", NODE)]


def test_leg_that_was_to_end_and_is_still_up_is_ended_again() -> None:
    floor = alone()
    floor.calls("ali")
    leg_id = floor.misses("maryam", "")
    floor.hangs_up(leg_of("ali"))
    floor.passes(1)
    floor.looks(seen(leg_id))
    assert floor.done(EndCall) == [EndCall(leg_id, NODE)] * 2
    floor.hangs_up(leg_id)
    floor.looks(seen(leg_id), asked=1)
    assert len(floor.done(EndCall)) == 2


def test_callers_of_a_queue_that_is_gone_are_not_forgotten() -> None:
    floor = CallCentre([queue(), queue("sales")], [])
    floor.calls("ali", "sales")
    del floor.tables.configuration.queues[caller("sales")]  # type: ignore[attr-defined]
    floor.dies()
    floor.hangs_up(leg_of("ali"))
    assert len(floor.told(QueueLeft)) == 1


# What really is up


def test_caller_whose_leg_is_gone_left_unseen() -> None:
    floor = CallCentre([queue()], [])
    floor.calls("ali")
    floor.passes(60)
    floor.looks()
    assert [event.outcome for event in floor.told(QueueLeft)] == ["abandoned"]


def test_caller_who_came_after_the_switch_was_asked_stays() -> None:
    floor = CallCentre([queue()], [])
    floor.passes(60)
    floor.calls("ali", at=floor.now - timedelta(seconds=30))
    floor.looks(asked=1)
    assert floor.line() == ["ali"], "whatever the switch's clock says"


def test_caller_of_the_switchs_earlier_life_is_lost() -> None:
    floor = CallCentre([queue()], [])
    floor.calls("ali")
    floor.passes(1)
    floor.looks(core="core-2")
    assert [event.outcome for event in floor.told(QueueLeft)] == ["switch_lost"]


def test_contact_without_the_agents_leg_is_over() -> None:
    floor = alone()
    floor.calls("ali")
    floor.talks("maryam")
    floor.passes(1)
    floor.looks(seen(leg_of("ali")))
    assert floor.status("maryam") is S.AVAILABLE


def test_caller_whom_somebody_took_elsewhere_is_not_offered() -> None:
    floor = CallCentre([queue()], [])
    floor.calls("ali")
    floor.passes(1)
    floor.looks(seen(leg_of("ali"), turn=None))
    assert floor.line() == []
    assert [event.outcome for event in floor.told(QueueLeft)] == ["moved"]


def test_caller_who_talks_to_somebody_else_is_not_offered() -> None:
    floor = CallCentre([queue()], [])
    floor.calls("ali")
    floor.passes(1)
    floor.looks(seen(leg_of("ali"), turn=1, hears="somebody"))
    assert floor.line() == []


def test_connection_whose_answer_was_lost_is_taken_in() -> None:
    floor = alone()
    floor.calls("ali")
    leg_id = floor.answers("maryam")
    floor.passes(1)
    floor.looks(seen(leg_of("ali"), turn=1, hears=leg_id), seen(leg_id, hears=leg_of("ali"), is_agents=True))
    assert floor.status("maryam") is S.ON_CONTACT


def test_caller_who_is_being_connected_is_left_alone() -> None:
    floor = alone()
    floor.calls("ali")
    floor.answers("maryam")
    floor.passes(1)
    floor.looks(seen(leg_of("ali"), turn=None), seen(floor.phone("maryam"), is_agents=True))
    assert floor.line() == ["ali"]


def test_caller_who_was_sent_on_and_still_waits_is_sent_again() -> None:
    floor = CallCentre([queue(overflow=[OverflowStep("no_agents", MAILBOX)])], [])
    entry = floor.calls("ali")
    floor.passes(10)
    floor.floor.found_waiting(floor.tables.entries[entry.id], floor.now, floor.now)
    floor.settle()
    assert [action.destination for action in floor.done(SendOn)] == [MAILBOX, MAILBOX]
    assert len(floor.told(QueueLeft)) == 1


def test_caller_who_was_just_sent_on_is_not_sent_again() -> None:
    floor = CallCentre([queue(overflow=[OverflowStep("no_agents", MAILBOX)])], [])
    entry = floor.calls("ali")
    floor.passes(1)
    floor.floor.found_waiting(floor.tables.entries[entry.id], floor.now, floor.now)
    assert len(floor.done(SendOn)) == 1


def test_caller_of_whom_nothing_was_heard_joins() -> None:
    floor = alone()
    entry = floor.tables.join(floor.entry("ali"), floor.floor)
    floor.floor.found_waiting(entry, floor.now, floor.now)
    floor.settle()
    assert floor.called() == ["maryam"]


# Sent to a queue again


def test_agent_transfers_the_caller_to_another_queue() -> None:
    floor = CallCentre([queue(wrap_up_seconds=5), queue("sales")], [agent("maryam"), agent("reza", "sales")])
    floor.works("maryam", "reza")
    floor.calls("ali")
    floor.talks("maryam")
    floor.calls("ali", "sales", turn=2)
    assert (floor.status("maryam"), floor.status("reza")) == (S.WRAP_UP, S.RESERVED)
    assert len(floor.told(QueueContactEnded)) == 1
    assert floor.line("sales") == ["ali"]


def test_caller_sent_to_another_queue_while_a_phone_rings() -> None:
    floor = CallCentre([queue(), queue("sales")], [agent("maryam")])
    floor.works("maryam")
    floor.calls("ali")
    leg_id = floor.phone("maryam")
    floor.calls("ali", "sales", turn=2)
    assert floor.done(EndCall) == [EndCall(leg_id, NODE)]
    assert [event.outcome for event in floor.told(QueueLeft)] == ["moved"]


def test_turns_told_in_the_wrong_order() -> None:
    floor = CallCentre([queue(), queue("sales")], [])
    floor.calls("ali", "sales", turn=2)
    floor.calls("ali", turn=1)
    assert (floor.line(), floor.line("sales")) == ([], ["ali"])
    assert [event.outcome for event in floor.told(QueueLeft)] == ["moved"]
    floor.dies()
    assert (floor.line(), floor.line("sales")) == ([], ["ali"])


def test_who_asked_for_a_status_is_known_after_the_owner_died() -> None:
    shift = alone()
    shift.does("maryam", ForcePause("coaching"), by="user:boss")
    shift.dies()
    assert shift.state("maryam").by == "user:boss"
    shift.does("maryam", Unpause(), by="feature_code:101")
    paused = [past for past in shift.tables.history if past.status is AgentStatus.PAUSED]
    assert [past.by for past in paused] == ["user:boss"]
    assert shift.told(AgentStatusChanged)[-1].by == "feature_code:101"


def test_who_asked_for_what_follows_a_contact_is_known_when_it_follows() -> None:
    shift = alone()
    shift.calls("ali")
    shift.talks("maryam")
    shift.does("maryam", ForcePause("coaching"), by="user:boss")
    assert (shift.state("maryam").by, shift.state("maryam").next_by) == ("", "user:boss")
    shift.dies()
    shift.hangs_up(leg_of("ali"))
    assert (shift.status("maryam"), shift.state("maryam").by) == (AgentStatus.PAUSED, "user:boss")
    assert shift.told(AgentStatusChanged)[-1].by == "user:boss"
