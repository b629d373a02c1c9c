"""Ring groups."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from services.routing.domain.config import Strategy
from services.routing.schemas.fields import Revision
from shared.http.schemas import StrictModel, View
from shared.telephony.destinations import Destination
from shared.telephony.ids import Slug
from shared.telephony.numbers import ExtensionNumber
from shared.telephony.safe_text import SafeText


class MemberFields(StrictModel):
    """An extension in a ring group."""

    extension: ExtensionNumber
    delay_seconds: Annotated[int, Field(ge=0, le=120)] = 0
    timeout_seconds: Annotated[int, Field(ge=3, le=120)] = 20


Members = Annotated[list[MemberFields], Field(max_length=50)]
RingSeconds = Annotated[int, Field(ge=5, le=300)]


class RingGroupCreate(StrictModel):
    """A new ring group."""

    slug: Slug
    display_name: SafeText = ""
    strategy: Strategy = Strategy.SIMULTANEOUS
    members: Members = Field(default_factory=list)
    ring_seconds: RingSeconds = 30
    no_answer: Destination | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        return _members_once(self)


class RingGroupUpdate(StrictModel):
    """What is given is set. With ``revision``, only while the group still has it."""

    slug: Slug = ""
    display_name: SafeText = ""
    strategy: Strategy = Strategy.SIMULTANEOUS
    members: Members = Field(default_factory=list)
    ring_seconds: RingSeconds = 30
    no_answer: Destination | None = None
    revision: Revision | None = None

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        return _members_once(self)


def _members_once(group: Any) -> Any:
    numbers = [member.extension for member in group.members]
    if len(numbers) != len(set(numbers)):
        raise ValueError("members: an extension is in a group once")
    return group


class MemberView(View):
    """An extension in a ring group."""

    extension: str
    delay_seconds: int
    timeout_seconds: int


class RingGroupView(View):
    """A ring group."""

    id: UUID
    tenant_id: UUID
    slug: str
    display_name: str
    strategy: Strategy
    members: list[MemberView]
    ring_seconds: int
    no_answer: Destination | None
    created_at: datetime
    updated_at: datetime
    revision: int
