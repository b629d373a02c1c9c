"""One leg's facts and how events show them (FreeSWITCH: switch_channel.c)."""

from __future__ import annotations

from dataclasses import dataclass, field

from freeswitch.simulator.domain.profile import CallerProfile, Times
from freeswitch.simulator.domain.states import CallState, State, may_follow

Value = str | list[str]

VERBOSE_EVENTS = frozenset(
    {
        "CHANNEL_CREATE", "CHANNEL_ORIGINATE", "CHANNEL_UUID", "CHANNEL_ANSWER", "CHANNEL_PARK", "CHANNEL_UNPARK",
        "CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE", "CHANNEL_PROGRESS", "CHANNEL_PROGRESS_MEDIA", "CHANNEL_HANGUP",
        "CHANNEL_HANGUP_COMPLETE", "REQUEST_PARAMS", "CHANNEL_DATA", "CHANNEL_EXECUTE", "CHANNEL_EXECUTE_COMPLETE",
        "CHANNEL_DESTROY", "SESSION_HEARTBEAT", "API", "RECORD_START", "RECORD_STOP", "PLAYBACK_START",
        "PLAYBACK_STOP", "CALL_UPDATE", "MEDIA_BUG_START", "MEDIA_BUG_STOP", "CHANNEL_HOLD", "CHANNEL_UNHOLD",
        "TEXT", "CUSTOM",
    }
)  # fmt: skip
"""Events that carry every channel variable (switch_channel_event_set_extended_data)."""


