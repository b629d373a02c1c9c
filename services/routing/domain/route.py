"""What is decided, as data: one step, what is asked when it fails, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal
from uuid import UUID

from services.routing.domain.config import NO_CAPS, Caps, Extension
from services.routing.domain.progress import Progress
from shared.telephony.causes import CAUSES, Cause
from shared.telephony.destinations import Destination
from shared.telephony.handover import NotTaken
from shared.telephony.hops import Direction


class Refusal(StrEnum):
    """Why a call goes nowhere."""

    UNAUTHENTICATED = "unauthenticated"
    SOURCE_UNKNOWN = "source_unknown"
    TENANT_DISABLED = "tenant_disabled"
    NUMBER_UNKNOWN = "number_unknown"
    NUMBER_INVALID = "number_invalid"
    CLASS_OF_SERVICE = "class_of_service"
    RULE = "outbound_rule"
    MINUTES_USED_UP = "international_minutes_used_up"
    NO_TRUNK = "no_trunk"
    TOO_MANY_FORWARDS = "too_many_forwards"
    DO_NOT_DISTURB = "do_not_disturb"
    UNREACHABLE = "unreachable"
    BUSY = "busy"
    HANGUP = "hangup"
    FAR_END = "far_end"


CAUSE_OF: dict[Refusal, Cause] = {
    Refusal.UNAUTHENTICATED: CAUSES["OUTGOING_CALL_BARRED"],
    Refusal.SOURCE_UNKNOWN: CAUSES["INCOMING_CALL_BARRED"],
    Refusal.TENANT_DISABLED: CAUSES["OUTGOING_CALL_BARRED"],
    Refusal.NUMBER_UNKNOWN: CAUSES["UNALLOCATED_NUMBER"],
    Refusal.NUMBER_INVALID: CAUSES["INVALID_NUMBER_FORMAT"],
    Refusal.CLASS_OF_SERVICE: CAUSES["OUTGOING_CALL_BARRED"],
    Refusal.RULE: CAUSES["OUTGOING_CALL_BARRED"],
    Refusal.MINUTES_USED_UP: CAUSES["OUTGOING_CALL_BARRED"],
    Refusal.NO_TRUNK: CAUSES["NORMAL_CIRCUIT_CONGESTION"],
    Refusal.TOO_MANY_FORWARDS: CAUSES["EXCHANGE_ROUTING_ERROR"],
    Refusal.DO_NOT_DISTURB: CAUSES["USER_BUSY"],
    Refusal.UNREACHABLE: CAUSES["SUBSCRIBER_ABSENT"],
    Refusal.BUSY: CAUSES["USER_BUSY"],
}
"""SIP's answer to each refusal (through ``Cause.sip_status``); HANGUP and FAR_END bring their own."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the callee is shown of the caller."""

    number: str
    name: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Diversion:
    """Who forwarded the call (RFC 5806): a number, and why."""

    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class Target:
    """An extension that rings, all its devices together."""

    extension: Extension
    delay_seconds: int = 0
    timeout_seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """Call extensions of the tenant, all together; the first to answer gets the call.

    ``max_calls`` caps the calls at one time of a single target; past it the target is busy. ``is_hop``: another node
    found the devices registered here, so they are called here whatever is told meanwhile, and no call goes in a circle;
    ``hop_peer`` is that node's switch, with which the call ends.
    """

    domain: str
    targets: tuple[Target, ...]
    timeout_seconds: int
    shown: Shown
    via: str
    diversion: Diversion | None = None
    max_calls: int | None = None
    is_hop: bool = False
    hop_peer: str = ""


@dataclass(frozen=True, slots=True)
class DialTrunk:
    """Call a number through a trunk.

    ``billed_id``: extension whose minutes are used. ``remaining_seconds``: the call ends that long after its answer.
    ``accept_key``: who answers presses 1 to be connected.
    """

    trunk_id: UUID
    number: str
    e164: str
    number_class: str
    shown: Shown
    via: str
    timeout_seconds: int
    diversion: Diversion | None = None
    caps: Caps = NO_CAPS
    billed_id: UUID | None = None
    remaining_seconds: int | None = None
    accept_key: bool = False


class Prompt(StrEnum):
    """What a caller is told."""

    NOT_IN_SERVICE = "service-unavailable"
    NOT_AVAILABLE = "not-available"


