"""A contact is passed on, put back in line, or ended: the caller's place, the agents' states, what is told."""

from __future__ import annotations

import pytest

from services.acd.domain.agent_events import ForcePause
from services.acd.domain.model import AgentStatus
from services.acd.floor_changes import CallAgent, EndCall, SendOn
from services.acd.floor_contacts import Impossible, Over, Unknown
from shared.contracts.acd import QueueConnected, QueueContactEnded, QueueJoined, QueueLeft
from shared.telephony.destinations import Destination
from tests.unit.acd.call_centre import MAILBOX, CallCentre, alone, centre, leg_of, seen
from tests.unit.acd.shift import caller

S = AgentStatus
SALES = Destination.parse("queue:sales")


def talking(made: CallCentre) -> CallCentre:
    """Ali talks with Maryam."""
    made.calls("ali")
    made.passes(5)
    made.talks("maryam")
    made.passes(60)
    return made


def test_transferred_caller_goes_and_the_agent_wraps_up_once_the_switch_has_done_it() -> None:
    made = talking(alone(wrap_up_seconds=30))
    entry = made.entry_of("ali")
    made.floor.transfer(entry.id, MAILBOX, made.now)
    [action] = made.settle()
    assert isinstance(action, SendOn)
    assert (action.destination, action.agent_leg_id) == (MAILBOX, entry.agent_leg_id)
    assert made.tables.entries[entry.id].destination == "voicemail:101", "whoever takes over goes on with it"
    assert made.status("maryam") is S.ON_CONTACT
    made.floor.passed_on(entry.id, made.now, done=True)
    made.settle()
    assert made.status("maryam") is S.WRAP_UP
    [ended] = made.told(QueueContactEnded)
    assert (ended.ended, ended.destination, ended.talk_seconds) == ("transferred", "voicemail:101", 60)
    assert (ended.warm, ended.consults) == (False, 0)


def test_end_of_the_agents_leg_tells_of_a_transfer_as_well() -> None:
    made = talking(alone())
    entry = made.entry_of("ali")
    made.floor.transfer(entry.id, MAILBOX, made.now)
    made.settle()
    made.hangs_up(entry.agent_leg_id or "")
    made.floor.passed_on(entry.id, made.now, done=True)
    made.settle()
    assert [one.ended for one in made.told(QueueContactEnded)] == ["transferred"]
    assert made.status("maryam") is S.AVAILABLE


def test_transfer_that_the_switch_refuses_leaves_the_two_talking() -> None:
    made = talking(alone())
    entry = made.entry_of("ali")
    made.floor.transfer(entry.id, MAILBOX, made.now)
    with pytest.raises(Impossible, match="being sent to voicemail:101"):
        made.floor.put_back(entry.id, made.now)
    made.settle()
    made.floor.passed_on(entry.id, made.now, done=False)
    made.settle()
    assert made.entry_of("ali").state == "connected"
    made.hangs_up(entry.agent_leg_id or "")
    assert [(one.ended, one.destination) for one in made.told(QueueContactEnded)] == [("hung_up", None)]


def test_transfer_is_begun_anew_by_whoever_takes_over() -> None:
    made = talking(alone())
    entry = made.entry_of("ali")
    made.floor.transfer(entry.id, MAILBOX, made.now)
    made.settle()
    made.dies()
    made.passes(1)
    agents = entry.agent_leg_id or ""
    up = (seen(leg_of("ali"), turn=1, hears=agents), seen(agents, hears=leg_of("ali"), is_agents=True))
    made.actions.clear()
    made.looks(*up)
    assert [(one.entry.id, one.destination, one.agent_leg_id) for one in made.done(SendOn)] == [
        (entry.id, MAILBOX, agents)
    ]


def test_transfer_to_another_queue_is_a_new_place_there() -> None:
    made = talking(alone())
    entry = made.entry_of("ali")
    made.floor.transfer(entry.id, SALES, made.now)
    made.settle()
    made.calls("ali", turn=2)
    assert [one.ended for one in made.told(QueueContactEnded)] == ["transferred"]
    assert made.entry_of("ali").joined_at == made.now


def test_caller_who_is_put_back_has_the_old_place_and_another_agent_comes_first() -> None:
    made = centre(wrap_up_seconds=0, strategy="top_down")
    made.does("reza", ForcePause("lunch"))
    first = made.calls("ali")
    made.passes(30)
    made.talks("maryam")
    made.calls("babak")
    made.passes(60)
    back = made.floor.put_back(first.id, made.now)
    made.settle()
    assert made.line() == ["ali", "babak"], "as long as before in line, so before who came later"
    assert (back.turn, back.joined_at, back.priority) == (2, first.joined_at, first.priority)
    [sent] = made.done(SendOn)
    assert str(sent.destination) == "queue:support"
    [ended] = made.told(QueueContactEnded)
    assert (ended.ended, ended.agent_id, ended.talk_seconds) == ("put_back", caller("maryam"), 60)
    told = [one for one in made.told(QueueJoined) if one.entry_id == back.id]
    assert [(one.joined_at, one.put_back_at) for one in told] == [(first.joined_at, made.now)]
    assert made.called() == ["maryam"]
    assert made.done(CallAgent)[-1].entry.caller_name == "babak", "the agent who put the caller back gets another"
    assert made.calls("ali", turn=2).id == back.id, "the switch says that the caller is there: no news"


