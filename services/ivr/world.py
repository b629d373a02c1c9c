"""What lies outside the call: requests of flows, customers, and what flows write down and read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal
from uuid import UUID

from services.ivr.conversation import CallContext
from services.ivr.domain.actions import Request
from services.ivr.domain.events import RequestFailed, Responded
from services.ivr.webhooks import Webhooks
from shared.bus.port import Bus, BusError
from shared.contracts.switch import Record
from shared.runtime.logs import get_logger

log = get_logger(__name__)

MASK_SECONDS: Final = 0.5

Errand = Callable[[Any, CallContext], Awaitable[object]]
"""Writes or reads one kind of thing for a call; the answer is a plain value."""
FindCustomer = Callable[[UUID, str], Awaitable[dict[str, str] | None]]


class OutsideWorld:
    """Sends each errand to whose it is.

    Args:
        errands: by the class of what is written or read.
    """

    def __init__(
        self, bus: Bus, webhooks: Webhooks, find_customer: FindCustomer, errands: Mapping[type, Errand]
    ) -> None:
        self._bus = bus
        self._webhooks = webhooks
        self._find_customer = find_customer
        self._errands = errands

    async def send(self, request: Request) -> Responded | RequestFailed:
        """Send a request of a flow."""
        return await self._webhooks.send(request)

    async def find_customer(self, tenant_id: UUID, number: str) -> dict[str, str] | None:
        """Who has this number."""
        return await self._find_customer(tenant_id, number)

    async def mask_recording(self, call: CallContext, *, on: bool) -> None:
        """Silence the recording of a call that is being recorded while its caller types what nobody may hear.

        Nothing is said when there is no recording, or the switch's link is away: the caller is not kept waiting.
        """
        leg_id = call.facts.leg_id
        action: Literal["mask", "unmask"] = "mask" if on else "unmask"
        command = Record(tenant_id=call.tenant_id, leg_id=leg_id, action=action, file=f"{call.tenant_id}/{leg_id}.wav")
        try:
            await self._bus.request(command, timeout=MASK_SECONDS)
        except BusError as error:
            log.warning("a recording could not be masked", leg_id=leg_id, action=action, reason=str(error))

    async def write(self, what: object, call: CallContext) -> object:
        """Write something down; returns when it cannot be lost any more."""
        return await self._errands[type(what)](what, call)

    async def read(self, what: object, call: CallContext) -> object:
        """Read something of the tenant's."""
        return await self._errands[type(what)](what, call)