@dataclass(frozen=True, slots=True)
class Notice:
    """Tell the caller something, then hang up."""

    prompt: Prompt
    language: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Refuse:
    """Hang up at once."""

    reason: Refusal
    cause: Cause


@dataclass(frozen=True, slots=True)
class JoinConference:
    """Join a room of the tenant; the name holds the tenant."""

    name: str


@dataclass(frozen=True, slots=True)
class JoinLeg:
    """Connect with a leg that waits on this switch, for another node; ``hop_peer`` is the switch of that one."""

    leg_id: str
    hop_peer: str


@dataclass(frozen=True, slots=True)
class EchoTest:
    """Play the caller back."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """Answer a feature code: with words, or where there are none with a tone."""

    done: bool
    prompt: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class RunProgram:
    """Hand the call to a program; see ``shared.telephony.handover``.

    Args:
        program: ``flow:<slug>`` or ``<built-in>:<argument>``.
        called: the number that was called.
        cause: why nobody took the call where the program had sent it; empty: it is new to the program.
        turn: how often the call was handed over, this time included.
        not_taken: why who was called before did not take the call; empty: nobody was, or it is not known.
    """

    program: str
    called: str
    turn: int
    cause: str = ""
    not_taken: NotTaken | Literal[""] = ""


@dataclass(frozen=True, slots=True)
class JoinQueue:
    """Answer, and let the caller wait with music until ``acd`` connects an agent.

    Args:
        queue_id, slug: which queue.
        turn: how often the call was sent to a queue, this time included: tells a new beginning from a repetition.
        language: the tenant's.
        music: file that is played again and again; empty: Seda's own music.
    """

    queue_id: UUID
    slug: str
    turn: int
    language: str
    music: str = ""


@dataclass(frozen=True, slots=True)
class StandBy:
    """Confirm that an agent is signed in; the leg then stays up, parked, and ``acd`` puts callers through to it."""

    agent_id: str
    prompt: str
    language: str


Step = (
    StandBy
    | Ring
    | DialTrunk
    | Notice
    | Refuse
    | JoinConference
    | JoinLeg
    | EchoTest
    | Confirm
    | RunProgram
    | JoinQueue
)


CapKind = Literal["tenant", "extension", "trunk"]


@dataclass(frozen=True, slots=True)
class Cap:
    """Count this call; past ``most`` (at one time, or a second) it is refused."""

    kind: CapKind
    key: UUID
    most: int
    per_second: bool = False


ForwardingKind = Literal["always", "busy", "no_answer", "unreachable"]


@dataclass(frozen=True, slots=True)
class SetForwarding:
    """Store where an extension's calls go; none: nowhere else."""

    extension_id: UUID
    kind: ForwardingKind
    destination: Destination | None


@dataclass(frozen=True, slots=True)
class SetDoNotDisturb:
    """Store whether an extension takes calls."""

    extension_id: UUID
    on: bool


AgentAction = Literal["sign_in", "sign_out", "pause", "unpause"]


@dataclass(frozen=True, slots=True)
class ChangeAgentState:
    """Have the agent at an extension sign in or out, pause or be ready: ``acd`` does it."""

    extension: str
    action: AgentAction


Effect = SetForwarding | SetDoNotDisturb | ChangeAgentState


@dataclass(frozen=True, slots=True)
class Route:
    """The answer to one question.

    Args:
        step: what is done now.
        next: where routing goes on when ``step`` fails; none: the call ends with the step's cause.
        caps: counted before the step, in order.
        effects: stored before the step; when that fails, the caller hears the failure.
        turn_of: ring group whose round robin moves on.
        answered: whether the caller's leg is answered already.
        is_first: whether the call has not been routed before.
        path: how it was decided, for people.
        language: the tenant's, for what callers are told.
    """

    step: Step
    tenant_id: UUID | None = None
    call_id: str = ""
    direction: Direction = "internal"
    acting_id: UUID | None = None
    trunk_id: UUID | None = None
    next: Progress | None = None
    caps: tuple[Cap, ...] = ()
    effects: tuple[Effect, ...] = ()
    turn_of: UUID | None = None
    answered: bool = False
    is_first: bool = False
    path: tuple[str, ...] = ()
    language: str = "en"
