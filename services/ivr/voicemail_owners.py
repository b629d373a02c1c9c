"""Mailboxes follow the directory: an extension that gets another number, or that is removed."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from typing import Final
from uuid import UUID

from services.ivr.domain.mailbox_owners import Adopt, Change, Close, Held, Move, changes_of
from services.ivr.library import FlowLibrary
from services.ivr.models_voicemail import MailboxRow
from services.ivr.store.voicemail import VoicemailStore
from services.ivr.store.voicemail_keeping import open_boxes
from services.ivr.voicemail_changes import VoicemailChanges
from shared.contracts.directory import ExtensionChanged
from shared.db.engine import Database
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger

log = get_logger(__name__)

RETRY_SECONDS: Final = 2.0


class MailboxOwners:
    """A component. Every process does the same: who comes second finds nothing left to do."""

    name = "mailbox owners"

    def __init__(self, database: Database, changes: VoicemailChanges, library: FlowLibrary, *, clock: Clock) -> None:
        self._database, self._changes, self._library, self._clock = database, changes, library, clock
        self._changed: set[UUID] = set()
        self._gone: defaultdict[UUID, set[UUID]] = defaultdict(set)
        self._something = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        library.on_numbers.append(self.numbers_changed)

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """End; a transaction under way is rolled back, and the next process does it."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def numbers_changed(self, event: ExtensionChanged) -> None:
        """An extension is new, has another number, or is gone."""
        if event.tenant_id is None:
            return
        if event.removed:
            self._gone[event.tenant_id].add(event.id)
        self._changed.add(event.tenant_id)
        self._something.set()

    async def _run(self) -> None:
        await self._library.caught_up()
        everybody = True
        while True:
            try:
                if everybody:
                    await self.follow_all()
                everybody = False
                await self._something.wait()
                self._something.clear()
                while self._changed:
                    await self._follow(next(iter(self._changed)))
            except Exception as error:  # the database is away: what is to be done is still known
                log.warning("mailboxes cannot follow their extensions yet", reason=str(error))
                self._something.set()
                await self._clock.sleep(RETRY_SECONDS)

    async def follow_all(self) -> None:
        """What happened while no process was there, in all tenants."""
        self._changed.clear()
        held: defaultdict[UUID, list[Held]] = defaultdict(list)
        async with self._database.platform() as session:
            for tenant_id, box in await open_boxes(session):
                held[tenant_id].append(box)
        for tenant_id, boxes in held.items():
            if self._to_do(tenant_id, boxes):
                await self._follow(tenant_id)

    async def _follow(self, tenant_id: UUID) -> None:
        gone = set(self._gone[tenant_id])
        self._changed.discard(tenant_id)
        try:
            async with self._changes.open(tenant_id) as store:
                await self._carry_out(store, self._to_do(tenant_id, await store.held()))
        except BaseException:
            self._changed.add(tenant_id)
            raise
        self._gone[tenant_id] -= gone

    def _to_do(self, tenant_id: UUID, boxes: Iterable[Held]) -> list[Change]:
        extensions = self._library.tenant(tenant_id).extensions.values()
        return changes_of(boxes, {one.id: one.number for one in extensions}, self._gone.get(tenant_id, ()))

    async def _carry_out(self, store: VoicemailStore, changes: list[Change]) -> None:
        moved: list[tuple[MailboxRow, str]] = []
        for change in sorted(changes, key=lambda one: one.box.id):  # in one order: two processes wait, none for ever
            box = await store.box(change.box.id, lock=True)
            if box is None or _held(box) != change.box:
                continue  # another process was first
            if isinstance(change, Close):
                await self._close(store, box)
            elif isinstance(change, Adopt):
                box.extension_id = change.extension_id
                await store.flush()
                await self._changes.tell(store, box)
            else:
                assert isinstance(change, Move)  # noqa: S101 -- the last kind of Change
                moved.append((box, change.number))
        await self._move(store, moved)

    async def _close(self, store: VoicemailStore, box: MailboxRow) -> None:
        """Free its number. Nobody comes to its messages by phone any more, not by its PIN either."""
        box.closed_at, box.pin_hash, box.email = self._clock.now(), None, None
        await store.flush()
        await self._changes.tell_closed(store, box)
        log.info("a mailbox is closed", tenant_id=str(box.tenant_id), mailbox_id=str(box.id), number=box.number)

    async def _move(self, store: VoicemailStore, moved: list[tuple[MailboxRow, str]]) -> None:
        """To their new numbers all at once: two that exchange theirs are not in each other's way."""
        for box, _ in moved:
            box.number = f"from {box.id}"
        await store.flush()
        for box, number in moved:
            box.number = number
        await store.flush()
        for box, number in moved:
            await self._changes.tell(store, box)
            log.info("a mailbox has another number", mailbox_id=str(box.id), number=number)


def _held(box: MailboxRow) -> Held | None:
    return Held(box.id, box.number, box.extension_id) if box.closed_at is None else None
