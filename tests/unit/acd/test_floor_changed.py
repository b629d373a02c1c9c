"""A floor whose callers overflow, are moved by supervisors, and whose configuration changes under way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from services.acd.domain.agent_events import ForceSignOut, Pause, SignIn, SignOut, WrapUpSkipped
from services.acd.domain.agents import IllegalChange
from services.acd.domain.model import AgentStatus
from services.acd.domain.overflow import OverflowStep
from services.acd.floor import Unknown
from services.acd.floor_changes import EndCall, SendOn
from shared.contracts.acd import (
    QueueContactEnded,
    QueueJoined,
    QueueLeft,
)
from tests.unit.acd.call_centre import BOTH, MAILBOX, NODE, CallCentre, agent, alone, leg_of, queue
from tests.unit.acd.shift import caller

S = AgentStatus


# Overflow


def test_caller_is_sent_on_when_the_queue_is_full() -> None:
    floor = CallCentre([queue(max_waiting=1, overflow=[OverflowStep("full", MAILBOX)])], [])
    floor.calls("ali")
    floor.calls("sara")
    assert floor.line() == ["ali"]
    [sent] = floor.done(SendOn)
    assert (sent.entry.caller_name, sent.destination) == ("sara", MAILBOX)
    [left] = floor.told(QueueLeft)
    assert (left.outcome, left.destination) == ("overflowed", "voicemail:101")


def test_caller_is_sent_on_when_nobody_is_signed_in() -> None:
    floor = CallCentre([queue(overflow=[OverflowStep("no_agents", MAILBOX)])], BOTH)
    floor.calls("ali")
    assert floor.line() == []
    floor.works("maryam")
    floor.does("maryam", Pause("lunch"))
    floor.calls("sara")
    assert floor.line() == ["sara"], "somebody is there, and will be back"


def test_caller_who_waited_too_long_is_sent_on() -> None:
    floor = CallCentre([queue(overflow=[OverflowStep("waited", MAILBOX, 60)])], [])
    floor.calls("ali")
    floor.passes(30)
    floor.calls("sara")
    assert floor.floor.next_due(floor.now) == floor.now + timedelta(seconds=30)
    floor.passes(30)
    assert floor.line() == ["sara"]
    assert [left.waited_seconds for left in floor.told(QueueLeft)] == [60]


def test_patience_ends_after_the_phone_has_rung() -> None:
    floor = alone(overflow=[OverflowStep("waited", MAILBOX, 60)])
    floor.calls("ali")
    floor.passes(60)
    assert floor.line() == ["ali"]
    floor.misses("maryam")
    floor.passes(0)
    assert floor.line() == []
    assert floor.called() == []


def test_patience_goes_on_after_a_take_over() -> None:
    floor = CallCentre([queue(overflow=[OverflowStep("waited", MAILBOX, 60)])], [])
    floor.calls("ali")
    floor.dies()
    floor.passes(60)
    assert floor.line() == []


# Supervisors


def test_supervisor_moves_a_caller_with_the_time_waited() -> None:
    floor = CallCentre([queue(), queue("sales")], [agent("maryam"), agent("reza", "sales")])
    floor.works("maryam")
    floor.calls("neda", "sales")
    floor.passes(5)
    floor.calls("sara", "sales", at=floor.now)
    entry = floor.calls("ali", at=floor.now - timedelta(seconds=1))
    leg_id = floor.phone("maryam")
    floor.floor.move(entry.id, caller("sales"), floor.now)
    floor.settle()
    assert floor.done(EndCall) == [EndCall(leg_id, NODE)]
    assert floor.line("sales") == ["neda", "ali", "sara"]
    told = [one for one in floor.told(QueueJoined) if one.entry_id == entry.id]
    assert [(one.queue, one.joined_at) for one in told] == [("support", entry.joined_at), ("sales", entry.joined_at)]
    floor.dies()
    assert floor.line("sales") == ["neda", "ali", "sara"]


def test_supervisor_gives_priority() -> None:
    floor = CallCentre([queue()], [])
    floor.calls("ali")
    floor.passes(30)
    sara = floor.calls("sara")
    floor.floor.prioritise(sara.id, 1)
    assert floor.line() == ["sara", "ali"]


def test_supervisor_sends_a_caller_on() -> None:
    floor = alone()
    entry = floor.calls("ali")
    leg_id = floor.phone("maryam")
    floor.floor.send(entry.id, MAILBOX, floor.now)
    floor.settle()
    assert floor.done(EndCall) == [EndCall(leg_id, NODE)]
    assert floor.status("maryam") is S.AVAILABLE
    assert [event.outcome for event in floor.told(QueueLeft)] == ["removed"]


def test_caller_whom_an_agent_has_just_answered_is_left_to_them() -> None:
    floor = CallCentre([queue(), queue("sales")], [agent("maryam")])
    floor.works("maryam")
    entry = floor.calls("ali")
    floor.answers("maryam")
    with pytest.raises(Unknown, match="just answered"):
        floor.floor.send(entry.id, MAILBOX, floor.now)
    with pytest.raises(Unknown, match="just answered"):
        floor.floor.move(entry.id, caller("sales"), floor.now)


def test_nobody_is_moved_who_is_not_in_line_or_to_no_queue() -> None:
    floor = CallCentre([queue()], [])
    entry = floor.calls("ali")
    with pytest.raises(Unknown):
        floor.floor.move(entry.id, caller("no queue"), floor.now)
    floor.hangs_up(leg_of("ali"))
    with pytest.raises(Unknown):
        floor.floor.prioritise(entry.id, 1)


# What agents do


def test_what_an_agent_asks_for_while_talking_happens_afterwards() -> None:
    floor = alone(wrap_up_seconds=10)
    floor.calls("ali")
    leg_id = floor.talks("maryam")
    floor.does("maryam", Pause("lunch"))
    assert floor.status("maryam") is S.ON_CONTACT
    floor.hangs_up(leg_id)
    assert floor.status("maryam") is S.PAUSED


def test_what_is_impossible_is_refused_and_nothing_changes() -> None:
    floor = alone()
    with pytest.raises(IllegalChange):
        floor.does("maryam", WrapUpSkipped())
    with pytest.raises(Unknown):
        floor.does("nobody", SignIn())
    assert floor.settle() == []


def test_history_has_who_asked_for_each_status() -> None:
    floor = CallCentre([queue()], [agent("maryam")])
    floor.does("maryam", SignIn(), by="maryam herself")
    floor.does("maryam", Pause("lunch"), by="a supervisor")
    floor.does("maryam", SignOut(), by="maryam herself")
    assert [(past.status, past.by) for past in floor.tables.history] == [
        (S.OFFLINE, ""),
        (S.AVAILABLE, "maryam herself"),
        (S.PAUSED, "a supervisor"),
    ]


# Configuration


def test_callers_keep_their_places_when_the_queue_is_changed() -> None:
    floor = alone()
    floor.calls("ali")
    floor.passes(1)
    floor.calls("sara")
    floor.configures(queues=[queue(weight=3.0, wrap_up_seconds=30)])
    assert floor.line() == ["ali", "sara"]
    assert floor.called() == ["maryam"]
    floor.hangs_up(floor.talks("maryam"))
    assert floor.status("maryam") is S.WRAP_UP


def test_patience_that_is_shortened_counts_for_who_waits() -> None:
    floor = CallCentre([queue()], [])
    floor.calls("ali")
    floor.passes(60)
    floor.configures(queues=[queue(overflow=[OverflowStep("waited", MAILBOX, 30)])])
    assert floor.line() == []


def test_new_agent_may_sign_in() -> None:
    floor = CallCentre([queue()], [])
    floor.calls("ali")
    floor.configures(agents=[agent("maryam")])
    floor.names[caller("maryam")] = "maryam"
    floor.works("maryam")
    assert floor.called() == ["maryam"]


def test_agent_who_is_removed_is_gone() -> None:
    floor = alone()
    floor.configures(agents=[])
    assert list(floor.floor.agents) == []
    assert floor.tables.states[caller("maryam")].status is S.OFFLINE


def test_agent_who_is_removed_while_talking_goes_afterwards() -> None:
    floor = alone(wrap_up_seconds=5)
    floor.calls("ali")
    leg_id = floor.talks("maryam")
    floor.configures(agents=[])
    assert floor.status("maryam") is S.ON_CONTACT
    with pytest.raises(Unknown):
        floor.does("maryam", SignIn())
    floor.hangs_up(leg_id)
    assert list(floor.floor.agents) == []
    assert len(floor.told(QueueContactEnded)) == 1


def test_contact_of_an_agent_removed_before_a_take_over_ends_all_the_same() -> None:
    floor = alone()
    floor.calls("ali")
    leg_id = floor.talks("maryam")
    floor.tables.configuration = type(floor.tables.configuration)(floor.tables.configuration.queues, {})
    floor.dies()
    floor.hangs_up(leg_id)
    assert len(floor.told(QueueContactEnded)) == 1


def test_removed_queue_is_forgotten_when_nobody_is_in_it() -> None:
    floor = CallCentre([queue(), queue("sales")], [])
    floor.calls("ali", "sales")
    left = type(floor.tables.configuration)({caller("support"): queue()}, {})
    floor.floor.configure(left, floor.now)
    assert floor.floor.has_queue(caller("sales"))
    floor.hangs_up(leg_of("ali"))
    floor.floor.configure(left, floor.now)
    assert not floor.floor.has_queue(caller("sales"))


def test_agent_who_is_sent_home_while_ringing_goes_when_it_has_rung() -> None:
    floor = alone()
    floor.calls("ali")
    floor.does("maryam", ForceSignOut())
    floor.misses("maryam")
    assert floor.status("maryam") is S.OFFLINE
