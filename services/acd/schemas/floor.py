"""What happens on a tenant's floor now. The owner of the queues answers commands with these, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.acd.domain.callbacks import CallbackState
from services.acd.schemas.agents import AgentNow
from services.acd.schemas.fields import Priority
from shared.contracts.acd import ConsultState
from shared.contracts.switch import ListeningMode
from shared.http.schemas import StrictModel, View
from shared.telephony.destinations import Destination

EstimateLow = Annotated[float | None, Field(description="in one case of ten the wait is shorter")]
EstimateHigh = Annotated[float | None, Field(description="in one case of ten the wait is longer")]


class CallbackNow(View):
    """How a callback stands."""

    state: CallbackState
    number: str
    asked_at: datetime
    not_before: datetime | None = Field(default=None, description="the next try; none: as soon as the turn comes")
    attempts: int = 0


class SupervisorNow(View):
    """Who listens to a contact."""

    by: str = Field(description="user or key that asked for it")
    phone: str
    mode: ListeningMode
    joined: bool = Field(description="whether the phone was answered; else it is being called")
    since: datetime = Field(description="of the mode")


class CallerNow(View):
    """A caller in line, or with an agent."""

    entry_id: UUID
    queue_id: UUID
    call_id: str = ""
    leg_id: str | None = Field(default=None, description="none: is called back when the turn comes")
    caller_number: str = ""
    caller_name: str = ""
    language: str = ""
    joined_at: datetime
    waited_seconds: float = Field(description="until now, or until an agent answered")
    position: int | None = Field(default=None, description="in line, 1 is next")
    estimated_wait_seconds: float | None = Field(default=None, description="still to wait; none: unknown")
    estimated_wait_low_seconds: EstimateLow = None
    estimated_wait_high_seconds: EstimateHigh = None
    priority: int = 0
    state: Literal["waiting", "connected", "left"] = "waiting"
    agent_id: UUID | None = None
    by: str = Field(default="", description="supervisor who changed the place last, or sent the caller on")
    callback: CallbackNow | None = None
    destination: str | None = Field(default=None, description="where the caller is being sent, or was")
    consult: str | None = Field(default=None, description="whom the agent asks meanwhile; agent:<id> for an agent")
    consult_state: ConsultState | None = None
    supervisors: list[SupervisorNow] = Field(default_factory=list, description="who listens to the contact")


class QueueNow(View):
    """A queue at this moment."""

    queue_id: UUID
    slug: str
    callers: int = Field(description="in line")
    callbacks: int = Field(default=0, description="who hung up, keep their places and are called back")
    longest_wait_seconds: float = 0.0
    estimated_wait_seconds: float | None = Field(default=None, description="of who would join now; none: unknown")
    estimated_wait_low_seconds: EstimateLow = None
    estimated_wait_high_seconds: EstimateHigh = None
    agents: dict[str, int] = Field(
        default_factory=dict, description="how many are free, signed_in, and serving it at all"
    )
    waiting: list[CallerNow] = Field(default_factory=list, description="next first")


class FloorNow(View):
    """A tenant's floor at this moment."""

    at: datetime
    queues: list[QueueNow]
    talking: list[CallerNow]
    agents: list[AgentNow]


class WaitingView(View):
    """Who waits in a queue, next first."""

    at: datetime
    queue_id: UUID
    callers: int = Field(description="in line")
    longest_wait_seconds: float
    estimated_wait_seconds: float | None
    estimated_wait_low_seconds: EstimateLow = None
    estimated_wait_high_seconds: EstimateHigh = None
    items: list[CallerNow]


class CallbackView(View):
    """Somebody who is, or was, to be called back."""

    entry_id: UUID
    queue_id: UUID
    caller_number: str
    caller_name: str
    language: str
    joined_at: datetime
    priority: int
    agent_id: UUID | None = Field(description="who talked to the customer")
    callback: CallbackNow


class MoveBody(StrictModel):
    """Into another queue, with the time waited so far."""

    queue_id: UUID


class PrioritiseBody(StrictModel):
    """Another priority."""

    priority: Priority


class SendBody(StrictModel):
    """Out of the line, to a destination."""

    destination: Annotated[Destination, Field(description="such as extension:101 or voicemail:101")]
