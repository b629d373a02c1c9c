"""What ``acd`` tells: queues and agents as replicated tables, and what happens to callers in line and to agents."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Command, Event, Moment, Reply, StateEvent
from shared.contracts.switch import ListeningMode

Status = Literal["offline", "available", "reserved", "ringing", "on_contact", "wrap_up", "paused"]
"""What an agent does (`services.acd.domain.model.AgentStatus`)."""

Outcome = Literal[
    "answered",
    "abandoned",
    "short_abandoned",
    "overflowed",
    "left_by_key",
    "callback",
    "moved",
    "switch_lost",
    "removed",
]
"""How a caller's time in line ended."""

ContactEnd = Literal["hung_up", "ended", "transferred", "put_back", "switch_lost"]
"""How a contact ended: somebody hung up, or by command; ``put_back``: the caller waits again, in the old place."""

ConsultState = Literal[
    "beginning",
    "calling",
    "connecting",
    "talking",
    "swapping",
    "on_hold",
    "joining",
    "conference",
    "returning",
    "completing",
    "over",
]
"""Of an agent who asks a third: ``talking`` with them, ``on_hold`` they while the agent talks with the caller,
``conference`` all three; ``over``: back with the caller. The others are under way."""


SupervisionState = Literal["calling", "joined", "changed", "ended", "not_reached"]
"""Of a supervisor in a contact: the phone is called, answered, another mode; left; or the phone was not answered."""


class AcdState(StateEvent):
    """Base: one entity of acd, identified by ``id``."""

    owner: ClassVar[str] = "acd"

    id: UUID

    def key(self) -> str:
        return str(self.id)


class QueueChanged(AcdState):
    """A queue. Calls may be sent to it while it is ``enabled``."""

    name: ClassVar[str] = "queue.changed"

    slug: str
    display_name: str = ""
    enabled: bool = True
    survey: str = Field(default="", description="slug of the flow for callers whom an agent has left; empty: none")
    music: str = Field(default="", description="slug of the prompt that callers hear; empty: Seda's own music")


class AgentChanged(AcdState):
    """An agent as configured."""

    name: ClassVar[str] = "agent.changed"

    display_name: str = ""
    phone: str = Field(description="destination, such as extension:101")
    user_id: UUID | None = None
    queue_ids: tuple[UUID, ...] = ()


class QueueEvent(Event):
    """Base: something that happened to one caller in one queue."""

    owner: ClassVar[str] = "acd"

    queue_id: UUID
    queue: str = Field(description="slug of the queue")
    entry_id: UUID = Field(description="this time in line; the same from joining to leaving")
    call_id: str = ""
    leg_id: str = ""

    def key(self) -> str:
        return str(self.entry_id)


class QueueJoined(QueueEvent):
    """A caller came into line; of the same ``entry_id`` again: was moved to this queue."""

    name: ClassVar[str] = "queue.joined"

    joined_at: Moment
    caller_number: str = ""
    caller_name: str = ""
    language: str = ""
    priority: int = 0
    put_back_at: Moment | None = Field(
        default=None, description="when an agent put the caller back, who waits anew, in the place of joined_at"
    )


class QueueOffered(QueueEvent):
    """An agent's phone is called for this caller."""

    name: ClassVar[str] = "queue.offered"

    agent_id: UUID
    agent_leg_id: str
    waited_seconds: float = Field(ge=0)


class QueueOfferFailed(QueueEvent):
    """The agent did not take the caller, who keeps the place in line."""

    name: ClassVar[str] = "queue.offer_failed"

    agent_id: UUID
    agent_leg_id: str
    reason: str = Field(description="no_answer, rejected, busy, unreachable, cancelled")
    rang_seconds: float = Field(default=0.0, ge=0)


class QueueConnected(QueueEvent):
    """Caller and agent hear each other."""

    name: ClassVar[str] = "queue.connected"

    agent_id: UUID
    agent_leg_id: str
    waited_seconds: float = Field(ge=0)


