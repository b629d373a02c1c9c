"""What happens in the same moment, in every order: neither caller nor agent is stuck."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations

import pytest

from services.acd.domain.agent_events import SignOut
from services.acd.domain.model import AgentStatus, Strategy
from services.acd.floor_changes import CallAgent, CallStanding, Connect
from shared.contracts.acd import QueueContactEnded, QueueLeft
from tests.unit.acd.call_centre import NODE, CallCentre, agent, alone, leg_of, queue
from tests.unit.acd.shift import caller

S = AgentStatus
Happening = Callable[[CallCentre, str], None]


def caller_leaves(centre: CallCentre, _: str) -> None:
    centre.hangs_up(leg_of("ali"))


def agent_answers(centre: CallCentre, leg_id: str) -> None:
    centre.floor.answered(leg_id, NODE, centre.now)
    centre.settle()


def agent_leaves(centre: CallCentre, leg_id: str) -> None:
    centre.hangs_up(leg_id)


def agent_signs_out(centre: CallCentre, _: str) -> None:
    if centre.status("maryam") is not S.OFFLINE:
        centre.does("maryam", SignOut())


ORDERS = list(permutations([caller_leaves, agent_answers, agent_leaves, agent_signs_out]))


def told_of_the_connection(centre: CallCentre, leg_id: str, *, joined: bool) -> None:
    """The switch answers, if it was asked to connect the two."""
    if any(action.leg_id == leg_id for action in centre.done(Connect)):
        (centre.floor.connected if joined else centre.floor.not_connected)(leg_id, centre.now)
        centre.settle()


@pytest.mark.parametrize("stands", [False, True], ids=["called", "standing"])
@pytest.mark.parametrize("joined", [True, False], ids=["joined", "not joined"])
@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "-".join(one.__name__ for one in order))
def test_whatever_comes_first_nobody_is_stuck(order: tuple[Happening, ...], joined: bool, stands: bool) -> None:
    for place in range(len(order) + 1):
        centre = CallCentre([queue()], [replace(agent("maryam"), standing=stands)])
        centre.works("maryam")
        for call in centre.done(CallStanding):
            centre.floor.stands(call.leg_id, NODE, centre.now)
        centre.calls("ali")
        leg_id = centre.phone("maryam")
        for happening in order[:place]:
            happening(centre, leg_id)
        told_of_the_connection(centre, leg_id, joined=joined)
        for happening in order[place:]:
            happening(centre, leg_id)
        told_of_the_connection(centre, leg_id, joined=joined)
        centre.passes(5)
        assert centre.status("maryam") is S.OFFLINE
        assert list(centre.floor.entries) == list(centre.floor.offers) == []
        assert len(centre.told(QueueLeft)) == 1
        assert len(centre.told(QueueContactEnded)) <= 1


@pytest.mark.parametrize("strategy", [Strategy.TOP_DOWN, Strategy.RING_ALL])
@pytest.mark.parametrize("cause", ["USER_NOT_REGISTERED", "USER_BUSY", ""])
def test_dead_phones_of_agents_who_are_never_paused_are_no_busy_loop(strategy: Strategy, cause: str) -> None:
    names = ("maryam", "reza", "neda")
    centre = CallCentre([queue(strategy=strategy, max_missed=0)], [agent(name) for name in names])
    centre.works(*names)
    centre.calls("ali")
    calls = 0
    for _ in range(100):
        if not centre.floor.offers:
            break
        for offer in list(centre.floor.offers):
            centre.floor.not_taken(offer.leg_id, cause, centre.now)
            calls += 1
        centre.settle()
    assert calls <= 2 * len(names), "in one moment every phone is tried, and not for ever"
    due = centre.floor.next_due(centre.now)
    assert due is not None
    assert due > centre.now, "the owner sleeps until somebody may be asked again"
    assert centre.line() == ["ali"]
    centre.now = due
    centre.settle()
    assert centre.called(), "and then asks again"
    assert {who for who, _ in ((a.name, s) for a, s in centre.floor.agents)} == set(names)


def test_after_so_many_unanswered_offers_in_a_row_an_agent_is_paused_and_one_answer_begins_anew() -> None:
    centre = alone(max_missed=2)
    centre.calls("ali")
    centre.misses("maryam")
    centre.passes(3)
    centre.talks("maryam")
    centre.hangs_up(leg_of("ali"))
    centre.calls("zahra")
    centre.misses("maryam")
    assert centre.status("maryam") is S.AVAILABLE
    centre.passes(3)
    centre.misses("maryam")
    assert (centre.status("maryam"), centre.state("maryam").pause_reason) == (S.PAUSED, "missed_calls")
    assert len([one for one in centre.done(CallAgent) if one.agent.id == caller("maryam")]) == 4
