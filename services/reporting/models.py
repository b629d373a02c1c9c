"""Tables of reporting."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlmodel import Field, SQLModel

from shared.db.tables import metadata_for

METADATA = metadata_for("reporting")


def _moment(*, nullable: bool = True, **options: object) -> datetime | None:
    field: datetime | None = Field(
        default=None if nullable else ...,
        sa_type=DateTime(timezone=True),  # type: ignore[call-overload]
        nullable=nullable,
        **options,
    )
    return field


class LegRow(SQLModel, table=True):
    """One leg's record, stored once. ``synthetic`` ones stand in until the switch's own record arrives."""

    __tablename__ = "legs"
    metadata = METADATA

    leg_id: str = Field(primary_key=True)
    call_id: str
    tenant_id: UUID | None = None
    node_id: str
    core_id: str = ""
    leg_direction: str
    direction: str
    caller_number: str = ""
    caller_name: str = ""
    called_number: str = ""
    extension: str | None = None
    extension_id: str | None = None
    device_id: str | None = None
    trunk_id: str | None = None
    via: str | None = None
    other_leg_id: str | None = None
    started_at: datetime = _moment(nullable=False)
    ringing_at: datetime | None = _moment()
    answered_at: datetime | None = _moment()
    bridged_at: datetime | None = _moment()
    ended_at: datetime = _moment(nullable=False)
    hold_seconds: float = 0
    cause: str
    sip_status: int | None = None
    hung_up_by: str
    codec: str | None = None
    network_address: str | None = None
    synthetic: bool = False


class CallRow(SQLModel, table=True):
    """One call, made anew from its legs whenever one of them is stored."""

    __tablename__ = "calls"
    metadata = METADATA

    call_id: str = Field(primary_key=True)
    tenant_id: UUID | None = None
    node_id: str
    direction: str
    caller_number: str
    caller_name: str
    called_number: str
    caller_extension: str | None = None
    answered_by: str | None = None
    trunk_id: str | None = None
    via: str | None = None
    started_at: datetime = _moment(nullable=False)
    ringing_at: datetime | None = _moment()
    answered_at: datetime | None = _moment()
    ended_at: datetime = _moment(nullable=False)
    ring_seconds: float
    talk_seconds: float
    hold_seconds: float
    total_seconds: float
    cause: str
    category: str
    hung_up_by: str
    leg_count: int


class OpenLegRow(SQLModel, table=True):
    """A leg that began and has no record yet."""

    __tablename__ = "open_legs"
    metadata = METADATA

    leg_id: str = Field(primary_key=True)
    call_id: str
    tenant_id: UUID | None = None
    node_id: str
    core_id: str
    direction: str
    leg_direction: str
    caller_number: str = ""
    caller_name: str = ""
    called_number: str = ""
    extension: str | None = None
    extension_id: str | None = None
    device_id: str | None = None
    trunk_id: str | None = None
    other_leg_id: str | None = None
    created_at: datetime = _moment(nullable=False)
    ringing_at: datetime | None = _moment()
    answered_at: datetime | None = _moment()
    bridged_at: datetime | None = _moment()
    hung_up_at: datetime | None = _moment()
    cause: str | None = None
    unseen_since: datetime | None = _moment()


class LifeRow(SQLModel, table=True):
    """One life of a node's switch process, and when it ended: its legs ended with it."""

    __tablename__ = "node_lives"
    metadata = METADATA

    node_id: str = Field(primary_key=True)
    core_id: str = Field(primary_key=True)
    since: datetime = _moment(nullable=False)
    lost_at: datetime | None = _moment()


class QueueEntryRow(SQLModel, table=True):
    """A caller's time in line, from joining to leaving. ``told_at``: of the latest event about it that was taken in."""

    __tablename__ = "queue_entries"
    metadata = METADATA

    entry_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    queue_id: UUID
    joined_at: datetime = _moment(nullable=False)
    told_at: datetime = _moment(nullable=False)
    left_at: datetime | None = _moment()
    outcome: str | None = None
    waited_seconds: float = 0
    agent_id: UUID | None = None


class QueueContactRow(SQLModel, table=True):
    """A contact of an agent with a caller from a queue, once it has ended.

    ``passed_to``: what kind of place the caller was transferred to; ``warm``: after the agent had asked there.
    """

    __tablename__ = "queue_contacts"
    metadata = METADATA

    entry_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    queue_id: UUID
    queue: str
    agent_id: UUID
    ended_at: datetime = _moment(nullable=False)
    ended: str
    passed_to: str | None = None
    warm: bool = False
    consults: int = 0
    talk_seconds: float = 0
    hold_seconds: float = 0


class AgentOtherCallRow(SQLModel, table=True):
    """Whether an agent's phone is in a call outside the queues: as it was told last, at ``told_at``."""

    __tablename__ = "agent_other_calls"
    metadata = METADATA

    agent_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    told_at: datetime = _moment(nullable=False)
    is_on: bool


class AgentStatusRow(SQLModel, table=True):
    """What an agent does now."""

    __tablename__ = "agent_statuses"
    metadata = METADATA

    agent_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    status: str
    since: datetime = _moment(nullable=False)
    pause_reason: str | None = None
    queue_id: UUID | None = None
    entry_id: UUID | None = None
