"""Queries about mailboxes. A `VoicemailStore` sees one tenant; what keeps house is in ``store.voicemail_keeping``."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Literal, TypeVar
from uuid import UUID

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from services.ivr.domain.mailbox_owners import Held
from services.ivr.errors import CONFLICTS
from services.ivr.models_voicemail import GreetingRow, MailboxRow, MailRow, RemovalRow, VoicemailRow
from shared.db.engine import Session
from shared.db.errors import constraint_name

BOX: Any = MailboxRow
MESSAGE: Any = VoicemailRow
GREETING: Any = GreetingRow
MAIL: Any = MailRow
R = TypeVar("R", bound=SQLModel)

COUNTED = ("new", "saved")
"""States that fill a box."""


class VoicemailStore:
    """Queries of one tenant in one transaction, opened for that tenant."""

    def __init__(self, session: Session, tenant_id: UUID) -> None:
        self.session = session
        self.tenant_id = tenant_id

    # Boxes

    async def box(self, mailbox_id: UUID, *, lock: bool = False) -> MailboxRow | None:
        """A box, locked until the end of the transaction on request."""
        query = select(MailboxRow).where(BOX.id == mailbox_id, BOX.tenant_id == self.tenant_id)
        return await self._one(MailboxRow, query, lock)

    async def box_of(self, number: str, *, lock: bool = False) -> MailboxRow | None:
        """The box of a number, which is open."""
        query = select(MailboxRow).where(self._open(), BOX.number == number)
        return await self._one(MailboxRow, query, lock)

    async def boxes(self, *, limit: int, after: tuple[Any, ...] | None, number: str = "") -> list[MailboxRow]:
        """Up to ``limit`` + 1 boxes past ``after``, by id; closed ones too, unless it is that of a number."""
        query = select(MailboxRow).where(BOX.tenant_id == self.tenant_id)
        if number:
            query = query.where(self._open(), BOX.number == number)
        if after is not None:
            query = query.where(tuple_(BOX.id) > after)
        return list((await self.session.execute(query.order_by(BOX.id).limit(limit + 1))).scalars())

    async def taken(self, numbers: Collection[str]) -> set[str]:
        """Those of the numbers that have a box."""
        query = select(BOX.number).where(self._open(), BOX.number.in_(numbers))
        return set((await self.session.execute(query)).scalars())

    async def held(self) -> list[Held]:
        """Every open box and whose it is."""
        query = select(BOX.id, BOX.number, BOX.extension_id).where(self._open())
        return [Held(*row) for row in await self.session.execute(query)]

    async def numbers(self) -> set[str]:
        """Numbers that have a box."""
        query = select(BOX.number).where(self._open())
        return set((await self.session.execute(query)).scalars())

    def _open(self) -> Any:
        return (BOX.tenant_id == self.tenant_id) & BOX.closed_at.is_(None)

    async def count_boxes(self) -> int:
        """How many boxes the tenant has."""
        query = select(func.count()).select_from(MailboxRow).where(BOX.tenant_id == self.tenant_id)
        return int((await self.session.execute(query)).scalar_one())

    async def note_pin(self, mailbox_id: UUID, *, failed: int, locked_until: datetime | None) -> None:
        """Keep how many wrong PINs there were; no change of the box as others see it."""
        values = {"failed_pins": failed, "locked_until": locked_until}
        await self.session.execute(
            update(MailboxRow)
            .where(BOX.id == mailbox_id, BOX.tenant_id == self.tenant_id)
            .values(values)
            .execution_options(synchronize_session=False)
        )

    # Messages

    async def message(self, mailbox_id: UUID, message_id: UUID, *, lock: bool = False) -> VoicemailRow | None:
        """A message of a box."""
        return await self._one(VoicemailRow, self._messages(mailbox_id).where(MESSAGE.id == message_id), lock)

    async def message_of_leg(self, mailbox_id: UUID, leg_id: str) -> VoicemailRow | None:
        """What a leg left in a box."""
        return await self._one(VoicemailRow, self._messages(mailbox_id).where(MESSAGE.leg_id == leg_id), False)

    async def messages(
        self, mailbox_id: UUID, *, states: Collection[str], limit: int, after: tuple[Any, ...] | None
    ) -> list[VoicemailRow]:
        """Up to ``limit`` + 1 messages past ``after``, the oldest first."""
        query = self._messages(mailbox_id).where(MESSAGE.state.in_(states))
        if after is not None:
            query = query.where(tuple_(MESSAGE.id) > after)
        return list((await self.session.execute(query.order_by(MESSAGE.id).limit(limit + 1))).scalars())

    async def beside(
        self,
        mailbox_id: UUID,
        *,
        folder: Literal["new", "saved"],
        since: datetime,
        beside: UUID | None,
        step: Literal[-1, 0, 1],
    ) -> VoicemailRow | None:
        """The message ``step`` places after ``beside`` in a folder, as ``FindMessage`` says."""
        heard_now = (MESSAGE.state == "saved") & (MESSAGE.listened_at >= since)
        if folder == "new":
            query = self._messages(mailbox_id).where((MESSAGE.state == "new") | heard_now)
        else:
            earlier = MESSAGE.listened_at.is_(None) | (MESSAGE.listened_at < since)
            query = self._messages(mailbox_id).where(MESSAGE.state == "saved", earlier)
        if step == 0:
            query = query.where(MESSAGE.id == beside)
        elif beside is not None:
            query = query.where(MESSAGE.id > beside if step > 0 else MESSAGE.id < beside)
        order = MESSAGE.id.desc() if step < 0 else MESSAGE.id.asc()
        found: VoicemailRow | None = (await self.session.execute(query.order_by(order).limit(1))).scalar_one_or_none()
        return found

    async def counts(self, mailbox_id: UUID) -> tuple[int, int]:
        """How many new and saved messages there are."""
        query = (
            select(MESSAGE.state, func.count())
            .where(MESSAGE.mailbox_id == mailbox_id, MESSAGE.tenant_id == self.tenant_id, MESSAGE.state.in_(COUNTED))
            .group_by(MESSAGE.state)
        )
        found = {state: int(count) for state, count in await self.session.execute(query)}
        return found.get("new", 0), found.get("saved", 0)

    async def filled(self, mailbox_id: UUID) -> tuple[int, float]:
        """How many messages fill the box, and how many seconds they last."""
        query = select(func.count(), func.coalesce(func.sum(MESSAGE.seconds), 0.0)).where(
            MESSAGE.mailbox_id == mailbox_id, MESSAGE.tenant_id == self.tenant_id, MESSAGE.state.in_(COUNTED)
        )
        count, seconds = (await self.session.execute(query)).one()
        return int(count), float(seconds)

    def _messages(self, mailbox_id: UUID) -> Any:
        return select(VoicemailRow).where(MESSAGE.mailbox_id == mailbox_id, MESSAGE.tenant_id == self.tenant_id)

    # Greetings

    async def greetings(self, mailbox_id: UUID) -> dict[str, GreetingRow]:
        """A box's own greetings, by kind."""
        query = select(GreetingRow).where(GREETING.mailbox_id == mailbox_id, GREETING.tenant_id == self.tenant_id)
        return {row.kind: row for row in (await self.session.execute(query)).scalars()}

    # Rows

    async def add(self, *rows: SQLModel) -> None:
        """Insert rows now. Raises the Conflict of the constraint one breaks."""
        self.session.add_all(rows)
        await self.flush()

    async def remove_file(self, name: str) -> None:
        """Have a file deleted after the commit."""
        self.session.add(RemovalRow(tenant_id=self.tenant_id, file=name))

    async def remove_message(self, row: VoicemailRow) -> None:
        """Delete a message, and its file after the commit."""
        await self.remove_file(row.file)
        await self.session.delete(row)
        await self.flush()

    async def remove_greeting(self, row: GreetingRow) -> None:
        """Delete a greeting, and its file after the commit."""
        await self.remove_file(row.file)
        await self.session.delete(row)
        await self.flush()

    async def remove_box(self, row: MailboxRow) -> None:
        """Delete a box with all that is in it."""
        files = select(MESSAGE.file).where(MESSAGE.mailbox_id == row.id, MESSAGE.tenant_id == self.tenant_id)
        greetings = select(GREETING.file).where(GREETING.mailbox_id == row.id, GREETING.tenant_id == self.tenant_id)
        for name in (await self.session.execute(files.union_all(greetings))).scalars():
            await self.remove_file(name)
        await self.session.delete(row)
        await self.flush()

    async def flush(self) -> None:
        """Write what changed. Raises the Conflict of the constraint it breaks."""
        try:
            await self.session.flush()
        except IntegrityError as error:
            known = CONFLICTS.get(constraint_name(error) or "")
            if known is None:
                raise
            raise known() from error

    async def _one(self, _: type[R], query: Any, lock: bool) -> R | None:
        found: R | None = (await self.session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()
        return found
