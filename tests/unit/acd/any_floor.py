"""What agents, supervisors and phones do on any floor, for tests of whatever happens there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from services.acd.domain.agent_events import Event as AgentEvent
from services.acd.domain.agent_events import (
    ForceAvailable,
    ForcePause,
    ForceSignOut,
    Pause,
    SignIn,
    SignOut,
    Unpause,
    WrapUpSkipped,
)
from services.acd.domain.callbacks import CallbackState
from services.acd.domain.model import AgentStatus
from services.acd.domain.overflow import OverflowStep
from services.acd.records import Entry
from shared.contracts.acd import QueueCallbackEnded
from shared.telephony.destinations import Destination
from tests.unit.acd.simulated_switch import News

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
    {"answered", "not_taken", "connected", "not_connected", "stands", "does_not_stand", "passed_on", "not_called"}
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
    legs = self.switches.legs
    return [one for one in callers(self) if legs[one].turn is not None and legs[one].other is None]


def customers(self: Any) -> list[str]:
    """Who is called back, or was and talks."""
    return [leg.leg_id for leg in self.switches.legs.values() if leg.called_by]


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
    offers = {offer.leg_id for offer in floor.offers}
    for leg in self.switches.legs.values():
        if leg.called_by and leg.is_ringing:
            assert leg.called_by in offers
        elif leg.is_agents:
            assert leg.leg_id in offers or leg.other is not None or leg.leg_id in floor.standing
        elif leg.other is not None and (leg.leg_id in here or not self.is_agent_removed):
            assert (here[leg.leg_id].state, here[leg.leg_id].agent_leg_id) == ("connected", leg.other)
        elif leg.turn is not None and leg.other is None:
            assert (here[leg.leg_id].state, here[leg.leg_id].turn) == ("waiting", leg.turn)
    for entry in floor.entries:
        assert entry.leg_id in self.switches.legs or entry.is_called_back


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
