"""One question of the switch, as data. What is not proved is marked as such."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from services.routing.domain.progress import Progress
from shared.telephony.handover import Leaving
from shared.telephony.hops import Direction, Hop

PHONES = "seda"
"""Context of phones: the tenant was proved by the device's password."""
TRUNKS = "seda-trunk"
"""Context of trunks: nothing is proved but the source address."""
NEXT = "seda-next"
"""What a call dials to have its next step decided."""


@dataclass(frozen=True, slots=True)
class Request:
    """A call that asks where to go.

    Args:
        leg_id: the channel's UUID.
        context: `PHONES` or `TRUNKS`.
        destination: what was dialled, or `NEXT`.
        tenant_id: from the channel variable that sign-in (or routing itself, earlier) set; never from SIP.
        extension_id: the extension whose device called, likewise.
        call_id: of a call that was routed before; none on the first question.
        caller_number: as the caller says; believed from nobody but trunks.
        caller_name: likewise.
        network_address: source address of the SIP request.
        gateway: the gateway FreeSWITCH found the call to come from, by its Contact.
        progress: where routing left off; none unless its signature was right.
        disposition: FreeSWITCH's cause name of the attempt that just failed; empty when there was none.
        acting_id: extension in whose name the call goes, set by routing earlier.
        party_id: extension that answered this call, if any: a transfer is its doing.
        direction: as decided at the first question.
        answered: whether the caller's leg is answered already.
        leaving: where a program sends the call; none unless its signature was right.
        called: the number that was called at first, where a program had the call.
        turn: how often the call was handed to a program so far.
        queue_turn: how often the leg was sent to a queue so far.
        was_bridged: whether somebody was connected to the leg since it came to its queue.
        node_id: the switch that asks.
        hop: of a call that another node makes to a phone here; none unless its signature was right.
    """

    leg_id: str
    context: str
    destination: str
    tenant_id: UUID | None = None
    extension_id: UUID | None = None
    call_id: str | None = None
    caller_number: str = ""
    caller_name: str = ""
    network_address: str = ""
    gateway: str = ""
    progress: Progress | None = None
    disposition: str = ""
    acting_id: UUID | None = None
    party_id: UUID | None = None
    direction: Direction | None = None
    answered: bool = False
    leaving: Leaving | None = None
    called: str = ""
    turn: int = 0
    queue_turn: int = 0
    was_bridged: bool = False
    node_id: str = ""
    hop: Hop | None = None

    @property
    def is_first(self) -> bool:
        """Whether this is the call's first question: caps are counted then. Only routing sets the direction."""
        return self.direction is None
