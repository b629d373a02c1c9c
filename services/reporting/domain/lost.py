"""Records of legs that the switch itself can no longer write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.calls import Direction, LegDirection
from shared.contracts.records import LegRecord

SWITCH_LOST = "switch_lost"
ENDED_UNSEEN = "NORMAL_UNSPECIFIED"
"""Cause of a leg that ended while nobody looked and whose record never came."""


@dataclass(frozen=True, slots=True)
class OpenLeg:
    """A leg that began and has no record yet, as its events told it."""

    leg_id: str
    call_id: str
    tenant_id: UUID | None
    node_id: str
    core_id: str
    direction: Direction
    leg_direction: LegDirection
    caller_number: str
    caller_name: str
    called_number: str
    extension: str | None
    extension_id: str | None
    device_id: str | None
    trunk_id: str | None
    other_leg_id: str | None
    created_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    bridged_at: datetime | None
    hung_up_at: datetime | None
    cause: str | None


def record_of(leg: OpenLeg, *, ended_at: datetime, cause: str = SWITCH_LOST) -> LegRecord:
    """The best record there can be: what the events told, ended at ``ended_at`` unless they told the end as well."""
    return LegRecord(
        leg_id=leg.leg_id,
        call_id=leg.call_id,
        tenant_id=leg.tenant_id,
        node_id=leg.node_id,
        core_id=leg.core_id,
        direction=leg.direction,
        leg_direction=leg.leg_direction,
        caller_number=leg.caller_number,
        caller_name=leg.caller_name,
        called_number=leg.called_number,
        extension=leg.extension,
        extension_id=leg.extension_id,
        device_id=leg.device_id,
        trunk_id=leg.trunk_id,
        other_leg_id=leg.other_leg_id,
        started_at=leg.created_at,
        ringing_at=leg.ringing_at,
        answered_at=leg.answered_at,
        bridged_at=leg.bridged_at,
        ended_at=max(leg.created_at, leg.hung_up_at or ended_at),
        cause=leg.cause or cause,
        hung_up_by="system",
    )
