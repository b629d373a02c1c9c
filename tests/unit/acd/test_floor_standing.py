"""Agents whose leg stays up between callers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.acd.domain.agent_events import ForceSignOut, Pause, SignOut, Unpause
from services.acd.domain.model import AgentStatus, Strategy
from services.acd.floor_changes import Beep, CallAgent, CallStanding, Connect, EndCall, ParkAgent
from services.acd.floor_contacts import Impossible, Unknown
from services.acd.floor_standing import DISCONNECTED
from shared.contracts.acd import AgentStandingChanged, QueueConnected
from shared.telephony.destinations import Destination
from tests.unit.acd.call_centre import CORE, NODE, CallCentre, agent, leg_of, queue, seen
from tests.unit.acd.shift import caller

S = AgentStatus


def standing(*names: str, **about: object) -> CallCentre:
    """One queue; these agents signed in, and their legs stand."""
    made = CallCentre([queue(**about)], [replace(agent(name), standing=True) for name in names or ("maryam",)])
    made.works(*names or ("maryam",))
    for call in made.done(CallStanding):
        made.floor.stands(call.leg_id, NODE, made.now)
    made.settle()
    return made


def leg(centre: CallCentre, name: str = "maryam") -> str:
    found = centre.state(name).standing_leg_id
    assert found is not None
    return found


def test_an_agent_is_called_once_at_sign_in_and_callers_are_connected_at_once() -> None:
    centre = standing()
    assert [event.up for event in centre.told(AgentStandingChanged)] == [True]
    for name in ("ali", "zahra"):
        centre.calls(name)
        assert [one.leg_id for one in centre.done(Connect)][-1] == leg(centre)
        centre.connects(leg(centre))
        assert centre.status("maryam") is S.ON_CONTACT
        centre.hangs_up(leg_of(name))
        centre.floor.parked(leg(centre), NODE, centre.now)
        assert centre.status("maryam") is S.AVAILABLE
    assert centre.done(CallAgent) == [], "no phone rings"
    assert centre.done(EndCall) == [], "and the leg stays"
    assert len(centre.done(Beep)) == len(centre.told(QueueConnected)) == 2
    assert len(centre.done(CallStanding)) == 1


def test_no_caller_is_offered_while_the_phone_rings_for_the_connection() -> None:
    centre = CallCentre([queue()], [replace(agent("maryam"), standing=True)])
    centre.works("maryam")
    centre.calls("ali")
    assert (centre.called(), centre.line()) == ([], ["ali"])
    call = centre.done(CallStanding)[0]
    centre.floor.stands(call.leg_id, NODE, centre.now)
    centre.settle()
    assert centre.called() == ["maryam"]


def test_who_does_not_answer_for_the_connection_is_paused_and_called_again_when_back() -> None:
    centre = CallCentre([queue()], [replace(agent("maryam"), standing=True)])
    centre.works("maryam")
    centre.floor.does_not_stand(centre.done(CallStanding)[0].leg_id, centre.now)
    centre.settle()
    assert (centre.status("maryam"), centre.state("maryam").pause_reason) == (S.PAUSED, DISCONNECTED)
    centre.does("maryam", Unpause())
    assert len(centre.done(CallStanding)) == 2


def test_who_hangs_up_is_paused_and_the_caller_keeps_the_place() -> None:
    centre = standing()
    gone = leg(centre)
    centre.hangs_up(gone)
    centre.calls("ali")
    assert (centre.status("maryam"), centre.state("maryam").standing_leg_id) == (S.PAUSED, None)
    assert centre.line() == ["ali"]
    told = centre.told(AgentStandingChanged)
    assert [(event.up, event.leg_id) for event in told] == [(True, gone), (False, gone)]


def test_who_hangs_up_while_talking_ends_contact_and_connection() -> None:
    centre = standing()
    centre.calls("ali")
    centre.connects(leg(centre))
    centre.hangs_up(leg(centre))
    assert (centre.status("maryam"), centre.state("maryam").pause_reason) == (S.PAUSED, DISCONNECTED)
    assert list(centre.floor.entries) == []


def test_an_agent_who_hangs_up_in_the_moment_of_the_connection_is_not_stuck() -> None:
    centre = standing()
    centre.calls("ali")
    gone = leg(centre)
    centre.hangs_up(gone)
    centre.floor.not_connected(gone, centre.now)
    centre.settle()
    assert (centre.status("maryam"), centre.line()) == (S.PAUSED, ["ali"])


def test_a_caller_who_hangs_up_in_the_moment_of_the_connection_leaves_the_leg_standing() -> None:
    centre = standing()
    centre.calls("ali")
    centre.hangs_up(leg_of("ali"))
    centre.floor.not_connected(leg(centre), centre.now)
    centre.settle()
    assert centre.status("maryam") is S.AVAILABLE
    assert centre.done(EndCall) == []
    assert centre.done(ParkAgent), "should the two be joined after all, they part again"


def test_ending_a_contact_parks_the_leg() -> None:
    centre = standing()
    entry = centre.calls("ali")
    centre.connects(leg(centre))
    centre.floor.end(entry.id, centre.now)
    centre.settle()
    assert [one.leg_id for one in centre.done(ParkAgent)] == [leg(centre)]
    assert centre.done(EndCall) == []


def test_signing_out_ends_the_leg_after_the_contact() -> None:
    centre = standing()
    centre.calls("ali")
    centre.connects(leg(centre))
    ended = leg(centre)
    centre.does("maryam", SignOut())
    assert centre.done(EndCall) == []
    centre.hangs_up(leg_of("ali"))
    assert {one.leg_id for one in centre.done(EndCall)} == {ended}
    assert (centre.status("maryam"), centre.state("maryam").standing_leg_id) == (S.OFFLINE, None)


def test_signing_out_while_the_phone_rings_for_the_connection_ends_the_call() -> None:
    centre = CallCentre([queue()], [replace(agent("maryam"), standing=True)])
    centre.works("maryam")
    centre.does("maryam", ForceSignOut())
    assert [one.leg_id for one in centre.done(EndCall)] == [centre.done(CallStanding)[0].leg_id]


def test_a_pause_keeps_the_leg_up() -> None:
    centre = standing()
    centre.does("maryam", Pause("lunch"))
    centre.does("maryam", Unpause())
    assert (len(centre.done(CallStanding)), centre.done(EndCall)) == (1, [])


def test_the_leg_survives_its_owner_and_what_is_gone_is_noticed() -> None:
    centre = standing()
    kept = leg(centre)
    centre.dies()
    centre.looks(seen(kept, is_agents=True))
    assert (leg(centre), centre.done(EndCall)) == (kept, [])
    centre.calls("ali")
    assert centre.done(Connect)[-1].leg_id == kept
    centre.connects(kept)
    centre.dies()
    centre.passes(1)
    centre.looks(seen(leg_of("ali"), turn=1, hears=kept), seen(kept, hears=leg_of("ali"), is_agents=True))
    assert centre.status("maryam") is S.ON_CONTACT
    centre.passes(1)
    centre.looks(seen(kept, is_agents=True))
    assert centre.status("maryam") is S.AVAILABLE, "the caller was gone unseen"
    centre.passes(1)
    centre.looks()
    assert centre.status("maryam") is S.PAUSED, "and now the leg"


def test_a_leg_on_a_lost_switch_is_called_again_elsewhere() -> None:
    centre = standing()
    centre.floor.node_lost(NODE, CORE, centre.now, centre.now)
    centre.settle()
    assert (len(centre.done(CallStanding)), centre.status("maryam")) == (2, S.AVAILABLE)


def from_another_switch(centre: CallCentre, name: str) -> None:
    entry = replace(centre.entry(name), node_id="node-2", core_id="core-2")
    centre.floor.join(centre.tables.join(entry, centre.floor), centre.now)
    centre.settle()


def test_a_caller_on_another_switch_is_connected_with_the_leg_that_stands_by_a_call_to_it() -> None:
    centre = standing()
    stands = leg(centre)
    for count, name in enumerate(("ali", "zahra"), 1):
        from_another_switch(centre, name)
        call = centre.done(CallAgent)[-1]
        assert (len(centre.done(CallAgent)), call.stands, call.stands_on) == (count, stands, NODE)
        centre.talks("maryam")
        assert (centre.status("maryam"), leg(centre)) == (S.ON_CONTACT, stands)
        assert [(one.leg_id, one.node_id) for one in centre.done(Beep)] == [(stands, NODE)] * count
        centre.hangs_up(leg_of(name))
        assert [one.leg_id for one in centre.done(EndCall)][-1] == call.leg_id, "the leg between the two"
        centre.hangs_up(call.leg_id)
        assert centre.status("maryam") is S.AVAILABLE
        behind = centre.calls(f"behind {name}")
        assert centre.line() == [behind.caller_name], "nobody is asked before the leg waits again"
        centre.floor.parked(stands, NODE, centre.now)
        centre.hangs_up(behind.leg_id or "")
    assert len(centre.done(CallStanding)) == 1


def test_who_hangs_up_the_leg_that_stands_leaves_a_caller_of_another_switch_and_is_paused() -> None:
    for first in (True, False):
        centre = standing()
        stands = leg(centre)
        from_another_switch(centre, "ali")
        between = centre.talks("maryam")
        centre.hangs_up(stands if first else between)
        centre.hangs_up(between if first else stands)
        assert (centre.status("maryam"), centre.state("maryam").pause_reason) == (S.PAUSED, DISCONNECTED)
        assert centre.line() == []


def test_a_leg_that_cannot_be_called_waits_on_and_the_caller_keeps_the_place() -> None:
    centre = standing()
    stands = leg(centre)
    from_another_switch(centre, "ali")
    centre.floor.not_taken(centre.done(CallAgent)[-1].leg_id, "", centre.now)
    centre.settle()
    assert (centre.line(), centre.state("maryam").missed, leg(centre)) == (["ali"], 0, stands)
    centre.passes(3)
    assert centre.called() == ["maryam"], "and is called again"


def test_of_two_whose_legs_stand_the_one_on_the_callers_switch_is_asked() -> None:
    centre = standing("maryam", "sara", strategy=Strategy.RING_ALL)
    centre.floor._stands[leg(centre, "maryam")].node_id = "node-3"
    centre.calls("ali")
    assert [one.leg_id for one in centre.done(Connect)] == [leg(centre, "sara")]


def test_an_agent_who_calls_in_stays_connected_by_that_call() -> None:
    centre = CallCentre([queue()], [replace(agent("maryam"), standing=True)])
    agent_id = centre.floor.agent_at(Destination.parse("extension:101"), signed_in=False)
    assert centre.floor.calls_in(agent_id, "own-call", centre.now)
    centre.works("maryam")
    centre.calls("ali")
    centre.floor.parked("own-call", NODE, centre.now)
    centre.settle()
    assert centre.done(CallStanding) == []
    assert [one.leg_id for one in centre.done(Connect)] == ["own-call"]
    centre.connects("own-call")
    assert centre.status("maryam") is S.ON_CONTACT


def test_an_agent_who_calls_in_and_hangs_up_at_once_is_paused() -> None:
    centre = CallCentre([queue()], [replace(agent("maryam"), standing=True)])
    assert centre.floor.calls_in(caller("maryam"), "own-call", centre.now)
    centre.works("maryam")
    centre.hangs_up("own-call")
    assert (centre.status("maryam"), centre.state("maryam").pause_reason) == (S.PAUSED, DISCONNECTED)


def test_of_several_agents_at_a_phone_the_one_who_is_signed_in_is_meant() -> None:
    centre = CallCentre([queue()], [agent("maryam"), agent("reza"), agent("neda")])
    phone = Destination.parse("extension:101")
    centre.works("reza")
    assert centre.floor.agent_at(phone, signed_in=True) == caller("reza")
    with pytest.raises(Impossible):
        centre.floor.agent_at(phone, signed_in=False)
    with pytest.raises(Unknown):
        centre.floor.agent_at(Destination.parse("extension:999"), signed_in=True)
