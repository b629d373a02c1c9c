"""Consults that something comes between: the caller, the third and the agents are neither forgotten nor mixed up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.acd.domain.model import AgentStatus
from services.acd.floor_changes import EndCall, ParkAgent, Seen, SendOn
from services.acd.floor_contacts import Impossible
from services.acd.records import Entry
from shared.contracts.acd import QueueContactEnded, QueueJoined, QueueLeft
from shared.telephony.destinations import Destination
from tests.unit.acd.call_centre import CORE, NODE, CallCentre, agent, alone, queue, seen
from tests.unit.acd.shift import caller
from tests.unit.acd.test_floor_consults import CALLER, REZA, THIRD, Asking

S = AgentStatus
SALES = Destination.parse("queue:sales")


def on_hold(asking: Asking) -> Asking:
    """The agent talks with the caller, the third hears music."""
    asking.talks().does("swap")
    return asking.went().looks(caller=asking.agent, agent=CALLER, third=True)


def test_caller_who_is_moved_to_a_queue_leaves_neither_agent_nor_third_behind() -> None:
    asking = on_hold(Asking(alone()))
    asking.made.calls("ali", turn=2)
    assert {one.leg_id for one in asking.made.done(EndCall)} == {asking.agent, THIRD}


def test_caller_who_was_taken_elsewhere_is_not_taken_back_for_the_sake_of_the_third() -> None:
    asking = on_hold(Asking(alone()))
    asking.made.passes(1)
    parked = Seen(asking.agent, NODE, None, None, is_agents=True, is_parked=True)
    asking.made.looks(seen(CALLER), parked, seen(THIRD))
    assert asking.made.status("maryam") is S.AVAILABLE
    assert {one.leg_id for one in asking.made.done(EndCall)} == {asking.agent, THIRD}


def test_third_on_hold_is_not_forgotten_where_a_swap_was_done_by_half() -> None:
    asking = Asking(alone()).talks()
    asking.does("swap")
    asking.went(done=False).looks(agent="park", third=True)
    assert asking.state == "returning"
    asking.went().looks(caller=asking.agent, agent=CALLER, third=True)
    assert asking.state is None
    assert {one.leg_id for one in asking.made.done(EndCall)} == {THIRD}


def test_agent_who_is_neither_parked_nor_with_anybody_gets_out_of_a_step_that_failed() -> None:
    asking = Asking(alone()).talks()
    asking.does("complete_consult")
    asking.went(done=False)
    asking.made.passes(1)
    asking.made.looks(seen(CALLER, turn=1), Seen(asking.agent, NODE, is_agents=True))
    assert asking.steps()[-1] == ("returning", "completing")


def test_agent_hears_somebody_else_than_before() -> None:
    asking = Asking(alone()).talks()
    asking.made.passes(1)
    asking.made.looks(
        seen(CALLER, turn=1), seen(asking.agent, hears="other", is_agents=True), seen("other", hears=asking.agent)
    )
    consult = asking.made.entry_of("ali").consult
    assert consult is not None
    assert (consult.state, consult.leg_id) == ("talking", "other")


# A contact whose consult is over, or that was sent on, and whose agent is parked


def talking() -> tuple[CallCentre, str]:
    made = alone()
    made.calls("ali")
    leg_id = made.talks("maryam")
    made.passes(1)
    return made, leg_id


def parked(leg_id: str) -> Seen:
    return Seen(leg_id, NODE, None, None, is_agents=True, is_parked=True)


def test_agent_is_free_once_the_caller_was_sent_on_though_the_owner_died() -> None:
    made, leg_id = talking()
    made.floor.transfer(made.entry_of("ali").id, REZA, made.now)
    made.settle()
    made.dies()
    made.passes(1)
    made.looks(seen(CALLER), parked(leg_id))
    assert made.status("maryam") is S.AVAILABLE
    assert [one.ended for one in made.told(QueueContactEnded)] == ["transferred"]
    assert {one.leg_id for one in made.done(EndCall)} == {leg_id}


def test_caller_whom_a_late_step_put_on_hold_waits_in_the_old_place() -> None:
    made, leg_id = talking()
    made.looks(seen(CALLER, turn=1), parked(leg_id))
    assert made.line() == ["ali"]
    assert [str(one.destination) for one in made.done(SendOn)] == ["queue:support"]


# In line again


def test_caller_who_is_put_back_is_in_line_while_on_the_way() -> None:
    made, _ = talking()
    made.floor.put_back(made.entry_of("ali").id, made.now)
    made.settle()
    assert [one.is_back for one in made.done(SendOn)] == [True]
    made.passes(1)
    made.looks(seen(CALLER))
    assert made.line() == ["ali"]
    made.passes(6)
    made.looks(seen(CALLER))
    assert made.line() == [], "somebody took the caller elsewhere"


def test_caller_who_waits_by_an_older_turn_is_sent_to_where_the_line_has_them() -> None:
    made = CallCentre([queue()], [])
    made.calls("ali", turn=2)
    made.passes(1)
    made.looks(seen(CALLER, turn=1))
    [sent] = made.done(SendOn)
    assert (sent.is_back, sent.entry.turn, made.line()) == (True, 2, ["ali"])


def test_caller_who_left_the_line_and_yet_waits_is_sent_there_again() -> None:
    made = CallCentre([queue()], [])
    entry = made.calls("ali")
    made.passes(1)
    made.looks(seen(CALLER, turn=None))
    kept = made.tables.entries[entry.id]
    assert (kept.state, kept.outcome) == ("left", "moved")
    for seconds in (1, 10):
        made.passes(seconds)
        made.floor.found_waiting(kept, made.now, made.now)
        made.settle()
        assert [str(one.destination) for one in made.done(SendOn)] == (["queue:support"] if seconds == 10 else [])


# Agents who ask in a queue


class AskingInQueue:
    """Ali talks with Maryam, whose leg stands and waits in sales, to ask there; or, ``answered``, talks with Neda."""

    def __init__(self, *, answered: bool = False, standing: bool = True) -> None:
        maryam = replace(agent("maryam"), standing=standing)
        self.made = made = CallCentre([queue(), queue("sales")], [maryam, agent("neda", "sales")])
        made.works("maryam")
        for leg_id in made.floor.standing:
            made.floor.stands(leg_id, NODE, made.now)
            made.settle()
        self.entry = made.calls("ali")
        if standing:
            self.agent = made.state("maryam").standing_leg_id or ""
            made.connects(self.agent)
        else:
            self.agent = made.talks("maryam")
        made.passes(1)
        made.floor.consult(self.entry.id, SALES, made.now)
        made.settle()
        made.floor.consult_went(self.entry.id, made.now, done=True)
        if answered:
            made.works("neda")
        self.asked = self.waits()
        if answered:
            self.third = made.talks("neda")
            made.passes(1)
            self.looks(hears=self.third, third=self.agent)

    def waits(self) -> Entry:
        """The agent's leg is told to wait in sales."""
        made = self.made
        entry = replace(made.entry("maryam asks", "sales"), leg_id=self.agent, call_id=self.agent)
        kept = made.tables.join(entry, made.floor)
        made.floor.join(kept, made.now)
        made.settle()
        return kept

    def looks(self, *, caller: str | None = None, hears: str | None = None, third: str | None = None) -> None:
        legs = [seen(CALLER, turn=1, hears=caller), seen(self.agent, turn=1, hears=hears, is_agents=True)]
        self.made.looks(*legs, seen(self.third, hears=third, is_agents=True))


