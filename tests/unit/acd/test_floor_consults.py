"""An agent asks somebody about a caller: what the switch is asked, and what follows when any of the three hangs up."""

from __future__ import annotations

import pytest

from services.acd.domain.model import AgentStatus
from services.acd.floor_changes import Consulting, EndCall, LookAgain, Seen, SendOn
from services.acd.floor_contacts import Impossible
from shared.contracts.acd import QueueConsultChanged, QueueContactEnded
from shared.telephony.destinations import Destination
from tests.unit.acd.call_centre import NODE, CallCentre, alone, centre, leg_of, seen
from tests.unit.acd.shift import caller

S = AgentStatus
REZA = Destination.parse("extension:102")
CALLER, THIRD = leg_of("ali"), "leg-of-the-third"


class Asking:
    """Ali talks with Maryam, who asks Reza."""

    def __init__(self, made: CallCentre) -> None:
        self.made = made
        self.entry = made.calls("ali")
        self.agent = made.talks("maryam")
        made.passes(60)
        made.floor.consult(self.entry.id, REZA, made.now)
        made.settle()

    @property
    def state(self) -> str | None:
        consult = self.made.floor.entry(self.entry.id).consult
        return consult.state if consult else None

    def went(self, *, done: bool = True) -> Asking:
        self.made.passes(1)
        self.made.floor.consult_went(self.entry.id, self.made.now, done=done)
        self.made.settle()
        return self

    def looks(self, *, caller: str | None = None, agent: str | None = None, third: bool = False) -> Asking:
        """Whom caller and agent hear (``park``: waits there; ``gone``), and whether the third is up."""
        up = [] if caller == "gone" else [seen(CALLER, turn=1, hears=caller)]
        if agent != "gone":
            hears = None if agent in (None, "park") else agent
            up.append(Seen(self.agent, NODE, hears, None, is_agents=True, is_parked=agent == "park"))
        if third:
            up.append(seen(THIRD, hears=self.agent if agent == THIRD else None))
        self.made.passes(1)
        self.made.looks(*up)
        return self

    def talks(self) -> Asking:
        return self.went().looks(agent=THIRD, third=True)

    def does(self, word: str) -> list[object]:
        self.made.actions.clear()
        getattr(self.made.floor, word)(self.entry.id, self.made.now)
        self.made.settle()
        return list(self.made.actions)

    def steps(self) -> list[tuple[str, str | None]]:
        return [(one.step, one.before) for one in self.made.done(Consulting)]


def test_caller_hears_music_while_the_agent_calls_and_talks() -> None:
    asking = Asking(alone(wrap_up_seconds=30))
    assert (asking.state, asking.steps()) == ("beginning", [("beginning", "beginning")])
    asking.went()
    assert asking.state == "calling"
    with pytest.raises(Impossible, match="calling"):
        asking.made.floor.complete_consult(asking.entry.id, asking.made.now)
    with pytest.raises(Impossible, match="extension:102 is being asked"):
        asking.made.floor.put_back(asking.entry.id, asking.made.now)
    assert asking.made.floor.is_asking(asking.agent)
    asking.looks(agent=THIRD, third=True)
    assert asking.state == "talking"
    assert asking.made.status("maryam") is S.ON_CONTACT
    told = [(one.state, one.third_leg_id) for one in asking.made.told(QueueConsultChanged)]
    assert told == [("beginning", None), ("calling", None), ("talking", THIRD)]


def test_caller_is_passed_on_and_the_agent_wraps_up() -> None:
    asking = Asking(alone(wrap_up_seconds=30)).talks()
    asking.does("complete_consult")
    asking.made.passes(3)
    asking.went().looks(caller=THIRD, agent="park", third=True)
    assert asking.made.status("maryam") is S.WRAP_UP
    [ended] = asking.made.told(QueueContactEnded)
    assert (ended.ended, ended.destination) == ("transferred", "extension:102")
    assert (ended.warm, ended.consults) == (True, 1)
    assert ended.talk_seconds == 60, "while the caller heard music nobody talked with them"
    assert ended.hold_seconds > 0
    kept = asking.made.tables.entries[asking.entry.id]
    assert (kept.ended, kept.consults, kept.held_seconds) == ("transferred", 1, ended.hold_seconds)
    assert {one.leg_id for one in asking.made.done(EndCall)} == {asking.agent}, "the third talks on"


def test_passing_on_is_found_done_when_the_agent_has_hung_up_meanwhile() -> None:
    asking = Asking(alone()).talks()
    asking.does("complete_consult")
    asking.made.hangs_up(asking.agent)
    assert asking.made.done(LookAgain)
    asking.looks(caller=THIRD, agent="gone", third=True)
    assert [one.ended for one in asking.made.told(QueueContactEnded)] == ["transferred"]


def test_agent_swaps_the_two_and_hold_is_counted_only_while_the_caller_hears_music() -> None:
    asking = Asking(alone()).talks()
    held = asking.made.floor.entry(asking.entry.id).held_until(asking.made.now)
    asking.does("swap")
    assert asking.steps() == [("swapping", "talking")]
    asking.looks(agent="park", third=True)
    assert asking.state == "swapping", "between the two steps of a swap the agent's leg waits"
    asking.went().looks(caller=asking.agent, agent=CALLER, third=True)
    assert asking.state == "on_hold"
    entry = asking.made.floor.entry(asking.entry.id)
    assert entry.held_seconds > held
    asking.made.passes(50)
    assert entry.held_until(asking.made.now) == entry.held_seconds
    asking.does("swap")
    assert asking.steps() == [("swapping", "on_hold")]
    asking.went().looks(agent=THIRD, third=True)
    assert asking.state == "talking"


