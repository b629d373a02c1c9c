"""What is told of callers and agents, as messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.acd.domain.agent_events import OfferFailure, StatusChanged
from services.acd.floor_changes import OpenOffer
from services.acd.records import Consult, Entry, QueueConfig, Supervisor
from shared.contracts.acd import (
    AgentOtherCallChanged,
    AgentStandingChanged,
    AgentStatusChanged,
    ContactEnd,
    QueueCallbackCalled,
    QueueCallbackEnded,
    QueueCallbackRequested,
    QueueConnected,
    QueueConsultChanged,
    QueueContactEnded,
    QueueContactSupervised,
    QueueJoined,
    QueueLeft,
    QueueOffered,
    QueueOfferFailed,
    SupervisionState,
)


@dataclass(frozen=True, slots=True)
class Teller:
    """Makes the messages of one tenant. Lengths are never below nothing, whatever the clocks say."""

    tenant_id: UUID

    def joined(self, config: QueueConfig, entry: Entry) -> QueueJoined:
        return QueueJoined(
            **self._about(config, entry),
            joined_at=entry.joined_at,
            caller_number=entry.caller_number,
            caller_name=entry.caller_name,
            language=entry.language,
            priority=entry.priority,
            put_back_at=entry.put_back_at,
        )

    def offered(self, config: QueueConfig, entry: Entry, agent_id: UUID, leg_id: str, now: datetime) -> QueueOffered:
        waited = _seconds(now - entry.waits_since)
        return QueueOffered(**self._about(config, entry), agent_id=agent_id, agent_leg_id=leg_id, waited_seconds=waited)

    def offer_failed(
        self, config: QueueConfig, entry: Entry, offer: OpenOffer, failure: OfferFailure, now: datetime
    ) -> QueueOfferFailed:
        return QueueOfferFailed(
            **self._about(config, entry),
            agent_id=offer.agent_id,
            agent_leg_id=offer.leg_id,
            reason=failure.value,
            rang_seconds=_seconds(now - offer.began),
        )

    def connected(self, config: QueueConfig, entry: Entry) -> QueueConnected:
        return QueueConnected(
            **self._about(config, entry),
            agent_id=entry.agent_id,
            agent_leg_id=entry.agent_leg_id,
            waited_seconds=_waited(entry),
        )

    def contact_ended(self, config: QueueConfig, entry: Entry, at: datetime, how: ContactEnd) -> QueueContactEnded:
        """``entry`` as the contact was: with the consult by which the caller is passed on."""
        return QueueContactEnded(
            **self._about(config, entry),
            agent_id=entry.agent_id,
            agent_leg_id=entry.agent_leg_id,
            talk_seconds=max(0.0, _seconds(at - (entry.answered_at or at)) - entry.held_seconds),
            hold_seconds=entry.held_seconds,
            ended=how,
            destination=entry.destination,
            warm=entry.consult is not None and entry.destination == entry.consult.destination,
            consults=entry.consults,
        )

    def consult_changed(self, config: QueueConfig, entry: Entry, consult: Consult) -> QueueConsultChanged:
        return QueueConsultChanged(
            **self._about(config, entry),
            agent_id=entry.agent_id,
            destination=consult.destination,
            state=consult.state,
            third_leg_id=consult.leg_id,
        )

    def supervised(
        self, config: QueueConfig, entry: Entry, supervisor: Supervisor, state: SupervisionState, reason: str = ""
    ) -> QueueContactSupervised:
        return QueueContactSupervised(
            **self._about(config, entry),
            agent_id=entry.agent_id,
            agent_leg_id=entry.agent_leg_id,
            supervisor_leg_id=supervisor.leg_id,
            by=supervisor.by,
            phone=supervisor.phone,
            mode=supervisor.mode,
            state=state,
            reason=reason,
        )

    def left(self, config: QueueConfig, entry: Entry) -> QueueLeft:
        return QueueLeft(
            **self._about(config, entry),
            outcome=entry.outcome,
            joined_at=entry.joined_at,
            left_at=entry.left_at,
            waited_seconds=_waited(entry),
            agent_id=entry.agent_id,
            destination=entry.destination,
            reason=entry.reason,
            by=entry.by,
        )

    def callback_requested(self, config: QueueConfig, entry: Entry) -> QueueCallbackRequested:
        return QueueCallbackRequested(
            **self._about(config, entry),
            number=entry.callback.number if entry.callback else "",
            joined_at=entry.joined_at,
            waited_seconds=_waited(entry),
        )

    def callback_called(
        self, config: QueueConfig, entry: Entry, offer: OpenOffer, now: datetime
    ) -> QueueCallbackCalled:
        return QueueCallbackCalled(
            **self._about(config, entry),
            agent_id=offer.agent_id,
            agent_leg_id=offer.leg_id,
            attempt=entry.attempts,
            asked_seconds=_seconds(now - (entry.left_at or now)),
        )

    def callback_ended(self, config: QueueConfig, entry: Entry, now: datetime) -> QueueCallbackEnded:
        return QueueCallbackEnded(
            **self._about(config, entry),
            outcome=entry.callback.state.value if entry.callback else "cancelled",
            attempts=entry.attempts,
            asked_seconds=_seconds(now - (entry.left_at or now)),
            agent_id=entry.agent_id,
        )

    def status_changed(self, change: StatusChanged, by: str) -> AgentStatusChanged:
        return AgentStatusChanged(
            tenant_id=self.tenant_id,
            occurred_at=change.at,
            agent_id=change.agent_id,
            status=change.new.value,
            reason=change.reason,
            pause_reason=change.pause_reason,
            before=change.old.value,
            before_seconds=max(0.0, change.seconds),
            queue_id=change.queue_id,
            entry_id=change.entry_id,
            by=by,
        )

    def standing_changed(self, agent_id: UUID, leg_id: str, is_up: bool, now: datetime) -> AgentStandingChanged:
        return AgentStandingChanged(
            tenant_id=self.tenant_id, occurred_at=now, agent_id=agent_id, leg_id=leg_id, up=is_up
        )

    def other_call_changed(self, agent_id: UUID, is_on: bool, now: datetime) -> AgentOtherCallChanged:
        return AgentOtherCallChanged(tenant_id=self.tenant_id, occurred_at=now, agent_id=agent_id, on=is_on)

    def _about(self, config: QueueConfig, entry: Entry) -> dict[str, Any]:
        return {
            "tenant_id": self.tenant_id,
            "queue_id": config.queue.id,
            "queue": config.queue.slug,
            "entry_id": entry.id,
            "call_id": entry.call_id,
            "leg_id": entry.leg_id or "",
        }


def _seconds(length: timedelta) -> float:
    return max(0.0, length.total_seconds())


def _waited(entry: Entry) -> float:
    return _seconds((entry.left_at or entry.waits_since) - entry.waits_since)
