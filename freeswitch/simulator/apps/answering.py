"""answer, pre_answer, ring_ready, respond, hangup."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freeswitch.simulator.domain.causes import cause_of_sip, parse_cause

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session


async def answer(session: Session, _data: str) -> None:
    """Answer the caller."""
    session.answer()


async def pre_answer(session: Session, _data: str) -> None:
    """Open early media."""
    session.pre_answer()


async def ring_ready(session: Session, _data: str) -> None:
    """Send 180."""
    session.ring_ready()


async def respond(session: Session, data: str) -> None:
    """Refuse an unanswered caller with a SIP status: `respond 503`, `respond 404 Not here`."""
    status = data.split(maxsplit=1)[0] if data.split() else "488"
    if status.isdigit() and not session.channel.answered and int(status) >= 300:
        session.channel.set("sim_respond", status)
        session.hangup(cause_of_sip(int(status)))


async def hangup(session: Session, data: str) -> None:
    """Hang up with a cause."""
    session.hangup(parse_cause(data, "NORMAL_CLEARING") if data else "NORMAL_CLEARING")