def test_three_talk_and_the_third_leaves() -> None:
    asking = Asking(alone()).talks()
    asking.does("conference")
    asking.went().looks(caller=asking.agent, agent=CALLER, third=True)
    assert asking.state == "conference"
    asking.made.hangs_up(THIRD)
    assert asking.state is None
    assert asking.made.status("maryam") is S.ON_CONTACT


def test_consult_is_cancelled() -> None:
    asking = Asking(alone()).talks()
    asking.does("cancel_consult")
    assert asking.steps() == [("returning", "talking")]
    asking.went().looks(caller=asking.agent, agent=CALLER)
    assert asking.state is None
    asking.made.floor.consult(asking.entry.id, REZA, asking.made.now)
    asking.made.settle()
    asking.talks().does("swap")
    asking.went().looks(caller=asking.agent, agent=CALLER, third=True)
    assert asking.does("cancel_consult") == [EndCall(THIRD, NODE)]
    assert asking.state is None


@pytest.mark.parametrize("before", ["calling", "talking"])
def test_third_who_does_not_answer_or_hangs_up_brings_the_agent_back(before: str) -> None:
    asking = Asking(alone()).went()
    if before == "talking":
        asking.looks(agent=THIRD, third=True)
        asking.made.hangs_up(THIRD)
    asking.looks(agent="park")
    assert asking.steps()[-1] == ("returning", before)
    asking.went().looks(caller=asking.agent, agent=CALLER)
    assert asking.state is None


@pytest.mark.parametrize("before", ["beginning", "calling", "talking"])
def test_agent_who_hangs_up_leaves_the_caller_the_old_place(before: str) -> None:
    asking = Asking(alone(wrap_up_seconds=600))
    if before != "beginning":
        asking.went()
    if before == "talking":
        asking.looks(agent=THIRD, third=True)
    asking.made.hangs_up(asking.agent)
    assert asking.made.line() == ["ali"]
    assert [(one.ended, one.warm, one.consults) for one in asking.made.told(QueueContactEnded)] == [
        ("put_back", False, 1)
    ]
    assert asking.made.status("maryam") is S.WRAP_UP
    assert [str(one.destination) for one in asking.made.done(SendOn)] == ["queue:support"]
    ends = {one.leg_id for one in asking.made.done(EndCall)}
    assert ends == ({THIRD} if before == "talking" else set())


def test_agent_who_hangs_up_on_the_caller_ends_the_third_on_hold_too() -> None:
    asking = Asking(alone()).talks()
    asking.does("swap")
    asking.went().looks(caller=asking.agent, agent=CALLER, third=True)
    asking.made.hangs_up(asking.agent)
    assert [one.ended for one in asking.made.told(QueueContactEnded)] == ["hung_up"]
    assert [one.leg_id for one in asking.made.done(EndCall)] == [THIRD]
    assert asking.made.line() == []


@pytest.mark.parametrize("before", ["calling", "talking"])
def test_caller_who_hangs_up_ends_it_all(before: str) -> None:
    asking = Asking(alone()).went()
    if before == "talking":
        asking.looks(agent=THIRD, third=True)
    asking.made.hangs_up(CALLER)
    assert asking.made.status("maryam") is S.AVAILABLE
    ends = {one.leg_id for one in asking.made.done(EndCall)}
    assert ends == {asking.agent, *([THIRD] if before == "talking" else [])}


def test_step_that_the_switch_did_not_take_brings_the_agent_back() -> None:
    asking = Asking(alone()).went(done=False)
    asking.looks(agent="park")
    assert asking.steps()[-1] == ("returning", "beginning")


def test_step_that_was_not_even_begun_leaves_the_two_talking() -> None:
    asking = Asking(alone()).went(done=False)
    asking.looks(caller=asking.agent, agent=CALLER)
    assert asking.state is None


def test_whoever_takes_over_goes_on_with_a_consult() -> None:
    asking = Asking(alone()).talks()
    asking.does("complete_consult")
    asking.made.dies()
    asking.made.passes(10)
    assert asking.made.floor.is_asking(asking.agent)
    asking.looks(agent="park", third=True)
    assert asking.steps()[-1][0] == "returning", "what the owner before began did not happen"
    asking.made.dies()
    asking.looks(caller=asking.agent, agent=CALLER)
    assert asking.state is None


def test_agent_of_another_queue_who_was_asked_has_the_contact_in_the_end() -> None:
    made = centre(strategy="top_down")
    asking = Asking(made)
    asking.went()
    entry = made.tables.join(made.entry("maryam asks"), made.floor)
    made.tables.entries[entry.id] = asked = entry.__class__(
        queue_id=entry.queue_id, joined_at=made.now, leg_id=asking.agent, node_id=NODE, core_id=entry.core_id,
        caller_name="maryam asks",
    )  # fmt: skip
    del made.tables.entries[entry.id]
    made.tables.entries[asked.id] = asked
    made.floor.join(asked, made.now)
    made.settle()
    third = made.talks("reza")
    made.passes(1)
    up = (seen(CALLER, turn=1), seen(asking.agent, hears=third, turn=1, is_agents=True))
    made.looks(*up, seen(third, hears=asking.agent, is_agents=True))
    assert asking.state == "talking"
    asking.does("complete_consult")
    made.passes(1)
    made.looks(
        seen(CALLER, turn=1, hears=third), seen(third, hears=CALLER, is_agents=True),
        Seen(asking.agent, NODE, None, None, is_agents=True, is_parked=True),
    )  # fmt: skip
    [contact] = made.floor.entries
    assert (contact.leg_id, contact.agent_id, contact.turn) == (CALLER, caller("reza"), 2)
    assert (made.status("maryam"), made.status("reza")) == (S.AVAILABLE, S.ON_CONTACT)
    made.hangs_up(CALLER)
    assert made.status("reza") is S.AVAILABLE
