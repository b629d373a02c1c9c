"""The probe service's model, messages and a bus that can be broken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar
from uuid import UUID

from sqlalchemy import UniqueConstraint, text

from shared.contracts.message import Encoded, StateEvent
from shared.db.tables import TenantRow, metadata_for


class Extension(TenantRow, table=True):
    __tablename__ = "extensions"
    __table_args__ = (UniqueConstraint("tenant_id", "number"),)
    metadata = metadata_for("probe")

    number: str


ADD = text(
    "INSERT INTO extensions (id, tenant_id, number, revision, created_at, updated_at)"
    " VALUES (:id, :tenant_id, :number, 1, now(), now())"
)
NUMBERS = text("SELECT number FROM extensions ORDER BY number")


class ExtensionProbed(StateEvent):
    owner: ClassVar[str] = "probe"
    name: ClassVar[str] = "extension.probed"

    id: UUID
    text: str = ""

    def key(self) -> str:
        return str(self.id)


class RecordingBus:
    """Keeps what it is given; fails when told to, and lets a test wait for what arrives."""

    def __init__(self) -> None:
        self.arrived: list[Encoded] = []
        self.broken: Exception | None = None
        self.attempts = 0
        self.before_ack: Callable[[Sequence[Encoded]], None] | None = None
        self._changed = asyncio.Condition()

    async def publish_encoded(self, messages: Sequence[Encoded]) -> None:
        self.attempts += 1
        if self.broken:
            await self._tell()
            raise self.broken
        failures = [failure for message in messages if (failure := self._take(message))]
        await self._tell()
        if failures:  # as on a real bus, those beside the lost one have arrived
            raise failures[0]

    def _take(self, message: Encoded) -> Exception | None:
        try:
            if self.before_ack:
                self.before_ack([message])
        except Exception as failure:
            return failure
        self.arrived.append(message)
        return None

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def until(self, condition: Callable[[], bool], seconds: float = 10) -> None:
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(condition)

    def ids(self) -> list[str]:
        return [message.message_id for message in self.arrived]
