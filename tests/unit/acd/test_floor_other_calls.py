"""Agents whose phones are in calls outside the queues."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.acd.domain.agent_events import Pause, SignIn, SignOut, Unpause
from services.acd.domain.model import AgentStatus
from services.acd.domain.phones_in_use import PhoneLeg
from services.acd.floor_changes import CallAgent, EndCall, Seen
from services.acd.floor_contacts import Impossible
from shared.contracts.acd import AgentOtherCallChanged
from shared.telephony.destinations import Destination
from tests.unit.acd.call_centre import CORE, NODE, CallCentre, agent, leg_of, queue, seen
from tests.unit.acd.shift import caller

S = AgentStatus
PHONES = {"maryam": "101", "reza": "102"}


def at_own_phone(name: str, **about: object) -> object:
    return replace(agent(name), phone=Destination.parse(f"extension:{PHONES[name]}"), **about)


def centre(*names: str, **about: object) -> CallCentre:
    """One queue, these agents at work, each with a phone of their own; none: Maryam."""
    made = CallCentre([queue()], [at_own_phone(name, **about) for name in names or ("maryam",)])
    made.works(*names or ("maryam",))
    return made


def uses(made: CallCentre, number: str = "101", leg_id: str = "other", call_id: str = "") -> None:
    """A phone of that extension calls somebody, or is called."""
    made.floor.phone_used(PhoneLeg(leg_id, NODE, number, call_id or leg_id, made.now), made.now)
    made.settle()


def phone(leg_id: str = "other", number: str = "101", *, hears: str | None = None, is_agents: bool = False) -> Seen:
    return replace(seen(leg_id, hears=hears, is_agents=is_agents), extension=number, call_id=leg_id)


def is_on_other_call(made: CallCentre, name: str = "maryam") -> bool:
    return made.state(name).on_other_call


def told(made: CallCentre) -> list[bool]:
    return [event.on for event in made.told(AgentOtherCallChanged)]


def test_agent_on_another_call_is_not_offered_callers_until_it_ends() -> None:
    floor = centre()
    idle_since = floor.state("maryam").idle_since
    uses(floor)
    floor.calls("ali")
    assert (floor.called(), floor.line(), floor.status("maryam")) == ([], ["ali"], S.AVAILABLE)
    assert floor.floor.counts(caller("support")) == {"free": 0, "serving": 1, "signed_in": 1}
    floor.hangs_up("other")
    assert floor.called() == ["maryam"]
    assert floor.state("maryam").idle_since == idle_since, "as if there had been no call"
    assert told(floor) == [True, False]


def test_who_is_free_gets_the_caller_meanwhile() -> None:
    floor = centre("maryam", "reza")
    uses(floor)
    floor.calls("ali")
    assert floor.called() == ["reza"]


def test_the_last_of_several_calls_counts() -> None:
    floor = centre()
    uses(floor)
    uses(floor, leg_id="second")
    floor.hangs_up("other")
    floor.calls("ali")
    assert floor.called() == []
    floor.hangs_up("second")
    assert floor.called() == ["maryam"]


def test_calls_of_others_and_of_mobiles_do_not_count() -> None:
    floor = CallCentre([queue()], [replace(agent("maryam"), phone=Destination.parse("external:+989121234567"))])
    floor.works("maryam")
    uses(floor, "102")
    floor.calls("ali")
    assert (floor.called(), told(floor)) == (["maryam"], [])


def test_agent_may_have_callers_offered_while_the_phone_is_in_use() -> None:
    floor = centre(ring_in_use=True)
    uses(floor)
    assert is_on_other_call(floor), "it is seen all the same"
    floor.calls("ali")
    assert floor.called() == ["maryam"]


def test_setting_holds_for_a_call_that_is_up() -> None:
    floor = centre()
    uses(floor)
    floor.calls("ali")
    floor.configures(agents=[at_own_phone("maryam", ring_in_use=True)])
    assert floor.called() == ["maryam"]


def test_agent_who_gets_another_phone_is_as_busy_as_that() -> None:
    floor = centre()
    uses(floor)
    uses(floor, "102", "another")
    floor.configures(agents=[replace(agent("maryam"), phone=Destination.parse("extension:103"))])
    assert not is_on_other_call(floor)
    floor.configures(agents=[replace(agent("maryam"), phone=Destination.parse("extension:102"))])
    assert is_on_other_call(floor)


def test_who_is_called_for_a_caller_or_talks_with_one_is_on_no_other_call() -> None:
    floor = centre()
    floor.calls("ali")
    leg_id = floor.phone("maryam")
    uses(floor, leg_id=leg_id, call_id=leg_of("ali"))
    uses(floor, leg_id="of the other node", call_id=leg_of("ali"))
    floor.talks("maryam")
    floor.looks(phone(leg_id, hears=leg_of("ali"), is_agents=True), seen(leg_of("ali"), turn=1, hears=leg_id))
    floor.hangs_up(leg_of("ali"))
    assert EndCall(leg_id, NODE) in floor.done(EndCall)
    floor.looks(phone(leg_id, is_agents=True))
    assert told(floor) == []


def test_call_that_began_during_a_contact_keeps_the_next_caller_away() -> None:
    floor = centre()
    floor.calls("ali")
    floor.talks("maryam")
    uses(floor)
    assert (is_on_other_call(floor), floor.status("maryam")) == (True, S.ON_CONTACT)
    floor.hangs_up(leg_of("ali"))
    floor.calls("sara")
    assert (floor.status("maryam"), floor.called()) == (S.AVAILABLE, [])


def test_leg_by_which_an_agent_calls_to_work_and_that_stands_does_not_count() -> None:
    floor = CallCentre([queue()], [at_own_phone("maryam", standing=True)])
    uses(floor, leg_id="calls in")
    assert told(floor) == [], "nobody asks what an agent does who is not at work"
    assert floor.floor.calls_in(caller("maryam"), "calls in", floor.now)
    floor.does("maryam", SignIn())
    floor.floor.parked("calls in", NODE, floor.now)
    floor.looks(phone("calls in", is_agents=False))
    floor.calls("ali")
    assert (told(floor), floor.called()) == ([], ["maryam"])


def test_who_signs_in_during_a_call_is_offered_callers_after_it() -> None:
    floor = centre()
    floor.does("maryam", SignOut())
    uses(floor)
    floor.calls("ali")
    floor.does("maryam", SignIn())
    assert (is_on_other_call(floor), floor.called()) == (True, [])
    floor.does("maryam", SignOut())
    assert told(floor) == [True, False]
    floor.does("maryam", SignIn())
    floor.hangs_up("other")
    assert floor.called() == ["maryam"]


def test_pause_is_a_pause_also_during_a_call() -> None:
    floor = centre()
    floor.does("maryam", Pause("lunch"))
    uses(floor)
    floor.calls("ali")
    floor.does("maryam", Unpause())
    assert (floor.status("maryam"), floor.called()) == (S.AVAILABLE, [])


# What was missed


def test_calls_that_ended_or_began_unseen_are_noticed_at_the_next_look() -> None:
    floor = centre()
    uses(floor)
    floor.passes(10)
    floor.looks()
    assert not is_on_other_call(floor)
    floor.looks(phone("began unseen"))
    assert is_on_other_call(floor)
    floor.looks(phone("began unseen"))
    assert told(floor) == [True, False, True]


def test_look_that_began_before_the_call_did_says_nothing_of_it() -> None:
    floor = centre()
    uses(floor)
    floor.looks(asked=1)
    assert is_on_other_call(floor)


def test_call_that_has_ended_since_the_switch_was_asked_stays_ended() -> None:
    floor = centre()
    uses(floor)
    floor.hangs_up("other")
    floor.looks(phone("other"), asked=1)
    uses(floor)
    assert not is_on_other_call(floor), "nor when its beginning is told late"


def test_calls_on_a_lost_switch_are_over() -> None:
    floor = centre()
    uses(floor)
    floor.floor.node_lost("node-2", CORE, floor.now, floor.now)
    assert is_on_other_call(floor)
    floor.floor.node_lost(NODE, CORE, floor.now, floor.now)
    assert not is_on_other_call(floor)


@pytest.mark.parametrize("goes_on", [True, False])
def test_new_owner_knows_who_is_on_another_call(*, goes_on: bool) -> None:
    floor = centre()
    uses(floor)
    floor.dies()
    assert is_on_other_call(floor), "before it has looked"
    floor.looks(*([phone()] if goes_on else []))
    floor.calls("ali")
    assert floor.called() == ([] if goes_on else ["maryam"])
    assert told(floor) == ([True] if goes_on else [True, False])


def test_agents_leg_that_talks_on_without_a_contact_counts() -> None:
    floor = centre()
    floor.looks(phone("left over", hears="somebody", is_agents=True))
    floor.calls("ali")
    assert floor.called() == []


# Who is asked for by others


def talking_with_maryam() -> CallCentre:
    floor = centre("maryam", "reza")
    floor.calls("ali")
    floor.talks("maryam")
    uses(floor, "102")
    return floor


def test_caller_is_not_passed_on_to_an_agent_on_another_call() -> None:
    floor = talking_with_maryam()
    entry = floor.entry_of("ali")
    with pytest.raises(Impossible, match="another call"):
        floor.floor.transfer_to_agent(entry.id, caller("reza"), floor.now)
    with pytest.raises(Impossible, match="another call"):
        floor.floor.consult_agent(entry.id, caller("reza"), floor.now)
    assert floor.entry_of("ali") == entry


def test_extension_of_an_agent_on_another_call_is_a_phone_like_any_other() -> None:
    floor = talking_with_maryam()
    floor.floor.consult(floor.entry_of("ali").id, Destination.parse("extension:102"), floor.now)
    floor.settle()
    consult = floor.entry_of("ali").consult
    assert (consult is not None and consult.agent_id, floor.status("reza")) == (None, S.AVAILABLE)
    assert len(floor.done(CallAgent)) == 1
