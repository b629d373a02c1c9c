"""Which prompts there are and where their files stand: in memory, because a call in flow cannot wait for a table."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from services.ivr.models_prompts import PromptRow, PromptVariantRow
from services.ivr.store.prompts import PromptStore, load_all
from shared.bus.following import Following
from shared.bus.port import Bus
from shared.contracts.ivr import PromptChanged
from shared.db.engine import Database


def prompt_path(media_dir: Path, tenant_id: UUID, prompt_id: UUID, language: str, content_hash: str) -> Path:
    """Where a variant of a prompt stands; other content has another name, so a call's file never changes under it."""
    return media_dir / str(tenant_id) / "prompts" / f"{prompt_id}-{language}-{content_hash}.wav"


class PromptIndex:
    """A component: read at the start, and again when a prompt changes here or on another replica."""

    name = "prompts"

    def __init__(self, bus: Bus, database: Database, media_dir: Path) -> None:
        self._database = database
        self._media = media_dir.resolve()
        self._files: dict[UUID, dict[tuple[str, str], Path]] = {}
        self._following = Following(bus, "prompts", ([PromptChanged], self._changed))

    async def start(self) -> None:
        """Read the tables, then follow the messages as soon as NATS is there."""
        await self._read_all()
        await self._following.start()

    async def stop(self) -> None:
        await self._following.stop()

    def prompt_file(self, tenant_id: UUID, slug: str, language: str) -> Path | None:
        """The file of a prompt in a language; none: there is none. Safe from any thread."""
        return self._files.get(tenant_id, {}).get((slug, language))

    async def reload(self, tenant_id: UUID) -> None:
        """Read a tenant's prompts again."""
        async with self._database.tenant(tenant_id) as session:
            rows = await PromptStore(session, tenant_id).all()
        self._files[tenant_id] = self._by_name(rows)

    async def _read_all(self) -> None:
        async with self._database.platform() as session:
            rows = await load_all(session)
        by_tenant: dict[UUID, list[tuple[PromptRow, PromptVariantRow | None]]] = {}
        for prompt, variant in rows:
            by_tenant.setdefault(prompt.tenant_id, []).append((prompt, variant))
        self._files = {tenant_id: self._by_name(own) for tenant_id, own in by_tenant.items()}

    def _by_name(self, rows: Iterable[tuple[PromptRow, PromptVariantRow | None]]) -> dict[tuple[str, str], Path]:
        return {
            (prompt.slug, one.language): prompt_path(
                self._media, prompt.tenant_id, prompt.id, one.language, one.content_hash
            )
            for prompt, one in rows
            if one is not None
        }

    async def _changed(self, event: PromptChanged) -> None:
        if event.tenant_id is not None:
            await self.reload(event.tenant_id)
