"""One change of a mailbox or of what is in it: rows, mail and messages in one transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from services.ivr.models_voicemail import MailboxRow, MailRow, VoicemailRow
from services.ivr.store.voicemail import VoicemailStore
from shared.contracts.ivr import MailboxChanged, VoicemailLeft
from shared.db.engine import Database
from shared.db.outbox import Outbox


class VoicemailChanges:
    """Opens changes of mailboxes."""

    def __init__(self, database: Database, outbox: Outbox) -> None:
        self._database = database
        self._outbox = outbox

    @asynccontextmanager
    async def open(self, tenant_id: UUID) -> AsyncIterator[VoicemailStore]:
        """Queries of one tenant: committed whole at the end, or not at all."""
        async with self._database.tenant(tenant_id) as session:
            yield VoicemailStore(session, tenant_id)

    async def tell(
        self, store: VoicemailStore, box: MailboxRow, *, left: VoicemailLeft | None = None, removed: bool = False
    ) -> None:
        """Tell everybody of a box's new state, when the change is committed. The last thing of a transaction.

        Nobody is told of a closed one: who follows boxes has forgotten it, and its number may be another's.
        """
        if box.closed_at is not None:
            return
        counts = (0, 0) if removed else await store.counts(box.id)
        changed = mailbox_changed(box, counts, removed=removed)
        await self._outbox.add(store.session, changed, *([left] if left else []))

    async def tell_closed(self, store: VoicemailStore, box: MailboxRow) -> None:
        """Tell everybody that a box is no more, as far as its number goes."""
        await self._outbox.add(store.session, mailbox_changed(box, (0, 0)).model_copy(update={"removed": True}))

    async def tell_new(self, store: VoicemailStore, boxes: Iterable[MailboxRow]) -> None:
        """Tell everybody of boxes that are new, and so empty."""
        await self._outbox.add(store.session, *(mailbox_changed(box, (0, 0)) for box in boxes))

    async def tell_of_messages(
        self, store: VoicemailStore, box: MailboxRow, *, left: VoicemailLeft | None = None
    ) -> None:
        """The same after a change of what is in the box, which was locked: the box gets a new revision by it."""
        touch(box)
        await store.flush()
        await self.tell(store, box, left=left)


def touch(box: MailboxRow) -> None:
    """Give a box a new revision though none of its own columns changed."""
    box.updated_at = datetime.now(UTC)


def mailbox_changed(box: MailboxRow, counts: tuple[int, int], *, removed: bool = False) -> MailboxChanged:
    """A box's state, as everybody is told of it."""
    return MailboxChanged(
        tenant_id=box.tenant_id,
        id=box.id,
        revision=box.revision + 1 if removed else box.revision,
        removed=removed,
        number=box.number,
        enabled=box.enabled,
        new_messages=counts[0],
        saved_messages=counts[1],
    )


def mails_of(box: MailboxRow, message: VoicemailRow) -> list[MailRow]:
    """The e-mail that a new message means, if the box wants any."""
    if not box.email:
        return []
    at = message.received_at
    return [MailRow(tenant_id=box.tenant_id, message_id=message.id, created_at=at, next_at=at)]


def is_full(box: MailboxRow, filled: tuple[int, float]) -> bool:
    """Whether the box takes no further message; ``filled``: messages and their seconds."""
    count, seconds = filled
    return count >= box.quota_messages or (box.quota_seconds is not None and seconds >= box.quota_seconds)
