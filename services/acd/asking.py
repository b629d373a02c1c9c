"""Commands to whichever process owns a tenant's queues, and its refusals as errors of the API."""

from __future__ import annotations

from typing import Final, TypeVar

from pydantic import BaseModel, ValidationError

from services.acd.errors import (
    AgentUnknown,
    CallerNotWaiting,
    ContactOver,
    DestinationUnknown,
    FloorDeadline,
    FloorNotReady,
    IllegalChange,
    PhoneNotReached,
)
from shared.bus.port import Bus, BusTimeout, BusUnavailable, NoResponder
from shared.contracts.acd import ChangeAgent, ChangeContact, ChangeWaiting, FloorReply, ShowFloor, TenantCommand
from shared.http.errors import ApiError, NotFound
from shared.runtime.logs import get_logger

log = get_logger(__name__)

V = TypeVar("V", bound=BaseModel)

ANSWER_SECONDS: Final = 4.0
"""An owner answers once the change is stored."""
PHONE_SECONDS: Final = 35.0
"""Or once a phone was answered that rings for twenty seconds, or was not (`services.acd.supervising`)."""

UNKNOWN: Final[dict[type[TenantCommand], type[ApiError]]] = {
    ChangeAgent: AgentUnknown,
    ChangeWaiting: CallerNotWaiting,
    ChangeContact: AgentUnknown,
    ShowFloor: NotFound,
}


class Asking:
    """Sends commands to owners."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def ask(self, command: TenantCommand, timeout: float = ANSWER_SECONDS) -> FloorReply:
        """Have it done, within so many seconds.

        Raises:
            AgentUnknown, CallerNotWaiting, NotFound: the owner knows no such agent, caller or queue.
            ContactOver: the contact has ended. DestinationUnknown: there is nothing of that name.
            PhoneNotReached: nobody answered there.
            IllegalChange: not in this status. FloorNotReady: nobody owns the queues just now; nothing was done.
            FloorDeadline: no answer in time.
        """
        try:
            reply = await self._bus.request(command, timeout=timeout)
        except NoResponder as error:
            raise _not_ready() from error
        except BusTimeout as error:
            raise FloorDeadline() from error
        except BusUnavailable as error:
            raise _not_ready("the bus is away") from error
        assert isinstance(reply, FloorReply)  # noqa: S101 -- the bus decodes the command's own reply class
        if reply.ok:
            return reply
        if reply.code == "not_found":
            raise UNKNOWN[type(command)](reply.detail)
        if reply.code == "gone":
            raise ContactOver(reply.detail)
        if reply.code == "destination_unknown":
            raise DestinationUnknown(reply.detail, field="destination")
        if reply.code == "not_reached":
            raise PhoneNotReached(reply.detail, field="phone")
        if reply.code == "illegal_change":
            raise IllegalChange(reply.detail)
        raise _not_ready(reply.detail)

    async def show(self, command: TenantCommand, view: type[V], timeout: float = ANSWER_SECONDS) -> V:
        """Have it done and read the answer. Raises what `ask` raises."""
        reply = await self.ask(command, timeout)
        try:
            return view.model_validate_json(reply.result)
        except ValidationError as error:  # of another release
            log.error("the owner's answer cannot be read", command=command.name, reason=str(error))
            raise _not_ready("the owner of the queues is of another release") from error


def _not_ready(detail: str = "") -> FloorNotReady:
    return FloorNotReady(detail, headers={"Retry-After": "1"})
