"""What the rules of ``acd`` speak of: queues and agents as configured, callers in line, agents at work.

All frozen: a change is a new value. Moments are UTC; lengths are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.telephony.destinations import Destination


class Strategy(StrEnum):
    """Which of the free agents that fit gets a caller. Agents of a lower level always come first."""

    LONGEST_IDLE = "longest_idle"
    """Whose last contact, or sign-in, is longest ago."""
    ROUND_ROBIN = "round_robin"
    """Whose last offer is longest ago, whether it was taken or not."""
    FEWEST_CALLS = "fewest_calls"
    """Who took the fewest calls since signing in."""
    LEAST_TALK = "least_talk"
    """Who talked least since signing in."""
    TOP_DOWN = "top_down"
    """In the order of their position."""
    RING_ALL = "ring_all"
    """All of them ring; the first to answer gets the caller."""
    RANDOM = "random"
    BEST_SKILL = "best_skill"
    """Whose levels in the required skills are highest in sum."""


class AgentStatus(StrEnum):
    """What an agent does. Only who is available gets callers, and is free unless the phone is in another call."""

    OFFLINE = "offline"
    AVAILABLE = "available"
    RESERVED = "reserved"
    """Chosen; the phone was not reached yet."""
    RINGING = "ringing"
    ON_CONTACT = "on_contact"
    WRAP_UP = "wrap_up"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A skill an agent must have: ``english>50`` is met from level 51 on, ``english>=50`` from 50 on.

    Args:
        skill: its name, ``[a-z0-9_-]``.
        least: the lowest level that meets it, 0-100.
    """

    skill: str
    least: int


@dataclass(frozen=True, slots=True)
class Ring:
    """What is required of agents while a caller has waited less than that; the last ring of a queue has no end.

    Args:
        under: seconds waited, exclusive; none: however long.
        requirements: all of them must be met.
    """

    under: float | None
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True, slots=True)
class Queue:
    """How a queue distributes its callers.

    Args:
        weight: of two queues with a caller for the same agent, the heavier one's caller scores so much more a second.
        ring_seconds: how long an agent's phone rings for one offer, 5-120.
        wrap_up_seconds: after a contact, 0-3600.
        rings: requirements that relax as a caller waits, in order; none: no skill is required.
        sticky_seconds: how long a caller waits for the agent who served them last before anybody else gets them.
        max_missed: unanswered offers in a row after which an agent is paused; 0: never.
        short_abandon_seconds: who leaves before that is counted apart.
    """

    id: UUID
    tenant_id: UUID
    slug: str
    strategy: Strategy = Strategy.LONGEST_IDLE
    weight: float = 1.0
    ring_seconds: int = 20
    wrap_up_seconds: int = 0
    rings: tuple[Ring, ...] = ()
    sticky_seconds: int = 0
    max_missed: int = 3
    short_abandon_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class Membership:
    """An agent serves a queue.

    Args:
        level: 1-9; agents of level 2 are asked only when none of level 1 is free.
        position: in the order of ``top_down``.
    """

    queue_id: UUID
    level: int = 1
    position: int = 0


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent as configured.

    Args:
        phone: ``extension:101``, or a mobile, ``external:+989121234567``.
        skills: name to level, 0-100.
        standing: the phone is called once, and the leg stays up for one caller after another.
        ring_in_use: callers are offered also while the phone is in a call outside the queues.
    """

    id: UUID
    tenant_id: UUID
    name: str
    phone: Destination
    skills: Mapping[str, int] = field(default_factory=dict)
    memberships: tuple[Membership, ...] = ()
    standing: bool = False
    ring_in_use: bool = False


@dataclass(frozen=True, slots=True)
class AgentState:
    """What an agent does now, and what counts towards the next choice.

    Args:
        since: when this status began.
        reason: why it began: a word of `services.acd.domain.agents`.
        pause_reason: in words of the tenant (``lunch``), while paused or when a pause is to follow the contact.
        until: when wrap-up or a limited pause ends by itself.
        next_pause: paused as soon as the contact is over.
        leaving: signed out as soon as the contact is over.
        next_reason: why the status that was asked for and follows the contact will begin; none: nothing was asked for.
        pause_seconds: the limit of the pause that is to follow the contact; none: no limit.
        queue_id, entry_id, leg_id: what the agent is offered or talks about, and on which leg; in wrap-up, what was
            talked about.
        signed_in_at: the beginning of this attendance.
        idle_since: the end of the last contact, or the sign-in.
        offered_at: of the last offer.
        missed: offers unanswered in a row.
        by: who asked for this status; empty: nobody, it followed.
        next_by: who asked for what follows the contact.
        standing_leg_id, standing_node_id: the leg that stays up between callers, and its switch; none: none does.
        on_other_call: signed in, and the phone is in a call outside the queues.
    """

    agent_id: UUID
    status: AgentStatus
    since: datetime
    reason: str
    pause_reason: str | None = None
    until: datetime | None = None
    next_pause: bool = False
    leaving: bool = False
    queue_id: UUID | None = None
    entry_id: UUID | None = None
    leg_id: str | None = None
    signed_in_at: datetime | None = None
    idle_since: datetime | None = None
    offered_at: datetime | None = None
    calls: int = 0
    talk_seconds: float = 0.0
    missed: int = 0
    next_reason: str | None = None
    pause_seconds: float | None = None
    standing_leg_id: str | None = None
    standing_node_id: str | None = None
    by: str = ""
    next_by: str = ""
    on_other_call: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """A caller in line, or one who asked to be called back and keeps the place.

    Args:
        leg_id, node_id: the caller's leg; none for a callback.
        joined_at: of the first joining: a caller who is put back keeps it.
        order: breaks ties of the same moment; grows with every joining of the tenant.
        priority: -100 to 100; one point is worth a minute of waiting.
        requirements: on top of the queue's rings.
        sticky_agent_id: who served this caller last.
        excluded: agents who just did not take this caller: asked again only when nobody else is left.
        offered_to: agents whose phones ring for this caller now.
        front: moved to the front by a supervisor, before every score: of two such callers the higher number; 0: not.
        not_before: a callback that is not called before then; its place counts all the same.
    """

    id: UUID
    queue_id: UUID
    leg_id: str | None
    node_id: str | None
    joined_at: datetime
    order: int
    priority: int = 0
    requirements: tuple[Requirement, ...] = ()
    sticky_agent_id: UUID | None = None
    excluded: frozenset[UUID] = frozenset()
    offered_to: frozenset[UUID] = frozenset()
    front: int = 0
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One caller for one agent; for ``ring_all`` for several."""

    entry_id: UUID
    queue_id: UUID
    agent_ids: tuple[UUID, ...]
