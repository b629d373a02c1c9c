"""`socket host:port [async] [full]`: hand the leg to a program (mod_event_socket.c: socket_function)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from freeswitch.simulator import session as sessions
from freeswitch.simulator.domain.states import State

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session

CONNECT_SECONDS = 5.0


async def socket(session: Session, data: str) -> None:
    """Connect and let the program command the leg; with `socket_resume` the next application runs when it leaves."""
    from freeswitch.simulator.esl.connection import Connection

    words = data.split()
    opened = await _connect(session, words[0].split("|")) if words else None
    api = session.switch.api
    if opened is None or api is None:
        return
    flags = {word.lower() for word in words[1:]}
    connection = Connection(*opened, session.switch, api, controlled=session, flags=flags)
    session.programs.add(connection)
    serving = asyncio.create_task(connection.serve_outbound())
    channel = session.channel
    try:
        if "async" in flags:
            connection.on_change = session.poke
            await session.wait(lambda: not channel.ready or connection.finished or connection.connected)
            await sessions.park(session)
            resumes = connection.resume or channel.is_true("socket_resume")
            moved = channel.flags & {"transfer", "redirect"} or channel.state is State.HIBERNATE
            if resumes and channel.up and not moved:
                session.set_state(State.EXECUTE)
        else:
            await asyncio.wait({serving, asyncio.create_task(session.gone.wait())}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        session.switch.background(connection.leave(session))


async def _connect(session: Session, hosts: list[str]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    for host in hosts:
        address, _, port = host.rpartition(":")
        session.channel.set("socket_host", address)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                return await asyncio.open_connection(address, int(port.partition("/")[0]))
        except (OSError, ValueError, TimeoutError) as error:
            session.switch.log.warning("socket %s: %s", host, error)
    return None
