"""What reporting's REST API answers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

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


class LiveQueue(View):
    """A queue now, and its day (the tenant's) so far. Rates are of 1; none: nobody yet."""

    queue_id: UUID
    slug: str
    display_name: str
    waiting: int = Field(description="callers in line, callbacks included")
    longest_since: datetime | None = Field(description="when who waits longest joined; none: nobody waits")
    agents: dict[str, int] = Field(description="agents who serve it, by what they do")
    offered: int = Field(description="times in line that ended today, without short abandons and moves")
    answered: int
    answered_in_time: int = Field(description="within 20 s")
    abandoned: int
    short_abandoned: int = Field(description="hung up so soon that it is no abandon; counted apart")
    service_level: float | None = Field(description="answered in time / offered")
    abandonment: float | None = Field(description="abandoned / offered")
    mean_wait_seconds: float | None = Field(description="of the answered (ASA)")


class LiveAgent(View):
    """What an agent does now."""

    agent_id: UUID
    display_name: str
    queue_ids: list[UUID] = Field(description="queues they serve")
    status: str
    since: datetime | None = Field(description="none: never signed in")
    pause_reason: str | None
    queue_id: UUID | None = Field(description="queue of the caller they are with, or are called for")
    entry_id: UUID | None
    on_other_call: bool = Field(description="the phone is in a call outside the queues")


class LiveFloor(View):
    """Queues and agents as they are at a moment; of changes, only those that changed."""

    at: datetime
    queues: list[LiveQueue]
    agents: list[LiveAgent]


class QueueContacts(View):
    """What became of a queue's contacts that ended in the period."""

    queue_id: UUID
    slug: str
    contacts: int = Field(description="conversations of an agent with a caller from this queue")
    talk_seconds: float = Field(description="in all, without hold")
    hold_seconds: float = Field(description="in all: music while somebody was asked, or by the phone's hold key")
    held: int = Field(description="contacts in which the caller was on hold")
    consulted: int = Field(description="contacts in which the agent asked somebody")
    consults: int = Field(description="how often somebody was asked")
    transferred: int = Field(description="contacts passed on: blind + warm, and the sum of where to")
    blind: int = Field(description="transferred without asking there before")
    warm: int = Field(description="transferred after the agent had asked there")
    to_agent: int
    to_queue: int
    to_extension: int
    outside: int = Field(description="to a number outside")
    elsewhere: int = Field(description="to a voicemail box, a flow, a ring group, or by the phone itself")
    put_back: int = Field(description="contacts whose caller was put back in line")
    switch_lost: int = Field(description="contacts that ended with their switch")


class QueueContactsReport(View):
    """Contacts of the tenant's queues that ended from ``since`` to before ``until``; queues without any are missing."""

    since: datetime
    until: datetime
    items: list[QueueContacts]
