"""Call records on their way from a node's spool to ``reporting``."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.calls import Direction, LegDirection
from shared.contracts.message import Command, Event, Moment, Reply

HungUpBy = Literal["caller", "callee", "system"]


class LegRecord(BaseModel):
    """One leg, from FreeSWITCH's own record (mod_json_cdr). All times UTC."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    leg_id: str = Field(min_length=1, max_length=64)
    call_id: str = Field(min_length=1, max_length=64)
    tenant_id: UUID | None = None
    node_id: str
    core_id: str = ""
    leg_direction: LegDirection
    direction: Direction = "internal"
    caller_number: str = Field(default="", max_length=128)
    caller_name: str = Field(default="", max_length=256)
    called_number: str = Field(default="", max_length=128, description="as dialled")
    extension: str | None = None
    extension_id: str | None = None
    device_id: str | None = None
    trunk_id: str | None = None
    via: str | None = Field(default=None, description="what led here: ring-group:sales, forward:101, number:+98...")
    other_leg_id: str | None = Field(default=None, description="the last leg it was bridged to")
    started_at: Moment
    ringing_at: Moment | None = None
    answered_at: Moment | None = None
    bridged_at: Moment | None = None
    ended_at: Moment
    hold_seconds: float = Field(default=0, ge=0)
    cause: str = Field(description="FreeSWITCH's cause name")
    sip_status: int | None = None
    hung_up_by: HungUpBy = "system"
    codec: str | None = None
    network_address: str | None = None


class StoreCallRecords(Command):
    """Store these records, each once.

    Answered after the database has them: what the answer lists may be deleted from the spool.
    """

    owner: ClassVar[str] = "reporting"
    name: ClassVar[str] = "store_call_records"

    node_id: str
    records: tuple[LegRecord, ...] = Field(max_length=500)

    def key(self) -> str:
        return self.node_id


class RejectedRecord(BaseModel):
    """A record that can never be stored, and why."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    leg_id: str
    reason: str


class StoreCallRecordsReply(Reply):
    """Leg ids that are safely stored (now or before), and those that never can be."""

    stored: tuple[str, ...] = ()
    rejected: tuple[RejectedRecord, ...] = ()


StoreCallRecords.reply = StoreCallRecordsReply


class CallRecorded(Event):
    """A call's record is complete: its last leg is stored."""

    owner: ClassVar[str] = "reporting"
    name: ClassVar[str] = "call.recorded"

    call_id: str
    direction: Direction
    caller_number: str = ""
    called_number: str = ""
    started_at: Moment
    answered_at: Moment | None = None
    ended_at: Moment
    cause: str

    def key(self) -> str:
        return self.call_id


RECORD_EVENTS: tuple[type[Event], ...] = (CallRecorded,)
RECORD_COMMANDS: tuple[type[Command], ...] = (StoreCallRecords,)
