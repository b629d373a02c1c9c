"""A call centre whose owner may die at any moment: its tables survive, and the test is the switch."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

from services.acd.domain.agent_events import Event as AgentEvent
from services.acd.domain.agent_events import SignIn
from services.acd.domain.model import Agent, AgentState, AgentStatus, Membership, Queue
from services.acd.domain.overflow import OverflowStep
from services.acd.floor import Floor
from services.acd.floor_changes import Action, Seen
from services.acd.records import Configuration, Entry, PastStatus, QueueConfig
from services.acd.records import Floor as Kept
from shared.contracts.message import Event
from shared.telephony.destinations import Destination
from tests.unit.acd.shift import MORNING, caller

TENANT = caller("tenant")
NODE, CORE = "node-1", "core-1"
E = TypeVar("E", bound=Event)
A = TypeVar("A", bound=Action)


def queue(slug: str = "support", *, overflow: Iterable[OverflowStep] = (), **about: Any) -> QueueConfig:
    """A queue; ``max_waiting`` and everything of `Queue`."""
    most = about.pop("max_waiting", None)
    return QueueConfig(Queue(caller(slug), TENANT, slug, **about), max_waiting=most, overflow=tuple(overflow))


def agent(name: str, *slugs: str) -> Agent:
    """An agent who serves these queues; none: support. Whoever is named first is asked first by ``top_down``."""
    members = tuple(Membership(caller(slug)) for slug in slugs or ("support",))
    return Agent(caller(name), TENANT, name, Destination.parse("extension:101"), memberships=members)


MAILBOX = Destination.parse("voicemail:101")
BOTH = (agent("maryam"), agent("reza"))


def leg_of(name: str) -> str:
    """The leg of a caller."""
    return f"leg-of-{name}"


class Tables:
    """What PostgreSQL keeps."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.entries: dict[UUID, Entry] = {}
        self.states: dict[UUID, AgentState] = {}
        self.history: list[PastStatus] = []
        self.events: list[Event] = []

    def load(self) -> Kept:
        here = [entry for entry in self.entries.values() if entry.state != "left"]
        in_order = tuple(sorted(here, key=lambda entry: (entry.joined_at, entry.order)))
        states = {id_: state for id_, state in self.states.items() if id_ in self.configuration.agents}
        return Kept(self.configuration, states, in_order)

    def join(self, entry: Entry, floor: Floor) -> Entry:
        for kept in self.entries.values():
            if (kept.leg_id, kept.turn) == (entry.leg_id, entry.turn):
                return kept
        kept = replace(entry, order=len(self.entries) + 1)
        self.events.append(floor.joined(kept))
        self.entries[kept.id] = kept
        return kept


