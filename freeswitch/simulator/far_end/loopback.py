"""`loopback/<extension>/<context>`: a call of the switch to itself (mod_loopback.c). It never bows out."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from freeswitch.simulator.domain.channel import Channel
from freeswitch.simulator.domain.states import State

if TYPE_CHECKING:
    from freeswitch.simulator.session import Session
    from freeswitch.simulator.switch import Switch

CODEC = "L16"


class LoopbackEnd:
    """One half; it makes the other when it is called. What the switch does to one half happens to the other."""

    def __init__(self, switch: Switch, number: str, context: str, other: LoopbackEnd | None = None) -> None:
        self._switch, self._number, self._context = switch, number, context or "default"
        self._other = other
        self._session: Session | None = None

    def attach(self, session: Session) -> None:
        """The switch made its leg."""
        self._session = session

    def invited(self) -> None:
        """The other half comes in and is routed."""
        from freeswitch.simulator.session import Session

        caller = self._session
        if caller is None:
            return
        known = caller.channel.profile
        profile = known.snapshot(with_times=False)
        profile.uuid, profile.direction, profile.logical_direction = str(uuid4()), "inbound", "inbound"
        profile.dialplan, profile.context, profile.destination_number = "XML", self._context, self._number
        channel = Channel(profile.uuid, f"loopback/{self._number}-b", "inbound", profile, self._switch.clock.now())
        self._other = LoopbackEnd(self._switch, self._number, self._context, self)
        session = Session(self._switch, channel, self._other)
        self._other.attach(session)
        shared = (caller.channel.get("export_vars") or "").split(",")
        given = caller.channel.variables
        channel.variables |= {name: given[name] for name in shared if name in given}
        channel.variables |= {"direction": "inbound", "uuid": channel.uuid, "call_uuid": channel.uuid}
        channel.variables |= {"channel_name": channel.name, "session_id": str(self._switch.new_session_number())}
        channel.codec = caller.channel.codec = CODEC
        channel.state = State.INIT
        session.start()

    def switch_ringing(self) -> None:
        """It rings here, so it rings there."""
        if self._peer is not None:
            self._peer.mark_ring_ready()

    def switch_early_media(self) -> None:
        """Early media here is early media there."""
        if self._peer is not None:
            self._peer.mark_pre_answered()

    def switch_answered(self) -> None:
        """An answer here is an answer there."""
        if self._peer is not None:
            self._peer.mark_answered()

    def switch_shows(self, name: str, number: str) -> None:
        """Who is there is whom the other half is connected with."""
        if self._peer is not None:
            profile = self._peer.channel.profile
            profile.callee_id_name, profile.callee_id_number = name, number

    def switch_hung_up(self, session: Session) -> None:
        """The end of one half is the end of the other."""
        if self._peer is not None:
            self._peer.hangup(session.channel.hangup_cause)

    def hear(self, digits: str) -> None:
        """Keys pressed into one half come out of the other."""
        peer = self._peer
        if peer is not None and peer.bridge_peer is not None and peer.bridge_peer.far is not None:
            peer.bridge_peer.far.hear(digits)

    def silent_from(self) -> int | None:
        """Nobody knows what a loopback says."""
        return None

    @property
    def _peer(self) -> Session | None:
        return self._other._session if self._other is not None else None
