"""Tables of what callers left behind in flows."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from shared.db.tables import metadata_for
from shared.telephony.ids import new_id

METADATA = metadata_for("ivr")
_MOMENT: Any = DateTime(timezone=True)


class Result(SQLModel):
    """What every result has. A node writes one for a leg, however often it is told to."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tenant_id: UUID
    call_id: str
    leg_id: str
    flow_id: UUID
    flow: str
    flow_version: int
    node: str
    caller_number: str
    language: str
    created_at: datetime = Field(sa_type=_MOMENT)


class SurveyAnswerRow(Result, table=True):
    """An answer to a question of a survey."""

    __tablename__ = "survey_answers"
    __table_args__ = (
        UniqueConstraint("tenant_id", "leg_id", "node"),
        Index("ix_survey_answers_tenant_id_created_at", "tenant_id", "created_at", "id"),
        Index("ix_survey_answers_tenant_id_survey", "tenant_id", "survey", "created_at"),
    )
    metadata = METADATA

    survey: str
    question: str
    scale: str
    number: int | None = None
    recording: str = ""
    seconds: float = 0.0
    agent: str = ""
    queue: str = ""


class CallbackRequestRow(Result, table=True):
    """A caller who wants to be called back; ``done_at`` is when somebody did, or gave up."""

    __tablename__ = "callback_requests"
    __table_args__ = (
        UniqueConstraint("tenant_id", "leg_id", "node"),
        Index("ix_callback_requests_tenant_id_created_at", "tenant_id", "created_at", "id"),
    )
    metadata = METADATA

    number: str
    queue: str = ""
    done_at: datetime | None = Field(default=None, sa_type=_MOMENT)
    done_by: str = ""
    done_note: str = ""


class RecordedMessageRow(Result, table=True):
    """What a caller said, for the tenant."""

    __tablename__ = "recorded_messages"
    __table_args__ = (
        UniqueConstraint("tenant_id", "leg_id", "node"),
        Index("ix_recorded_messages_tenant_id_created_at", "tenant_id", "created_at", "id"),
    )
    metadata = METADATA

    topic: str = ""
    recording: str
    seconds: float
