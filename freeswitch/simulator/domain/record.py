"""Call records: the timing variables and the JSON of mod_json_cdr (switch_channel_set_timestamps, switch_ivr.c)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from freeswitch.simulator.domain.channel import Channel
from freeswitch.simulator.domain.profile import CallerProfile, Times

_STAMPS = (
    ("start", "created"),
    ("profile_start", "profile_created"),
    ("answer", "answered"),
    ("bridge", "bridged"),
    ("hold", "last_hold"),
    ("progress", "progress"),
    ("progress_media", "progress_media"),
    ("end", "hungup"),
)
_EPOCHS = (
    ("start", "created"),
    ("profile_start", "profile_created"),
    ("answer", "answered"),
    ("bridge", "bridged"),
    ("last_hold", "last_hold"),
    ("resurrect", "resurrected"),
    ("progress", "progress"),
    ("progress_media", "progress_media"),
    ("end", "hungup"),
)


def set_timestamps(channel: Channel) -> None:
    """Put when-things-happened into the channel's variables, once, at hang-up."""
    if "timestamps_set" in channel.flags:
        return
    channel.flags.add("timestamps_set")
    times, variables = channel.times, channel.variables
    variables["digits_dialed"] = channel.digits or "none"
    for name, attribute in _STAMPS:
        moment = getattr(times, attribute)
        if moment:
            variables[f"{name}_stamp"] = _stamp(moment // 1_000_000)
    for name, attribute in _EPOCHS:
        moment = getattr(times, attribute)
        variables[f"{name}_epoch"] = str(moment // 1_000_000)
        variables[f"{name}_uepoch"] = str(moment)
    variables["hold_accum_seconds"] = str(times.hold_accum // 1_000_000)
    variables["hold_accum_usec"] = str(times.hold_accum)
    variables["hold_accum_ms"] = str(times.hold_accum // 1000)
    if channel.app_log:
        name, data, _ = channel.app_log[-1]
        channel.set("last_app", name)
        channel.set("last_arg", data)
    profile = channel.profile
    variables["caller_id"] = (
        f'"{profile.caller_id_name}" <{profile.caller_id_number}>'
        if profile.caller_id_name
        else profile.caller_id_number
    )
    for prefix, suffix, divisor in (("", "sec", 1_000_000), ("m", "msec", 1000), ("u", "usec", 1)):
        _durations(variables, times, prefix, suffix, divisor)


@lru_cache(maxsize=1024)
def _stamp(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _durations(variables: dict[str, Any], times: Times, prefix: str, suffix: str, divisor: int) -> None:
    def between(start: int, end: int) -> str:
        return str(end // divisor - start // divisor) if start and end else "0"

    variables[f"{prefix}duration"] = between(times.created, times.hungup)
    variables[f"bill{suffix}"] = between(times.answered, times.hungup)
    variables[f"progress{suffix}"] = between(times.created, times.progress)
    variables[f"answer{suffix}"] = between(times.created, times.answered)
    variables[f"wait{suffix}"] = between(times.created, times.bridged)
    variables[f"progress_media{suffix}"] = between(times.created, times.progress_media)
    variables[f"flow_bill{suffix}"] = between(times.created, times.hungup)


def call_record(channel: Channel, *, core_uuid: str, switchname: str) -> dict[str, Any]:
    """The JSON mod_json_cdr writes for one leg, with `encode-values=false`."""
    record: dict[str, Any] = {
        "core-uuid": core_uuid,
        "switchname": switchname,
        "channel_data": {
            "state": channel.running_state.label,
            "direction": channel.direction,
            "state_number": str(int(channel.state)),
            "flags": "0=1",
            "caps": "1=1",
        },
        "callStats": {"audio": {"inbound": {}, "outbound": {}}},
        "variables": {name: _text(value) for name, value in channel.variables.items()},
    }
    if channel.app_log:
        record["app_log"] = {
            "applications": [
                {"app_name": name, "app_data": data, "app_stamp": str(stamp)} for name, data, stamp in channel.app_log
            ]
        }
    newest = _flow(channel.profile, channel, newest=True)
    record["callflow"] = [newest, *(_flow(profile, channel) for profile in channel.earlier_profiles)]
    return record


def _text(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "ARRAY::" + "|:".join(value)


def _flow(profile: CallerProfile, channel: Channel, *, newest: bool = False) -> dict[str, Any]:
    caller = _profile(profile)
    if newest and channel.other_profile is not None and channel.other_type:
        kind = channel.other_type
        caller[kind] = {f"{kind}_caller_profiles": [_profile(channel.other_profile)]}
    times = profile.times or Times()
    flow: dict[str, Any] = {"dialplan": profile.dialplan, "profile_index": profile.profile_index}
    flow["caller_profile"] = caller
    flow["times"] = {
        "created_time": str(times.created),
        "profile_created_time": str(times.profile_created),
        "progress_time": str(times.progress),
        "progress_media_time": str(times.progress_media),
        "answered_time": str(times.answered),
        "bridged_time": str(times.bridged),
        "last_hold_time": str(times.last_hold),
        "hold_accum_time": str(times.hold_accum),
        "hangup_time": str(times.hungup),
        "resurrect_time": str(times.resurrected),
        "transfer_time": str(times.transferred),
    }
    return flow


def _profile(profile: CallerProfile) -> dict[str, Any]:
    return {
        "username": profile.username,
        "dialplan": profile.dialplan,
        "caller_id_name": profile.caller_id_name,
        "ani": profile.ani,
        "aniii": "",
        "caller_id_number": profile.caller_id_number,
        "network_addr": profile.network_addr,
        "rdnis": profile.rdnis,
        "destination_number": profile.destination_number,
        "uuid": profile.uuid,
        "source": profile.source,
        "context": profile.context,
        "chan_name": profile.chan_name,
    }
