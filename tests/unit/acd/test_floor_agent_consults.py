"""An agent asks another agent of the floor: who is busy with it, has the caller in the end, or is free again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.acd.domain.agent_events import Pause, Reason, WrapUpSkipped
from services.acd.domain.model import AgentStatus
from services.acd.floor import Unknown
from services.acd.floor_changes import Beep, CallAgent, Consulting, EndCall, ParkAgent, Seen
from services.acd.floor_contacts import Impossible
from shared.contracts.acd import AgentStatusChanged, QueueConnected, QueueContactEnded, QueueJoined, QueueLeft
from shared.telephony.destinations import Destination
from tests.unit.acd.call_centre import CORE, NODE, CallCentre, agent, leg_of, queue, seen
from tests.unit.acd.shift import caller

S = AgentStatus
CALLER = leg_of("ali")


class AskingAgent:
    """Ali talks with Maryam, who asks Reza: an agent of the same queue, whose phone is extension 102."""

    def __init__(self, *, standing: tuple[str, ...] = (), stands_on: str = NODE, by_extension: bool = False) -> None:
        reza = replace(agent("reza"), phone=Destination.parse("extension:102"))
        there = [replace(one, standing=one.name in standing) for one in (agent("maryam"), reza)]
        self.made = CallCentre([queue(strategy="top_down", wrap_up_seconds=30)], there)
        self.made.works("maryam", "reza")
        for leg_id in self.made.floor.standing:
            self.made.floor.stands(leg_id, stands_on, self.made.now)
            self.made.settle()
        self.entry = self.made.calls("ali")
        if "maryam" in standing:
            self.agent = self.made.state("maryam").standing_leg_id or ""
            self.made.connects(self.agent)
        else:
            self.agent = self.made.talks("maryam")
        self.made.passes(60)
        self.made.actions.clear()
        if by_extension:
            self.made.floor.consult(self.entry.id, Destination.parse("extension:102"), self.made.now)
        else:
            self.made.floor.consult_agent(self.entry.id, caller("reza"), self.made.now)
        self.made.settle()

    @property
    def state(self) -> str | None:
        consult = self.made.floor.entry(self.entry.id).consult
        return consult.state if consult else None

    @property
    def third(self) -> str:
        consult = self.made.floor.entry(self.entry.id).consult
        assert consult is not None
        return consult.leg_id or ""

    def went(self, *, done: bool = True) -> AskingAgent:
        self.made.passes(1)
        self.made.floor.consult_went(self.entry.id, self.made.now, done=done)
        self.made.settle()
        return self

    def looks(self, third: str, *, agent: str | None = None, caller: str | None = None, hears: str = "") -> None:
        """Whom agent and caller hear (none: park and music), and whom the third: ``gone``, or parked by itself."""
        up = [seen(CALLER, turn=1, hears=caller)]
        up.append(Seen(self.agent, NODE, agent, None, is_agents=True, is_parked=agent is None))
        if hears != "gone":
            up.append(Seen(third, NODE, hears or None, None, is_agents=True, is_parked=not hears))
        self.made.passes(1)
        self.made.looks(*up)

    def talks(self) -> str:
        """Reza takes the call; his leg."""
        third = self.third
        self.went()
        self.made.floor.rings(third, self.made.now)
        self.made.settle()
        assert self.made.status("reza") is S.RINGING
        self.made.floor.answered(third, NODE, self.made.now)
        self.made.settle()
        self.went()
        self.looks(third, agent=third, hears=self.agent)
        return third

    def reasons(self) -> list[str]:
        changed = [one for one in self.made.told(AgentStatusChanged) if one.agent_id == caller("reza")]
        return [one.reason for one in changed]


@pytest.mark.parametrize("by_extension", [False, True])
def test_agent_who_is_asked_is_busy_and_has_the_contact_in_the_end(by_extension: bool) -> None:
    asking = AskingAgent(by_extension=by_extension)
    made = asking.made
    assert (asking.state, made.status("reza")) == ("beginning", S.RESERVED)
    third = asking.talks()
    assert (asking.state, made.status("reza")) == ("talking", S.ON_CONTACT)
    [call] = made.done(CallAgent)
    assert (call.leg_id, call.entry.caller_name, call.entry.caller_number) == (third, "maryam", "101")
    made.calls("sara")
    assert made.line() == ["sara"], "nobody is free for her"
    made.passes(30)
    made.floor.complete_consult(asking.entry.id, made.now)
    made.settle()
    asking.went()
    asking.looks(third, caller=third, hears=CALLER)
    assert (made.status("maryam"), made.status("reza")) == (S.WRAP_UP, S.ON_CONTACT)
    [ended] = made.told(QueueContactEnded)
    assert (ended.agent_id, ended.ended, ended.destination) == (
        caller("maryam"), "transferred", f"agent:{caller('reza')}",
    )  # fmt: skip
    contact = made.entry_of("ali")
    assert (contact.agent_id, contact.agent_leg_id, contact.turn) == (caller("reza"), third, 2)
    for kind in (QueueJoined, QueueConnected, QueueLeft):
        assert [one.entry_id for one in made.told(kind) if one.leg_id == CALLER] == [asking.entry.id, contact.id]
    assert {one.leg_id for one in made.done(EndCall)} == {asking.agent}, "Reza's leg goes on"
    made.passes(60)
    made.hangs_up(CALLER)
    assert made.status("reza") is S.WRAP_UP
    assert made.state("reza").calls == 1
    [_, theirs] = made.told(QueueContactEnded)
    assert (theirs.agent_id, theirs.talk_seconds) == (caller("reza"), 60)
    said = [Reason.SIGNED_IN, Reason.CONSULTED, Reason.PHONE_RINGING, Reason.CONSULT_ANSWERED]
    assert asking.reasons() == [*said, Reason.CONTACT_TAKEN, Reason.CONTACT_ENDED]


def test_agent_who_is_not_available_is_not_asked() -> None:
    asking = AskingAgent()
    made, about = asking.made, (asking.entry.id,)
    asking.talks()
    made.floor.cancel_consult(asking.entry.id, made.now)
    made.settle()
    asking.went().looks("", agent=CALLER, caller=asking.agent, hears="gone")
    assert (asking.state, made.status("reza")) == (None, S.AVAILABLE)
    made.does("reza", Pause("lunch"))
    with pytest.raises(Impossible, match="the agent is paused"):
        made.floor.consult_agent(*about, caller("reza"), made.now)
    with pytest.raises(Impossible, match="the agent is on_contact"):
        made.floor.consult_agent(*about, caller("maryam"), made.now)
    with pytest.raises(Impossible, match=r"the agent at extension:101 is on_contact"):
        made.floor.consult(*about, Destination.parse("extension:101"), made.now)
    with pytest.raises(Unknown):
        made.floor.consult_agent(*about, caller("nobody"), made.now)
    made.floor.consult(*about, Destination.parse("extension:102"), made.now)
    assert (asking.state, made.status("reza")) == ("beginning", S.PAUSED), "at lunch his phone is a phone"


@pytest.mark.parametrize("cause", ["NO_ANSWER", ""])
def test_agent_who_does_not_answer_is_free_again_and_the_agent_comes_back(cause: str) -> None:
    asking = AskingAgent()
    made, third = asking.made, asking.third
    asking.went()
    made.floor.not_taken(third, cause, made.now)
    made.settle()
    assert (asking.state, made.status("reza")) == ("returning", S.AVAILABLE)
    assert made.state("reza").missed == (1 if cause else 0)
    made.hangs_up(third, "NO_ANSWER")
    assert made.state("reza").missed == (1 if cause else 0)
    asking.went().looks(third, agent=CALLER, caller=asking.agent, hears="gone")
    assert asking.state is None


@pytest.mark.parametrize("who", ["third", "agent", "caller"])
@pytest.mark.parametrize("when", ["reserved", "talking"])
def test_whoever_hangs_up_the_asked_agent_is_free_again_without_wrap_up(who: str, when: str) -> None:
    asking = AskingAgent()
    third = asking.third
    asking.talks() if when == "talking" else asking.went()
    made = asking.made
    made.hangs_up({"third": third, "agent": asking.agent, "caller": CALLER}[who])
    assert made.status("reza") is S.AVAILABLE
    ends = {one.leg_id for one in made.done(EndCall)}
    assert (third in ends) == (who != "third")
    if who == "third":
        asking.looks(third, hears="gone")
        assert asking.state == "returning"
    elif who == "agent":
        assert made.entry_of("ali").state == "waiting"


def test_whoever_takes_over_goes_on_with_the_asked_agent() -> None:
    asking = AskingAgent()
    made, third = asking.made, asking.third
    asking.went()
    made.dies()
    assert made.status("reza") is S.RESERVED
    asking.looks(third, hears="")
    assert asking.state == "connecting", "answered while nobody looked"
    asking.went()
    asking.looks(third, agent=third, hears=asking.agent)
    made.dies()
    assert made.status("reza") is S.ON_CONTACT
    made.floor.complete_consult(asking.entry.id, made.now)
    made.settle()
    made.dies()
    asking.looks(third, caller=third, hears=CALLER)
    assert made.entry_of("ali").agent_id == caller("reza")


def test_owner_who_died_before_the_phone_was_called_lets_the_agent_come_back() -> None:
    asking = AskingAgent()
    asking.went()
    asking.made.dies()
    asking.made.passes(9)
    asking.looks("", hears="gone")
    assert (asking.state, asking.made.status("reza")) == ("returning", S.AVAILABLE)


def test_asked_agent_is_lost_with_the_switch() -> None:
    asking = AskingAgent()
    asking.talks()
    asking.made.floor.node_lost(NODE, CORE, asking.made.now, asking.made.now)
    asking.made.settle()
    assert (asking.made.status("reza"), asking.made.state("reza").reason) == (S.AVAILABLE, Reason.NODE_LOST)


def test_leg_that_stands_is_asked_at_once_with_a_beep_and_stays() -> None:
    asking = AskingAgent(standing=("reza",))
    made, third = asking.made, asking.third
    assert third == made.state("reza").standing_leg_id
    asking.went()
    assert (asking.state, made.done(CallAgent)) == ("connecting", [])
    asking.went().looks(third, agent=third, hears=asking.agent)
    assert made.status("reza") is S.ON_CONTACT
    assert made.done(Beep) == [Beep(third, NODE)]
    made.floor.cancel_consult(asking.entry.id, made.now)
    made.settle()
    assert (made.done(ParkAgent), made.done(EndCall)) == ([ParkAgent(third, NODE)], [])
    asking.went().looks(third, agent=CALLER, caller=asking.agent)
    assert (made.status("reza"), made.state("reza").standing_leg_id) == (S.AVAILABLE, third)


def test_agents_whose_legs_stand_pass_a_caller_on_and_both_legs_stay() -> None:
    asking = AskingAgent(standing=("maryam", "reza"))
    made, third = asking.made, asking.third
    asking.went().went().looks(third, agent=third, hears=asking.agent)
    made.floor.complete_consult(asking.entry.id, made.now)
    made.settle()
    asking.went().looks(third, caller=third, hears=CALLER)
    assert made.entry_of("ali").agent_leg_id == third
    assert (made.status("maryam"), made.status("reza")) == (S.WRAP_UP, S.ON_CONTACT)
    assert (made.done(ParkAgent), made.done(EndCall)) == ([ParkAgent(asking.agent, NODE)], [])
    made.hangs_up(CALLER)
    assert made.done(ParkAgent)[-1] == ParkAgent(third, NODE)


def test_leg_that_stands_on_another_switch_is_called_there_and_stays() -> None:
    asking = AskingAgent(standing=("reza",), stands_on="node-2")
    made, third = asking.made, asking.third
    stands = made.state("reza").standing_leg_id or ""
    assert third != stands
    asking.talks()
    [call] = made.done(CallAgent)
    assert (call.stands, call.stands_on) == (stands, "node-2")
    assert made.done(Beep) == [Beep(stands, "node-2")]
    made.floor.cancel_consult(asking.entry.id, made.now)
    made.settle()
    assert [one.leg_id for one in made.done(EndCall)] == [third]
    assert (made.status("reza"), made.state("reza").standing_leg_id) == (S.AVAILABLE, stands)


def test_leg_that_stands_gets_the_next_caller_only_once_it_is_parked_after_a_contact_with_a_consult() -> None:
    asking = AskingAgent(standing=("maryam",))
    made = asking.made
    asking.went()
    made.floor.parked(asking.agent, NODE, made.now)
    made.floor.cancel_consult(asking.entry.id, made.now)
    made.settle()
    asking.went().looks("", agent=CALLER, caller=asking.agent, hears="gone")
    assert asking.state is None
    made.does("reza", Pause("lunch"))
    made.calls("sara")
    made.hangs_up(CALLER)
    made.does("maryam", WrapUpSkipped())
    assert made.called() == [], "the leg is on its way to park, which would take Sara from it"
    made.floor.parked(asking.agent, NODE, made.now)
    made.settle()
    assert made.called() == ["maryam"]


def test_step_that_failed_lets_the_asked_agent_go() -> None:
    asking = AskingAgent()
    third = asking.third
    asking.went(done=False)
    asking.looks(third, hears="gone")
    assert (asking.state, asking.made.status("reza")) == ("returning", S.AVAILABLE)
    assert [one.step for one in asking.made.done(Consulting)] == ["beginning", "returning"]
