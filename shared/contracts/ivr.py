"""What ``ivr`` tells: its flows and mailboxes as replicated tables, and what happens to calls in them."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.message import Command, Event, Reply, StateEvent


class IvrState(StateEvent):
    """Base: one entity of ivr, identified by ``id``."""

    owner: ClassVar[str] = "ivr"

    id: UUID

    def key(self) -> str:
        return str(self.id)


class FlowChanged(IvrState):
    """A call flow. Calls may be sent to it while it has a published version."""

    name: ClassVar[str] = "flow.changed"

    slug: str
    display_name: str = ""
    published_version: int | None = None
    fallback: str | None = Field(default=None, description="destination for callers that no program can take")


class PromptChanged(IvrState):
    """A prompt: in which languages it can be played, and what FreeSWITCH plays then."""

    name: ClassVar[str] = "prompt.changed"

    slug: str
    languages: tuple[str, ...] = ()
    files: dict[str, str] = Field(default_factory=dict, description="by language")


class MailboxChanged(IvrState):
    """A voicemail box and how many messages wait in it (the phone's lamp, RFC 3842)."""

    name: ClassVar[str] = "mailbox.changed"

    number: str = Field(description="number of the box: its extension's")
    enabled: bool = True
    new_messages: int = Field(default=0, ge=0)
    saved_messages: int = Field(default=0, ge=0)


class FlowEvent(Event):
    """Base: something that happened to a call in a flow."""

    owner: ClassVar[str] = "ivr"

    call_id: str
    leg_id: str
    flow_id: UUID
    flow: str = Field(description="slug of the flow")
    flow_version: int
    node: str = Field(default="", description="where in the flow")

    def key(self) -> str:
        return self.call_id


class FlowEntered(FlowEvent):
    """A call came to a flow."""

    name: ClassVar[str] = "flow.entered"

    caller_number: str = ""
    called_number: str = ""
    resumed: bool = Field(default=False, description="another process had the call and died")


class FlowLeft(FlowEvent):
    """A call's way through its flows is over."""

    name: ClassVar[str] = "flow.left"

    reason: Literal["hung_up_by_caller", "hung_up_by_flow", "sent_on", "failed", "no_input"] = Field(
        description="no_input: the caller was asked again and again, and never answered"
    )
    destination: str | None = None
    cause: str | None = None
    seconds: float = Field(default=0.0, ge=0, description="since it came")


class FlowNodePassed(FlowEvent):
    """A call went through a node and on by one of its exits."""

    name: ClassVar[str] = "flow.passed"

    node_type: str
    exit: str


class FlowInputTaken(FlowEvent):
    """The caller pressed keys that were of use; hidden keys are not told."""

    name: ClassVar[str] = "input.taken"

    digits: str = ""


class FlowInputFailed(FlowEvent):
    """The caller pressed nothing in time, or something of no use."""

    name: ClassVar[str] = "input.failed"

    missed: bool
    attempt: int = Field(ge=1)
    digits: str = ""


class SurveyAnswered(FlowEvent):
    """A caller answered a question of a survey."""

    name: ClassVar[str] = "survey.answered"

    answer_id: UUID
    survey: str
    question: str
    scale: str
    number: int | None = None
    has_comment: bool = False
    agent: str = ""
    queue: str = ""


class CallbackRequested(FlowEvent):
    """A caller asked to be called back."""

    name: ClassVar[str] = "callback.requested"

    callback_id: UUID
    number: str
    queue: str = ""


class MessageRecorded(FlowEvent):
    """A caller left a message for the tenant in a flow (not in a mailbox)."""

    name: ClassVar[str] = "message.recorded"

    recorded_message_id: UUID
    topic: str = ""
    seconds: float = Field(ge=0)


class VoicemailLeft(Event):
    """A caller left a message in a mailbox."""

    owner: ClassVar[str] = "ivr"
    name: ClassVar[str] = "voicemail.left"

    voicemail_id: UUID
    mailbox_id: UUID
    mailbox: str
    call_id: str
    caller_number: str = ""
    caller_name: str = ""
    seconds: float = Field(ge=0)

    def key(self) -> str:
        return self.call_id


class SpokenPart(BaseModel):
    """A part of a sentence: an announcement of Seda's, a prompt of the tenant, or a value spoken as people say it."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["announcement", "prompt", "number", "digits", "duration"]
    value: str = Field(max_length=80, description="its name or slug; a number, digits, or whole seconds")


class SpeakReply(Reply):
    """``media``: what FreeSWITCH plays (``broadcast``, ``playback``); empty: there is nothing to be heard."""

    media: str = ""


class Speak(Command):
    """How a sentence is said in a language. Any replica answers; nothing is played."""

    owner: ClassVar[str] = "ivr"
    name: ClassVar[str] = "speak"
    reply: ClassVar[type[Reply]] = SpeakReply

    language: str = Field(default="", description="en, fa or ar; another: en")
    parts: tuple[SpokenPart, ...] = Field(max_length=16)

    def key(self) -> str:
        return "any"


IVR_COMMANDS: tuple[type[Command], ...] = (Speak,)
IVR_STATE: tuple[type[IvrState], ...] = (FlowChanged, PromptChanged, MailboxChanged)
FLOW_EVENTS: tuple[type[Event], ...] = (
    FlowEntered,
    FlowLeft,
    FlowNodePassed,
    FlowInputTaken,
    FlowInputFailed,
    SurveyAnswered,
    CallbackRequested,
    MessageRecorded,
    VoicemailLeft,
)
