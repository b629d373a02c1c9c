"""What agents, supervisors and phones do on any floor, for tests of whatever happens there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from services.acd.domain.agent_events import Event as AgentEvent
from services.acd.domain.agent_events import (
    ForceAvailable,
    ForcePause,
    ForceSignOut,
    Pause,
    Reason,
    SignIn,
    SignOut,
    Unpause,
    WrapUpSkipped,
)
from services.acd.domain.callbacks import CallbackState
from services.acd.domain.model import AgentStatus
from services.acd.domain.overflow import OverflowStep
from services.acd.floor_changes import EndCall
from services.acd.floor_consults import UNDER_WAY, WITH_CALLER
from services.acd.records import Entry
from shared.contracts.acd import AgentStatusChanged, QueueCallbackEnded
from shared.telephony.destinations import Destination
from tests.unit.acd.simulated_switch import Leg, News

ELSEWHERE = Destination.parse("voicemail:101")
OVERFLOWS: tuple[tuple[OverflowStep, ...], ...] = (
    (),
    (OverflowStep("waited", ELSEWHERE, 30),),
    (OverflowStep("all_paused", ELSEWHERE), OverflowStep("estimated_wait", ELSEWHERE, 300)),
)
AGENTS = ("maryam", "reza", "neda")
SLUGS = ("support", "sales")
CAUSES = ("USER_BUSY", "CALL_REJECTED", "NO_ANSWER", "USER_NOT_REGISTERED")
LOST_WITH_ITS_OWNER = frozenset(
    {
        "answered",
        "not_taken",
        "connected",
        "not_connected",
        "stands",
        "does_not_stand",
        "passed_on",
        "not_called",
        "consult_went",
        "seen",
    }
)
WISHES: tuple[AgentEvent, ...] = (
    SignIn(),
    SignOut(),
    Pause("lunch"),
    Pause("tea", 60),
    Unpause(),
    WrapUpSkipped(),
    ForceAvailable(),
    ForcePause("coaching"),
    ForceSignOut(),
)
NUMBER = st.integers(0, 1_000)

Legs = Callable[[Any], list[str]]
"""Of a test with switches, some of their legs."""


def some(legs: Legs) -> Callable[[Any], bool]:
    return lambda self: bool(legs(self))


def callers(self: Any) -> list[str]:
    return [leg.leg_id for leg in self.switches.legs.values() if not leg.is_agents and not leg.called_by]


def waits(self: Any) -> list[str]:
    """Callers who hear music."""
    return [one for one in callers(self) if self.switches.legs[one].waits]


def movable(self: Any) -> list[str]:
    """Callers whom somebody may send elsewhere: all but those on hold."""
    return [one for one in callers(self) if not self.switches.legs[one].is_on_hold]


def customers(self: Any) -> list[str]:
    """Who is called back, or was and talks."""
    return [leg.leg_id for leg in self.switches.legs.values() if leg.called_by and not leg.is_third]


def thirds(self: Any) -> list[str]:
    """Whom agents ask by way of routing."""
    return [leg.leg_id for leg in self.switches.legs.values() if leg.is_third]


def connected(self: Any) -> list[Entry]:
    """Callers who talk with an agent, or are on hold meanwhile."""
    return [entry for entry in self.centre.floor.entries if entry.state == "connected"]


def asking(self: Any) -> list[Entry]:
    """Callers whose agent asks somebody."""
    return [entry for entry in connected(self) if entry.consult is not None]


def ringing(self: Any) -> list[str]:
    return [leg.leg_id for leg in self.switches.legs.values() if leg.is_ringing and leg.is_agents]


def taken(self: Any) -> list[str]:
    """Agents' legs that are up."""
    return [leg.leg_id for leg in self.switches.legs.values() if leg.is_agents and not leg.is_ringing]


# What a test with a call centre and switches asks


