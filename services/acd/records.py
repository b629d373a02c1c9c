"""What the tables of ``acd`` hold, as values: what an owner of a tenant's queues loads as it takes over, and saves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid5

from services.acd.domain.announcing import Announcements
from services.acd.domain.callbacks import Callback, CallbackRules
from services.acd.domain.model import Agent, AgentState, AgentStatus, Queue, Requirement, Waiting
from services.acd.domain.overflow import NOBODY_SERVES, OverflowStep
from shared.contracts.acd import ConsultState, ContactEnd, Outcome
from shared.contracts.switch import ListeningMode
from shared.telephony.destinations import Destination
from shared.telephony.ids import new_id
from shared.telephony.schedules import Schedule

EntryState = Literal["waiting", "connected", "left"]

_ENTRIES = UUID("6f1d4f0e-6b7a-5c39-9a51-7d0c2c6a9e10")


def entry_id_of(leg_id: str, turn: int) -> UUID:
    """The id of the entry of a leg's ``turn``-th joining, whoever hears of it and however often."""
    return uuid5(_ENTRIES, f"{leg_id}/{turn}")


def overflow_mark(queue_id: UUID, step: OverflowStep) -> str:
    """How an overflow step is written down that a call took."""
    return f"{queue_id} {step.when} {step.destination}"


@dataclass(frozen=True, slots=True)
class QueueConfig:
    """A queue as configured: how it distributes (``queue``), and everything else about it.

    Args:
        max_waiting: so many may be in line; one more goes where ``overflow`` says for ``full``.
        hours: when callers may join; none: at any time.
        music: slug of the prompt that callers hear; empty: Seda's own.
        leave_keys: what callers in line may press, and where that takes them.
        callback_enabled, callback_key, callback_abroad, callback: whether callers are called back; the key that asks
            for it (empty: none does); whether numbers abroad are called; when and how often.
    """

    queue: Queue
    display_name: str = ""
    enabled: bool = True
    music: str = ""
    max_waiting: int | None = None
    overflow: tuple[OverflowStep, ...] = ()
    announcements: Announcements = field(default_factory=Announcements)
    callback_enabled: bool = False
    survey_flow: str | None = None
    hours: Schedule | None = None
    leave_keys: Mapping[str, Destination] = field(default_factory=dict)
    callback_key: str = ""
    callback_abroad: bool = False
    callback: CallbackRules = field(default_factory=CallbackRules)

    @property
    def waits_for_agents(self) -> bool:
        """Whether callers are sent on when agents leave."""
        return any(step.when in NOBODY_SERVES for step in self.overflow)


@dataclass(frozen=True, slots=True)
class Consult:
    """Whom an agent asks while the caller hears music.

    Args:
        destination: where they are called; ``agent:<id>``: another agent of the floor.
        since: when this state began.
        leg_id: the third's, once somebody answered; another agent's from the beginning.
    """

    destination: str
    state: ConsultState
    since: datetime
    leg_id: str | None = None

    @property
    def agent_id(self) -> UUID | None:
        """The agent who is asked; none: whoever is at the destination."""
        kind, _, target = self.destination.partition(":")
        return UUID(target) if kind == "agent" else None


