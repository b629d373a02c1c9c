"""A call from its legs: who, to whom, through what, how long, how it ended and who ended it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import fsum
from typing import Literal
from uuid import UUID

from shared.contracts.records import HungUpBy, LegRecord
from shared.telephony.causes import CauseCategory, cause

Result = Literal["answered", "unanswered"]


@dataclass(frozen=True, slots=True)
class CallSummary:
    """One call. Times UTC; durations in seconds.

    ``ring_seconds`` runs from the first ringing to the answer (or the end), ``talk_seconds`` is time bridged without
    hold, ``hold_seconds`` time on hold by any of its phones, ``total_seconds`` from the first to the last moment.
    """

    call_id: str
    tenant_id: UUID | None
    node_id: str
    direction: str
    caller_number: str
    caller_name: str
    called_number: str
    caller_extension: str | None
    answered_by: str | None
    trunk_id: str | None
    via: str | None
    started_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime
    ring_seconds: float
    talk_seconds: float
    hold_seconds: float
    total_seconds: float
    cause: str
    category: str
    hung_up_by: HungUpBy
    leg_count: int


def summarise(legs: Sequence[LegRecord]) -> CallSummary:
    """The call these legs (one or more, of one call) make.

    The first leg tells who called whom; of the others, the one that was bridged first tells who answered. It is
    answered when somebody did: the other side where there is one, the switch itself (echo, conference, menu) else.
    """
    ordered = sorted(legs, key=lambda leg: (leg.leg_id != leg.call_id, leg.started_at, leg.leg_id))
    ordered = [_as_caller(ordered[0], ordered[1:]), *ordered[1:]]
    first, others = ordered[0], ordered[1:]
    partner = _partner(others)
    started_at = min(leg.started_at for leg in legs)
    ended_at = max(leg.ended_at for leg in legs)
    answered_at = _answered_at(first, partner, others)
    ringing_at = min((leg.ringing_at for leg in legs if leg.ringing_at), default=None)
    hold = fsum(leg.hold_seconds for leg in legs)  # exact, so the order of the legs cannot matter
    ended = _final_cause(first, others, answered_at)
    return CallSummary(
        call_id=first.call_id,
        tenant_id=next((leg.tenant_id for leg in ordered if leg.tenant_id), None),
        node_id=first.node_id,
        direction=first.direction,
        caller_number=first.caller_number,
        caller_name=first.caller_name,
        called_number=first.called_number,
        caller_extension=first.extension,
        answered_by=_name(partner) if partner else None,
        trunk_id=next((leg.trunk_id for leg in ordered if leg.trunk_id), None),
        via=next((leg.via for leg in ordered if leg.via), None),
        started_at=started_at,
        ringing_at=ringing_at,
        answered_at=answered_at,
        ended_at=ended_at,
        ring_seconds=_seconds(ringing_at, answered_at or ended_at),
        talk_seconds=max(0.0, _seconds(_talk_began(first, partner, answered_at), first.ended_at) - hold),
        hold_seconds=hold,
        total_seconds=_seconds(started_at, ended_at),
        cause=ended,
        category=(CauseCategory.ANSWERED if answered_at and ended != "switch_lost" else cause(ended).category).value,
        hung_up_by=_hung_up_by(ordered, first, answered_at),
        leg_count=len(legs),
    )


def _as_caller(first: LegRecord, others: Sequence[LegRecord]) -> LegRecord:
    """The first leg as the caller's.

    Where the switch called the caller first (a call placed by a program), that leg was shown whom it would talk to:
    who calls is its own extension, and what is called is what the next leg called.
    """
    if first.leg_direction == "inbound" or not others:
        return first
    follows = others[0]
    return first.model_copy(
        update={
            "caller_number": first.extension or first.called_number,
            "caller_name": follows.caller_name,
            "called_number": follows.called_number,
            "hung_up_by": "caller" if first.hung_up_by == "callee" else first.hung_up_by,
        }
    )


def _partner(others: Sequence[LegRecord]) -> LegRecord | None:
    """The leg that talked first, if any did; of a phone on another node both switches have legs, and who calls there
    is nobody."""
    talked = [leg for leg in others if leg.answered_at and leg.leg_direction == "outbound"]
    return min(talked, key=lambda leg: leg.bridged_at or leg.answered_at or leg.ended_at, default=None)


def _answered_at(first: LegRecord, partner: LegRecord | None, others: Sequence[LegRecord]) -> datetime | None:
    if partner is not None:
        return max(filter(None, (first.answered_at, partner.answered_at)), default=None) if first.answered_at else None
    # the switch answers before it plays a refusal; with other legs around, nobody else picked up
    return None if others else first.answered_at


def _talk_began(first: LegRecord, partner: LegRecord | None, answered_at: datetime | None) -> datetime | None:
    if answered_at is None:
        return None
    return first.bridged_at or (partner.bridged_at if partner else None) or answered_at


def _name(leg: LegRecord) -> str:
    """Who a leg is, for people: the extension's number, or the number that was called."""
    return leg.extension or leg.called_number


def _final_cause(first: LegRecord, others: Sequence[LegRecord], answered_at: datetime | None) -> str:
    if any(leg.cause == "switch_lost" for leg in (first, *others)):
        return "switch_lost"
    return first.cause


def _hung_up_by(ordered: Sequence[LegRecord], first: LegRecord, answered_at: datetime | None) -> HungUpBy:
    """The first leg whose own far end ended it; a caller that gives up counts before everyone else."""
    if first.hung_up_by == "caller":
        return "caller"
    by_far_end = [leg for leg in ordered if leg.hung_up_by != "system" and (leg.answered_at or answered_at is None)]
    return min(by_far_end, key=lambda leg: leg.ended_at).hung_up_by if by_far_end else "system"


def _seconds(begin: datetime | None, end: datetime | None) -> float:
    return max(0.0, (end - begin).total_seconds()) if begin and end else 0.0
