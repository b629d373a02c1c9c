"""uuid_* commands: act on one leg (mod_commands.c)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from freeswitch.simulator import bridging
from freeswitch.simulator.domain.causes import parse_cause
from freeswitch.simulator.domain.dialplan import Application
from freeswitch.simulator.domain.event import plain_headers
from freeswitch.simulator.domain.states import State
from freeswitch.simulator.recordings import Recording, start_recording
from freeswitch.simulator.sip import play_hold_music
from freeswitch.simulator.transfer import blind_transfer

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session
    from freeswitch.simulator.switch import Switch

NO_CHANNEL = "-ERR No such channel!\n"
OK = "+OK\n"


def _live(switch: Switch, uuid: str) -> Session | None:
    return switch.sessions.get(uuid)


async def uuid_kill(switch: Switch, arguments: str) -> str:
    uuid, _, cause = arguments.partition(" ")
    if not uuid:
        return "-USAGE: <uuid> [cause]\n"
    session = _live(switch, uuid)
    if session is None:
        return NO_CHANNEL
    session.hangup(parse_cause(cause, "NORMAL_CLEARING") if cause else "NORMAL_CLEARING")
    return OK


async def uuid_transfer(switch: Switch, arguments: str) -> str:
    words = arguments.split()
    if len(words) < 2:
        return "-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n"
    session = _live(switch, words[0])
    if session is None:
        return NO_CHANNEL
    words = words[1:]
    targets = [session]
    if words[0] in {"-bleg", "-both"}:
        peer = session.bridge_peer
        if peer is None:
            return "-ERR\n"
        targets = [peer] if words[0] == "-bleg" else [session, peer]
        for target in targets if words[0] == "-both" else ():
            target.channel.flags.add("redirect")
        words = words[1:]
    extension, dialplan, context = [*words, "", "", ""][:3]
    for target in targets:
        blind_transfer(target, extension, dialplan, context)
    return OK


async def uuid_bridge(switch: Switch, arguments: str) -> str:
    words = arguments.split()
    if len(words) != 2:
        return "-USAGE: <uuid> <other_uuid>\n"
    a, b = _live(switch, words[0]), _live(switch, words[1])
    if a is None or b is None or not bridging.uuid_bridge(a, b):
        return "-ERR Invalid uuid\n"
    return f"+OK {words[1]}\n"


async def uuid_park(switch: Switch, arguments: str) -> str:
    session = _live(switch, arguments.strip())
    if session is None:
        return NO_CHANNEL
    peer = session.bridge_peer
    session.handlers = {}
    session.channel.flags.add("transfer")
    session.set_state(State.PARK)
    if peer is not None:
        peer.poke()
    return OK


async def uuid_setvar(switch: Switch, arguments: str) -> str:
    words = arguments.split(None, 2)
    if len(words) < 2:
        return "-USAGE: <uuid> <var> [value]\n"
    session = _live(switch, words[0])
    if session is None:
        return NO_CHANNEL
    session.channel.set(words[1], words[2] if len(words) > 2 else None)
    return OK


async def uuid_setvar_multi(switch: Switch, arguments: str) -> str:
    uuid, _, pairs = arguments.partition(" ")
    session = _live(switch, uuid)
    if session is None:
        return NO_CHANNEL
    for pair in pairs.split(";"):
        name, _, value = pair.partition("=")
        session.channel.set(name.strip(), value)
    return OK


async def uuid_getvar(switch: Switch, arguments: str) -> str:
    words = arguments.split()
    if len(words) < 2:
        return "-USAGE: <uuid> <var>\n"
    session = _live(switch, words[0])
    if session is None:
        return NO_CHANNEL
    return session.channel.get(words[1]) or switch.globals.get(words[1]) or "_undef_"


async def uuid_exists(switch: Switch, arguments: str) -> str:
    return "true" if _live(switch, arguments.strip()) else "false"


async def uuid_dump(switch: Switch, arguments: str) -> str:
    uuid, _, form = arguments.partition(" ")
    session = _live(switch, uuid)
    if session is None:
        return NO_CHANNEL
    headers = switch.build_event("CHANNEL_DATA", session.channel).headers
    return orjson.dumps(headers).decode() if form == "json" else plain_headers(headers)


async def uuid_record(switch: Switch, arguments: str) -> str:
    words = arguments.split()
    if len(words) < 3:
        return "-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n"
    session = _live(switch, words[0])
    if session is None:
        return "-ERR Cannot locate session!\n"
    return _record(session, words[1].lower(), words[2])


def _record(session: Session, verb: str, path: str) -> str:
    if verb == "start":
        if not session.channel.media_ready:
            return "-ERR Cannot record session!\n"
        start_recording(session, path)
        return "+OK Success\n"
    recording = session.media_bugs.get(path)
    if verb == "stop" and path == "all":
        for name, bug in list(session.media_bugs.items()):
            if isinstance(bug, Recording):
                bug.close()
                del session.media_bugs[name]
        return "+OK Success\n"
    if not isinstance(recording, Recording):
        return f"-ERR Cannot {verb} record{'' if verb == 'stop' else 'ing'} session!\n"
    if verb == "stop":
        recording.close()
        session.media_bugs.pop(path, None)
    else:
        recording.masked = verb == "mask"
    return "+OK Success\n"


async def uuid_hold(switch: Switch, arguments: str) -> str:
    words = arguments.split()
    if not words:
        return "-USAGE: [off|toggle] <uuid> [<display>]\n"
    off = words[0] == "off"
    uuid = words[1] if words[0] in {"off", "toggle"} and len(words) > 1 else words[0]
    session = _live(switch, uuid)
    if session is not None:
        if words[0] == "toggle":
            off = "hold" in session.channel.flags
        hold(session, on=not off)
    return "+OK Success\n"


def hold(session: Session, *, on: bool) -> None:
    """Put the far end on hold ourselves, or take it back (switch_ivr_hold)."""
    flags, variables, peer = session.channel.flags, session.channel.variables, session.bridge_peer
    if on:
        flags |= {"hold", "suspend"}
        session.channel.times.last_hold = session.switch.clock.now()
        if peer is not None:
            play_hold_music(session, peer)
        session.fire("CHANNEL_HOLD")
    else:
        flags -= {"hold", "suspend"}
        if peer is not None:
            peer.break_application()
        session.fire("CHANNEL_UNHOLD")
    if session.channel.direction == "inbound":  # the answer to our re-INVITE is read as if we had called
        variables["sip_from_user"] = str(variables.get("sip_req_user", ""))
        variables["sip_to_user"] = session.channel.profile.username


async def uuid_broadcast(switch: Switch, arguments: str) -> str:
    words = arguments.split()
    if len(words) < 2:
        return "-USAGE: <uuid> <path> [aleg|bleg|holdb|both]\n"
    session = _live(switch, words[0])
    if session is None:
        return "-ERR invalid uuid\n"
    name, found, data = words[1].partition("::")
    application = Application(name, data) if found else Application("playback", words[1])
    legs = words[2] if len(words) > 2 else "aleg"
    targets = [session] if legs in {"aleg", "both"} else []
    if legs in {"bleg", "both"} and session.bridge_peer is not None:
        targets.append(session.bridge_peer)
    for target in targets:
        target.queue(
            {"call-command": "execute", "execute-app-name": application.name, "execute-app-arg": application.data}
        )
    return "+OK Message sent\n"


async def uuid_break(switch: Switch, arguments: str) -> str:
    words = arguments.split()
    session = _live(switch, words[0]) if words else None
    if session is None:
        return NO_CHANNEL
    if "all" in words:
        session.messages.clear()
    session.break_application()
    return OK


async def uuid_answer(switch: Switch, arguments: str) -> str:
    session = _live(switch, arguments.strip())
    if session is None:
        return "-ERROR\n"
    session.answer()
    return OK


async def uuid_send_dtmf(switch: Switch, arguments: str) -> str:
    uuid, _, digits = arguments.partition(" ")
    session = _live(switch, uuid)
    if session is None or not digits:
        return "-ERR no reply\n"
    if session.far is not None:
        session.far.hear(digits.partition("@")[0])
    return OK


async def uuid_recv_dtmf(switch: Switch, arguments: str) -> str:
    uuid, _, keys = arguments.partition(" ")
    session = _live(switch, uuid)
    if not keys:
        return "-USAGE: <uuid> <dtmf_data>\n"
    if session is None:
        return "-ERR Cannot locate session!\n"
    session.digits.receive(keys.partition("@")[0], "APP")
    return f"+OK {uuid} received DTMF {keys}.\n"


async def sched_hangup(switch: Switch, arguments: str) -> str:
    from freeswitch.simulator.apps.control import schedule_hangup

    words = arguments.split()
    if len(words) < 2:
        return "-USAGE: [+]<time> <uuid> [<cause>]\n"
    session = _live(switch, words[1])
    if session is not None:
        cause = parse_cause(words[2], "ALLOTTED_TIMEOUT") if len(words) > 2 else "ALLOTTED_TIMEOUT"
        schedule_hangup(session, words[0], cause)
    return "+OK\n"


async def hupall(switch: Switch, arguments: str) -> str:
    words = arguments.split()
    cause = parse_cause(words[0], "MANAGER_REQUEST") if words else "MANAGER_REQUEST"
    for session in list(switch.sessions.values()):
        if len(words) < 3 or session.channel.get(words[1]) == words[2]:
            session.hangup(cause)
    if len(words) < 3:
        return f"+OK hangup all channels with cause {cause}\n"
    return f"+OK hangup all channels matching [{words[1]}]=[{words[2]}] with cause: {cause}\n"


COMMANDS = {
    "uuid_kill": uuid_kill,
    "uuid_transfer": uuid_transfer,
    "uuid_bridge": uuid_bridge,
    "uuid_park": uuid_park,
    "uuid_setvar": uuid_setvar,
    "uuid_setvar_multi": uuid_setvar_multi,
    "uuid_getvar": uuid_getvar,
    "uuid_exists": uuid_exists,
    "uuid_dump": uuid_dump,
    "uuid_record": uuid_record,
    "uuid_hold": uuid_hold,
    "uuid_broadcast": uuid_broadcast,
    "uuid_break": uuid_break,
    "uuid_answer": uuid_answer,
    "uuid_send_dtmf": uuid_send_dtmf,
    "uuid_recv_dtmf": uuid_recv_dtmf,
    "sched_hangup": sched_hangup,
    "hupall": hupall,
}
