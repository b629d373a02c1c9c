"""limit, schedules, execute_extension, event, hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freeswitch.simulator.domain.arguments import separate
from freeswitch.simulator.domain.causes import parse_cause
from freeswitch.simulator.domain.dialplan import Application, hunt, inline
from freeswitch.simulator.transfer import blind_transfer

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session


async def limit(session: Session, data: str) -> None:
    """`hash realm id max[/interval] [extension [dialplan [context]] | !CAUSE]` (mod_dptools: limit_function)."""
    words = data.split()
    if len(words) < 3:
        return
    _, realm, key = words[:3]
    maximum, _, interval = words[3].partition("/") if len(words) > 3 else ("-1", "", "")
    if session.switch.limits.take(session, realm, key, int(maximum), int(interval or 0)):
        return
    extension, dialplan, context = [*words[4:], "", "", ""][:3]
    extension = extension or "limit_exceeded"
    if extension.startswith("!"):
        session.hangup(parse_cause(extension[1:]))
    else:
        blind_transfer(session, extension, dialplan, context)


async def sched_hangup(session: Session, data: str) -> None:
    """`[+]seconds [CAUSE]`."""
    words = data.split()
    if words and words[0].lstrip("+").isdigit():
        cause = parse_cause(words[1]) if len(words) > 1 else "ALLOTTED_TIMEOUT"
        schedule_hangup(session, words[0], cause)


def schedule_hangup(session: Session, when: str, cause: str) -> None:
    """Hang the leg up `+seconds` from now, or at an epoch second."""
    seconds = float(when.lstrip("+"))
    if not when.startswith("+"):
        seconds = max(0.0, seconds - session.switch.clock.now() / 1e6)
    session.switch.clock.call_later(seconds, lambda: session.hangup(cause))


async def sched_transfer(session: Session, data: str) -> None:
    """`[+]seconds extension [dialplan [context]]`."""
    words = data.split()
    if len(words) < 2:
        return
    extension, dialplan, context = [*words[1:], "", "", ""][:3]
    seconds = float(words[0].lstrip("+"))
    session.switch.clock.call_later(seconds, lambda: blind_transfer(session, extension, dialplan, context))


async def execute_extension(session: Session, data: str) -> None:
    """Run another extension's applications and come back: `extension [dialplan [context]]`.

    None is run on a leg that is being moved.
    """
    extension, dialplan, context = [*separate(data, 4), "", "", ""][:3]
    channel = session.channel
    if dialplan == "inline":
        channel.inline_number = channel.profile.rdnis  # inline_dialplan_hunt moves the numbers up by one
    for application in inline(extension) if dialplan == "inline" else _static(session, extension, context):
        if not channel.ready:
            break
        await session.execute(application)
    channel.inline_number = None


def _static(session: Session, extension: str, context: str) -> tuple[Application, ...]:
    channel = session.channel
    found = hunt(
        session.switch.static_dialplan,
        context or channel.profile.context,
        lambda name: extension if name == "destination_number" else channel.get(name),
    )
    return found.applications if found else ()


async def event(session: Session, data: str) -> None:
    """Send an event: `Event-Name=CUSTOM,Event-Subclass=x::y,Header=value`."""
    headers = dict(part.partition("=")[::2] for part in data.split(",") if "=" in part)
    name = headers.pop("Event-Name", "CHANNEL_APPLICATION")
    session.fire(name, headers, headers.pop("Event-Subclass", ""))


async def hold(session: Session, _data: str) -> None:
    """Send the far end a hold."""
    session.channel.times.last_hold = session.switch.clock.now()
    session.fire("CHANNEL_HOLD")


async def unhold(session: Session, _data: str) -> None:
    """Take the far end back."""
    session.fire("CHANNEL_UNHOLD")