@pytest.mark.parametrize("standing", [True, False])
def test_agent_does_not_wait_in_the_queue_any_more_when_the_caller_has_hung_up(standing: bool) -> None:
    asking = AskingInQueue(standing=standing)
    made = asking.made
    assert made.line("sales") == ["maryam asks"]
    made.hangs_up(CALLER)
    assert made.line("sales") == []
    assert len(made.done(ParkAgent)) == standing


def test_leg_that_stands_and_waits_no_more_is_no_caller() -> None:
    asking = AskingInQueue()
    made = asking.made
    made.hangs_up(CALLER)
    made.passes(1)
    made.tables.entries[asking.asked.id] = replace(made.tables.entries[asking.asked.id], turn=9)  # as passed on
    phantom = asking.waits()
    made.settle()
    assert made.line("sales") == []
    joined, left = ([one.entry_id for one in made.told(kind)] for kind in (QueueJoined, QueueLeft))
    assert (joined.count(phantom.id), left.count(phantom.id)) == (1, 1)


def test_agent_who_waits_to_ask_is_lost_once_with_the_switch() -> None:
    asking = AskingInQueue(standing=False)
    made = asking.made
    made.floor.node_lost(NODE, CORE, made.now, made.now)
    made.settle()
    assert list(made.floor.entries) == []
    assert sorted(one.leg_id for one in made.told(QueueLeft)) == sorted([CALLER, asking.agent])


def test_whoever_is_asked_in_a_queue_stays_with_the_agent_who_swaps() -> None:
    asking = AskingInQueue(answered=True)
    made = asking.made
    made.floor.swap(asking.entry.id, made.now)
    made.settle()
    made.passes(1)
    made.floor.consult_went(asking.entry.id, made.now, done=True)
    asking.looks(caller=asking.agent, hears=CALLER)
    assert (made.status("maryam"), made.status("neda")) == (S.ON_CONTACT, S.ON_CONTACT)
    consult = made.floor.entry(asking.entry.id).consult
    assert consult is not None
    assert consult.state == "on_hold"


def test_whoever_is_asked_by_an_agent_does_not_put_that_one_on_hold() -> None:
    asking = AskingInQueue(answered=True)
    made, floor = asking.made, asking.made.floor
    with pytest.raises(Impossible, match="the caller is an agent who asks"):
        floor.consult(asking.asked.id, REZA, made.now)
    with pytest.raises(Impossible, match="the caller is an agent who asks"):
        floor.consult_agent(asking.asked.id, caller("maryam"), made.now)
    floor.complete_consult(asking.entry.id, made.now)
    made.settle()
    with pytest.raises(Impossible, match="passes another caller on"):
        floor.transfer(asking.asked.id, REZA, made.now)


def test_agent_who_is_being_sent_elsewhere_passes_nobody_on() -> None:
    asking = AskingInQueue(answered=True)
    made = asking.made
    made.floor.transfer(asking.asked.id, REZA, made.now)
    made.settle()
    with pytest.raises(Impossible, match="sends you to extension:102"):
        made.floor.complete_consult(asking.entry.id, made.now)