@dataclass
class Channel:
    """Facts of one leg. Only `session.py` and the applications change it."""

    uuid: str
    name: str
    direction: str
    profile: CallerProfile
    created: int
    state: State = State.NEW
    running_state: State = State.NEW
    callstate: CallState = CallState.DOWN
    variables: dict[str, Value] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    hangup_cause: str = ""
    codec: str = ""
    hit_dialplan: bool = False
    other_type: str = ""
    other_profile: CallerProfile | None = None
    earlier_profiles: list[CallerProfile] = field(default_factory=list)
    app_log: list[tuple[str, str, int]] = field(default_factory=list)
    digits: str = ""
    profile_count: int = 0
    inline_number: str | None = None
    """While `execute_extension` runs an inline list: what its dialplan took for the number dialled."""

    def __post_init__(self) -> None:
        self.hit_dialplan = self.direction == "inbound"
        self.profile.chan_name = self.name
        self._index_profile(self.profile)
        self.profile.times = Times(created=self.created, profile_created=self.created)

    def _index_profile(self, profile: CallerProfile) -> None:
        self.profile_count += 1
        profile.profile_index = str(self.profile_count)

    @property
    def times(self) -> Times:
        """Times of the present routing step."""
        if self.profile.times is None:
            self.profile.times = Times(created=self.created, profile_created=self.created)
        return self.profile.times

    def get(self, name: str) -> str | None:
        """A channel variable, or the profile field of that name; an array reads as `ARRAY::a|:b`."""
        value = self.variables.get(name)
        if isinstance(value, list):
            return "ARRAY::" + "|:".join(value)
        if value is not None:
            return value
        return self.profile.lookup(name)

    def is_true(self, name: str) -> bool:
        """Whether a variable holds one of the switch's words for true."""
        return is_true(self.get(name))

    def set(self, name: str, value: str | None) -> None:
        """Set a variable; None or empty removes it (switch_channel_set_variable)."""
        if value:
            self.variables[name] = value
        else:
            self.variables.pop(name, None)

    def push(self, name: str, value: str, *, front: bool = False) -> None:
        """Add to a variable: the second value makes it an array (SWITCH_STACK_PUSH)."""
        held = self.variables.get(name)
        if held is None:
            self.variables[name] = value
            return
        values = held if isinstance(held, list) else [held]
        self.variables[name] = [value, *values] if front else [*values, value]

    def may_become(self, wanted: State) -> bool:
        """Whether the state table lets the channel into `wanted`."""
        return may_follow(self.state, wanted)

    @property
    def up(self) -> bool:
        """Not hung up."""
        return self.state < State.HANGUP

    @property
    def answered(self) -> bool:
        """Whether the leg was answered."""
        return "answered" in self.flags

    @property
    def media_ready(self) -> bool:
        """Answered, or early media flows."""
        return self.answered or "early_media" in self.flags

    @property
    def ready(self) -> bool:
        """Whether an application may go on with the leg (switch_channel_test_ready)."""
        return (
            not self.hangup_cause
            and State.ROUTING < self.state < State.HANGUP
            and self.state is not State.RESET
            and "transfer" not in self.flags
            and self.state is self.running_state
        )

    def answer_state(self) -> str:
        """`Answer-State` of events."""
        if not self.up:
            return "hangup"
        if self.answered:
            return "answered"
        return "early" if "early_media" in self.flags else "ringing"

    def start_profile(self, profile: CallerProfile, now: int) -> None:
        """Begin a new routing step (switch_channel_set_caller_profile); earlier steps are kept for the record."""
        old = self.profile
        self.earlier_profiles.insert(0, old.snapshot())
        if old.times:
            old.times.transferred = now
            self.earlier_profiles[0].times = old.times
            profile.times = Times(
                created=old.times.created,
                profile_created=now,
                answered=old.times.answered,
                progress=old.times.progress,
                progress_media=old.times.progress_media,
            )
        self._index_profile(profile)
        self.profile = profile
        self.other_type, self.other_profile = "", None

    def enter_dialplan(self) -> None:
        """A leg we called begins to run applications: who it called is now who it is (switch_channel_flip_cid)."""
        if self.direction != "outbound" or "dialplan" in self.flags:
            return
        self.flags.add("dialplan")
        profile = self.profile
        name, number = profile.caller_id_name, profile.caller_id_number
        bridged = "bridged" in self.flags
        if profile.callee_id_name:
            profile.caller_id_name, profile.callee_id_name = profile.callee_id_name, "" if bridged else name
        if profile.callee_id_number:
            profile.caller_id_number, profile.callee_id_number = profile.callee_id_number, "" if bridged else number

    def is_routed(self, profile: CallerProfile) -> None:
        """A leg we called that ran applications begins another step: from then on it counts as one that called."""
        if self.direction == "outbound" and "dialplan" in self.flags:
            profile.logical_direction = "inbound"

    def basic_headers(self) -> dict[str, str]:
        """State, names, codec and profiles: in every channel event (switch_channel_event_set_basic_data)."""
        direction = self.direction
        out = {
            "Channel-State": self.running_state.label,
            "Channel-Call-State": self.callstate.name,
            "Channel-State-Number": str(int(self.state)),
            "Channel-Name": self.name,
            "Unique-ID": self.uuid,
            "Call-Direction": direction,
            "Presence-Call-Direction": direction,
            "Channel-HIT-Dialplan": "true" if self.hit_dialplan or "dialplan" in self.flags else "false",
            "Channel-Call-UUID": self.get("call_uuid") or self.uuid,
            "Answer-State": self.answer_state(),
        }
        if self.get("presence_id"):
            out["Channel-Presence-ID"] = self.get("presence_id") or ""
        if self.hangup_cause:
            out["Hangup-Cause"] = self.hangup_cause
        if self.codec:
            for way in ("Read", "Write"):
                out[f"Channel-{way}-Codec-Name"] = self.codec
                out[f"Channel-{way}-Codec-Rate"] = "8000"
                out[f"Channel-{way}-Codec-Bit-Rate"] = "64000"
        out.update(self.profile.headers("Caller"))
        if self.other_profile and self.other_type:
            out["Other-Type"] = self.other_type
            out.update(self.other_profile.headers("Other-Leg"))
        return out

    def variable_headers(self) -> dict[str, Value]:
        """Every channel variable as `variable_<name>`."""
        return {f"variable_{name}": value for name, value in self.variables.items()}


def is_true(text: str | None) -> bool:
    """The switch's words for true (switch_true): yes, on, true, t, enabled, active, allow, or a non-zero number."""
    if not text:
        return False
    lowered = text.lower()
    return lowered in {"yes", "on", "true", "t", "enabled", "active", "allow"} or (
        lowered.lstrip("-").isdigit() and int(lowered) != 0
    )
