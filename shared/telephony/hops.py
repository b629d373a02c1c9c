"""A call from one node to a phone that is registered on another: a SIP call between the two, proved by a signature.

The calling node sends an INVITE for the device to the other node's trunk profile, with a `Hop` in the header
``X-Seda-Hop``. It is signed with the secret that the services share, for this one device and for a minute, so that
nobody outside can make a tenant's phone ring: where it is missing or wrong, the call is a carrier's like any other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Literal, cast, get_args
from uuid import UUID

from shared.telephony.dial_string import Leg, NodePhone, Phone
from shared.telephony.handover import TextSeal
from shared.telephony.ids import leg_id as checked_leg_id
from shared.telephony.whereabouts import Place, Whereabouts

__all__ = ["HOP_HEADER", "HOP_PEER", "STANDING", "VALID_SECONDS", "Direction", "Hop", "Hops"]

HOP_HEADER: Final = "sip_h_X-Seda-Hop"
"""Variable: on a leg that is called it becomes the header, and of a leg that came in it has the header's text."""
HOP_PEER: Final = "seda_hop_peer"
"""Variable: the life of the other node's switch (``<node>/<core>``) on which the leg ends when that does."""
STANDING: Final = "leg-"
"""Called with this before its id, a leg that is up on the other node takes the call, instead of a device."""
VALID_SECONDS: Final = 60
"""Clocks of nodes and services may differ by so much, too."""

Direction = Literal["internal", "inbound", "outbound"]
_DIRECTIONS: Final = frozenset(get_args(Direction))


@dataclass(frozen=True, slots=True)
class Hop:
    """What the other node must know of the call.

    Args:
        tenant_id: whose device it is.
        call_id: the call that its leg becomes part of, a channel's UUID.
        direction: of that call.
        peer: the life of the switch that calls; empty: it is not known.
    """

    tenant_id: UUID
    call_id: str
    direction: Direction
    peer: str = ""


class Hops:
    """Has phones called by way of their own nodes, and knows such a call when it comes.

    Args:
        secret: known to every replica of the services that have phones called, and to routing.
        whereabouts: where devices are registered.
    """

    def __init__(self, secret: str, whereabouts: Whereabouts) -> None:
        self._seal = TextSeal(secret, "seda hop")
        self._whereabouts = whereabouts

    def leg(self, leg: Leg, node_id: str, hop: Hop, now: datetime) -> Leg:
        """The leg to a device as the switch ``node_id`` calls it: as it is, or by the node it is registered on.

        Args:
            hop: the call; who calls is filled in.
            now: UTC; what is written now holds for `VALID_SECONDS`.

        Raises:
            ValueError: the call's id is no UUID.
        """
        phone = leg.endpoint
        if not isinstance(phone, Phone):
            return leg
        place = self._whereabouts.of(phone.sip_username, phone.domain)
        if place is None or place.node_id == node_id or not place.address:
            return leg
        by_node = self._to(phone.sip_username, place, node_id, hop, now)
        return replace(leg, endpoint=by_node.endpoint, variables={**leg.variables, **by_node.variables})

    def standing_leg(self, leg_id: str, on: str, node_id: str, hop: Hop, now: datetime) -> Leg | None:
        """The leg by which the switch ``node_id`` is connected with a leg that is up on the switch ``on``.

        Args:
            hop, now: as of `leg`.

        Returns:
            The leg, or none where that switch cannot be called.

        Raises:
            ValueError: an id is no UUID.
        """
        place = self._whereabouts.node(on)
        if place is None or not place.address:
            return None
        return self._to(STANDING + checked_leg_id(leg_id), place, node_id, hop, now)

    def _to(self, user: str, place: Place, node_id: str, hop: Hop, now: datetime) -> Leg:
        """The leg from one node to whatever the other knows by this name."""
        here = self._whereabouts.node(node_id)
        sealed = self._close(replace(hop, peer=here.life if here else ""), user, now)
        return Leg(NodePhone(user, place.address), {HOP_HEADER: sealed, HOP_PEER: place.life})

    def _close(self, hop: Hop, sip_username: str, now: datetime) -> str:
        until = int((now + timedelta(seconds=VALID_SECONDS)).timestamp())
        text = f"1,{until},{hop.tenant_id},{checked_leg_id(hop.call_id)},{hop.direction},{hop.peer}"
        return self._seal.close(text, sip_username)

    def open(self, text: str, sip_username: str, now: datetime) -> Hop | None:
        """The hop, when one of us wrote it for this device and not long ago; none otherwise."""
        signed = self._seal.open(text, sip_username)
        parts = signed.split(",") if signed is not None else []
        if len(parts) != 6 or parts[0] != "1" or parts[4] not in _DIRECTIONS:
            return None
        if datetime.fromtimestamp(int(parts[1]), UTC) < now:
            return None
        return Hop(UUID(parts[2]), parts[3], cast("Direction", parts[4]), parts[5])
