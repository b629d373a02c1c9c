"""How a number outside is called: routing says by which trunks, or why it is not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from services.acd.errors import PhoneNotAllowed, PhoneUnreachable, RoutingNotReady
from shared.bus.port import Bus, BusError
from shared.contracts.routing import FindWayOut, WayOutReply
from shared.http.errors import ApiError
from shared.imports.files import Problem
from shared.telephony.destinations import Destination, DestinationKind

ANSWER_SECONDS: Final = 2.0
AT_ONCE: Final = 50
NOT_READY: Final = frozenset({"not_ready", "internal", "invalid"})
NO_TRUNK: Final = "no_trunk"


class WaysOut:
    """Asks any routing process."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def find(self, tenant_id: UUID, number: str) -> WayOutReply:
        """The trunks for an E.164 number, or a reply that is not ``ok``. Raises BusError: nobody answered."""
        reply = await self._bus.request(FindWayOut(tenant_id=tenant_id, number=number), timeout=ANSWER_SECONDS)
        return reply if isinstance(reply, WayOutReply) else WayOutReply(ok=False, code="internal")

    async def check(self, tenant_id: UUID, phone: Destination) -> None:
        """Whether an agent could be called there; an extension always.

        Raises:
            PhoneNotAllowed, PhoneUnreachable: a number outside that is not called, and why.
            RoutingNotReady: it is not known.
        """
        if (refusal := await self._refusal(tenant_id, phone)) is not None:
            raise refusal

    async def refusals(self, tenant_id: UUID, phones: Iterable[Destination]) -> dict[Destination, Problem]:
        """Which of these are not called, and why. Raises RoutingNotReady."""
        outside = {phone for phone in phones if phone.kind is DestinationKind.EXTERNAL}
        found: dict[Destination, Problem] = {}
        asked = sorted(outside)
        for some in (asked[at : at + AT_ONCE] for at in range(0, len(asked), AT_ONCE)):
            told = await asyncio.gather(*(self._refusal(tenant_id, phone) for phone in some))
            for phone, refusal in zip(some, told, strict=True):
                if isinstance(refusal, RoutingNotReady):
                    raise refusal
                if refusal is not None:
                    found[phone] = Problem("phone", refusal.code, refusal.detail)
        return found

    async def _refusal(self, tenant_id: UUID, phone: Destination) -> ApiError | None:
        if phone.kind is not DestinationKind.EXTERNAL:
            return None
        try:
            reply = await self.find(tenant_id, phone.target)
        except BusError as error:
            return _not_ready(str(error))
        if reply.ok:
            return None
        if reply.code in NOT_READY:
            return _not_ready(reply.detail)
        kind = PhoneUnreachable if reply.code == NO_TRUNK else PhoneNotAllowed
        return kind(f"{phone.target}: {reply.detail}", field="phone")


def _not_ready(detail: str) -> RoutingNotReady:
    return RoutingNotReady(detail, headers={"Retry-After": "1"})
