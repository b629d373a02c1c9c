"""`conference` (mod_conference) and `eavesdrop` by command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from freeswitch.simulator.switch import Switch


async def conference(switch: Switch, arguments: str) -> str:
    """`<name> list|kick|mute|unmute|deaf|undeaf ...`, `list`, `json_list`."""
    words = arguments.split()
    if not words or words[0] in {"list", "json_list"}:
        rooms = [{"conference_name": room.name, "member_count": len(room.members)} for room in switch.rooms.all()]
        return orjson.dumps(rooms).decode() if rooms or words == ["json_list"] else "+OK No active conferences.\n"
    room = switch.rooms.find(words[0])
    if room is None:
        return f"-ERR Conference {words[0]} not found\n"
    verb = words[1] if len(words) > 1 else "list"
    if verb == "list":
        return "".join(
            f"{member.number};{member.session.channel.name};{member.session.uuid};"
            f"{member.session.channel.profile.caller_id_name};{member.session.channel.profile.caller_id_number};"
            f"{'|'.join(sorted(member.flags))};0;0;100\n"
            for member in room.members
        )
    if verb in {"kick", "hup", "mute", "unmute", "deaf", "undeaf"} and len(words) > 2:
        met = switch.rooms.act(room, verb, words[2])
        if not met:
            return f"-ERR Non-Existant ID {words[2]}\n"
        return "".join(f"+OK {'kicked' if verb in {'kick', 'hup'} else verb} {number}\n" for number in met)
    return "-ERR command not found\n"


COMMANDS = {"conference": conference}
