"""One change of a tenant's flows: rows and messages in one transaction, memory right after it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from services.ivr.library import FlowLibrary
from services.ivr.models import FlowRow, FlowVersionRow
from services.ivr.speaking_ahead import SpeakingAhead
from services.ivr.store.flows import FlowStore
from shared.contracts.ivr import FlowChanged
from shared.db.engine import Database
from shared.db.outbox import Outbox


class FlowChanges:
    """Opens changes of flows."""

    def __init__(self, database: Database, outbox: Outbox, library: FlowLibrary, ahead: SpeakingAhead) -> None:
        self._database = database
        self._outbox = outbox
        self._library = library
        self._ahead = ahead

    @asynccontextmanager
    async def reading(self, tenant_id: UUID) -> AsyncIterator[FlowStore]:
        """Queries of one tenant."""
        async with self._database.tenant(tenant_id) as session:
            yield FlowStore(session, tenant_id)

    @asynccontextmanager
    async def open(self, tenant_id: UUID) -> AsyncIterator[FlowStore]:
        """A change: committed whole at the end, or not at all; then this process's memory has it."""
        async with self.reading(tenant_id) as store:
            yield store
        await self._library.reload(tenant_id)

    def published(self, document: dict[str, Any]) -> None:
        """Callers come to this document from now on: its texts are spoken, in the background."""
        self._ahead.flow(document)

    async def tell(self, store: FlowStore, row: FlowRow, *, removed: bool = False) -> None:
        """Tell everybody of a flow's new state, when the change is committed."""
        changed = FlowChanged(
            tenant_id=store.tenant_id,
            id=row.id,
            revision=row.revision + 1 if removed else row.revision,
            removed=removed,
            slug=row.slug,
            display_name=row.display_name,
            published_version=row.published_version,
            fallback=await _fallback(store, row),
        )
        await self._outbox.add(store.session, changed)


async def _fallback(store: FlowStore, row: FlowRow) -> str | None:
    if row.published_version is None:
        return None
    version: FlowVersionRow | None = await store.version(row.id, row.published_version)
    return version.document.get("fallback") if version else None
