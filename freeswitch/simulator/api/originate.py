"""`originate <dial string> <extension>|&app(args) [dialplan] [context] [cid name] [cid number] [timeout]`."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from freeswitch.simulator.domain.dial_string import BadDialString, parse_dial_string
from freeswitch.simulator.domain.dialplan import Application
from freeswitch.simulator.domain.states import State
from freeswitch.simulator.originate import CallerId, Originate
from freeswitch.simulator.transfer import blind_transfer

if TYPE_CHECKING:
    from freeswitch.simulator.switch import Switch

USAGE = (
    "-USAGE: <call url> <exten>|&<application_name>(<app_args>) "
    "[<dialplan>] [<context>] [<cid_name>] [<cid_num>] [<timeout_sec>]\n"
)


async def originate(switch: Switch, arguments: str) -> str:
    """Ring, then run the application or route to the extension; `+OK <uuid>` or `-ERR <CAUSE>`."""
    words = _words(arguments)
    if len(words) < 2:
        return USAGE
    target, destination = words[0], words[1]
    dialplan, context, cid_name, cid_number, timeout = [*words[2:], "", "", "", "", ""][:5]
    try:
        dial = parse_dial_string(target)
    except BadDialString:
        return USAGE
    if "outbound" in switch.paused:
        return "-ERR SWITCH_CONGESTION\n"
    caller_id = CallerId(cid_name, cid_number or "0000000000")
    seconds = float(timeout) if timeout.isdigit() else None
    leg, cause = await Originate(switch, None, dial, seconds, caller_id).run()
    if leg is None:
        return f"-ERR {cause}\n"
    if destination.startswith("&"):
        name, _, data = destination[1:].partition("(")
        leg.extension = deque([Application(name, data.removesuffix(")"))])
        leg.channel.enter_dialplan()
        leg.set_state(State.EXECUTE)
    else:
        blind_transfer(leg, destination, dialplan, context)
    return f"+OK {leg.uuid}\n"


def _words(text: str) -> list[str]:
    """Split at spaces outside brackets, parentheses and quotes."""
    words, current, depth, quoted = [], "", 0, False
    for character in text:
        if character == "'":
            quoted = not quoted
        elif character in "{[(<":
            depth += 1
        elif character in "}])>":
            depth -= 1
        if character == " " and depth == 0 and not quoted:
            if current:
                words.append(current)
            current = ""
        else:
            current += character
    words = [*words, current] if current else words
    return [word[1:-1] if index >= 2 and word[:1] == word[-1:] == "'" else word for index, word in enumerate(words)]


COMMANDS = {"originate": originate}
