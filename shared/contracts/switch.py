"""Commands to a FreeSWITCH node, carried out by the ``switchlink`` beside it.

``node_id`` is the last word of the subject. A command about a leg may be sent to ``any``: the node that has the leg, or
just had it, answers; no answer within the deadline means no node knows it.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.message import Command, Reply

ANY_NODE = "any"

ListeningMode = Literal["listen", "whisper", "barge"]
"""Who hears whoever joins a call: nobody, one of the two, both."""

SwitchCode = Literal[
    "ok",
    "call_not_found",  # this node never had such a leg
    "call_gone",  # it had, and it ended
    "node_draining",  # no new calls here
    "switch_unreachable",  # the event socket is down
    "deadline_exceeded",  # the switch did not answer in time: the outcome is unknown
    "refused",  # the switch said -ERR; detail has its words
    "invalid",  # the command could not be built safely; nothing was sent
]


class SwitchReply(Reply):
    """What the node did. ``leg_id`` is the leg made or acted on; ``result`` the switch's own answer."""

    code: str = "ok"
    node_id: str = ""
    leg_id: str | None = None
    result: str = ""


class SwitchCommand(Command):
    """Base of commands to a node."""

    owner: ClassVar[str] = "switch"
    reply: ClassVar[type[Reply]] = SwitchReply

    node_id: str = ANY_NODE

    def key(self) -> str:
        return self.node_id


class LegCommand(SwitchCommand):
    """Base of commands about one leg."""

    leg_id: str


class Originate(SwitchCommand):
    """Call somebody; once answered, the leg runs ``application`` (typically ``transfer`` into the dialplan).

    ``dial_string`` comes from ``shared.telephony.dial_string``. ``leg_id`` is chosen by the sender, so that a repeated
    command cannot make a second call. The reply comes when the far end answers or fails (``ring_timeout_seconds`` at
    most).
    """

    name: ClassVar[str] = "originate"

    leg_id: str
    call_id: str = Field(default="", description="the call this leg is part of; empty: it begins one of its own")
    dial_string: str
    application: Literal["park", "transfer", "bridge", "conference", "socket", "hangup", "echo", "playback"] = "park"
    argument: str = ""
    caller_name: str = ""
    caller_number: str = ""
    ring_timeout_seconds: int = Field(default=30, ge=1, le=300)


class HangUp(LegCommand):
    """End a leg with a cause."""

    name: ClassVar[str] = "hang_up"
    cause: str = "NORMAL_CLEARING"


class Transfer(LegCommand):
    """Send a leg (or the leg bridged to it, or both) into the dialplan at ``number``."""

    name: ClassVar[str] = "transfer"
    number: str
    context: str = "seda"
    which: Literal["leg", "other", "both"] = "leg"


class Bridge(LegCommand):
    """Join two legs that are up. ``ok``: they hear each other. ``call_gone``: one ended; the other goes on by itself.

    ``leg_id`` is the leg with something to go on with when they part (a caller's), ``other_leg_id`` one that ends then
    (an agent's, in park; it is again where the caller had gone).
    """

    name: ClassVar[str] = "bridge"
    other_leg_id: str


class Separate(LegCommand):
    """Part two legs that talk: ``leg_id`` hears music from now on, ``other_leg_id`` waits in park."""

    name: ClassVar[str] = "separate"
    other_leg_id: str


class Barge(LegCommand):
    """Let a leg that is up (``leg_id``) hear ``other_leg_id`` and whomever that talks with.

    ``mode`` says who hears it: both (``barge``), ``other_leg_id`` alone (``whisper``), nobody (``listen``). For a leg
    that hears them already this changes who hears it.
    """

    name: ClassVar[str] = "barge"
    other_leg_id: str
    mode: ListeningMode = "barge"


class Park(LegCommand):
    """Take a leg out of whatever it does and let it wait."""

    name: ClassVar[str] = "park"


class Hold(LegCommand):
    """Put a leg on hold, or take it back."""

    name: ClassVar[str] = "hold"
    on: bool = True


class Record(LegCommand):
    """Start, stop, mask or unmask the recording of a leg. ``file`` is relative to the node's recording folder."""

    name: ClassVar[str] = "record"
    action: Literal["start", "stop", "mask", "unmask"]
    file: str


class Broadcast(LegCommand):
    """Play a file or tone to a leg, the other one, or both."""

    name: ClassVar[str] = "broadcast"
    media: str
    which: Literal["leg", "other", "both"] = "leg"


class PlayAndHangUp(LegCommand):
    """Let a leg hear this at once, in place of whatever it hears, and end it then."""

    name: ClassVar[str] = "play_and_hang_up"
    media: str


class SendDigits(LegCommand):
    """Send DTMF digits to the far end of a leg."""

    name: ClassVar[str] = "send_digits"
    digits: str = Field(pattern=r"^[0-9A-Dw*#]{1,64}$")


class SetVariables(LegCommand):
    """Set channel variables (names ``seda_*`` and an allow-list only)."""

    name: ClassVar[str] = "set_variables"
    variables: dict[str, str]


class Eavesdrop(LegCommand):
    """Call a supervisor (``dial_string``) and let them hear ``leg_id`` and whomever that talks with.

    ``mode`` says who hears the supervisor: nobody (``listen``), ``leg_id`` alone (``whisper``), both (``barge``).
    """

    name: ClassVar[str] = "eavesdrop"
    supervisor_leg_id: str
    dial_string: str
    mode: ListeningMode = "listen"
    caller_name: str = ""
    caller_number: str = ""
    ring_timeout_seconds: int = Field(default=30, ge=1, le=300)


class ListLegs(SwitchCommand):
    """The legs that are up on a node, optionally of one tenant: ``result`` is a JSON list.

    Each has ``leg_id``, ``call_id``, ``tenant_id``, ``leg_direction``, ``direction``, ``caller_number``,
    ``caller_name``, ``called_number``, ``extension``, ``created_at``, ``answered_at``, ``other_leg_id`` (whom it
    hears), ``parked``, and, where it was sent to a queue and did not leave it, ``queue_id``, ``queue_turn`` and
    ``queued_at``.
    A leg with a queue and no other leg waits.
    """

    name: ClassVar[str] = "list_legs"


class Drain(SwitchCommand):
    """Take no new calls; the calls that are up go on. ``node.reported`` says ``drained`` when the last one ended."""

    name: ClassVar[str] = "drain"


class Undrain(SwitchCommand):
    """Take new calls again."""

    name: ClassVar[str] = "undrain"


SWITCH_COMMANDS: tuple[type[SwitchCommand], ...] = (
    Originate,
    HangUp,
    Transfer,
    Bridge,
    Separate,
    Barge,
    Park,
    Hold,
    Record,
    Broadcast,
    PlayAndHangUp,
    SendDigits,
    SetVariables,
    Eavesdrop,
    ListLegs,
    Drain,
    Undrain,
)
