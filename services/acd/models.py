"""Acd's tables. Migrations make them; these classes read and write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from shared.db.tables import TenantRow, metadata_for
from shared.telephony.ids import new_id

SCHEMA = "acd"
METADATA = metadata_for(SCHEMA)
_MOMENT: Any = DateTime(timezone=True)


class QueueRow(TenantRow, table=True):
    """A queue as configured; ``rings``, ``overflow`` and ``announcements`` as people write them."""

    __tablename__ = "queues"
    __table_args__ = (UniqueConstraint("tenant_id", "slug"),)
    metadata = METADATA

    slug: str
    display_name: str = ""
    enabled: bool = True
    strategy: str = "longest_idle"
    weight: float = 1.0
    ring_seconds: int = 20
    wrap_up_seconds: int = 0
    rings: str = ""
    sticky_seconds: int = 0
    max_missed: int = 3
    short_abandon_seconds: float = 5.0
    music: str = ""
    max_waiting: int | None = None
    overflow: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    announcements: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)
    callback_enabled: bool = False
    survey_flow: str | None = None
    hours: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    leave_keys: dict[str, str] = Field(default_factory=dict, sa_type=JSONB)
    callback: dict[str, Any] = Field(default_factory=dict, sa_type=JSONB)


class AgentRow(TenantRow, table=True):
    """An agent as configured. ``user_id`` is who may change it as themselves."""

    __tablename__ = "agents"
    __table_args__ = (
        UniqueConstraint("tenant_id", "user_id"),
        Index("ix_agents_tenant_id_phone", "tenant_id", "phone"),
    )
    metadata = METADATA

    display_name: str
    phone: str
    user_id: UUID | None = None
    skills: dict[str, int] = Field(default_factory=dict, sa_type=JSONB)
    standing: bool = False
    ring_in_use: bool = False


class MembershipRow(SQLModel, table=True):
    """An agent serves a queue."""

    __tablename__ = "memberships"
    __table_args__ = (
        Index("ix_memberships_agent_id", "agent_id"),
        Index("ix_memberships_tenant_id", "tenant_id"),
    )
    metadata = METADATA

    queue_id: UUID = Field(
        primary_key=True,
        sa_column_args=[ForeignKey("acd.queues.id", ondelete="CASCADE", name="fk_memberships_queue_id")],
    )
    agent_id: UUID = Field(
        primary_key=True,
        sa_column_args=[ForeignKey("acd.agents.id", ondelete="CASCADE", name="fk_memberships_agent_id")],
    )
    tenant_id: UUID
    level: int = 1
    position: int = 0


class AgentStateRow(SQLModel, table=True):
    """What an agent does now: `services.acd.domain.model.AgentState`, a column a field.

    No foreign key: the owner of the floor must be able to write about an agent who is just being removed.
    """

    __tablename__ = "agent_states"
    __table_args__ = (Index("ix_agent_states_tenant_id", "tenant_id"),)
    metadata = METADATA

    agent_id: UUID = Field(primary_key=True)
    tenant_id: UUID
    status: str
    since: datetime = Field(sa_type=_MOMENT)
    reason: str
    pause_reason: str | None = None
    until: datetime | None = Field(default=None, sa_type=_MOMENT)
    next_pause: bool = False
    leaving: bool = False
    queue_id: UUID | None = None
    entry_id: UUID | None = None
    leg_id: str | None = None
    signed_in_at: datetime | None = Field(default=None, sa_type=_MOMENT)
    idle_since: datetime | None = Field(default=None, sa_type=_MOMENT)
    offered_at: datetime | None = Field(default=None, sa_type=_MOMENT)
    calls: int = 0
    talk_seconds: float = 0.0
    missed: int = 0
    next_reason: str | None = None
    pause_seconds: float | None = None
    standing_leg_id: str | None = None
    standing_node_id: str | None = None
    by: str = ""
    next_by: str = ""
    on_other_call: bool = False


class AgentHistoryRow(SQLModel, table=True):
    """A status that ended. The present one stands in ``agent_states``."""

    __tablename__ = "agent_history"
    __table_args__ = (Index("ix_agent_history_agent_id", "tenant_id", "agent_id", "since", "id"),)
    metadata = METADATA

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    agent_id: UUID
    status: str
    reason: str
    pause_reason: str | None = None
    since: datetime = Field(sa_type=_MOMENT)
    ended_at: datetime = Field(sa_type=_MOMENT)
    queue_id: UUID | None = None
    entry_id: UUID | None = None
    by: str = ""


class EntryRow(SQLModel, table=True):
    """A caller's time in line. ``turn`` counts the times that one leg came into a line."""

    __tablename__ = "entries"
    __table_args__ = (UniqueConstraint("tenant_id", "leg_id", "turn"),)
    metadata = METADATA

    id: UUID = Field(primary_key=True)
    tenant_id: UUID
    queue_id: UUID
    call_id: str = ""
    leg_id: str | None = None
    node_id: str | None = None
    core_id: str | None = None
    turn: int = 1
    caller_number: str = ""
    caller_name: str = ""
    called_number: str = ""
    language: str = ""
    joined_at: datetime = Field(sa_type=_MOMENT)
    order: int = Field(sa_type=BigInteger, sa_column_args=[Identity()])
    priority: int = 0
    front: int = 0
    requirements: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    sticky_agent_id: UUID | None = None
    not_before: datetime | None = Field(default=None, sa_type=_MOMENT)
    attempts: int = 0
    state: str = "waiting"
    outcome: str | None = None
    agent_id: UUID | None = None
    agent_leg_id: str | None = None
    answered_at: datetime | None = Field(default=None, sa_type=_MOMENT)
    left_at: datetime | None = Field(default=None, sa_type=_MOMENT)
    destination: str | None = None
    by: str = ""
    put_back_at: datetime | None = Field(default=None, sa_type=_MOMENT)
    reason: str = ""
    overflowed: list[str] = Field(default_factory=list, sa_type=JSONB)
    consult: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
    supervisors: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    held_since: datetime | None = Field(default=None, sa_type=_MOMENT)
    held_seconds: float = 0.0
    ended: str | None = None
    consults: int = 0
    callback: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))


class FloorRow(SQLModel, table=True):
    """Who owns a tenant's queues now, as a number that grows with every take-over."""

    __tablename__ = "floors"
    metadata = METADATA

    tenant_id: UUID = Field(primary_key=True)
    fence: int = Field(sa_type=BigInteger)
