"""What is known of a tenant's floor, and the steps that everything which happens there is made of."""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from services.acd.domain import agents
from services.acd.domain.agent_events import ContactEnded, NodeLost, OfferFailed, OfferFailure, Reason, StatusChanged
from services.acd.domain.agent_events import Event as AgentEvent
from services.acd.domain.agents import Rules
from services.acd.domain.bench import AWAY, Bench
from services.acd.domain.callback_dialog import Asking
from services.acd.domain.callbacks import CallbackState
from services.acd.domain.line import Line
from services.acd.domain.model import AgentState, AgentStatus, Queue
from services.acd.domain.overflow import OverflowStep
from services.acd.floor_changes import Changes, EndCall, Ending, OpenOffer, Stand
from services.acd.flows import Flows
from services.acd.records import Entry, PastStatus, QueueConfig
from services.acd.records import Floor as Kept
from services.acd.telling import Teller
from shared.contracts.acd import ContactEnd, Outcome
from shared.contracts.switch import ANY_NODE

NOBODY: Final = UUID(int=0)
REMEMBER_ENDED: Final = 5_000
_HANDLES: Final = frozenset({AgentStatus.ON_CONTACT, AgentStatus.WRAP_UP})
REST_SECONDS: Final = 2.0
"""An agent who just did not take a caller is not called again before that: a dead phone is no busy loop."""