def nobody_is_lost(self: Any) -> None:
    """Who waits on a switch is in line; who talks there is known to; and no phone rings for nobody."""
    floor = self.centre.floor
    here = {entry.leg_id: entry for entry in floor.entries if not entry.is_called_back}
    about = _legs_about(self)
    for leg in self.switches.legs.values():
        if leg.is_ringing:
            assert leg.leg_id in about or leg.called_by in about
        elif leg.is_third or leg.is_agents:
            assert leg.other is not None or leg.leg_id in about or leg.leg_id in floor.standing
        other = self.switches.legs.get(leg.other or "")
        entry = here.get(leg.leg_id)
        if leg.is_third:
            continue
        if other is None and leg.turn is not None and not leg.is_agents:
            a_caller_waits_or_is_on_hold(entry, leg)
        elif other is not None and other.is_agents and not leg.is_agents and (entry or not self.may_talk_on):
            assert entry is not None
            assert (entry.state, entry.agent_leg_id) == ("connected", leg.other)
    for entry in floor.entries:
        assert entry.leg_id in self.switches.legs or entry.is_called_back
    for entry in asking(self):
        whoever_asks_is_not_stuck(self, entry)


def a_caller_waits_or_is_on_hold(entry: Entry | None, leg: Leg) -> None:
    """Who hears music is in line, or an agent asks somebody about them."""
    assert entry is not None
    if entry.state == "waiting":
        assert entry.turn == leg.turn
    else:
        assert entry.state == "connected"
        assert entry.consult is not None
        assert entry.consult.state not in WITH_CALLER


def whoever_asks_is_not_stuck(self: Any, entry: Entry) -> None:
    """No step is awaited for ever, somebody is there or called, and an agent who is asked is busy with it."""
    consult, legs = entry.consult, self.switches.legs
    assert consult is not None
    assert consult.state not in UNDER_WAY
    agents = legs[entry.agent_leg_id]
    rings = any(leg.is_ringing and leg.called_by == entry.agent_leg_id for leg in legs.values())
    if consult.state in WITH_CALLER:
        assert agents.other == entry.leg_id
        assert consult.leg_id in legs
    elif agents.is_parked:  # else the agent hears whoever is asked, or what there is to hear where the leg was sent
        assert rings or (consult.state == "calling" and consult.leg_id in legs)
    elif agents.other is not None:
        assert (consult.state, consult.leg_id) == ("talking", agents.other)
    states = {who.id: state for who, state in self.centre.floor.agents}
    if consult.agent_id in states:
        assert states[consult.agent_id].entry_id == entry.id


def thirds_are_ended(self: Any) -> None:
    """By an owner who dies: of somebody whom no agent asks any more, no other owner would know."""
    for owner, action in list(self.switches.commands):
        if isinstance(action, EndCall) and action.leg_id in thirds(self):
            self.switches.carry_out(owner, action)


def taken_over(self: Any) -> Counter[UUID | None]:
    """Contacts of agents who were asked before, and were not offered the caller."""
    told = self.centre.told(AgentStatusChanged)
    return Counter(event.entry_id for event in told if event.reason == Reason.CONTACT_TAKEN)


def _legs_about(self: Any) -> set[str]:
    """Legs of agents who are called or ask, and of whoever is asked."""
    about = {offer.leg_id for offer in self.centre.floor.offers}
    for entry in asking(self):
        about |= {entry.agent_leg_id, entry.consult.leg_id}
    return about | set(self.centre.floor.standing)


def a_callback_ends_once(self: Any, entry: Entry, left: int, ended: int) -> None:
    """The caller left by telephone; what became of the callback is told when that is over."""
    assert entry.callback is not None
    is_kept = entry.callback.state is CallbackState.KEPT
    told = [event.outcome for event in self.centre.told(QueueCallbackEnded) if event.entry_id == entry.id]
    assert (left, ended) == (1, entry.state == "left" and is_kept)
    assert told == ([] if entry.state == "waiting" else [entry.callback.state.value])


def is_told_of_customers(self: Any, news: News) -> None:
    floor, now = self.centre.floor, self.centre.now
    if news.kind == "customer_answered":
        floor.customer_answered(news.leg_id, news.cause, news.node_id, now)
    elif news.kind == "not_called":
        floor.customer_not_reached(news.leg_id, "", now, is_up=True)


def after(tables: Any, past: Any) -> AgentStatus:
    """The status that followed: of the next row, or the present one."""
    history = [one for one in tables.history if one.agent_id == past.agent_id]
    following = history[history.index(past) + 1 :]
    return following[0].status if following else tables.states[past.agent_id].status
