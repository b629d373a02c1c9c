"""Callers hang up and keep their place in line: asked for by a key or offered at overflow, called when the turn comes.

A callback is an entry of the line without a leg. An agent's phone is called for it as for any caller; once that is
answered, the agent's leg calls the customer, whom somebody therefore answers at once.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from services.acd.domain import callback_dialog, callbacks
from services.acd.domain.agent_events import Answered as AgentAnswered
from services.acd.domain.agent_events import NodeLost, OfferFailed, OfferFailure
from services.acd.domain.callback_dialog import Outcome as DialogOutcome
from services.acd.domain.callback_dialog import Turn
from services.acd.domain.callback_numbers import callback_destination, callback_number
from services.acd.domain.callbacks import Callback, CallbackState, Step
from services.acd.domain.overflow import OverflowStep
from services.acd.floor_book import REST_SECONDS
from services.acd.floor_callers import Callers
from services.acd.floor_changes import Announce, CallCustomer, EndCall, Farewell, OpenOffer, Seen
from services.acd.floor_contacts import Unknown
from services.acd.records import Entry, QueueConfig
from shared.contracts.switch import ANY_NODE

OURS: Final = frozenset({"", "NORMAL_CLEARING", "ORIGINATOR_CANCEL", "NORMAL_TEMPORARY_FAILURE", "switch_lost"})
"""Causes of an agent's leg that say nothing of the customer: the agent hung up, or something failed on this side."""
FAREWELL_SECONDS: Final = 15.0
"""The longest goodbye takes eight; a caller who is still there after that is hung up on."""
RESTORED_SECONDS: Final = 5.0


