"""What an agent does: a state machine written as a table, in which a missing key is a change that is refused.

`TABLE` says what each event makes of each status. Whatever is asked of an agent with an offer or a contact happens when
that is over; of several such wishes the last one counts. Pure: the clock is an argument, effects are data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.acd.domain.agent_events import (
    MISSED_CALLS,
    REASONS,
    AboutContact,
    Answered,
    ConsultAnswered,
    Consulted,
    ConsultEnded,
    ContactEnded,
    ContactTaken,
    Effect,
    Event,
    ForceAvailable,
    ForcePause,
    ForceSignOut,
    NodeLost,
    Offered,
    OfferFailed,
    OfferFailure,
    Pause,
    PauseOver,
    PhoneRinging,
    Reason,
    SetTimer,
    SignIn,
    SignOut,
    StatusChanged,
    Unpause,
    WrapUpDone,
    WrapUpExtended,
    WrapUpSkipped,
)
from services.acd.domain.model import AgentState, AgentStatus, Queue

OFFLINE: Final = AgentStatus.OFFLINE
AVAILABLE: Final = AgentStatus.AVAILABLE
RESERVED: Final = AgentStatus.RESERVED
RINGING: Final = AgentStatus.RINGING
ON_CONTACT: Final = AgentStatus.ON_CONTACT
WRAP_UP: Final = AgentStatus.WRAP_UP
PAUSED: Final = AgentStatus.PAUSED

ENGAGED: Final = frozenset({RESERVED, RINGING, ON_CONTACT})
"""With an offer or a contact: what is asked for meanwhile happens afterwards."""


class IllegalChange(ValueError):
    """What happened cannot happen to an agent in this status; nothing changed.

    Args:
        status: the agent's.
        event: its class's name is in the message.
        why: more about it.
    """

    def __init__(self, status: AgentStatus, event: Event, why: str = "") -> None:
        super().__init__(f"{type(event).__name__} is impossible while {status}{why and ': '}{why}")
        self.status = status
        self.event = event


class AnotherContact(IllegalChange):
    """News of an offer or contact that is no longer the agent's: a late answer, while the next caller is offered."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for the agent's present contact.

    Args:
        wrap_up_seconds: after a contact, 0-3600.
        max_missed: unanswered offers in a row after which the agent is paused; 0: never.
        max_wrap_up_seconds: wrap-up cannot be extended past that, 0-3600.
        missed_pause_seconds: limit of the pause after too many missed offers; none: it lasts until the agent ends it.
    """

    wrap_up_seconds: float = 0.0
    max_missed: int = 3
    max_wrap_up_seconds: float = 3600.0
    missed_pause_seconds: float | None = None

    @staticmethod
    def of(queue: Queue) -> Rules:
        """What a queue says."""
        return Rules(wrap_up_seconds=queue.wrap_up_seconds, max_missed=queue.max_missed)


@dataclass(frozen=True, slots=True)
class Step:
    """What an event makes of an agent, and what follows from it, in order."""

    state: AgentState
    effects: tuple[Effect, ...] = ()


def never_signed_in(agent_id: UUID, now: datetime) -> AgentState:
    """An agent before the first sign-in."""
    return AgentState(agent_id=agent_id, status=OFFLINE, since=now, reason=Reason.NEW)


def step(state: AgentState, event: Event, now: datetime, rules: Rules) -> Step:
    """What an event makes of an agent.

    Args:
        now: UTC. A clock behind ``state.since`` is taken for that moment, so that no status lasts less than nothing.
        rules: of the queue of the agent's offer or contact; of no meaning without one.

    Raises:
        IllegalChange: the event is impossible in this status; as `AnotherContact` when it is about another caller.
    """
    row = TABLE.get((state.status, type(event)))
    if row is None:
        raise IllegalChange(state.status, event)
    if isinstance(event, AboutContact) and state.status in ENGAGED and event.entry_id != state.entry_id:
        raise AnotherContact(state.status, event, f"the agent has {state.entry_id}, not {event.entry_id}")
    changed = row.change(state, event, max(now, state.since), rules)
    return Step(changed, tuple(_effects(state, event, changed)))


def overdue(state: AgentState, now: datetime) -> WrapUpDone | PauseOver | None:
    """What a timer that fired, or a new owner who takes over, has to tell the agent; none: it is not time yet."""
    if state.until is None or now < state.until:
        return None
    return WrapUpDone() if state.status is WRAP_UP else PauseOver()


def _effects(old: AgentState, event: Event, new: AgentState) -> Iterator[Effect]:
    begins_anew = (new.status is PAUSED and isinstance(event, Pause)) or isinstance(event, ContactTaken)
    if new.status is not old.status or begins_anew:
        yield StatusChanged(
            agent_id=new.agent_id,
            old=old.status,
            new=new.status,
            reason=new.reason,
            since=old.since,
            at=new.since,
            old_pause_reason=old.pause_reason if old.status is PAUSED else None,
            pause_reason=new.pause_reason if new.status is PAUSED else None,
            queue_id=new.queue_id or old.queue_id,
            entry_id=new.entry_id or old.entry_id,
        )
    too_early = isinstance(event, WrapUpDone | PauseOver) and new.until is not None
    if new.until != old.until or too_early:
        yield SetTimer(new.agent_id, new.until)


def _begin(state: AgentState, status: AgentStatus, reason: str, at: datetime, **kept: Any) -> AgentState:
    """A status that has nothing of the one before but what is kept."""
    cleared: dict[str, Any] = {
        "pause_reason": None,
        "pause_seconds": None,
        "until": None,
        "next_pause": False,
        "leaving": False,
        "next_reason": None,
        "queue_id": None,
        "entry_id": None,
        "leg_id": None,
    }
    return replace(state, status=status, since=at, reason=reason, **(cleared | kept))


def _begin_pause(
    state: AgentState, word: str | None, limit_seconds: float | None, reason: str, at: datetime
) -> AgentState:
    until = None if limit_seconds is None else at + timedelta(seconds=limit_seconds)
    return _begin(state, PAUSED, reason, at, pause_reason=word, until=until)


def _begin_offline(state: AgentState, reason: str, at: datetime) -> AgentState:
    return _begin(state, OFFLINE, reason, at, signed_in_at=None)


def _release(state: AgentState, otherwise: str, at: datetime) -> AgentState:
    """Offer or contact is over: what was asked for meanwhile happens, or else the agent is available."""
    reason = state.next_reason or otherwise
    if state.leaving:
        return _begin_offline(state, reason, at)
    if state.next_pause:
        return _begin_pause(state, state.pause_reason, state.pause_seconds, reason, at)
    return _begin(state, AVAILABLE, reason, at)


def _sign_in(state: AgentState, event: SignIn, at: datetime, rules: Rules) -> AgentState:
    counters: dict[str, Any] = {"calls": 0, "talk_seconds": 0.0, "missed": 0}
    return _begin(state, AVAILABLE, REASONS[type(event)], at, signed_in_at=at, idle_since=at, **counters)


def _sign_out(state: AgentState, event: SignOut, at: datetime, rules: Rules) -> AgentState:
    return _begin_offline(state, REASONS[type(event)], at)


def _pause(state: AgentState, event: Pause, at: datetime, rules: Rules) -> AgentState:
    return _begin_pause(state, event.reason, event.limit_seconds, REASONS[type(event)], at)


def _be_available(state: AgentState, event: Event, at: datetime, rules: Rules) -> AgentState:
    """Whoever comes back from a pause begins to miss anew."""
    return _begin(state, AVAILABLE, REASONS[type(event)], at, missed=0)


def _end_by_timer(state: AgentState, event: Event, at: datetime, rules: Rules) -> AgentState:
    if state.until is None or at < state.until:
        return state
    return _be_available(state, event, at, rules)


def _extend_wrap_up(state: AgentState, event: WrapUpExtended, at: datetime, rules: Rules) -> AgentState:
    until = state.until or at
    longest = state.since + timedelta(seconds=rules.max_wrap_up_seconds)
    return replace(state, until=max(until, min(until + timedelta(seconds=event.seconds), longest)))


def _reserve(state: AgentState, event: Offered | Consulted, at: datetime, rules: Rules) -> AgentState:
    about: dict[str, Any] = {"queue_id": event.queue_id, "entry_id": event.entry_id}
    return _begin(state, RESERVED, REASONS[type(event)], at, offered_at=at, **about)


def _ring(state: AgentState, event: PhoneRinging, at: datetime, rules: Rules) -> AgentState:
    return replace(state, status=RINGING, since=at, reason=REASONS[type(event)], leg_id=event.leg_id)


def _connect(state: AgentState, event: Answered, at: datetime, rules: Rules) -> AgentState:
    connected = replace(state, status=ON_CONTACT, since=at, reason=REASONS[type(event)], leg_id=event.leg_id)
    return replace(connected, calls=state.calls + 1, missed=0)


def _be_asked(state: AgentState, event: ConsultAnswered, at: datetime, rules: Rules) -> AgentState:
    """Whoever is asked talks, and has no caller."""
    asked = replace(state, status=ON_CONTACT, since=at, reason=REASONS[type(event)], leg_id=event.leg_id)
    return replace(asked, missed=0)


def _be_asked_no_more(state: AgentState, event: ConsultEnded, at: datetime, rules: Rules) -> AgentState:
    return _release(_talked(state, at), REASONS[type(event)], at)


def _take(state: AgentState, event: ContactTaken, at: datetime, rules: Rules) -> AgentState:
    taken = replace(_talked(state, at), since=at, reason=REASONS[type(event)], entry_id=event.taken_id)
    return replace(taken, calls=state.calls + 1)


def _fail_offer(state: AgentState, event: OfferFailed, at: datetime, rules: Rules) -> AgentState:
    if event.cause is OfferFailure.CANCELLED:
        return _release(state, Reason.CANCELLED, at)
    missed = replace(state, missed=state.missed + 1)
    goes_anyway = state.leaving or state.next_pause
    if 0 < rules.max_missed <= missed.missed and not goes_anyway:
        return _begin_pause(missed, MISSED_CALLS, rules.missed_pause_seconds, Reason.MISSED_TOO_MANY, at)
    return _release(missed, Reason(event.cause.value), at)


def _end_contact(state: AgentState, event: ContactEnded, at: datetime, rules: Rules) -> AgentState:
    reason = REASONS[type(event)]
    talked = _talked(state, at)
    if state.next_reason is not None or rules.wrap_up_seconds <= 0:
        return _release(talked, reason, at)
    until = at + timedelta(seconds=rules.wrap_up_seconds)
    return _begin(talked, WRAP_UP, reason, at, until=until, queue_id=state.queue_id, entry_id=state.entry_id)


def _lose_offer(state: AgentState, event: NodeLost, at: datetime, rules: Rules) -> AgentState:
    return _release(state, REASONS[type(event)], at)


def _lose_contact(state: AgentState, event: NodeLost, at: datetime, rules: Rules) -> AgentState:
    return _release(_talked(state, at), REASONS[type(event)], at)


def _talked(state: AgentState, at: datetime) -> AgentState:
    return replace(state, talk_seconds=state.talk_seconds + (at - state.since).total_seconds(), idle_since=at)


def _wish(state: AgentState, reason: Reason | None, *, leaving: bool = False, pause: Pause | None = None) -> AgentState:
    """What follows the offer or contact, in place of what was wished before."""
    return replace(
        state,
        next_reason=reason,
        leaving=leaving,
        next_pause=pause is not None,
        pause_reason=None if pause is None else pause.reason,
        pause_seconds=None if pause is None else pause.limit_seconds,
    )


def _sign_out_later(state: AgentState, event: SignOut, at: datetime, rules: Rules) -> AgentState:
    return _wish(state, REASONS[type(event)], leaving=True)


def _pause_later(state: AgentState, event: Pause, at: datetime, rules: Rules) -> AgentState:
    return _wish(state, REASONS[type(event)], pause=event)


def _available_later(state: AgentState, event: ForceAvailable, at: datetime, rules: Rules) -> AgentState:
    return _wish(state, REASONS[type(event)])


def _stay(state: AgentState, event: SignIn, at: datetime, rules: Rules) -> AgentState:
    if not state.leaving:
        raise IllegalChange(state.status, event, "the agent is signed in")
    return _wish(state, None)


def _pause_no_more(state: AgentState, event: Unpause, at: datetime, rules: Rules) -> AgentState:
    if not state.next_pause:
        raise IllegalChange(state.status, event, "no pause was to follow")
    return _wish(state, None)


@dataclass(frozen=True, slots=True)
class Row:
    """What an event does in a status.

    Args:
        change: makes the new state.
        to: the statuses it may lead to; more than one where configuration, wishes or the clock decide.
    """

    change: Callable[[AgentState, Any, datetime, Rules], AgentState]
    to: tuple[AgentStatus, ...]


def _wishes(status: AgentStatus) -> dict[tuple[AgentStatus, type[Event]], Row]:
    return {
        (status, SignIn): Row(_stay, (status,)),
        (status, SignOut): Row(_sign_out_later, (status,)),
        (status, ForceSignOut): Row(_sign_out_later, (status,)),
        (status, Pause): Row(_pause_later, (status,)),
        (status, ForcePause): Row(_pause_later, (status,)),
        (status, Unpause): Row(_pause_no_more, (status,)),
        (status, ForceAvailable): Row(_available_later, (status,)),
    }


_RELEASED: Final = (AVAILABLE, PAUSED, OFFLINE)

TABLE: Final[Mapping[tuple[AgentStatus, type[Event]], Row]] = {
    (OFFLINE, SignIn): Row(_sign_in, (AVAILABLE,)),
    (AVAILABLE, Offered): Row(_reserve, (RESERVED,)),
    (AVAILABLE, Consulted): Row(_reserve, (RESERVED,)),
    (AVAILABLE, Pause): Row(_pause, (PAUSED,)),
    (AVAILABLE, ForcePause): Row(_pause, (PAUSED,)),
    (AVAILABLE, SignOut): Row(_sign_out, (OFFLINE,)),
    (AVAILABLE, ForceSignOut): Row(_sign_out, (OFFLINE,)),
    (RESERVED, PhoneRinging): Row(_ring, (RINGING,)),
    (RESERVED, Answered): Row(_connect, (ON_CONTACT,)),
    (RESERVED, ConsultAnswered): Row(_be_asked, (ON_CONTACT,)),
    (RESERVED, OfferFailed): Row(_fail_offer, _RELEASED),
    (RESERVED, NodeLost): Row(_lose_offer, _RELEASED),
    **_wishes(RESERVED),
    (RINGING, Answered): Row(_connect, (ON_CONTACT,)),
    (RINGING, ConsultAnswered): Row(_be_asked, (ON_CONTACT,)),
    (RINGING, OfferFailed): Row(_fail_offer, _RELEASED),
    (RINGING, NodeLost): Row(_lose_offer, _RELEASED),
    **_wishes(RINGING),
    (ON_CONTACT, ContactEnded): Row(_end_contact, (WRAP_UP, *_RELEASED)),
    (ON_CONTACT, ConsultEnded): Row(_be_asked_no_more, _RELEASED),
    (ON_CONTACT, ContactTaken): Row(_take, (ON_CONTACT,)),
    (ON_CONTACT, NodeLost): Row(_lose_contact, _RELEASED),
    **_wishes(ON_CONTACT),
    (WRAP_UP, WrapUpDone): Row(_end_by_timer, (AVAILABLE, WRAP_UP)),
    (WRAP_UP, WrapUpSkipped): Row(_be_available, (AVAILABLE,)),
    (WRAP_UP, WrapUpExtended): Row(_extend_wrap_up, (WRAP_UP,)),
    (WRAP_UP, ForceAvailable): Row(_be_available, (AVAILABLE,)),
    (WRAP_UP, Pause): Row(_pause, (PAUSED,)),
    (WRAP_UP, ForcePause): Row(_pause, (PAUSED,)),
    (WRAP_UP, SignOut): Row(_sign_out, (OFFLINE,)),
    (WRAP_UP, ForceSignOut): Row(_sign_out, (OFFLINE,)),
    (PAUSED, Unpause): Row(_be_available, (AVAILABLE,)),
    (PAUSED, PauseOver): Row(_end_by_timer, (AVAILABLE, PAUSED)),
    (PAUSED, ForceAvailable): Row(_be_available, (AVAILABLE,)),
    (PAUSED, Pause): Row(_pause, (PAUSED,)),
    (PAUSED, ForcePause): Row(_pause, (PAUSED,)),
    (PAUSED, SignOut): Row(_sign_out, (OFFLINE,)),
    (PAUSED, ForceSignOut): Row(_sign_out, (OFFLINE,)),
}
"""What each event does in each status. What is missing is impossible, and `IllegalChange` says so."""
