"""An agent at work, told event by event, with a clock that moves only when it is told to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from services.acd.domain.agent_events import (
    Answered,
    ContactEnded,
    Event,
    Offered,
    OfferFailed,
    OfferFailure,
    PhoneRinging,
    SetTimer,
    SignIn,
    StatusChanged,
)
from services.acd.domain.agents import Rules, Step, never_signed_in, step
from services.acd.domain.model import AgentState, AgentStatus

NAMES = UUID("6ad5cb70-5b0c-4f4c-8d56-3a5b7a4c9d10")
AGENT = uuid5(NAMES, "maryam")
QUEUE = uuid5(NAMES, "support")
MORNING = datetime(2026, 3, 14, 8, tzinfo=UTC)


def caller(name: str) -> UUID:
    """The place in line of a caller."""
    return uuid5(NAMES, name)


class Shift:
    """One agent, everything that happened, and what the shell would have kept.

    Args:
        rules: of the queue of every contact.
    """

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules()
        self.now = MORNING
        self.state: AgentState = never_signed_in(AGENT, MORNING)
        self.history: list[StatusChanged] = []
        self.timer: datetime | None = None

    @property
    def status(self) -> AgentStatus:
        return self.state.status

    def after(self, seconds: float, *events: Event) -> AgentState:
        """Time passes, then these happen in the same moment."""
        self.now += timedelta(seconds=seconds)
        for event in events:
            self.happens(event)
        return self.state

    def happens(self, event: Event) -> Step:
        taken = step(self.state, event, self.now, self.rules)
        self.state = taken.state
        for effect in taken.effects:
            if isinstance(effect, StatusChanged):
                self.history.append(effect)
            elif isinstance(effect, SetTimer):
                self.timer = effect.until
        return taken

    def offered(self, name: str) -> AgentState:
        return self.after(0, Offered(caller(name), QUEUE))

    def rings(self, name: str) -> AgentState:
        return self.after(0, Offered(caller(name), QUEUE), PhoneRinging(caller(name), f"leg of {name}"))

    def talks(self, name: str) -> AgentState:
        self.rings(name)
        return self.answers(name)

    def answers(self, name: str) -> AgentState:
        return self.after(0, Answered(caller(name), f"leg of {name}"))

    def misses(self, name: str, cause: OfferFailure = OfferFailure.NO_ANSWER) -> AgentState:
        self.rings(name)
        return self.after(0, OfferFailed(caller(name), cause))

    def hangs_up(self, name: str) -> AgentState:
        return self.after(0, ContactEnded(caller(name)))

    def at(self, status: AgentStatus) -> Shift:
        """Brought into a status from before the first sign-in."""
        ways = {
            AgentStatus.RESERVED: self.offered,
            AgentStatus.RINGING: self.rings,
            AgentStatus.ON_CONTACT: self.talks,
            AgentStatus.WRAP_UP: self.talks,
        }
        if status is AgentStatus.OFFLINE:
            return self
        self.happens(SignIn())
        if status in ways:
            ways[status]("first")
        if status is AgentStatus.WRAP_UP:
            self.rules = replace(self.rules, wrap_up_seconds=self.rules.wrap_up_seconds or 30.0)
            self.hangs_up("first")
        return self
