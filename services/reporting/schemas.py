"""What reporting's REST API answers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from shared.http.schemas import View

Language = Literal["en", "fa", "ar"]


class CallRecord(View):
    """One call. Times are UTC, durations seconds."""

    call_id: str
    direction: Literal["internal", "inbound", "outbound"]
    caller_number: str
    caller_name: str
    caller_extension: str | None = Field(description="the extension that called, if one did")
    called_number: str = Field(description="as dialled")
    answered_by: str | None = Field(description="extension or number that answered")
    trunk_id: str | None
    via: str | None = Field(description="what led there: a ring group, a forwarding, a number")
    started_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime
    ring_seconds: float
    talk_seconds: float
    hold_seconds: float
    total_seconds: float
    cause: str = Field(description="FreeSWITCH's cause name, or switch_lost")
    cause_text: str = Field(description="the cause in words, in the language asked for")
    category: str = Field(description="answered, busy, no_answer, rejected, cancelled, unreachable, ...")
    hung_up_by: Literal["caller", "callee", "system"]
    node_id: str
    leg_count: int


class CallLeg(View):
    """One leg of a call."""

    leg_id: str
    leg_direction: Literal["inbound", "outbound"]
    caller_number: str
    caller_name: str
    called_number: str
    extension: str | None
    device_id: str | None
    trunk_id: str | None
    via: str | None
    other_leg_id: str | None
    started_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime
    hold_seconds: float
    cause: str
    cause_text: str
    sip_status: int | None
    hung_up_by: Literal["caller", "callee", "system"]
    codec: str | None
    synthetic: bool = Field(description="made from events, because the switch was lost before it could write a record")


class CallRecordWithLegs(CallRecord):
    """One call with its legs, in the order they began."""

    legs: list[CallLeg]
