"""CS_ROUTING: ask for a dialplan, over HTTP first, from the static one when nobody answers (mod_dialplan_xml.c)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from freeswitch.simulator.domain.dialplan import BadAnswer, Hunt, hunt, parse_answer
from freeswitch.simulator.domain.states import State

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session


async def route(session: Session) -> None:
    """Find what the leg is to run and start it, or hang up with NO_ROUTE_DESTINATION."""
    channel = session.channel
    channel.set("call_uuid", session.uuid)
    if session.extension and "queued_extension" in channel.flags:
        channel.flags.discard("queued_extension")
        session.set_state(State.EXECUTE)
        return
    if channel.profile.dialplan == "inline":
        # What was dialled before is shown, not the list of applications (inline_dialplan_hunt).
        channel.profile.destination_number, channel.profile.rdnis = channel.profile.rdnis, ""
        channel.enter_dialplan()
        session.set_state(State.EXECUTE)
        return
    found = await _ask(session)
    if not channel.up:
        return
    if found is None:
        session.hangup("NO_ROUTE_DESTINATION")
        return
    if found.captures:
        channel.variables["DP_MATCH"] = list(found.captures)
    channel.enter_dialplan()
    session.extension = deque(found.applications)
    session.set_state(State.EXECUTE)


async def _ask(session: Session) -> Hunt | None:
    switch, channel = session.switch, session.channel
    answer = await switch.lookups.dialplan(session)
    section = None
    if answer is not None:
        try:
            section = parse_answer(answer, "dialplan")
        except BadAnswer as error:
            switch.log.warning("dialplan answer refused: %s", error)
    if section is None:
        section = switch.static_dialplan
    return hunt(section, channel.profile.context, lambda name: channel.get(name) or switch.globals.get(name))