@dataclass(frozen=True, slots=True)
class Supervisor:
    """Who listens to a contact.

    Args:
        by: user or key that asked for it.
        leg_id: of the supervisor's phone.
        phone: the destination that is called.
        joined: whether the phone was answered; else it is being called.
        since: when that began, or the mode was changed.
    """

    by: str
    leg_id: str
    phone: str
    mode: ListeningMode
    since: datetime
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """A caller's time in line, from joining to leaving; one row.

    Args:
        turn: counts the times that this leg came into a line, from 1. Leg and turn name an entry, so that one joining
            which is told twice is one entry.
        leg_id, node_id, core_id: the caller's leg and where it is parked; none for one who is to be called back.
        joined_at: of the first joining: a caller who is put back keeps it.
        put_back_at: when an agent put the caller back in line; none: nobody did.
        consult: whom the agent asks meanwhile; none: nobody.
        supervisors: who listens, in the order in which they came.
        held_since, held_seconds: since when the caller is on hold, and for how long in all before.
        ended: how the contact ended; none: it did not, or there was none.
        consults: how often its agent began to ask somebody.
        order: given by the table when the entry is kept first; 0 before.
        attempts: how often a caller who is to be called back was called.
        state: ``waiting`` in line, ``connected`` with an agent, ``left`` for good.
        outcome, left_at, destination: how it ended, when, and where the caller went to.
        reason: of who was sent on, why: the overflow step's word.
        callback: of one who is called back, how that stands. Such a caller has left by telephone (``outcome`` callback,
            ``left_at``) and stays in line; ``leg_id`` is then the leg that hung up, and once the customer has answered
            the customer's new one.
        overflowed: the overflow steps that this call took up to now, in any queue, as `overflow_mark` writes them.
        by: the supervisor who changed the place last, or sent the caller on; empty: nobody.
        agent_id, agent_leg_id, answered_at: who talks or talked to the caller, on which leg, from when on.
    """

    queue_id: UUID
    joined_at: datetime
    id: UUID = field(default_factory=new_id)
    call_id: str = ""
    leg_id: str | None = None
    node_id: str | None = None
    core_id: str | None = None
    turn: int = 1
    caller_number: str = ""
    caller_name: str = ""
    called_number: str = ""
    language: str = ""
    order: int = 0
    priority: int = 0
    front: int = 0
    requirements: tuple[Requirement, ...] = ()
    sticky_agent_id: UUID | None = None
    not_before: datetime | None = None
    attempts: int = 0
    state: EntryState = "waiting"
    outcome: Outcome | None = None
    agent_id: UUID | None = None
    agent_leg_id: str | None = None
    answered_at: datetime | None = None
    left_at: datetime | None = None
    destination: str | None = None
    put_back_at: datetime | None = None
    reason: str = ""
    overflowed: tuple[str, ...] = ()
    by: str = ""
    callback: Callback | None = None
    consult: Consult | None = None
    supervisors: tuple[Supervisor, ...] = ()
    held_since: datetime | None = None
    held_seconds: float = 0.0
    ended: ContactEnd | None = None
    consults: int = 0

    def held_until(self, moment: datetime) -> float:
        """How many seconds the caller was on hold, up to that moment."""
        now = 0.0 if self.held_since is None else (moment - self.held_since).total_seconds()
        return self.held_seconds + max(0.0, now)

    @property
    def is_called_back(self) -> bool:
        """Whether the caller keeps the place without being there."""
        return self.callback is not None and self.state == "waiting"

    @property
    def may_be_offered(self) -> bool:
        """Whether it is known where the caller waits, or that nobody waits there."""
        return self.node_id is not None or self.callback is not None

    @property
    def waits_since(self) -> datetime:
        """When this time in line began; the place in it is that of ``joined_at``."""
        return self.put_back_at or self.joined_at

    def waiting(self) -> Waiting:
        """This caller as the rules see one in line: asked of nobody yet."""
        return Waiting(
            id=self.id,
            queue_id=self.queue_id,
            leg_id=None if self.callback else self.leg_id,
            node_id=self.node_id,
            joined_at=self.joined_at,
            order=self.order,
            priority=self.priority,
            requirements=self.requirements,
            sticky_agent_id=self.sticky_agent_id,
            front=self.front,
            not_before=self.not_before,
        )

    def kept_as(self, waiting: Waiting) -> Entry:
        """This entry with what the rules changed of the caller's place in line."""
        return replace(
            self,
            queue_id=waiting.queue_id,
            joined_at=waiting.joined_at,
            priority=waiting.priority,
            requirements=waiting.requirements,
            sticky_agent_id=waiting.sticky_agent_id,
            front=waiting.front,
            not_before=waiting.not_before,
        )


@dataclass(frozen=True, slots=True)
class PastStatus:
    """A status of an agent that ended: one row of the history.

    Args:
        reason: why it began.
        by: user or key that asked for its beginning; empty: nobody, it followed.
    """

    agent_id: UUID
    status: AgentStatus
    reason: str
    since: datetime
    ended_at: datetime
    pause_reason: str | None = None
    queue_id: UUID | None = None
    entry_id: UUID | None = None
    by: str = ""
    id: UUID = field(default_factory=new_id)


@dataclass(frozen=True, slots=True)
class Configuration:
    """A tenant's queues and agents as configured, disabled queues too."""

    queues: Mapping[UUID, QueueConfig]
    agents: Mapping[UUID, Agent]


@dataclass(frozen=True, slots=True)
class Floor:
    """All that is kept of a tenant's call centre at one moment.

    Args:
        states: of agents that are configured; an agent who never signed in has none.
        entries: callers who have not left, in the order in which they joined.
    """

    configuration: Configuration
    states: Mapping[UUID, AgentState]
    entries: tuple[Entry, ...]
