"""Commands about the node: status, show, fsctl, globals, limits (mod_commands.c)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson

from freeswitch.simulator.domain.expand import expand

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session
    from freeswitch.simulator.switch import Switch


async def status(switch: Switch, _arguments: str) -> str:
    load = switch.load_headers()
    state = "paused" if switch.paused else "ready"
    peak = load["Session-Peak-Max"]
    return (
        f"UP {load['Up-Time']}\n"
        f"FreeSWITCH (Version {load['FreeSWITCH-Version']}) is {state}\n"
        f"{load['Session-Since-Startup']} session(s) since startup\n"
        f"{load['Session-Count']} session(s) - peak {peak}, last 5min {peak} \n"
        "0 session(s) per Sec out of max 1000, peak 0, last 5min 0 \n"
        f"{load['Max-Sessions']} session(s) max\nmin idle cpu 0.00/100.00\nCurrent Stack Size/Max 240K/8192K\n"
    )


async def version(switch: Switch, _arguments: str) -> str:
    return f"FreeSWITCH Version {switch.load_headers()['FreeSWITCH-Version']} (SIMULATOR, not FreeSWITCH)\n"


async def hostname(switch: Switch, _arguments: str) -> str:
    return switch.node.hostname


async def global_getvar(switch: Switch, arguments: str) -> str:
    if not arguments:
        return "".join(f"{name}={value}\n" for name, value in switch.globals.items())
    return switch.globals.get(arguments, "")


async def global_setvar(switch: Switch, arguments: str) -> str:
    name, _, value = arguments.partition("=")
    switch.globals[name] = value
    return "+OK"


async def eval_text(switch: Switch, arguments: str) -> str:
    return expand(arguments, switch.globals.get)


async def fsctl(switch: Switch, arguments: str) -> str:
    words = arguments.split()
    verb = words[0] if words else ""
    ways = set(words[1:2]) or {"inbound", "outbound"}
    if verb == "pause":
        switch.paused |= ways
    elif verb == "resume":
        switch.paused -= ways
    elif verb == "pause_check":
        return "true" if ways <= switch.paused else "false"
    elif verb == "shutdown":
        if "cancel" not in words:
            switch.fire("SHUTDOWN", extra={"Event-Info": "System Shutting Down"})
            switch.stopping.set()
    elif verb == "hupall":
        for session in list(switch.sessions.values()):
            session.hangup("MANAGER_REQUEST")
    elif verb not in {"loglevel", "sps", "max_sessions", "sync_clock"}:
        return "-ERR\n"
    return "+OK\n"


async def reloadxml(_switch: Switch, _arguments: str) -> str:
    return "+OK [Success]\n"


async def xml_flush_cache(switch: Switch, _arguments: str) -> str:
    return f"+OK cleared {switch.lookups.flush()} entries\n"


async def show(switch: Switch, arguments: str) -> str:
    words = arguments.split()
    what = words[0] if words else ""
    as_json = words[-2:] == ["as", "json"]
    if what in {"channels", "calls", "detailed_calls", "bridged_calls"}:
        rows = [_channel_row(session) for session in switch.sessions.values()]
        if what != "channels":
            rows = [_call_row(session) for session in switch.sessions.values() if _leads(session)]
        if "count" in words:
            return f"\n{len(rows)} total.\n" if not as_json else orjson.dumps({"row_count": len(rows)}).decode()
    elif what == "registrations":
        rows = [_registration_row(switch, phone) for phone in switch.phones.all_registered()]
    else:
        return "-USAGE: channels|calls|registrations [count] [as json]\n"
    if as_json:
        return orjson.dumps({"row_count": len(rows), **({"rows": rows} if rows else {})}).decode()
    lines = [",".join(rows[0])] + [",".join(row.values()) for row in rows] if rows else []
    return "\n".join([*lines, "", f"{len(rows)} total.", ""])


def _leads(session: Session) -> bool:
    return session.channel.direction == "inbound" or session.bridge_peer is None


def _channel_row(session: Session) -> dict[str, str]:
    channel, profile = session.channel, session.channel.profile
    created = channel.created // 1_000_000
    codec, rate, bits = (channel.codec, "8000", "64000") if channel.codec else ("", "", "")
    row: dict[str, Any] = {
        "uuid": session.uuid,
        "direction": channel.direction,
        "created": datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "created_epoch": str(created),
        "name": channel.name,
        "state": channel.running_state.label,
        "cid_name": profile.caller_id_name,
        "cid_num": profile.caller_id_number,
        "ip_addr": profile.network_addr,
        "dest": profile.destination_number,
        "application": channel.get("current_application") or "",
        "application_data": channel.get("current_application_data") or "",
        "dialplan": profile.dialplan,
        "context": profile.context,
        "read_codec": codec,
        "read_rate": rate,
        "read_bit_rate": bits,
        "write_codec": codec,
        "write_rate": rate,
        "write_bit_rate": bits,
        "secure": "",
        "hostname": session.switch.node.hostname,
        "presence_id": channel.get("presence_id") or "",
        "presence_data": "",
        "accountcode": channel.get("accountcode") or "",
        "callstate": channel.callstate.name,
        "callee_name": profile.callee_id_name,
        "callee_num": profile.callee_id_number,
        "callee_direction": "",
        "call_uuid": channel.get("call_uuid") or session.uuid if session.bridge_peer else "",
        "sent_callee_name": channel.get("last_sent_callee_id_name") or "",
        "sent_callee_num": channel.get("last_sent_callee_id_number") or "",
        "initial_cid_name": profile.orig_caller_id_name,
        "initial_cid_num": profile.orig_caller_id_number,
        "initial_ip_addr": profile.network_addr,
        "initial_dest": profile.destination_number,
        "initial_dialplan": profile.dialplan,
        "initial_context": profile.context,
    }
    return row


def _call_row(session: Session) -> dict[str, str]:
    row = _channel_row(session)
    peer = session.bridge_peer
    other = _channel_row(peer) if peer is not None else dict.fromkeys(row, "")
    return {**row, **{f"b_{name}": value for name, value in other.items()}}


def _registration_row(switch: Switch, phone: Any) -> dict[str, str]:
    account = phone.account
    return {
        "reg_user": account.user,
        "realm": account.domain,
        "token": phone.call_id,
        "url": f"sofia/phones/sip:{account.user}@{switch.settings.sip_address}:{phone.port}",
        "expires": str(phone.expires_at // 1_000_000),
        "network_ip": switch.settings.sip_address,
        "network_port": str(phone.port),
        "network_proto": "udp",
        "hostname": switch.node.hostname,
        "metadata": "",
    }


async def limit_usage(switch: Switch, arguments: str) -> str:
    words = arguments.split()
    return str(switch.limits.usage(words[1], words[2])) if len(words) >= 3 else "-USAGE: <backend> <realm> <id>\n"


async def echo(_switch: Switch, arguments: str) -> str:
    return arguments


async def create_uuid(_switch: Switch, _arguments: str) -> str:
    from uuid import uuid4

    return str(uuid4())


COMMANDS = {
    "status": status,
    "version": version,
    "hostname": hostname,
    "switchname": hostname,
    "global_getvar": global_getvar,
    "global_setvar": global_setvar,
    "eval": eval_text,
    "expand": eval_text,
    "fsctl": fsctl,
    "reloadxml": reloadxml,
    "reloadacl": reloadxml,
    "xml_flush_cache": xml_flush_cache,
    "show": show,
    "limit_usage": limit_usage,
    "echo": echo,
    "create_uuid": create_uuid,
}
