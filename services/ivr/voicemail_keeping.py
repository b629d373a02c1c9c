"""Keeps mailboxes in order: messages past their time go, and so do files that no row names.

A file is deleted only when the transaction that let go of it is committed: that transaction notes it in
``media_removals``, and the next round here deletes what stands there.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Final
from uuid import UUID

from services.ivr.models_voicemail import RemovalRow
from services.ivr.store.voicemail_keeping import (
    closed_before,
    forget_removals,
    named_files,
    only_one,
    over_age,
    removals,
)
from services.ivr.voicemail_changes import VoicemailChanges
from services.ivr.voicemail_files import UnsafeName, VoicemailFiles
from shared.db.engine import Database
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger

log = get_logger(__name__)

EVERY_SECONDS: Final = 60.0
SWEEP_EVERY_ROUNDS: Final = 60
CLOSED_DAYS: Final = 30
"""An administrator can hear and forward what is in a closed box for so long."""
DELETED_DAYS: Final = 7
"""A message deleted by phone can be had back through the API for so long."""
ORPHAN_HOURS: Final = 24
"""Younger files may belong to a transaction that is not committed yet."""
BATCH: Final = 200
FOLDERS: Final = ("voicemail", "greetings", "echo")


class VoicemailKeeping:
    """A component: a round a minute, a sweep for orphans an hour."""

    name = "voicemail keeping"

    def __init__(self, database: Database, changes: VoicemailChanges, files: VoicemailFiles, *, clock: Clock) -> None:
        self._database, self._changes, self._files, self._clock = database, changes, files, clock
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """End; a transaction under way is rolled back."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        rounds = 0
        while True:
            try:
                await self.expire()
                await self.remove_closed()
                await self.remove_files()
                if rounds % SWEEP_EVERY_ROUNDS == 0:
                    await self.sweep()
            except Exception as error:  # the database or the disk is away: there is a next round
                log.warning("could not keep the mailboxes in order", reason=str(error))
            rounds += 1
            await self._clock.sleep(EVERY_SECONDS)

    async def expire(self) -> int:
        """Delete messages past their time, and tell the phones; returns how many."""
        expired = 0
        while True:
            async with self._database.platform() as session:
                if not await only_one(session):
                    return expired
                rows = await over_age(session, self._clock.now(), deleted_days=DELETED_DAYS, limit=BATCH)
            for (tenant_id, mailbox_id), group in groupby(rows, lambda row: (row.tenant_id, row.mailbox_id)):
                expired += await self._expire(tenant_id, mailbox_id, [(row.id, row.state) for row in group])
            if len(rows) < BATCH:
                return expired

    async def _expire(self, tenant_id: UUID, mailbox_id: UUID, messages: list[tuple[UUID, str]]) -> int:
        expired = 0
        async with self._changes.open(tenant_id) as store:
            box = await store.box(mailbox_id, lock=True)
            if box is None:
                return 0
            for message_id, state in messages:
                row = await store.message(mailbox_id, message_id, lock=True)
                if row is not None and row.state == state:  # heard meanwhile: its time is another one
                    await store.remove_message(row)
                    expired += 1
            await self._changes.tell_of_messages(store, box)
        return expired

    async def remove_closed(self) -> int:
        """Delete boxes that were closed long ago, with all that is in them; returns how many."""
        removed = 0
        async with self._database.platform() as session:
            before = self._clock.now() - timedelta(days=CLOSED_DAYS)
            found = await closed_before(session, before, BATCH)
        for tenant_id, mailbox_id in found:
            async with self._changes.open(tenant_id) as store:
                box = await store.box(mailbox_id, lock=True)
                if box is not None:
                    await store.remove_box(box)
                    removed += 1
                    log.info("a closed mailbox is deleted", tenant_id=str(tenant_id), mailbox_id=str(mailbox_id))
        return removed

    async def remove_files(self) -> int:
        """Delete the files that committed transactions let go of; returns how many."""
        removed = 0
        while True:
            async with self._database.platform() as session:
                rows = await removals(session, BATCH)
                done = [row.id for row in rows if await self._remove(row)]
                await forget_removals(session, done)
            removed += len(done)
            if len(done) < BATCH:
                return removed

    async def _remove(self, row: RemovalRow) -> bool:
        try:
            await self._files.remove(row.tenant_id, row.file)
        except UnsafeName:
            log.error("a file's name is not one of ours; it is let be", tenant_id=str(row.tenant_id))
        except OSError as error:
            log.warning("a recording cannot be deleted", tenant_id=str(row.tenant_id), reason=str(error))
            return False
        return True

    async def sweep(self) -> int:
        """Delete recordings a day old that nothing names: of calls that kept nothing, of processes that died."""
        before = (self._clock.now() - timedelta(hours=ORPHAN_HOURS)).timestamp()
        removed = 0
        for tenant_id in await asyncio.to_thread(self._tenants):
            names = await asyncio.to_thread(self._old, tenant_id, before)
            for start in range(0, len(names), BATCH):
                batch = names[start : start + BATCH]
                async with self._database.tenant(tenant_id) as session:
                    named = await named_files(session, tenant_id, batch)
                for name in set(batch) - named:
                    await self._files.remove(tenant_id, name)
                    removed += 1
        return removed

    def _tenants(self) -> list[UUID]:
        return [found for path in _folders(self._files.media_dir) if (found := _uuid(path.name)) is not None]

    def _old(self, tenant_id: UUID, before: float) -> list[str]:
        home, found = self._files.media_dir / str(tenant_id), []
        for folder in FOLDERS:
            for path in (home / folder).glob("*.wav"):
                with suppress(OSError, UnsafeName):
                    name = f"{folder}/{path.stem}"
                    if path.stat().st_mtime < before and self._files.path(tenant_id, name) == path:
                        found.append(name)
        return found


def _folders(path: Path) -> list[Path]:
    try:
        return [one for one in path.iterdir() if one.is_dir()]
    except OSError:
        return []


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
