"""Send a leg to another extension (FreeSWITCH: switch_ivr_session_transfer)."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING
from uuid import uuid4

from freeswitch.simulator.domain.dialplan import inline
from freeswitch.simulator.domain.states import State

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session

MAX_FORWARDS = 70


def blind_transfer(session: Session, extension: str, dialplan: str = "", context: str = "") -> None:
    """Route the leg again to `extension`; with dialplan `inline`, `extension` is a list of applications.

    Too many transfers of one leg end it with EXCHANGE_ROUTING_ERROR (`max_forwards`).
    """
    channel = session.channel
    left = int(channel.get("max_forwards") or MAX_FORWARDS + 1) - 1
    if left <= 0:
        session.hangup("EXCHANGE_ROUTING_ERROR")
        return
    channel.set("max_forwards", str(left))
    channel.flags.discard("originating")
    session.handlers = {}
    old = channel.profile
    profile = old.snapshot(with_times=False)
    channel.is_routed(profile)
    profile.dialplan = dialplan or (old.dialplan if old.dialplan != "inline" else "") or "XML"
    profile.context = context or old.context or "default"
    profile.destination_number = extension
    profile.rdnis = old.destination_number if channel.inline_number is None else channel.inline_number
    for other in (session.bridge_peer,):
        if other is not None:
            other.channel.set("signal_bond", None)
    channel.set("signal_bond", None)
    channel.flags.add("transfer")
    now = session.switch.clock.now()
    channel.start_profile(profile, now)
    session.extension = deque(inline(extension)) if dialplan == "inline" else deque()
    session.set_state(State.ROUTING)
    source = f"{now // 1_000_000}:{uuid4()}:bl_xfer:{extension}/{profile.context}/{profile.dialplan}"
    profile.transfer_source = source
    channel.push("transfer_history", source, front=True)
    channel.set("transfer_source", source)
