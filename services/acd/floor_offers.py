"""Callers are offered to agents: phones ring, agents answer or not, and the two are connected."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.acd.domain.agent_events import Answered, Offered, OfferFailed, OfferFailure, PhoneRinging
from services.acd.domain.matching import decide_all
from services.acd.domain.model import AgentStatus, Offer
from services.acd.floor_book import REST_SECONDS
from services.acd.floor_changes import Beep, CallAgent, Connect, OpenOffer
from services.acd.floor_standing import Standing
from services.acd.records import Entry, QueueConfig
from shared.contracts.switch import ANY_NODE
from shared.telephony.causes import CauseCategory
from shared.telephony.causes import cause as cause_named
from shared.telephony.destinations import Destination, DestinationKind
from shared.telephony.ids import new_leg_id

FAILURES: Final = {
    "USER_BUSY": OfferFailure.BUSY,
    "CALL_REJECTED": OfferFailure.REJECTED,
    "NORMAL_CLEARING": OfferFailure.REJECTED,
    "NO_ANSWER": OfferFailure.NO_ANSWER,
    "NO_USER_RESPONSE": OfferFailure.NO_ANSWER,
    "ALLOTTED_TIMEOUT": OfferFailure.NO_ANSWER,
    "ORIGINATOR_CANCEL": OfferFailure.NO_ANSWER,
    "PROGRESS_TIMEOUT": OfferFailure.NO_ANSWER,
}
"""The switch's cause of an agent's call that was not answered; every other one means that no phone was reached."""

TRUNKS_FAULT: Final = frozenset({CauseCategory.CONGESTED, CauseCategory.FAILED})

MOST_PASSES: Final = 50
"""Of one decision: each passes over callers for whom only agents are left who just did not take a call."""


def is_trunks_fault(cause: str) -> bool:
    """Whether a call outside that failed with that cause never came to the one who was called."""
    return cause_named(cause).category in TRUNKS_FAULT


def failure_of(cause: str, phone: Destination | None) -> OfferFailure:
    """Why an agent did not take a call that failed with one of the switch's causes.

    Args:
        cause: empty: it is not known.
        phone: what was called; none: that is not known any more.

    Returns:
        The agent's failure; ``CANCELLED`` where the agent is not to blame, as for a trunk that failed.
    """
    is_outside = phone is not None and phone.kind is DestinationKind.EXTERNAL
    if not cause or (is_outside and is_trunks_fault(cause)):
        return OfferFailure.CANCELLED
    return FAILURES.get(cause, OfferFailure.UNREACHABLE)


class Offers(Standing):
    """Offers from the decision to the contact."""

    def decide(self, now: datetime) -> None:
        """Offer callers to agents who are free."""
        for _ in range(MOST_PASSES):
            offers = decide_all(self._lines.values(), self._bench, now, self._rng)
            put_off = [offer for offer in offers if self._is_put_off(offer, now)]
            for offer in offers:
                if offer not in put_off:
                    self._offer(offer, now)
            if not put_off:
                return

    def _is_put_off(self, offer: Offer, now: datetime) -> bool:
        """Whether this offer asks somebody who just did not take a call: others come first, else the caller waits."""
        resting = {id_: until for id_ in offer.agent_ids if (until := self._resting.get(id_, now)) > now}
        if not resting:
            return False
        line = self._lines[offer.queue_id]
        if new := resting.keys() - line[offer.entry_id].excluded:
            for agent_id in new:
                line.unanswered(offer.entry_id, agent_id)
        else:
            line.hold(offer.entry_id, min(resting.values()))
            self._held[offer.entry_id] = None
        return True

    def _offer(self, offer: Offer, now: datetime) -> None:
        entry, config = self._entries[offer.entry_id], self._queues[offer.queue_id]
        if not entry.may_be_offered:
            return
        asked = self._asked(offer, entry, now)
        self._lines[offer.queue_id].offer(offer.entry_id, asked)
        self._moved.add(offer.queue_id)
        for agent_id, stands in asked.items():
            stand = self._stands.get(stands)
            is_here = stand is not None and stand.node_id == entry.node_id
            leg_id = stands if is_here else str(new_leg_id())
            self._resting.pop(agent_id, None)
            self._offers[leg_id] = OpenOffer(leg_id, entry.id, agent_id, entry.node_id or ANY_NODE, now)
            self._tell_agent(agent_id, Offered(entry.id, offer.queue_id), now, leg_id=leg_id)
            self._changes.events.append(self._teller.offered(config, entry, agent_id, leg_id, now))
            if stand is not None:
                stand.is_parked = False
            if is_here:
                self.answered(leg_id, entry.node_id or "", now)
            else:
                where = (stands, stand.node_id) if stand is not None else ("", "")
                self._changes.actions.append(CallAgent(leg_id, entry, self._bench.agent(agent_id), config, *where))

    def _asked(self, offer: Offer, entry: Entry, now: datetime) -> dict[UUID, str]:
        """Who is asked, and on which leg that stands: whoever has one gets the caller, and nobody's phone rings.

        A leg on the caller's own switch comes first; one on another is called there. To call a customer back the
        phone is called anew: that leg is to end with the call.
        """
        legs = {agent_id: self._bench.state(agent_id).standing_leg_id or "" for agent_id in offer.agent_ids}
        if entry.callback is None:
            up = [(agent_id, self._stands[leg_id]) for agent_id, leg_id in legs.items() if leg_id in self._stands]
            here = (agent_id for agent_id, stand in up if stand.node_id == entry.node_id)
            if (agent_id := next(here, up[0][0] if up else None)) is not None:
                return {agent_id: legs[agent_id]}
        for leg_id in filter(None, legs.values()):
            self._hang_up_standing(leg_id, now)
        return dict.fromkeys(offer.agent_ids, "")

    def rings(self, leg_id: str, now: datetime) -> None:
        """An agent's phone rings."""
        offer, ending = self._offers.get(leg_id), self._ending.get(leg_id)
        if offer is not None:
            state = self._state(offer.agent_id)
            if state is not None and state.status is AgentStatus.RESERVED:
                self._tell_agent(offer.agent_id, PhoneRinging(offer.entry_id, leg_id), now)
        elif ending is not None:  # it was called off before there was anything to end
            self._end_call(leg_id, ending.node_id, now)

    def answered(self, leg_id: str, node_id: str, now: datetime) -> None:
        """An agent took the call: the first to do so gets the caller, other phones stop ringing."""
        offer = self._offers.get(leg_id)
        if offer is None:
            if not any(leg_id in legs for legs in (self._talks, self._ended, self._stands)):
                self._end_call(leg_id, node_id, now)  # the caller left, or another agent was faster
            return
        if offer.connecting:
            return
        offer.connecting = True
        for other in self._offers_of(offer.entry_id):
            if other is not offer:
                self._drop(other, OfferFailed(other.entry_id, OfferFailure.CANCELLED), now)
        entry = self._entries[offer.entry_id]
        config = self._queues[entry.queue_id]
        offer.node_id = node_id or offer.node_id
        self._begin_contact(offer, entry, config, now)

    def _begin_contact(self, offer: OpenOffer, entry: Entry, config: QueueConfig, now: datetime) -> None:
        """The agent is there for the caller."""
        self._changes.actions.append(Connect(offer.leg_id, entry, self._bench.agent(offer.agent_id), config))

    def connected(self, leg_id: str, now: datetime) -> None:
        """Caller and agent hear each other."""
        offer = self._offers.get(leg_id)
        if offer is None:
            return
        for other in self._offers_of(offer.entry_id):
            if other is not offer:
                self._drop(other, OfferFailed(other.entry_id, OfferFailure.CANCELLED), now)
        del self._offers[leg_id]
        entry = self._entries[offer.entry_id]
        config = self._queues[entry.queue_id]
        self._lines[entry.queue_id].leave(entry.id)
        self._moved.add(entry.queue_id)
        self._flows.answered(entry.queue_id, now, had_to_wait=entry.id in self._had_to_wait)
        self._had_to_wait.discard(entry.id)
        moment = max(now, entry.waits_since)
        entry = replace(entry, state="connected", agent_id=offer.agent_id, agent_leg_id=leg_id)
        entry = replace(entry, outcome="answered", answered_at=moment, left_at=moment)
        self._entries[entry.id] = entry
        self._taken_in[entry.id] = now
        self._talks[leg_id] = entry.id
        self._keep(entry)
        self._tell_agent(offer.agent_id, Answered(entry.id, leg_id), now)
        self._changes.events += [self._teller.connected(config, entry), self._teller.left(config, entry)]
        if offer.ended_at is not None:
            self._end_contact(entry, offer.ended_at, now)
        elif (stand := self._stand_of(offer.agent_id)) is not None:
            self._changes.actions.append(Beep(*stand))
        elif self._has_standing(offer.agent_id):
            self._connect_standing(offer.agent_id, leg_id, offer.node_id, now, is_parked=False)

    def not_taken(self, leg_id: str, cause: str, now: datetime) -> None:
        """An agent's call failed with one of the switch's causes; empty: what became of it is not known."""
        offer = self._offers.get(leg_id)
        if offer is None:
            return
        self._not_taken(offer, cause, now)

    def _not_taken(self, offer: OpenOffer, cause: str, now: datetime) -> None:
        """The agent's leg is gone. Where a trunk failed on the way to a phone outside, the agent did not miss it."""
        failure = failure_of(cause, self._bench.agent(offer.agent_id).phone)
        if failure is not OfferFailure.CANCELLED:
            self._fail(offer, failure, now)
        else:
            self._call_off(offer, now)
            self._resting[offer.agent_id] = now + timedelta(seconds=REST_SECONDS)

    def not_connected(self, leg_id: str, now: datetime) -> None:
        """The switch did not join the two: because the agent has hung up, or by nobody's fault."""
        offer = self._offers.get(leg_id)
        if offer is None:
            return
        if offer.ended_at is not None:
            self._fail(offer, OfferFailure.REJECTED, now)
        else:
            self._call_off(offer, now)

    def _call_off(self, offer: OpenOffer, now: datetime) -> None:
        """It failed, and the agent is not to blame; for this caller others come first all the same."""
        self._drop(offer, OfferFailed(offer.entry_id, OfferFailure.CANCELLED), now)
        self._lines[self._entries[offer.entry_id].queue_id].unanswered(offer.entry_id, offer.agent_id)
