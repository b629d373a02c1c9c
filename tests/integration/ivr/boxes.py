"""Mailboxes on a real database, as calls use them."""

from __future__ import annotations

import wave
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.ivr.domain.node import CallFacts
from services.ivr.models_voicemail import MailboxRow
from services.ivr.voicemail import Voicemail
from services.ivr.voicemail_changes import VoicemailChanges
from services.ivr.voicemail_files import VoicemailFiles
from services.ivr.voicemail_pins import PinHashing
from shared.db.engine import Database
from shared.db.outbox import Outbox
from shared.telephony.ids import new_leg_id

NOW = datetime(2026, 3, 14, 10, 0, tzinfo=UTC)
ACME = UUID("018f0000-0000-7000-8000-0000000000ac")
RIVAL = UUID("018f0000-0000-7000-8000-0000000000f0")


@dataclass
class Boxes:
    """Mailboxes of two tenants."""

    database: Database
    media: Path
    pins: PinHashing = field(default_factory=PinHashing)

    def __post_init__(self) -> None:
        self.files = VoicemailFiles(self.media)
        self.changes = VoicemailChanges(self.database, Outbox(self.database))
        self.voicemail = Voicemail(self.changes, self.files, self.pins)

    async def make(self, number: str = "101", tenant: UUID = ACME, *, pin: str = "", **fields: Any) -> MailboxRow:
        hashed = await self.pins.hash(pin) if pin else None
        row = MailboxRow(tenant_id=tenant, number=number, pin_hash=hashed, **fields)
        async with self.changes.open(tenant) as store:
            await store.add(row)
            await self.changes.tell(store, row)
        return row

    async def do(self, what: object, *, tenant: UUID = ACME, call: CallFacts | None = None) -> Any:
        return await self.voicemail.carry_out(tenant, what, call=call or a_call())

    def record(self, name: str, seconds: float = 2.0, tenant: UUID = ACME) -> Path:
        """A recording, as the switch leaves it."""
        path = self.files.path(tenant, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(8000)
            file.writeframes(b"\x10\x00" * int(8000 * seconds))
        return path

    async def sent(self, name: str) -> list[dict[str, Any]]:
        """Messages in the outbox, by name, the oldest first."""
        import orjson

        async with self.database.platform() as session:
            rows = await session.execute(text("SELECT body FROM outbox ORDER BY id"))
            bodies = [orjson.loads(bytes(body)) for (body,) in rows]
        return [body for body in bodies if body["type"] == name]

    async def query(self, statement: str) -> list[Any]:
        async with self.database.platform() as session:
            return list(await session.execute(text(statement)))


def a_call(**facts: Any) -> CallFacts:
    """A new call from outside."""
    leg = new_leg_id()
    return replace(
        CallFacts(tenant_id=str(ACME), call_id=leg, leg_id=leg, caller_number="+989121234567", caller_name="Sara"),
        **facts,
    )