class Callbacks(Callers):
    """Callbacks from the key to the end."""

    country: str = ""
    """Of the tenant: how numbers are read that callers type."""

    # The caller is asked

    def pressed(self, leg_id: str, digit: str, now: datetime) -> None:
        entry = self._of_leg(leg_id)
        if entry is None or not self.is_alone(entry.id):
            return
        config = self._queues[entry.queue_id]
        asked = self._asking.get(entry.id)
        if asked is not None:
            reads = partial(callback_number, country=self.country, abroad=config.callback_abroad)
            self._take_turn(entry, callback_dialog.pressed(asked[0], digit, now, reads), now, asked[1])
        elif config.callback_enabled and digit == config.callback_key:
            self._ask(entry, now)
        else:
            super().pressed(leg_id, digit, now)

    def _ask(self, entry: Entry, now: datetime, step: OverflowStep | None = None) -> None:
        """Begin to ask; of an overflow step, before it is taken."""
        config = self._queues[entry.queue_id]
        number = callback_number(entry.caller_number, self.country, abroad=config.callback_abroad, shown=True)
        self._take_turn(entry, callback_dialog.begin(number or "", now, offered=step is not None), now, step)

    def _take_turn(self, entry: Entry, turn: Turn, now: datetime, step: OverflowStep | None) -> None:
        if turn.say:
            self._changes.actions.append(Announce(entry, turn.say))
        if turn.asking is not None:
            self._asking[entry.id] = (turn.asking, step)
            heapq.heappush(self._due, (turn.asking.until, entry.id))
            return
        self._asking.pop(entry.id, None)
        if turn.outcome is DialogOutcome.CONFIRMED and self._confirm(entry, turn.number, now):
            return
        if step is not None and not self._lines[entry.queue_id][entry.id].offered_to:
            super()._overflow(entry, step, now)

    def _overflow(self, entry: Entry, step: OverflowStep, now: datetime) -> None:
        if step.offers_callback and self._queues[entry.queue_id].callback_enabled:
            if entry.id not in self._asking:
                self._ask(entry, now, step)
            return
        super()._overflow(entry, step, now)

    def _on_time(self, entry_id: UUID, now: datetime) -> None:
        super()._on_time(entry_id, now)
        asked, entry = self._asking.get(entry_id), self._entries[entry_id]
        if asked is not None and callback_dialog.overdue(asked[0], now):
            self._take_turn(entry, Turn(None, outcome=DialogOutcome.DECLINED), now, asked[1])
        elif entry.callback is not None and entry.callback.state is CallbackState.WAITING:
            rules = self._queues[entry.queue_id].callback
            if entry.callback.asked_at + timedelta(seconds=rules.keep_seconds) <= now:
                self._follow_callback(entry, callbacks.step(rules, entry.callback, callbacks.Expired(), now), now)

    def _watch_patience(self, entry: Entry, now: datetime) -> None:
        if entry.callback is None:
            super()._watch_patience(entry, now)
        else:
            keep = timedelta(seconds=self._queues[entry.queue_id].callback.keep_seconds)
            heapq.heappush(self._due, (entry.callback.asked_at + keep, entry.id))

    # The caller hangs up, the place stays

    def _confirm(self, entry: Entry, number: str, now: datetime) -> bool:
        """The number is right: whether the caller is called back, which the hours may not allow."""
        config = self._queues[entry.queue_id]
        asked = Callback(CallbackState.ASKED, now, number)
        step = callbacks.step(config.callback, asked, callbacks.Confirmed(number), now)
        if step.callback.state is not CallbackState.WAITING:
            return False
        for offer in self._offers_of(entry.id):
            self._drop(offer, OfferFailed(entry.id, OfferFailure.CANCELLED), now)
        self._changes.actions.append(Farewell(entry))
        kept = replace(
            self._with_callback(entry, step.callback),
            outcome="callback",
            left_at=max(now, entry.waits_since),
            node_id=None,
            core_id=None,
        )
        self._lines[entry.queue_id].leave(entry.id)
        self._forget(entry)
        self._seat(kept, now)
        self._keep(kept)
        self._changes.events += [self._teller.left(config, kept), self._teller.callback_requested(config, kept)]
        return True

    def found_hanging_on(self, entry: Entry, before: datetime) -> None:
        """A switch that was asked says that a caller is still there who is to be called back."""
        if entry.leg_id and entry.left_at and entry.left_at + timedelta(seconds=FAREWELL_SECONDS) < before:
            self._changes.actions.append(EndCall(entry.leg_id, ANY_NODE))

    # The turn comes

    def _begin_contact(self, offer: OpenOffer, entry: Entry, config: QueueConfig, now: datetime) -> None:
        if entry.callback is None:
            super()._begin_contact(offer, entry, config, now)
        else:
            self._follow_callback(
                entry, callbacks.step(config.callback, entry.callback, callbacks.TurnCame(), now), now
            )

    def _is_calling(self, offer: OpenOffer) -> bool:
        """Whether the agent of an offer calls the customer."""
        callback = self._entries[offer.entry_id].callback
        return callback is not None and callback.state is CallbackState.CALLING

    def customer_answered(self, call_id: str, leg_id: str, node_id: str, now: datetime) -> None:
        """A leg was answered: that of a customer whom an agent called, or another one."""
        offer = self._offers.get(call_id)
        if offer is None or leg_id == call_id or not self._is_calling(offer):
            return
        entry, config = self._entries[offer.entry_id], self._queues[self._entries[offer.entry_id].queue_id]
        assert entry.callback is not None  # noqa: S101 -- it is calling
        step = callbacks.step(config.callback, entry.callback, callbacks.Answered(), now)
        del self._offers[call_id]
        self._lines[entry.queue_id].leave(entry.id)
        self._moved.add(entry.queue_id)
        self._flows.answered(entry.queue_id, now, had_to_wait=True)
        self._forget(entry)
        talking = replace(
            self._with_callback(entry, step.callback),
            state="connected",
            agent_id=offer.agent_id,
            agent_leg_id=call_id,
            answered_at=max(now, entry.left_at or now),
            call_id=call_id,
            leg_id=leg_id,
            node_id=node_id,
            turn=0,  # the customer's own leg was in no line yet
        )
        self._seat(talking, now)
        self._keep(talking)
        self._tell_agent(offer.agent_id, AgentAnswered(entry.id, call_id), now)
        self._changes.events += [
            self._teller.connected(config, talking),
            self._teller.callback_ended(config, talking, now),
        ]

    def customer_not_reached(self, leg_id: str, cause: str, now: datetime, *, is_up: bool = False) -> bool:
        """The leg of an agent who was calling a customer ended; false: it was none such.

        Args:
            cause: of the switch.
            is_up: the leg did not end, the call was never made.
        """
        offer = self._offers.get(leg_id)
        if offer is None or not self._is_calling(offer):
            return False
        offer.ended_at = None if is_up else now
        entry = self._entries[offer.entry_id]
        counts = cause not in OURS
        if not counts:  # others come first
            self._resting[offer.agent_id] = now + timedelta(seconds=REST_SECONDS)
        self._follow_callback(entry, self._callback_step(entry, callbacks.Failed(counts), now), now)
        return True

    def cancel_callback(self, entry_id: UUID, now: datetime) -> Entry:
        """Nobody is to be called any more. Raises Unknown: no such callback."""
        entry = self._entries.get(entry_id)
        if entry is None or entry.callback is None or entry.state != "waiting":
            raise Unknown("no such callback")
        self._follow_callback(entry, self._callback_step(entry, callbacks.Cancelled(), now), now)
        return self._changes.entries[entry_id]

    # What follows

    def _callback_step(self, entry: Entry, event: callbacks.CallbackEvent, now: datetime) -> Step:
        assert entry.callback is not None  # noqa: S101 -- only of callbacks
        return callbacks.step(self._queues[entry.queue_id].callback, entry.callback, event, now)

    @staticmethod
    def _with_callback(entry: Entry, callback: Callback) -> Entry:
        return replace(entry, callback=callback, not_before=callback.not_before, attempts=callback.attempts)

    def _follow_callback(self, entry: Entry, step: Step, now: datetime) -> None:
        """Do what follows from an event of a callback in line."""
        config = self._queues[entry.queue_id]
        entry = self._with_callback(entry, step.callback)
        self._entries[entry.id] = entry
        self._keep(entry)
        for action in step.actions:
            match action:
                case callbacks.Release():
                    for offer in self._offers_of(entry.id):
                        super()._drop(offer, OfferFailed(entry.id, OfferFailure.CANCELLED), now)
                case callbacks.Keep(not_before=not_before):
                    self._lines[entry.queue_id].hold(entry.id, not_before)
                case callbacks.Call(number=number):
                    self._call_customer(entry, number, config, now)
                case callbacks.Finish():
                    self._end_callback(entry, config, now)

    def _call_customer(self, entry: Entry, number: str, config: QueueConfig, now: datetime) -> None:
        (offer,) = self._offers_of(entry.id)
        self._changes.events.append(self._teller.callback_called(config, entry, offer, now))
        self._changes.actions.append(CallCustomer(offer.leg_id, offer.node_id, callback_destination(number)))

    def _end_callback(self, entry: Entry, config: QueueConfig, now: datetime) -> None:
        for offer in self._offers_of(entry.id):
            super()._drop(offer, OfferFailed(entry.id, OfferFailure.CANCELLED), now)
        self._lines[entry.queue_id].leave(entry.id)
        self._moved.add(entry.queue_id)
        ended = replace(entry, state="left")
        self._keep(ended)
        self._changes.events.append(self._teller.callback_ended(config, ended, now))
        self._forget(ended)

    def _drop(self, offer: OpenOffer, event: NodeLost | OfferFailed, now: datetime) -> None:
        was_calling = self._is_calling(offer)
        super()._drop(offer, event, now)
        if was_calling:  # by no fault of the customer's
            entry = self._entries[offer.entry_id]
            self._follow_callback(entry, self._callback_step(entry, callbacks.Failed(counts=False), now), now)

    # Reality

    def _lose_callbacks(self, node_id: str, now: datetime) -> None:
        """A switch is gone, with agents who were being called or were calling customers."""
        for offer in list(self._offers.values()):
            if offer.node_id == node_id and self._entries[offer.entry_id].callback is not None:
                self._drop(offer, NodeLost(offer.entry_id), now)

    def _settle_callback(
        self, offer: OpenOffer, up: Mapping[str, Seen], nodes: Collection[str], before: datetime, now: datetime
    ) -> None:
        """What became of a call to a customer: answered, over, or of the owner before and then begun anew."""
        seen = up.get(offer.leg_id)
        other = None if seen is None else up.get(seen.other_leg_id or "")
        patience = timedelta(seconds=RESTORED_SECONDS)
        if seen is not None and other is not None and other.is_answered and self._is_calling(offer):
            self.customer_answered(offer.leg_id, other.leg_id, seen.node_id, now)
        elif offer.restored_at is not None:
            if offer.restored_at + patience < now:
                self._drop(offer, OfferFailed(offer.entry_id, OfferFailure.CANCELLED), now)
        elif seen is None and offer.connecting and offer.node_id in nodes and offer.began + patience < before:
            self.customer_not_reached(offer.leg_id, "", now)
