"""Messages that bus tests send, and a place where what arrived is kept."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar
from uuid import UUID, uuid4

from shared.contracts.calls import CallAnswered, CallCreated, CallHungUp
from shared.contracts.directory import NumberChanged
from shared.contracts.message import Live
from shared.contracts.switch import HangUp

TENANT = UUID("0197a000-0000-7000-8000-000000000001")
OTHER_TENANT = UUID("0197a000-0000-7000-8000-000000000002")


def created(call_id: str, **fields: Any) -> CallCreated:
    """A call that began."""
    return CallCreated(
        node_id="n1", core_id="c1", call_id=call_id, leg_id=call_id, leg_direction="inbound", tenant_id=TENANT, **fields
    )


def answered(call_id: str) -> CallAnswered:
    """A call that was answered."""
    return CallAnswered(node_id="n1", core_id="c1", call_id=call_id, leg_id=call_id, tenant_id=TENANT)


def hung_up(call_id: str) -> CallHungUp:
    """A call that ended."""
    return CallHungUp(
        node_id="n1", core_id="c1", call_id=call_id, leg_id=call_id, tenant_id=TENANT, cause="NORMAL_CLEARING"
    )


def number(entity: UUID | None = None, revision: int = 1, **fields: Any) -> NumberChanged:
    """A number's state."""
    return NumberChanged(id=entity or uuid4(), tenant_id=TENANT, revision=revision, e164="+982112345678", **fields)


def hang_up(node_id: str = "n1", leg_id: str = "leg-1") -> HangUp:
    """A command to a node."""
    return HangUp(node_id=node_id, leg_id=leg_id)


class QueueBoard(Live):
    """A snapshot, for tests."""

    name: ClassVar[str] = "queue_board"
    queue: str
    waiting: int = 0

    def key(self) -> str:
        return self.queue


class Inbox:
    """A handler that keeps what it gets."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self._new = asyncio.Event()

    async def __call__(self, message: Any) -> None:
        self.messages.append(message)
        self._new.set()

    async def wait(self, count: int = 1, timeout: float = 10.0) -> list[Any]:
        """What arrived, once it is ``count`` messages or more.

        Raises:
            TimeoutError: too few within ``timeout`` seconds.
        """
        async with asyncio.timeout(timeout):
            while len(self.messages) < count:
                self._new.clear()
                await self._new.wait()
        return list(self.messages)
