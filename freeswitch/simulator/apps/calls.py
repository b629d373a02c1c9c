"""bridge, transfer, park, intercept, attended transfer, eavesdrop, conference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freeswitch.simulator import session as sessions
from freeswitch.simulator.bridging import dial_and_bridge, uuid_bridge
from freeswitch.simulator.domain.dial_string import BadDialString, parse_dial_string
from freeswitch.simulator.originate import Originate
from freeswitch.simulator.transfer import blind_transfer

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session


async def bridge(session: Session, data: str) -> None:
    """Ring and talk."""
    if data:
        await dial_and_bridge(session, data)


async def transfer(session: Session, data: str) -> None:
    """`[-bleg|-both] extension [dialplan [context]]`."""
    words = data.split()
    if not words:
        return
    targets: list[Session | None] = [session]
    if words[0] in {"-bleg", "-both"}:
        peer = session.bridge_peer or session.switch.sessions.get(session.channel.get("bridge_uuid") or "")
        targets = [peer] if words[0] == "-bleg" else [peer, session]
        words = words[1:]
    extension, dialplan, context = [*words, "", "", ""][:3]
    for target in targets:
        if target is not None:
            blind_transfer(target, extension, dialplan, context)


async def park(session: Session, _data: str) -> None:
    """Wait for commands."""
    await sessions.park(session)


async def intercept(session: Session, data: str) -> None:
    """Take a call over: `[-bleg] uuid`."""
    words = data.split()
    if not words:
        return
    target = session.switch.sessions.get(words[-1])
    if target is not None and words[0] == "-bleg":
        target = target.bridge_peer
    if target is None:
        return
    session.answer()
    loser = target.bridge_peer
    if uuid_bridge(session, target) and loser is not None:
        loser.hangup("PICKED_OFF")


async def att_xfer(session: Session, data: str) -> None:
    """Call a third party while the other side is on hold, then connect them when we hang up."""
    peer = session.bridge_peer
    try:
        dial = parse_dial_string(data)
    except BadDialString:
        return
    third, _cause = await Originate(session.switch, session, dial).run()
    if third is None or peer is None:
        return
    session.partner, third.partner = third, session
    await session.wait(lambda: not session.channel.ready or not third.channel.up)
    if third.channel.up and peer.channel.up:
        uuid_bridge(peer, third)


async def eavesdrop(session: Session, data: str) -> None:
    """Listen to a leg until either ends: `uuid`."""
    target = session.switch.sessions.get(data.strip())
    session.answer()
    if target is None:
        return
    await session.switch.rooms.eavesdrop(session, target)


async def conference(session: Session, data: str) -> None:
    """`name[@profile][+pin][+flags{...}]`: stay in the room until out."""
    await session.switch.rooms.join(session, data)