def test_wait_of_a_caller_who_was_put_back_begins_anew() -> None:
    made = talking(alone(wrap_up_seconds=5))
    made.floor.put_back(made.entry_of("ali").id, made.now)
    made.settle()
    made.passes(8)
    made.talks("maryam")
    assert [one.waited_seconds for one in made.told(QueueConnected)] == [5, 8]
    assert [one.waited_seconds for one in made.told(QueueLeft)] == [5, 8]


def test_switch_that_did_not_hear_that_a_caller_is_put_back_is_told_again() -> None:
    made = talking(alone(wrap_up_seconds=600))
    entry = made.entry_of("ali")
    back = made.floor.put_back(entry.id, made.now)
    made.settle()
    made.dies()
    made.passes(1)
    agents = entry.agent_leg_id or ""
    made.actions.clear()
    made.looks(seen(leg_of("ali"), turn=1, hears=agents), seen(agents, hears=leg_of("ali"), is_agents=True))
    assert [(one.entry.id, one.agent_leg_id) for one in made.done(SendOn)] == [(back.id, agents)]
    made.actions.clear()
    made.looks(seen(leg_of("ali"), turn=2))
    assert made.actions == []
    assert made.line() == ["ali"]


def test_caller_hangs_up_while_being_put_back() -> None:
    made = talking(alone(wrap_up_seconds=600))
    made.floor.put_back(made.entry_of("ali").id, made.now)
    made.settle()
    made.passes(7)
    made.hangs_up(leg_of("ali"))
    assert [(one.outcome, one.waited_seconds) for one in made.told(QueueLeft)][-1] == ("abandoned", 7)
    assert made.line() == []


def test_agent_to_whom_a_caller_is_transferred_rings_at_once_and_is_on_a_contact() -> None:
    made = talking(centre(wrap_up_seconds=30, strategy="top_down"))
    made.calls("babak")
    made.misses("reza")
    made.passes(3)
    made.misses("reza", "USER_BUSY")
    entry = made.entry_of("ali")
    made.floor.transfer_to_agent(entry.id, caller("reza"), made.now)
    made.settle()
    assert (made.status("maryam"), made.status("reza")) == (S.WRAP_UP, S.RESERVED)
    made.talks("reza")
    assert made.entry_of("ali").agent_id == caller("reza")
    [ended] = made.told(QueueContactEnded)
    assert (ended.ended, ended.destination) == ("transferred", f"agent:{caller('reza')}")


def test_agent_who_does_not_take_a_transferred_caller_leaves_them_the_old_place() -> None:
    made = talking(centre(wrap_up_seconds=30))
    made.floor.transfer_to_agent(made.entry_of("ali").id, caller("reza"), made.now)
    made.settle()
    made.misses("reza")
    assert made.line() == ["ali"]
    assert made.status("reza") is S.AVAILABLE


def test_nobody_is_transferred_to_an_agent_who_is_not_available() -> None:
    made = talking(centre())
    made.does("reza", ForcePause("lunch"))
    entry = made.entry_of("ali")
    with pytest.raises(Impossible, match="the agent is paused"):
        made.floor.transfer_to_agent(entry.id, caller("reza"), made.now)
    with pytest.raises(Unknown):
        made.floor.transfer_to_agent(entry.id, caller("nobody"), made.now)
    assert not made.floor.take()


def test_contact_is_ended_as_if_the_agent_hung_up() -> None:
    made = talking(alone(wrap_up_seconds=30))
    entry = made.entry_of("ali")
    made.floor.end(entry.id, made.now)
    [action] = made.settle()
    assert action == EndCall(entry.agent_leg_id or "", entry.node_id or "")
    assert [one.ended for one in made.told(QueueContactEnded)] == ["ended"]
    assert made.status("maryam") is S.WRAP_UP


def test_contact_that_is_over_in_line_or_anothers_is_not_changed() -> None:
    made = talking(alone())
    entry = made.entry_of("ali")
    waiting = made.calls("babak")
    with pytest.raises(Impossible, match="in line"):
        made.floor.end(waiting.id, made.now)
    with pytest.raises(Over, match="another agent"):
        made.floor.end(entry.id, made.now, agent_id=caller("reza"))
    made.hangs_up(leg_of("ali"))
    with pytest.raises(Over):
        made.floor.end(entry.id, made.now)
