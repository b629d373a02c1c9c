"""What happens to an agent, why a status began, and what follows from a change: the words of `agents.step`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.acd.domain.model import AgentStatus


class Reason(StrEnum):
    """Why a status began; kept in `AgentState.reason` and in the history."""

    NEW = "new"
    """Never signed in."""
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    OFFERED = "offered"
    PHONE_RINGING = "phone_ringing"
    ANSWERED = "answered"
    CONSULTED = "consulted"
    """Another agent asks about a caller."""
    CONSULT_ANSWERED = "consult_answered"
    CONSULT_ENDED = "consult_ended"
    CONTACT_TAKEN = "contact_taken"
    """The caller whom the agent was asked about is theirs from now on."""
    BUSY = "busy"
    REJECTED = "rejected"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    CANCELLED = "cancelled"
    """The caller hung up, or another agent was faster."""
    MISSED_TOO_MANY = "missed_too_many"
    """Paused, because too many offers in a row were missed."""
    CONTACT_ENDED = "contact_ended"
    WRAP_UP_DONE = "wrap_up_done"
    """Its time was over."""
    WRAP_UP_SKIPPED = "wrap_up_skipped"
    PAUSED = "paused"
    UNPAUSED = "unpaused"
    PAUSE_OVER = "pause_over"
    """Its limit was reached."""
    FORCED_PAUSE = "forced_pause"
    FORCED_AVAILABLE = "forced_available"
    FORCED_SIGN_OUT = "forced_sign_out"
    NODE_LOST = "node_lost"
    """The switch that had the agent's leg is gone."""


class OfferFailure(StrEnum):
    """Why an offer did not become a contact. All but ``cancelled`` are missed by the agent."""

    BUSY = "busy"
    REJECTED = "rejected"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    CANCELLED = "cancelled"


MISSED_CALLS: Final = "missed_calls"
"""The pause reason of an agent who is paused because too many offers in a row were missed."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens to one agent."""


@dataclass(frozen=True, slots=True)
class SignIn(Event):
    """The agent begins to work; while engaged and leaving: stays after all."""


@dataclass(frozen=True, slots=True)
class SignOut(Event):
    """The agent goes; while engaged: when the contact is over."""


@dataclass(frozen=True, slots=True)
class ForceSignOut(SignOut):
    """A supervisor sends the agent away."""


@dataclass(frozen=True, slots=True)
class Pause(Event):
    """The agent pauses; while engaged: when the contact is over. A paused agent's new pause takes the old one's place.

    Args:
        reason: in words of the tenant, not empty.
        limit_seconds: ends by itself after so long, above 0; none: the agent or a supervisor ends it.
    """

    reason: str
    limit_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ForcePause(Pause):
    """A supervisor pauses the agent."""


@dataclass(frozen=True, slots=True)
class Unpause(Event):
    """The agent is back; while engaged: takes back the pause that was to follow."""


@dataclass(frozen=True, slots=True)
class PauseOver(Event):
    """A timer says that the pause may have reached its limit. One that comes too early is set anew."""


@dataclass(frozen=True, slots=True)
class ForceAvailable(Event):
    """A supervisor ends pause or wrap-up; while engaged: neither shall follow, nor a sign-out."""


@dataclass(frozen=True, slots=True)
class WrapUpDone(Event):
    """A timer says that wrap-up may be over. One that comes too early is set anew."""


@dataclass(frozen=True, slots=True)
class WrapUpSkipped(Event):
    """The agent needs no more wrap-up."""


@dataclass(frozen=True, slots=True)
class WrapUpExtended(Event):
    """The agent needs more wrap-up.

    Args:
        seconds: so much longer, above 0; never past `Rules.max_wrap_up_seconds` after the contact.
    """

    seconds: float


@dataclass(frozen=True, slots=True)
class AboutContact(Event):
    """About the offer or contact of one caller; refused when the agent has another.

    Args:
        entry_id: the caller's place in line, `Waiting.id`.
    """

    entry_id: UUID