class QueueContactEnded(QueueEvent):
    """The conversation is over."""

    name: ClassVar[str] = "queue.contact_ended"

    agent_id: UUID
    agent_leg_id: str
    talk_seconds: float = Field(ge=0)
    hold_seconds: float = Field(
        default=0.0,
        ge=0,
        description="of a caller who heard music while somebody was asked, or by the phone's hold key",
    )
    ended: ContactEnd = "hung_up"
    destination: str | None = Field(
        default=None, description="where the caller was transferred to; agent:<id> for an agent"
    )
    warm: bool = Field(
        default=False, description="whether the agent had asked there before, and is passed on with that"
    )
    consults: int = Field(default=0, ge=0, description="how often the agent began to ask somebody")


class QueueConsultChanged(QueueEvent):
    """An agent asks somebody about the caller, and how far that is."""

    name: ClassVar[str] = "queue.consult_changed"

    agent_id: UUID
    destination: str
    state: ConsultState
    third_leg_id: str | None = None


class QueueContactSupervised(QueueEvent):
    """A supervisor listens to a contact, whispers to the agent, talks with both, or does not any more."""

    name: ClassVar[str] = "queue.contact_supervised"

    agent_id: UUID
    agent_leg_id: str
    supervisor_leg_id: str
    by: str = Field(description="the supervisor: user or key that asked for it")
    phone: str = Field(description="destination, such as extension:101")
    mode: ListeningMode
    state: SupervisionState
    reason: str = Field(default="", description="of a phone that was not reached: the switch's cause")


class QueueLeft(QueueEvent):
    """A caller's time in line is over, one way or another."""

    name: ClassVar[str] = "queue.left"

    outcome: Outcome
    joined_at: Moment
    left_at: Moment
    waited_seconds: float = Field(ge=0)
    agent_id: UUID | None = None
    destination: str | None = Field(default=None, description="where to, when the caller was sent on")
    reason: str = Field(
        default="", description="of who overflowed: closed, full, estimated_wait, waited, no_agents, all_paused"
    )
    by: str = Field(default="", description="supervisor who changed the place last, or sent the caller on")


class QueueCallbackRequested(QueueEvent):
    """A caller hung up and keeps the place in line, to be called back; ``queue.left`` told of the end of the wait."""

    name: ClassVar[str] = "queue.callback_requested"

    number: str
    joined_at: Moment
    waited_seconds: float = Field(ge=0, description="by telephone")


class QueueCallbackCalled(QueueEvent):
    """The turn came, an agent is there, and the customer's phone is called."""

    name: ClassVar[str] = "queue.callback_called"

    agent_id: UUID
    agent_leg_id: str
    attempt: int = Field(ge=1)
    asked_seconds: float = Field(ge=0, description="since the caller hung up")


class QueueCallbackEnded(QueueEvent):
    """A callback left the line. Of one that was kept, ``queue.connected`` and ``queue.contact_ended`` tell the rest."""

    name: ClassVar[str] = "queue.callback_ended"

    outcome: Literal["kept", "given_up", "cancelled"]
    attempts: int = Field(ge=0)
    asked_seconds: float = Field(ge=0, description="since the caller hung up")
    agent_id: UUID | None = None


class AgentStatusChanged(Event):
    """An agent does something else now; what was done before is over, with its length."""

    owner: ClassVar[str] = "acd"
    name: ClassVar[str] = "agent.status_changed"

    agent_id: UUID
    status: Status
    reason: str = Field(description="why: one word, such as sign_in, offered, answered, wrap_up_done, pause")
    pause_reason: str | None = None
    before: Status
    before_seconds: float = Field(ge=0)
    queue_id: UUID | None = None
    entry_id: UUID | None = None
    by: str = Field(default="", description="user or key that asked for it; empty: nobody, it followed")

    def key(self) -> str:
        return str(self.agent_id)


class AgentStandingChanged(Event):
    """An agent's leg stays up from now on, for one caller after another, or does not any more."""

    owner: ClassVar[str] = "acd"
    name: ClassVar[str] = "agent.standing_changed"

    agent_id: UUID
    leg_id: str
    up: bool

    def key(self) -> str:
        return str(self.agent_id)


class AgentOtherCallChanged(Event):
    """A signed-in agent's phone is in a call outside the queues from now on, or is not any more."""

    owner: ClassVar[str] = "acd"
    name: ClassVar[str] = "agent.other_call_changed"

    agent_id: UUID
    on: bool

    def key(self) -> str:
        return str(self.agent_id)