class Book:
    """Lines, agents, offers and contacts. Not thread-safe.

    Args:
        kept: what the tables hold. Contacts go on; offers that were under way wait for what the switch says of them.
        rng: of the strategy ``random``.
    """

    def __init__(self, tenant_id: UUID, kept: Kept, now: datetime, rng: Random) -> None:
        self._rng = rng
        self._began = now
        self._teller = Teller(tenant_id)
        self._queues = dict(kept.configuration.queues)
        for entry in kept.entries:  # of a queue that is not configured any more
            self._queues.setdefault(entry.queue_id, QueueConfig(Queue(entry.queue_id, tenant_id, ""), enabled=False))
        self._lines = {queue_id: Line(config.queue) for queue_id, config in self._queues.items()}
        self._entries: dict[UUID, Entry] = {}
        self._by_leg: dict[str, UUID] = {}
        self._talks: dict[str, UUID] = {}
        self._supervises: dict[str, UUID] = {}
        self._offers: dict[str, OpenOffer] = {}
        self._taken_in: dict[UUID, datetime] = {}
        self._ended: OrderedDict[str, datetime] = OrderedDict()
        self._ending: dict[str, Ending] = {}
        self._resting: dict[UUID, datetime] = {}
        self._removed: set[UUID] = set()
        self._held: dict[UUID, None] = {}
        self._stands: dict[str, Stand] = {}
        self._standing_calls: dict[str, UUID] = {}
        self._due: list[tuple[datetime, UUID]] = []
        self._impatient: dict[UUID, None] = {}
        self._estimating: set[UUID] = set()
        self._asking: dict[UUID, tuple[Asking, OverflowStep | None]] = {}
        self._announcing: dict[UUID, tuple[datetime, int]] = {}
        self._flows = Flows()
        self._moved: set[UUID] = set(self._queues)
        self._fresh: list[UUID] = []
        self._had_to_wait: set[UUID] = {entry.id for entry in kept.entries if entry.state == "waiting"}
        self._consults: dict[UUID, None] = {}
        self._asked_on: dict[str, UUID] = {}
        self._changes = Changes()
        self._bench = Bench(
            (agent, kept.states.get(agent.id) or agents.never_signed_in(agent.id, now))
            for agent in kept.configuration.agents.values()
        )
        for entry in sorted(kept.entries, key=lambda entry: entry.turn):
            self._seat(entry, now)
        for _, state in list(self._bench):
            self._take_over(state, now)
        for entry in list(self._entries.values()):
            latest = self._of_leg(entry.leg_id)
            if latest is not None and latest is not entry and not entry.is_called_back:
                # the owner before did not come to close it
                self._leave(entry, "moved", latest.joined_at, now)

    def _take_over(self, state: AgentState, now: datetime) -> None:
        """Go on where the owner before ended."""
        if state.standing_leg_id is not None:
            since = min(now, state.since)
            self._stands[state.standing_leg_id] = Stand(state.agent_id, state.standing_node_id or "", since)
        if state.until is not None:
            heapq.heappush(self._due, (state.until, state.agent_id))
        if state.status not in agents.ENGAGED:
            return
        entry = self._entries.get(state.entry_id or NOBODY)
        if entry is not None and entry.consult is not None and entry.consult.agent_id == state.agent_id:
            return
        if state.status is AgentStatus.ON_CONTACT:
            if entry is None or entry.state != "connected" or entry.agent_id != state.agent_id:
                self._tell_agent(state.agent_id, ContactEnded(state.entry_id or NOBODY), now)
        elif entry is None or entry.state != "waiting" or state.leg_id is None or not entry.may_be_offered:
            self._tell_agent(state.agent_id, OfferFailed(state.entry_id or NOBODY, OfferFailure.CANCELLED), now)
        else:
            node_id = entry.node_id or ANY_NODE
            offer = OpenOffer(state.leg_id, entry.id, state.agent_id, node_id, state.since, restored_at=now)
            offer.connecting = entry.callback is not None and entry.callback.state is CallbackState.CALLING
            self._offers[offer.leg_id] = offer
            line = self._lines[entry.queue_id]
            line.offer(entry.id, {*line[entry.id].offered_to, state.agent_id})

    # Callers

    def _seat(self, entry: Entry, now: datetime) -> None:
        """A caller is in line, or talks."""
        self._entries[entry.id] = entry
        self._taken_in[entry.id] = now
        if entry.leg_id and not entry.is_called_back:
            self._by_leg[entry.leg_id] = entry.id
        if entry.state == "waiting":
            self._lines[entry.queue_id].join(entry.waiting())
            self._moved.add(entry.queue_id)
            self._watch_patience(entry, now)
        elif entry.agent_leg_id:
            self._talks[entry.agent_leg_id] = entry.id
            self._supervises |= {one.leg_id: entry.id for one in entry.supervisors}
            if entry.consult is not None:
                self._consults[entry.id] = None
                if entry.consult.agent_id is not None:
                    self._asked_on[entry.consult.leg_id or ""] = entry.id

    def _of_leg(self, leg_id: str | None) -> Entry | None:
        return self._entries.get(self._by_leg.get(leg_id or "", NOBODY))

    def _keep(self, entry: Entry) -> None:
        self._changes.entries[entry.id] = entry

    def _leave(self, entry: Entry, outcome: Outcome, at: datetime, now: datetime, *, lost: bool = False) -> None:
        """The caller is in line no more, and with no agent of ours.

        Args:
            entry: as it is; of a caller who is sent on, with the destination.
            lost: the switch is gone with all legs.
        """
        if entry.state == "connected":
            how: ContactEnd = "transferred" if outcome == "moved" else "hung_up"
            self._end_contact(entry, at, now, lost=lost, end_call=not lost, how=how)
            return
        for offer in self._offers_of(entry.id):
            self._drop(offer, NodeLost(entry.id) if lost else OfferFailed(entry.id, OfferFailure.CANCELLED), now)
        self._lines[entry.queue_id].leave(entry.id)
        self._moved.add(entry.queue_id)
        if outcome in ("abandoned", "short_abandoned"):
            self._flows.abandoned(entry.queue_id, now)
        self._close(entry, outcome, at)

    def _close(self, entry: Entry, outcome: Outcome, at: datetime) -> None:
        """The last that is heard of this time in line."""
        entry = _left(entry, outcome, at)
        self._keep(entry)
        self._changes.events.append(self._teller.left(self._queues[entry.queue_id], entry))
        self._forget(entry)

    def _forget(self, entry: Entry) -> None:
        self._entries.pop(entry.id, None)
        self._taken_in.pop(entry.id, None)
        self._impatient.pop(entry.id, None)
        self._had_to_wait.discard(entry.id)
        self._announcing.pop(entry.id, None)
        self._asking.pop(entry.id, None)
        self._consults.pop(entry.id, None)
        if entry.leg_id and self._by_leg.get(entry.leg_id) == entry.id:
            del self._by_leg[entry.leg_id]

    def _end_contact(
        self,
        entry: Entry,
        at: datetime,
        now: datetime,
        *,
        lost: bool = False,
        end_call: bool = False,
        passed_to_third: bool = False,
        how: ContactEnd = "hung_up",
    ) -> None:
        """Caller and agent talk no more.

        Args:
            end_call: the agent's leg may still be up, and alone.
            passed_to_third: the caller talks with whoever was asked.
        """
        if lost:
            how = "switch_lost"
        self._talks.pop(entry.agent_leg_id or "", None)
        state = self._state(entry.agent_id)
        if state is not None and state.status is AgentStatus.ON_CONTACT and state.entry_id == entry.id:
            self._tell_agent(state.agent_id, NodeLost(entry.id) if lost else ContactEnded(entry.id), min(at, now))
        if end_call and entry.agent_leg_id and entry.node_id:
            self._release_leg(entry.agent_leg_id, entry.node_id, now)
        self._contact_over(entry, now, lost=lost)
        if not lost and not passed_to_third:
            self._end_third(entry, now)
        held = entry.held_until(at)
        ended = replace(entry, state="left", consult=None, supervisors=(), held_since=None, held_seconds=held)
        ended = replace(ended, ended=how)
        self._keep(ended)
        told = replace(ended, consult=entry.consult)
        self._changes.events.append(self._teller.contact_ended(self._queues[entry.queue_id], told, at, how))
        self._forget(ended)

    def _watch_patience(self, entry: Entry, now: datetime) -> None:
        """See when this caller is to be sent on."""

    def _nobody_serves(self, queue_ids: Iterable[UUID]) -> None:
        """Agents of these queues have left."""

    # Offers

    def _offers_of(self, entry_id: UUID) -> list[OpenOffer]:
        return [offer for offer in self._offers.values() if offer.entry_id == entry_id]

    def _fail(self, offer: OpenOffer, failure: OfferFailure, now: datetime) -> None:
        """The agent did not take the caller, who keeps the place; the leg is gone."""
        self._offers.pop(offer.leg_id, None)
        entry = self._entries[offer.entry_id]
        self._lines[entry.queue_id].unanswered(entry.id, offer.agent_id)
        self._moved.add(entry.queue_id)
        self._resting[offer.agent_id] = now + timedelta(seconds=REST_SECONDS)
        self._tell_agent(offer.agent_id, OfferFailed(entry.id, failure), now)
        self._tell_failed(offer, entry, failure, now)

    def _drop(self, offer: OpenOffer, event: NodeLost | OfferFailed, now: datetime) -> None:
        """An offer that the agent is not to blame for ends, and the agent's leg with it."""
        self._offers.pop(offer.leg_id, None)
        entry = self._entries[offer.entry_id]
        self._lines[entry.queue_id].withdraw(entry.id, offer.agent_id)
        self._moved.add(entry.queue_id)
        self._tell_agent(offer.agent_id, event, now)
        self._tell_failed(offer, entry, OfferFailure.CANCELLED, now)
        if isinstance(event, OfferFailed) and offer.ended_at is None:
            self._release_leg(offer.leg_id, offer.node_id, now)

    def _tell_failed(self, offer: OpenOffer, entry: Entry, failure: OfferFailure, now: datetime) -> None:
        config = self._queues[entry.queue_id]
        self._changes.events.append(self._teller.offer_failed(config, entry, offer, failure, now))

    def _release_leg(self, leg_id: str, node_id: str, now: datetime) -> None:
        """An agent's leg is not needed for this caller any more."""
        self._end_call(leg_id, node_id, now)

    def _end_third(self, entry: Entry, now: datetime) -> None:
        """Nobody needs the leg of whoever is asked."""

    def _contact_over(self, entry: Entry, now: datetime, *, lost: bool) -> None:
        """What else follows from the end of a contact; ``lost``: with the switch."""

    def _end_call(self, leg_id: str, node_id: str, now: datetime) -> None:
        """End a leg of an agent, and again should it turn up: it may be only about to come into being."""
        self._ending.setdefault(leg_id, Ending(node_id, now))
        self._changes.actions.append(EndCall(leg_id, node_id))

    def _note_ended(self, leg_id: str, at: datetime) -> None:
        """Legs that ended are remembered for a while: what is told of them afterwards comes too late."""
        self._ending.pop(leg_id, None)
        self._ended.setdefault(leg_id, at)
        while len(self._ended) > REMEMBER_ENDED:
            self._ended.popitem(last=False)

    # Agents

    def _state(self, agent_id: UUID | None) -> AgentState | None:
        """What an agent does; none: removed meanwhile."""
        try:
            return self._bench.state(agent_id or NOBODY)
        except KeyError:
            return None

    def _tell_agent(
        self, agent_id: UUID, event: AgentEvent, now: datetime, *, leg_id: str | None = None, by: str = ""
    ) -> AgentState | None:
        """The agent's new state; none: there is no such agent (any more). Raises IllegalChange."""
        old = self._state(agent_id)
        if old is None:
            return None
        config = self._queues.get(old.queue_id) if old.queue_id else None
        step = agents.step(old, event, now, Rules.of(config.queue) if config else Rules())
        state = replace(step.state, leg_id=leg_id) if leg_id else step.state
        state = _asked_by(old, state, by, is_new=any(isinstance(one, StatusChanged) for one in step.effects))
        self._bench.change(state)
        self._changes.states[agent_id] = state
        if state.until is not None and state.until != old.until:
            heapq.heappush(self._due, (state.until, agent_id))
        for effect in step.effects:
            if isinstance(effect, StatusChanged):
                self._changes.history.append(_past(effect, old))
                self._changes.events.append(self._teller.status_changed(effect, state.by))
        self._count_served(old, state, now)
        if agent_id in self._removed and state.status is AgentStatus.OFFLINE:
            self._bench.remove(agent_id)
        return state

    def _count_served(self, old: AgentState, state: AgentState, now: datetime) -> None:
        """What an agent's new state says of how lines move."""
        handled = old.status in _HANDLES and state.status not in _HANDLES and state.reason != Reason.CONSULT_ENDED
        if handled and old.queue_id and old.offered_at:
            self._flows.handled(old.queue_id, now, _seconds(state.since - old.offered_at))
        if (old.status in AWAY) != (state.status in AWAY) or old.status is AgentStatus.PAUSED:
            served = [member.queue_id for member in self._bench.agent(state.agent_id).memberships]
            self._moved.update(served)
            if state.status in AWAY:
                self._nobody_serves(served)


def _seconds(length: timedelta) -> float:
    return max(0.0, length.total_seconds())


def _left(entry: Entry, outcome: Outcome, at: datetime) -> Entry:
    return replace(entry, state="left", outcome=outcome, left_at=max(at, entry.waits_since))


def _asked_by(old: AgentState, state: AgentState, by: str, *, is_new: bool) -> AgentState:
    """With who asked for the status that began, or for what is to follow the contact."""
    if is_new:
        follows = old.next_reason is not None and state.reason == old.next_reason
        return replace(state, by=by or (old.next_by if follows else ""), next_by="")
    return replace(state, next_by=by if state.next_reason is not None else "") if by else state


def _past(effect: StatusChanged, old: AgentState) -> PastStatus:
    return PastStatus(
        agent_id=effect.agent_id,
        status=effect.old,
        reason=old.reason,
        since=effect.since,
        ended_at=effect.at,
        pause_reason=effect.old_pause_reason,
        queue_id=old.queue_id,
        entry_id=old.entry_id,
        by=old.by,
    )
