"""From FreeSWITCH's own call record (mod_json_cdr, one JSON file a leg) to a ``LegRecord``.

Source: FreeSWITCH ``switch_ivr_generate_json_cdr`` (switch_ivr.c) and
``switch_channel_set_timestamps`` (switch_channel.c).
Every ``*_uepoch`` variable is microseconds since 1970, 0 for what did not happen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from services.switchlink.domain.headers import Reader, uuid_or_none
from shared.contracts.records import HungUpBy, LegRecord
from shared.telephony.safe_text import one_line

_BY_THE_FAR_END: Final = {"recv_bye", "recv_cancel", "recv_refuse"}
_DIRECTIONS: Final = {"internal", "inbound", "outbound"}


class UnreadableRecord(ValueError):
    """The file is complete JSON and still no call record; ``str`` says why."""


def leg_record(document: Mapping[str, Any], *, node_id: str) -> LegRecord:
    """The record of one leg.

    Raises:
        UnreadableRecord: no variables, no uuid, or no times in it.
    """
    variables = document.get("variables")
    if not isinstance(variables, Mapping):
        raise UnreadableRecord("no variables")
    values = Reader({str(k): v for k, v in variables.items() if isinstance(v, str | list)})
    leg_id = values.text("uuid")
    started_at = values.moment("start_uepoch")
    ended_at = values.moment("end_uepoch")
    if leg_id is None or started_at is None or ended_at is None:
        raise UnreadableRecord("no uuid, start or end")
    profile = _first_profile(document)
    leg_direction = "outbound" if values.text("direction") == "outbound" else "inbound"
    direction = values.text("seda_direction")
    try:
        return LegRecord(
            leg_id=leg_id,
            call_id=values.text("seda_call_id") or leg_id,
            tenant_id=uuid_or_none(values.text("seda_tenant_id")),
            node_id=node_id,
            core_id=str(document.get("core-uuid") or ""),
            leg_direction=leg_direction,
            direction=direction if direction in _DIRECTIONS else "internal",
            caller_number=_number(profile.text("caller_id_number"))[:128],
            caller_name=one_line(profile.text("caller_id_name") or "")[:256],
            called_number=_number(profile.text("destination_number"))[:128],
            extension=values.text("seda_extension"),
            extension_id=values.text("seda_extension_id"),
            device_id=values.text("seda_device_id"),
            trunk_id=values.text("seda_trunk_id"),
            via=values.text("seda_via"),
            other_leg_id=values.text("last_bridge_to") or values.text("bridge_uuid"),
            started_at=started_at,
            ringing_at=_earliest(values.moment("progress_uepoch"), values.moment("progress_media_uepoch")),
            answered_at=values.moment("answer_uepoch"),
            bridged_at=_bridged_at(values, document),
            ended_at=max(started_at, ended_at),
            hold_seconds=(values.number("hold_accum_usec") or 0) / 1_000_000,
            cause=values.text("hangup_cause") or "NORMAL_CLEARING",
            sip_status=_sip_status(values),
            hung_up_by=_hung_up_by(values, leg_direction),
            codec=values.text("read_codec"),
            network_address=values.text("sip_network_ip") or profile.text("network_addr"),
        )
    except ValueError as error:
        raise UnreadableRecord(str(error)) from error


def _first_profile(document: Mapping[str, Any]) -> Reader:
    """The caller profile the leg began with: transfers add later ones in front of it."""
    profiles = _of_each_step(document, "caller_profile")
    return profiles[-1] if profiles else Reader({})


def _bridged_at(values: Reader, document: Mapping[str, Any]) -> datetime | None:
    """When the leg was first connected. A transfer begins the times anew: after one, an earlier step has it."""
    steps = [times.moment("bridged_time") for times in _of_each_step(document, "times")]
    return _earliest(values.moment("bridge_uepoch"), *steps)


def _of_each_step(document: Mapping[str, Any], part: str) -> list[Reader]:
    """One part of every step the leg took through the dialplan, the last step first."""
    flow = document.get("callflow")
    entries = flow if isinstance(flow, list) else [flow] if isinstance(flow, Mapping) else []
    parts = [e[part] for e in entries if isinstance(e, Mapping) and isinstance(e.get(part), Mapping)]
    return [Reader({str(k): v for k, v in found.items() if isinstance(v, str | list)}) for found in parts]


def _number(destination: str | None) -> str:
    """A destination without the domain that dialling a registration adds: ``102%acme.example`` is ``102``."""
    return one_line(destination or "").partition("%")[0].strip()


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((m for m in moments if m is not None), default=None)


def _sip_status(values: Reader) -> int | None:
    """The status that ended a leg before it was answered, where the far end or the switch sent one."""
    for name in ("sip_term_status", "sip_invite_failure_status"):
        status = values.number(name)
        if status is not None and 100 <= status <= 699:
            return status
    return None


def _hung_up_by(values: Reader, leg_direction: str) -> HungUpBy:
    """Who ended this leg, as far as the leg itself can tell: its own far end, or somebody else (``system``)."""
    if values.text("sip_hangup_disposition") in _BY_THE_FAR_END:
        return "caller" if leg_direction == "inbound" else "callee"
    return "system"