class TenantCommand(Command):
    """Base of commands that only the replica carries out which owns the tenant's queues."""

    owner: ClassVar[str] = "acd"

    def key(self) -> str:
        if self.tenant_id is None:
            raise ValueError("a command about queues names its tenant")
        return str(self.tenant_id)


class FloorReply(Reply):
    """``code``: ``ok``, ``not_found``, ``illegal_change`` (detail says which), ``not_ready``. ``result`` is JSON."""

    result: str = ""


class ChangeAgent(TenantCommand):
    """Sign an agent in or out, pause, take back, end or extend wrap-up; ``forced`` by a supervisor, or by the agent."""

    name: ClassVar[str] = "change_agent"
    reply: ClassVar[type[Reply]] = FloorReply

    agent_id: UUID
    action: Literal["sign_in", "sign_out", "pause", "unpause", "wrap_up_done", "wrap_up_extend"]
    pause_reason: str | None = None
    seconds: int | None = Field(default=None, ge=1, le=86_400, description="limit of a pause, or how much longer")
    forced: bool = False
    by: str = ""


class ChangeAgentAtPhone(TenantCommand):
    """Sign in or out, pause or take back whoever is the agent at a phone: somebody dialled a feature code there.

    ``result`` is what the agent does, with ``stands``: the calling leg is to be parked for callers to be put through.
    """

    name: ClassVar[str] = "change_agent_at_phone"
    reply: ClassVar[type[Reply]] = FloorReply

    phone: str = Field(description="destination, such as extension:101")
    action: Literal["sign_in", "sign_out", "pause", "unpause"]
    leg_id: str = Field(default="", description="the leg that dialled the code")
    by: str = ""


class ChangeWaiting(TenantCommand):
    """Move a waiting caller to another queue or to the front, give another priority, send on; cancel a callback."""

    name: ClassVar[str] = "change_waiting"
    reply: ClassVar[type[Reply]] = FloorReply

    entry_id: UUID
    action: Literal["move", "prioritise", "front", "send", "cancel_callback"]
    queue_id: UUID | None = None
    priority: int | None = Field(default=None, ge=-100, le=100)
    destination: str | None = None
    by: str = ""


class ChangeContact(TenantCommand):
    """Pass on a caller who talks with an agent, put them back in line with their old place, or end the contact.

    Or ``consult`` a destination or an agent first, and then ``complete``, ``swap``, ``conference`` or ``cancel``.

    ``supervise`` calls the phone at ``destination`` and lets whoever asks hear caller and agent; of one who does
    already it changes the ``mode``. It is answered when the phone was, or will not be. ``unsupervise`` ends that.

    Besides the codes of `FloorReply`: ``gone`` (the contact has ended), ``destination_unknown`` and ``not_reached``.
    """

    name: ClassVar[str] = "change_contact"
    reply: ClassVar[type[Reply]] = FloorReply

    entry_id: UUID
    action: Literal[
        "transfer",
        "put_back",
        "end",
        "consult",
        "complete",
        "swap",
        "conference",
        "cancel",
        "supervise",
        "unsupervise",
    ]
    mode: ListeningMode = "listen"
    destination: str | None = None
    to_agent_id: UUID | None = None
    agent_id: UUID | None = Field(default=None, description="only while this agent has the contact; none: whoever has")
    by: str = ""


class ShowFloor(TenantCommand):
    """Who waits and what agents do, as the owner sees it: ``result`` is JSON."""

    name: ClassVar[str] = "show_floor"
    reply: ClassVar[type[Reply]] = FloorReply

    queue_id: UUID | None = None


ACD_STATE: tuple[type[AcdState], ...] = (QueueChanged, AgentChanged)
QUEUE_EVENTS: tuple[type[Event], ...] = (
    QueueJoined,
    QueueOffered,
    QueueOfferFailed,
    QueueConnected,
    QueueContactEnded,
    QueueConsultChanged,
    QueueContactSupervised,
    QueueLeft,
    QueueCallbackRequested,
    QueueCallbackCalled,
    QueueCallbackEnded,
    AgentStatusChanged,
    AgentStandingChanged,
    AgentOtherCallChanged,
)
ACD_COMMANDS: tuple[type[Command], ...] = (ChangeAgent, ChangeAgentAtPhone, ChangeWaiting, ChangeContact, ShowFloor)
