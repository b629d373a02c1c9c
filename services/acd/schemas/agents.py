"""Agents, and what they do."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from services.acd.agent_imports import as_agent
from services.acd.schemas.fields import Level, PauseReason, Phone, Position, Revision, Skills, left_out
from shared.contracts.acd import Status
from shared.http.errors import FieldProblem
from shared.http.schemas import StrictModel, View
from shared.imports.api import Mode
from shared.telephony.destinations import Destination
from shared.telephony.ids import Slug
from shared.telephony.safe_text import SafeName

STANDING = (
    "the phone is called once, at sign-in, and stays connected: callers are put through at once, with a beep. "
    "Whoever hangs up is paused"
)


RING_IN_USE = "callers are offered also while the phone is in a call outside the queues"
ON_OTHER_CALL = "the phone is in a call outside the queues; callers are offered only with ring_in_use"


class AgentCreate(StrictModel):
    """A new agent."""

    display_name: SafeName
    phone: Phone
    user_id: UUID | None = Field(default=None, description="who signs in and pauses as this agent")
    skills: Skills = Field(default_factory=dict)
    standing: Annotated[bool, Field(description=STANDING)] = False
    ring_in_use: Annotated[bool, Field(description=RING_IN_USE)] = False


class AgentUpdate(StrictModel):
    """What is given is set. With ``revision`` (or If-Match), only while the agent still has it."""

    display_name: SafeName = left_out()
    phone: Phone = left_out()
    user_id: UUID | None = None
    skills: Skills = left_out()
    standing: bool = left_out()
    ring_in_use: bool = left_out()
    revision: Revision | None = None


class ServedQueue(View):
    """A queue that an agent serves."""

    queue_id: UUID
    level: int
    position: int


class AgentView(View):
    """An agent."""

    id: UUID
    tenant_id: UUID
    display_name: str
    phone: Destination
    user_id: UUID | None
    skills: dict[str, int]
    standing: bool
    ring_in_use: bool
    queues: list[ServedQueue]
    created_at: datetime
    updated_at: datetime
    revision: int


class QueueInFile(StrictModel):
    """A queue that an agent of a file serves."""

    queue: Slug
    level: Level = 1
    position: Position = 0


class AgentImportRow(AgentCreate):
    """An agent in a file. In CSV, ``english:80 sales:20`` are skills, and ``support:1 sales:2`` queues with levels."""

    queues: Annotated[list[QueueInFile], Field(max_length=50)] = Field(default_factory=list)

    @model_validator(mode="before")
    @classmethod
    def _as_agent(cls, row: Any) -> Any:
        return as_agent(row) if isinstance(row, dict) else row


class ImportedAgent(View):
    """What became of one row."""

    row: int = Field(description="1 is the first row after the heading")
    display_name: str | None = Field(default=None, description="the name in that row, where it could be read")
    status: Literal["created", "valid", "refused"] = Field(
        description="valid: would be created, but nothing was written"
    )
    id: UUID | None = None
    errors: list[FieldProblem] = Field(default_factory=list)


class AgentImport(View):
    """What became of a file, row by row."""

    mode: Mode
    dry_run: bool
    applied: bool = Field(description="whether anything was written")
    created: int
    refused: int
    rows: list[ImportedAgent]


Forced = Annotated[
    bool | None,
    Field(description="as a supervisor; left out: whenever it is not the agent who asks. Agents cannot force"),
]


class ChangeBody(StrictModel):
    """A change of what an agent does."""

    forced: Forced = None


class PauseBody(StrictModel):
    """A pause; while the agent talks, once that is over."""

    reason: PauseReason
    seconds: Annotated[int, Field(ge=1, le=86_400)] | None = Field(
        default=None, description="ends by itself after so long; left out: the agent or a supervisor ends it"
    )
    forced: Forced = None


class ExtendBody(StrictModel):
    """More wrap-up."""

    seconds: Annotated[int, Field(ge=1, le=3600)]
    forced: Forced = None


class AgentNow(View):
    """What an agent does now."""

    agent_id: UUID
    status: Status
    reason: str = Field(default="", description="why this status began")
    pause_reason: str | None = None
    since: datetime | None = Field(default=None, description="none: never signed in")
    until: datetime | None = Field(default=None, description="when wrap-up or pause ends by itself")
    queue_id: UUID | None = None
    entry_id: UUID | None = None
    next: Literal["offline", "paused"] | None = Field(default=None, description="once the contact is over")
    signed_in_at: datetime | None = None
    calls: int = Field(default=0, description="taken since signing in")
    talk_seconds: float = Field(default=0.0, description="since signing in")
    missed: int = Field(default=0, description="offers unanswered in a row")
    by: str = Field(default="", description="who asked for it, feature_code:<extension> by phone; empty: nobody")
    standing_leg_id: str | None = Field(default=None, description="the leg that stays up between callers; none: none")
    on_other_call: bool = Field(default=False, description=ON_OTHER_CALL)


class PastStatusView(View):
    """A status that ended."""

    status: Status
    reason: str
    pause_reason: str | None
    since: datetime
    ended_at: datetime
    queue_id: UUID | None
    entry_id: UUID | None
    by: str


class StintView(View):
    """From a sign-in to the next sign-out. None: before or after the day."""

    signed_in_at: datetime | None
    signed_out_at: datetime | None


class AttendanceView(View):
    """What an agent's day went into, in seconds, and what became of the contacts that began in it."""

    agent_id: UUID
    begin: datetime
    end: datetime
    signed_in_seconds: float
    available_seconds: float
    ring_seconds: float
    talk_seconds: float
    wrap_up_seconds: float
    break_seconds: dict[str, float]
    occupancy: float | None
    stints: list[StintView]
    contacts: int
    transferred: int = Field(description="contacts passed on, to a destination or an agent, with or without a consult")
    put_back: int = Field(description="contacts whose caller was put back in line")
    consults: int = Field(description="how often the agent began to ask somebody")
    hold_seconds: float = Field(description="how long callers were on hold; a part of talk_seconds")
