"""Caller profile: who calls whom, as the switch shows it in events under `Caller-`, `Other-Leg-` and `Hunt-`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache


@dataclass
class Times:
    """When things happened to a leg, in microseconds since 1970; 0 is never (switch_channel_timetable_t)."""

    created: int = 0
    profile_created: int = 0
    answered: int = 0
    progress: int = 0
    progress_media: int = 0
    hungup: int = 0
    transferred: int = 0
    resurrected: int = 0
    bridged: int = 0
    last_hold: int = 0
    hold_accum: int = 0


@dataclass
class CallerProfile:
    """One routing step of a leg; a transfer starts a new one (switch_caller_profile_t)."""

    uuid: str = ""
    username: str = ""
    dialplan: str = "XML"
    context: str = ""
    caller_id_name: str = ""
    caller_id_number: str = ""
    orig_caller_id_name: str = ""
    orig_caller_id_number: str = ""
    callee_id_name: str = ""
    callee_id_number: str = ""
    network_addr: str = ""
    ani: str = ""
    rdnis: str = ""
    destination_number: str = ""
    source: str = "mod_sofia"
    transfer_source: str = ""
    chan_name: str = ""
    direction: str = "inbound"
    logical_direction: str = "inbound"
    profile_index: str = ""
    times: Times | None = field(default_factory=Times)

    def snapshot(self, *, with_times: bool = True) -> CallerProfile:
        """A copy that later changes do not reach."""
        return replace(self, times=replace(self.times) if with_times and self.times else None)

    def headers(self, prefix: str) -> dict[str, str]:
        """The profile under `prefix` (switch_caller_profile_event_set_data: empty values are left out)."""
        out = {f"{prefix}-Direction": self.direction, f"{prefix}-Logical-Direction": self.logical_direction}
        texts, moments = _names(prefix)
        known = self.__dict__
        for name, attribute in texts:
            value = known[attribute]
            if value:
                out[name] = value
        times = (self.times or Times()).__dict__
        for name, attribute in moments:
            out[name] = str(times[attribute])
        out[f"{prefix}-Screen-Bit"] = "true"
        out[f"{prefix}-Privacy-Hide-Name"] = "false"
        out[f"{prefix}-Privacy-Hide-Number"] = "false"
        return out

    def lookup(self, name: str) -> str | None:
        """A profile field under the name channel variables and dialplan conditions use; None when there is none."""
        if name in _LOOKUP:
            return str(getattr(self, name))
        return None


_TEXT_FIELDS = (
    ("Username", "username"),
    ("Dialplan", "dialplan"),
    ("Caller-ID-Name", "caller_id_name"),
    ("Caller-ID-Number", "caller_id_number"),
    ("Orig-Caller-ID-Name", "orig_caller_id_name"),
    ("Orig-Caller-ID-Number", "orig_caller_id_number"),
    ("Callee-ID-Name", "callee_id_name"),
    ("Callee-ID-Number", "callee_id_number"),
    ("Network-Addr", "network_addr"),
    ("ANI", "ani"),
    ("Destination-Number", "destination_number"),
    ("Unique-ID", "uuid"),
    ("Source", "source"),
    ("Transfer-Source", "transfer_source"),
    ("Context", "context"),
    ("RDNIS", "rdnis"),
    ("Channel-Name", "chan_name"),
    ("Profile-Index", "profile_index"),
)
_TIME_FIELDS = (
    ("Profile-Created-Time", "profile_created"),
    ("Channel-Created-Time", "created"),
    ("Channel-Answered-Time", "answered"),
    ("Channel-Progress-Time", "progress"),
    ("Channel-Progress-Media-Time", "progress_media"),
    ("Channel-Hangup-Time", "hungup"),
    ("Channel-Transfer-Time", "transferred"),
    ("Channel-Resurrect-Time", "resurrected"),
    ("Channel-Bridged-Time", "bridged"),
    ("Channel-Last-Hold", "last_hold"),
    ("Channel-Hold-Accum", "hold_accum"),
)
Names = tuple[tuple[str, str], ...]


@lru_cache(maxsize=16)
def _names(prefix: str) -> tuple[Names, Names]:
    """Header names under a prefix, with the attributes they show."""
    texts, moments = (
        tuple((f"{prefix}-{name}", attribute) for name, attribute in fields) for fields in (_TEXT_FIELDS, _TIME_FIELDS)
    )
    return texts, moments


_LOOKUP = frozenset(
    {
        "username", "dialplan", "context", "caller_id_name", "caller_id_number", "callee_id_name", "callee_id_number",
        "network_addr", "ani", "rdnis", "destination_number", "uuid", "source", "chan_name",
    }
)  # fmt: skip