@dataclass(frozen=True, slots=True)
class Offered(AboutContact):
    """The agent was chosen for a caller of that queue."""

    queue_id: UUID


@dataclass(frozen=True, slots=True)
class PhoneRinging(AboutContact):
    """The agent's phone rings on that leg."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class Answered(AboutContact):
    """The agent took the caller on that leg: a mobile only once 1 was pressed."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class Consulted(AboutContact):
    """Another agent, who has that contact, wants to ask this one; ``queue_id``: of the contact."""

    queue_id: UUID


@dataclass(frozen=True, slots=True)
class ConsultAnswered(AboutContact):
    """The agent talks with the one who asks."""

    leg_id: str


@dataclass(frozen=True, slots=True)
class ConsultEnded(AboutContact):
    """The agent is not asked any more, and did not get the caller: no wrap-up follows."""


@dataclass(frozen=True, slots=True)
class ContactTaken(AboutContact):
    """The agent who was asked has the caller now.

    Args:
        taken_id: the contact that begins with it.
    """

    taken_id: UUID


@dataclass(frozen=True, slots=True)
class OfferFailed(AboutContact):
    """The agent did not get the caller, or was not reached by whoever wanted to ask."""

    cause: OfferFailure


@dataclass(frozen=True, slots=True)
class ContactEnded(AboutContact):
    """Agent and caller talk no more: either hung up, or the caller was passed on."""


@dataclass(frozen=True, slots=True)
class NodeLost(AboutContact):
    """The switch that had the offer or contact is gone; no wrap-up follows."""


REASONS: Final[Mapping[type[Event], Reason]] = {
    SignIn: Reason.SIGNED_IN,
    SignOut: Reason.SIGNED_OUT,
    ForceSignOut: Reason.FORCED_SIGN_OUT,
    Pause: Reason.PAUSED,
    ForcePause: Reason.FORCED_PAUSE,
    Unpause: Reason.UNPAUSED,
    PauseOver: Reason.PAUSE_OVER,
    ForceAvailable: Reason.FORCED_AVAILABLE,
    WrapUpDone: Reason.WRAP_UP_DONE,
    WrapUpSkipped: Reason.WRAP_UP_SKIPPED,
    Offered: Reason.OFFERED,
    PhoneRinging: Reason.PHONE_RINGING,
    Answered: Reason.ANSWERED,
    Consulted: Reason.CONSULTED,
    ConsultAnswered: Reason.CONSULT_ANSWERED,
    ConsultEnded: Reason.CONSULT_ENDED,
    ContactTaken: Reason.CONTACT_TAKEN,
    ContactEnded: Reason.CONTACT_ENDED,
    NodeLost: Reason.NODE_LOST,
}
"""The reason of the change an event makes. A failed offer has one for each cause; longer wrap-up changes no status."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What follows from a step, for the shell to do."""


@dataclass(frozen=True, slots=True)
class StatusChanged(Effect):
    """One status ended and the next began: a row of the history.

    Args:
        reason: why the new one began, a `Reason`.
        since, at: when the old one began and ended; ``at`` is when the new one began.
        old_pause_reason, pause_reason: of the old and of the new status, while paused.
        queue_id, entry_id: the offer or contact the new status is about, or else the old one.
    """

    agent_id: UUID
    old: AgentStatus
    new: AgentStatus
    reason: str
    since: datetime
    at: datetime
    old_pause_reason: str | None = None
    pause_reason: str | None = None
    queue_id: UUID | None = None
    entry_id: UUID | None = None

    @property
    def seconds(self) -> float:
        """How long the old status lasted, 0 or more."""
        return (self.at - self.since).total_seconds()


@dataclass(frozen=True, slots=True)
class SetTimer(Effect):
    """The agent's only timer: at that moment `agents.overdue` says what happens. None: stop it."""

    agent_id: UUID
    until: datetime | None
