"""What follows from what happens on a floor: rows to store, messages to tell, and things to do on the switch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from services.acd.domain.announcing import Part
from services.acd.domain.model import Agent, AgentState
from services.acd.records import Entry, PastStatus, QueueConfig, Supervisor
from shared.contracts.acd import ConsultState
from shared.contracts.message import Event
from shared.contracts.switch import ListeningMode
from shared.telephony.destinations import Destination


@dataclass(frozen=True, slots=True)
class CallAgent:
    """Call an agent's phone beside the caller.

    Args:
        stands: the leg that stands on another switch (``stands_on``) and is to be called instead; empty: none.
    """

    leg_id: str
    entry: Entry
    agent: Agent
    queue: QueueConfig
    stands: str = ""
    stands_on: str = ""


@dataclass(frozen=True, slots=True)
class EndCall:
    """Nobody needs this leg of an agent any more."""

    leg_id: str
    node_id: str


@dataclass(frozen=True, slots=True)
class Connect:
    """Let caller and agent hear each other."""

    leg_id: str
    entry: Entry
    agent: Agent
    queue: QueueConfig


@dataclass(frozen=True, slots=True)
class SendOn:
    """The caller does not wait or talk any longer and goes there.

    Args:
        agent_leg_id: the agent's leg that the caller is taken from, and that ends then.
        agent_stays: unless it stands: it is parked.
    """

    entry: Entry
    destination: Destination
    agent_leg_id: str | None = None
    agent_stays: bool = False

    @property
    def is_back(self) -> bool:
        """Whether the caller is put back in line: the turn there is the entry's, however often the switch is asked."""
        return self.entry.state == "waiting" and self.entry.destination is None


@dataclass(frozen=True, slots=True)
class CallStanding:
    """Call an agent's phone once; the leg stays up, parked, for one caller after another."""

    leg_id: str
    agent: Agent


@dataclass(frozen=True, slots=True)
class ParkAgent:
    """An agent's standing leg is to wait again."""

    leg_id: str
    node_id: str


@dataclass(frozen=True, slots=True)
class Beep:
    """Tell an agent whose leg stands that a caller is there."""

    leg_id: str
    node_id: str


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell a caller in line something; the music goes on after it."""

    entry: Entry
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Consulting:
    """The next step of an agent who asks somebody.

    Args:
        step: which; ``before``: what it was like until now.
        asked: the agent who is asked; none: somebody else is.
    """

    entry: Entry
    step: ConsultState
    before: ConsultState | None = None
    asked: Agent | None = None


@dataclass(frozen=True, slots=True)
class Supervise:
    """Call a supervisor's phone and let it hear a contact; or, where it does already, change who hears it.

    Args:
        asked: the command that is answered with how it went.
        mode: the one to be; ``supervisor`` has the one until now.
    """

    asked: UUID
    entry: Entry
    supervisor: Supervisor
    mode: ListeningMode


@dataclass(frozen=True, slots=True)
class LookAgain:
    """See what the switches are really like, now."""


@dataclass(frozen=True, slots=True)
class Farewell:
    """Tell a caller that they will be called back, and hang up."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class CallCustomer:
    """Let an agent's leg, which is up, call the customer."""

    leg_id: str
    node_id: str
    destination: Destination


Action = (
    CallAgent
    | EndCall
    | Connect
    | SendOn
    | CallStanding
    | ParkAgent
    | Beep
    | Announce
    | Consulting
    | Supervise
    | LookAgain
    | Farewell
    | CallCustomer
)


@dataclass(slots=True)
class Kept:
    """What is stored and told together; the order of each list is the order of what happened."""

    entries: dict[UUID, Entry] = field(default_factory=dict)
    states: dict[UUID, AgentState] = field(default_factory=dict)
    history: list[PastStatus] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @classmethod
    def joined(cls, entries: Iterable[Entry], events: Iterable[Event]) -> Self:
        """Who came into line, and what is told of it."""
        return cls(entries={entry.id: entry for entry in entries}, events=[*events])

    def and_then(self, later: Kept) -> Kept:
        """As if both were one."""
        return Kept(
            self.entries | later.entries,
            self.states | later.states,
            [*self.history, *later.history],
            [*self.events, *later.events],
        )

    def becomes(self, later: Kept) -> None:
        """Whatever changed again is from now on what it became."""
        self.entries |= {key: entry for key, entry in later.entries.items() if key in self.entries}
        self.states |= {key: state for key, state in later.states.items() if key in self.states}

    def rows(self) -> dict[str, Any]:
        """By what a store calls it."""
        return {
            "entries": self.entries.values(),
            "states": self.states.values(),
            "history": self.history,
            "events": self.events,
        }


@dataclass(slots=True)
class Changes(Kept):
    """What is to be stored and told, and then done on the switch."""

    actions: list[Action] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.entries or self.states or self.history or self.events or self.actions)


@dataclass(slots=True)
class OpenOffer:
    """An agent's phone is called for a caller.

    Args:
        connecting: the agent answered, and the switch was asked to join the two.
        ended_at: the agent's leg ended meanwhile; whether the two were joined before, the switch's answer tells.
        restored_at: of an offer of the owner before, when it was found: what became of it, the switch tells.
    """

    leg_id: str
    entry_id: UUID
    agent_id: UUID
    node_id: str
    began: datetime
    connecting: bool = False
    ended_at: datetime | None = None
    restored_at: datetime | None = None


@dataclass(slots=True)
class Stand:
    """An agent's leg that stays up.

    Args:
        since: when it was taken in; what was seen of the switches before says nothing of it.
        is_parked: whether it waits, as far as is known.
    """

    agent_id: UUID
    node_id: str
    since: datetime
    is_parked: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """A leg of an agent that is to end, until it is known to have ended."""

    node_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """A leg that is up on a switch.

    Args:
        other_leg_id: whom it hears.
        turn: of the queue it was sent to and did not leave; none: it is in no queue (any more).
        is_agents: an owner of this floor called it, for an agent.
        is_parked: it waits for commands.
        is_answered: its far end has answered.
        is_held: its phone holds the call; none: that is not known.
        extension: whose phone it is; empty: no extension's.
        call_id: the call that it is part of.
    """

    leg_id: str
    node_id: str
    other_leg_id: str | None = None
    turn: int | None = None
    is_agents: bool = False
    is_parked: bool = False
    is_answered: bool = True
    is_held: bool | None = None
    extension: str = ""
    call_id: str = ""
