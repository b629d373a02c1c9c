"""A flow tried out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from services.ivr.domain.names import Language, NodeId, VariableName
from services.ivr.domain.tryout import RECORDED_SECONDS
from services.ivr.schemas.fields import Dialled, Keys
from services.ivr.schemas.flows import Version
from shared.http.schemas import StrictModel, View
from shared.telephony.safe_text import SafeText

Value = Annotated[str, Field(max_length=2000)]
CauseName = Annotated[str, Field(pattern=r"^[A-Z_]{2,40}$", examples=["NO_ANSWER", "USER_BUSY"])]


class TryAnswer(StrictModel):
    """What the world answers at a node; what is not given is what usually happens."""

    http_status: Annotated[int, Field(ge=100, le=599)] | None = Field(
        default=None, description="of an HTTP request; without: it cannot be reached"
    )
    http_document: Any = Field(default=None, description="the JSON it answers")
    customer: Annotated[dict[str, Value], Field(max_length=40)] | None = Field(
        default=None, description="who the caller is; without: nobody known"
    )
    outcome: CauseName | None = Field(
        default=None,
        description="hangup cause with which a call that was sent on comes back; without: somebody took it",
    )
    said: Annotated[str, Field(max_length=200)] | None = None
    choice: Annotated[str, Field(max_length=40)] = Field(default="", description="which choice that is")
    recorded_seconds: float = Field(default=RECORDED_SECONDS, ge=0, le=900, description="how long the caller speaks")
    stored: bool = Field(default=True, description="whether what is to be kept can be")


class TryFlow(StrictModel):
    """A call that is not made."""

    version: Version | None = Field(default=None, description="without: the draft")
    keys: Annotated[list[Keys], Field(max_length=200)] = Field(
        default_factory=list, description="one entry per question; an empty one: nothing pressed"
    )
    at: AwareDatetime | None = Field(default=None, description="when; without: now")
    caller_number: Dialled = ""
    caller_name: SafeText = ""
    called_number: Dialled = ""
    language: Language | None = None
    variables: Annotated[dict[VariableName, Value], Field(max_length=50)] = Field(default_factory=dict)
    answers: Annotated[dict[NodeId, TryAnswer], Field(max_length=200)] = Field(
        default_factory=dict, description="node -> what the world answers there"
    )


class TriedNote(View):
    """Something that happened on the way."""

    name: str
    details: dict[str, Any]


class TriedStepView(View):
    """A stretch of the way: a node, with what was said and pressed there."""

    flow: str
    node: str
    type: str
    says: str | None = Field(description="as people write it, prompts by their names in brackets")
    pressed: str | None = Field(description="none where nothing was asked; hidden keys are masked")
    exit: str | None = Field(description="by which the call went on from here, if it did")
    notes: list[TriedNote]


class TriedFlowView(View):
    """The whole way."""

    at: datetime
    steps: list[TriedStepView]
    variables: dict[str, str] = Field(description="at the end; hidden ones masked")
    language: str
    ends: Literal["hung_up", "sent_on", "waits_for_keys", "goes_on_for_ever"]
    destination: str | None = Field(description="where it was sent")
    cause: str | None = Field(description="hangup cause with which it ended")
