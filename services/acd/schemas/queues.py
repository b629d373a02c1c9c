"""Queues."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.acd.domain.model import Strategy
from services.acd.domain.overflow import OverflowWhen
from services.acd.schemas.fields import Level, Position, Revision, Rings, left_out
from shared.http.schemas import StrictModel, View
from shared.telephony.destinations import Destination
from shared.telephony.ids import Slug
from shared.telephony.safe_text import SafeText
from shared.telephony.schedule_fields import ScheduleFields


class OverflowFields(StrictModel):
    """Where a caller goes instead of waiting on; of several the first that applies counts, each once in a call."""

    when: Annotated[
        OverflowWhen,
        Field(
            description="closed: as a caller joins outside hours; full: as a caller joins, max_waiting are in line;"
            " estimated_wait: the estimate is above seconds, as a caller joins or later; waited: the caller has waited"
            " seconds; no_agents: nobody is signed in, and the caller has waited seconds (none: at once); all_paused:"
            " nobody is signed in and not paused, and the caller has waited seconds (none: at once)"
        ),
    ]
    seconds: Annotated[int, Field(ge=1, le=86_400)] | None = None
    destination: Destination
    offers_callback: Annotated[
        bool, Field(description="callers are asked first whether to be called back (callback_enabled)")
    ] = False

    @model_validator(mode="after")
    def _has_its_seconds(self) -> Self:
        if self.when in ("waited", "estimated_wait") and self.seconds is None:
            raise ValueError(f"seconds: {self.when} needs them")
        if self.when in ("full", "closed") and self.seconds is not None:
            raise ValueError(f"seconds: {self.when} has none")
        return self


class AnnouncementFields(StrictModel):
    """What callers in line are told, in their language, between the music."""

    position: Annotated[bool, Field(description="their place in line")] = False
    estimated_wait: Annotated[bool, Field(description="how long it will take, in minutes")] = False
    comfort: Annotated[
        list[Slug], Field(max_length=20, description="prompts; each announcement ends with the next one")
    ] = Field(default_factory=list)
    first_seconds: Annotated[int, Field(ge=0, le=600, description="from joining to the first")] = 5
    every_seconds: Annotated[int | None, Field(ge=10, le=3600, description="from one to the next; none: only one")] = (
        None
    )


class CallbackFields(StrictModel):
    """Who is called back, when and how often."""

    key: Annotated[
        str | None, Field(pattern=r"^[0-9*#]$", description="what callers press to be called back; none: no key")
    ] = None
    abroad: Annotated[bool, Field(description="whether numbers of other countries are called")] = False
    most_attempts: Annotated[int, Field(ge=1, le=10)] = 3
    retry_seconds: Annotated[int, Field(ge=60, le=86_400, description="from a call in vain to the next")] = 900
    keep_seconds: Annotated[int, Field(ge=600, le=1_209_600, description="then it is given up")] = 172_800
    hours: Annotated[
        ScheduleFields | None, Field(description="when customers may be called; none: while the queue is open")
    ] = None


Key = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$", max_length=1)]
Keys = Annotated[dict[Key, Destination], Field(description="what callers in line may press, and where that takes them")]
Weight = Annotated[float, Field(ge=0.1, le=100, allow_inf_nan=False, description="worth of a second waited here")]
RingSeconds = Annotated[int, Field(ge=5, le=120)]
WrapUpSeconds = Annotated[int, Field(ge=0, le=3600)]
StickySeconds = Annotated[int, Field(ge=0, le=3600, description="wait for the agent who served the caller last")]
MaxMissed = Annotated[int, Field(ge=0, le=100, description="unanswered offers in a row, then a pause; 0: never")]
ShortAbandonSeconds = Annotated[float, Field(ge=0, le=120, allow_inf_nan=False)]
MaxWaiting = Annotated[
    int, Field(ge=0, le=10_000, description="callers in line; one more goes where overflow says for full")
]
Overflow = Annotated[list[OverflowFields], Field(max_length=10)]
Music = Annotated[
    str,
    StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)?$", max_length=63),
    Field(description="slug of the prompt that callers hear again and again; empty: Seda's own music"),
]
QueueHours = Annotated[
    ScheduleFields, Field(description="when callers may join; at other times they go where overflow says for closed")
]
Survey = Annotated[Slug, Field(description="flow that callers go to when the agent has left")]


class QueueCreate(StrictModel):
    """A new queue."""

    slug: Slug
    display_name: SafeText = ""
    enabled: bool = True
    strategy: Strategy = Strategy.LONGEST_IDLE
    weight: Weight = 1.0
    ring_seconds: RingSeconds = 20
    wrap_up_seconds: WrapUpSeconds = 0
    rings: Rings = ""
    sticky_seconds: StickySeconds = 0
    max_missed: MaxMissed = 3
    short_abandon_seconds: ShortAbandonSeconds = 5.0
    max_waiting: MaxWaiting | None = None
    overflow: Overflow = Field(default_factory=list)
    survey_flow: Survey | None = None
    hours: QueueHours | None = None
    music: Music = ""
    announcements: AnnouncementFields = Field(default_factory=AnnouncementFields)
    leave_keys: Keys = Field(default_factory=dict)
    callback_enabled: bool = False
    callback: CallbackFields = Field(default_factory=CallbackFields)


class QueueUpdate(StrictModel):
    """What is given is set. With ``revision`` (or If-Match), only while the queue still has it."""

    slug: Slug = left_out()
    display_name: SafeText = left_out()
    enabled: bool = left_out()
    strategy: Strategy = left_out()
    weight: Weight = left_out()
    ring_seconds: RingSeconds = left_out()
    wrap_up_seconds: WrapUpSeconds = left_out()
    rings: Rings = left_out()
    sticky_seconds: StickySeconds = left_out()
    max_missed: MaxMissed = left_out()
    short_abandon_seconds: ShortAbandonSeconds = left_out()
    max_waiting: MaxWaiting | None = None
    overflow: Overflow = left_out()
    survey_flow: Survey | None = None
    hours: QueueHours | None = None
    music: Music = left_out()
    announcements: AnnouncementFields = left_out()
    leave_keys: Keys = left_out()
    callback_enabled: bool = left_out()
    callback: CallbackFields = left_out()
    revision: Revision | None = None


class OverflowView(View):
    """Where a caller goes instead of waiting on."""

    when: str
    seconds: int | None = None
    destination: Destination
    offers_callback: bool = False


class QueueView(View):
    """A queue."""

    id: UUID
    tenant_id: UUID
    slug: str
    display_name: str
    enabled: bool
    strategy: Strategy
    weight: float
    ring_seconds: int
    wrap_up_seconds: int
    rings: str
    sticky_seconds: int
    max_missed: int
    short_abandon_seconds: float
    max_waiting: int | None
    overflow: list[OverflowView]
    survey_flow: str | None
    hours: ScheduleFields | None
    music: str
    announcements: AnnouncementFields
    leave_keys: dict[str, Destination]
    callback_enabled: bool
    callback: CallbackFields
    created_at: datetime
    updated_at: datetime
    revision: int


class MemberPut(StrictModel):
    """How an agent serves a queue."""

    level: Level = 1
    position: Position = 0


class MemberView(View):
    """An agent who serves a queue."""

    agent_id: UUID
    display_name: str
    phone: Destination
    level: int
    position: int