class CallCentre:
    """The floor with what an owner does around it: it stores, then acts."""

    def __init__(self, queues: Iterable[QueueConfig], agents: Iterable[Agent]) -> None:
        self.now = MORNING
        self.names = {one.id: one.name for one in agents}
        configuration = Configuration({q.queue.id: q for q in queues}, {a.id: a for a in agents})
        self.tables = Tables(configuration)
        self.actions: list[Action] = []
        self.floor = self._load()

    def _load(self) -> Floor:
        floor = Floor(TENANT, self.tables.load(), self.now, Random(7))
        floor.country = "IR"
        return floor

    def settle(self) -> list[Action]:
        """What is due is done, callers are offered, all is stored; what is to be done on the switch."""
        self.floor.tick(self.now)
        self.floor.decide(self.now)
        changes = self.floor.take()
        self.tables.entries |= changes.entries
        self.tables.states |= changes.states
        self.tables.history += changes.history
        self.tables.events += changes.events
        self.actions += changes.actions
        return changes.actions

    def dies(self) -> None:
        """Whatever was not stored is lost; another owner loads what was."""
        self.floor = self._load()

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.settle()

    def configures(self, *, queues: Iterable[QueueConfig] = (), agents: Iterable[Agent] | None = None) -> None:
        """Queues are added or changed; agents, when named, are all there are."""
        known = self.tables.configuration
        changed = dict(known.agents) if agents is None else {one.id: one for one in agents}
        self.tables.configuration = Configuration(dict(known.queues) | {q.queue.id: q for q in queues}, changed)
        self.floor.configure(self.tables.configuration, self.now)
        self.settle()

    # Callers

    def calls(self, name: str, slug: str = "support", *, turn: int = 1, at: datetime | None = None) -> Entry:
        entry = self.tables.join(self.entry(name, slug, turn=turn, at=at), self.floor)
        self.floor.join(entry, self.now)
        self.settle()
        return entry

    def entry(self, name: str, slug: str = "support", *, turn: int = 1, at: datetime | None = None) -> Entry:
        return Entry(
            queue_id=caller(slug),
            joined_at=at or self.now,
            call_id=leg_of(name),
            leg_id=leg_of(name),
            node_id=NODE,
            core_id=CORE,
            turn=turn,
            caller_name=name,
        )

    def hangs_up(self, leg_id: str, cause: str = "NORMAL_CLEARING") -> None:
        self.floor.hung_up(leg_id, self.now, self.now, cause)
        self.settle()

    def line(self, slug: str = "support") -> list[str]:
        """Who waits, from the front."""
        for config, line in self.floor.queues:
            if config.queue.slug == slug:
                return [self.floor.entry(waiting.id).caller_name for waiting in line]
        raise AssertionError(f"no queue {slug}")

    def entry_of(self, name: str) -> Entry:
        """A caller in line or with an agent."""
        return next(entry for entry in self.floor.entries if entry.caller_name == name)

    # Agents

    def works(self, *names: str) -> None:
        for name in names:
            self.does(name, SignIn())
            self.now += timedelta(seconds=1)

    def does(self, name: str, event: AgentEvent, by: str = "") -> AgentState:
        state = self.floor.change_agent(caller(name), event, by, self.now)
        self.settle()
        return state

    def state(self, name: str) -> AgentState:
        return next(state for who, state in self.floor.agents if who.name == name)

    def status(self, name: str) -> AgentStatus:
        return self.state(name).status

    def phone(self, name: str) -> str:
        """The leg on which an agent is called now."""
        return next(offer.leg_id for offer in self.floor.offers if offer.agent_id == caller(name))

    def called(self) -> list[str]:
        """Whose phones are called now."""
        return sorted(self.names[offer.agent_id] for offer in self.floor.offers)

    def answers(self, name: str) -> str:
        """The agent takes the call; the leg."""
        leg_id = self.phone(name)
        self.floor.rings(leg_id, self.now)
        self.floor.answered(leg_id, NODE, self.now)
        self.settle()
        return leg_id

    def talks(self, name: str) -> str:
        """The agent takes the call and is connected; the leg."""
        leg_id = self.answers(name)
        self.connects(leg_id)
        return leg_id

    def connects(self, leg_id: str) -> None:
        self.floor.connected(leg_id, self.now)
        self.settle()

    def misses(self, name: str, cause: str = "NO_ANSWER") -> str:
        leg_id = self.phone(name)
        self.floor.not_taken(leg_id, cause, self.now)
        self.settle()
        return leg_id

    # Reality

    def looks(self, *up: Seen, core: str = CORE, asked: float = 0.0) -> None:
        """The switch tells which legs are up; it was asked so many seconds ago."""
        before = self.now - timedelta(seconds=asked)
        self.floor.reconcile({seen.leg_id: seen for seen in up}, {NODE: core}, before, self.now)
        self.settle()

    # What came of it

    def told(self, kind: type[E]) -> list[E]:
        return [event for event in self.tables.events if isinstance(event, kind)]

    def done(self, kind: type[A]) -> list[A]:
        return [action for action in self.actions if isinstance(action, kind)]


def centre(**about: Any) -> CallCentre:
    """One queue, two agents at work; Maryam is asked first."""
    made = CallCentre([queue(**about)], BOTH)
    made.works("maryam", "reza")
    return made


def alone(**about: Any) -> CallCentre:
    """One queue with one agent at work."""
    made = CallCentre([queue(**about)], [agent("maryam")])
    made.works("maryam")
    return made


def seen(leg_id: str, *, turn: int | None = None, hears: str | None = None, is_agents: bool = False) -> Seen:
    """A leg that is up."""
    return Seen(leg_id, NODE, hears, turn, is_agents=is_agents)
