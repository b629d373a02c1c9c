"""Prompts: their sound made, kept in files and told of."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID, uuid4

from services.ivr.audio.process import Converted
from services.ivr.models_prompts import PromptRow, PromptVariantRow
from services.ivr.prompt_index import PromptIndex, prompt_path
from services.ivr.store.prompts import PromptStore, load_all
from shared.contracts.ivr import PromptChanged
from shared.db.engine import Database, Session
from shared.db.outbox import Outbox
from shared.http.errors import NotFound
from shared.runtime.clock import Clock

KEEP: Final = timedelta(hours=1)
"""A file that is no prompt's any more stays this long: a call may be playing it."""
KEEP_RECORDED: Final = timedelta(days=1)
"""What somebody recorded by phone stays this long: to be heard again, then kept as a file of its own or never."""


class Converter(Protocol):
    """Makes a prompt file of an upload (``services.ivr.audio.conversion.AudioConverter``)."""

    async def convert(self, source: bytes | Path, target: Path) -> Converted: ...


class Speaker(Protocol):
    """Speaks a text; the file stays the speaker's (``services.ivr.audio.speech_cache.CachedSynthesizer``)."""

    async def speak(self, text: str, language: str) -> Path: ...


@dataclass(frozen=True, slots=True)
class Made:
    """A file whose content is what a prompt is to be."""

    path: Path
    content_hash: str
    seconds: float
    size_bytes: int
    source: str
    loudness_lufs: float | None = None
    text: str | None = None


class Prompts:
    """What the API and calls do with prompts.

    Args:
        media_dir: one folder a tenant.
    """

    def __init__(
        self,
        database: Database,
        outbox: Outbox,
        index: PromptIndex,
        *,
        media_dir: Path,
        converter: Converter,
        speaker: Speaker,
        clock: Clock,
    ) -> None:
        self._database, self._outbox, self._index = database, outbox, index
        self._media = media_dir.resolve()
        self._converter, self._speaker, self._clock = converter, speaker, clock

    @asynccontextmanager
    async def reading(self, tenant_id: UUID) -> AsyncIterator[PromptStore]:
        """Queries of one tenant."""
        async with self._database.tenant(tenant_id) as session:
            yield PromptStore(session, tenant_id)

    @asynccontextmanager
    async def open(self, tenant_id: UUID) -> AsyncIterator[PromptStore]:
        """A change: committed whole at the end, or not at all; then this process's memory has it."""
        async with self.reading(tenant_id) as store:
            yield store
        await self._index.reload(tenant_id)

    async def tell(self, store: PromptStore, row: PromptRow, *, removed: bool = False) -> None:
        """Tell everybody of a prompt's new state, when the change is committed."""
        variants = (await store.variants(row.id))[row.id]
        changed = PromptChanged(
            tenant_id=row.tenant_id,
            id=row.id,
            revision=row.revision + 1 if removed else row.revision,
            removed=removed,
            slug=row.slug,
            languages=tuple(variant.language for variant in variants),
            files={one.language: str(self._file(row, one.language, one.content_hash)) for one in variants},
        )
        await self._outbox.add(store.session, changed)

    def _file(self, row: PromptRow, language: str, content_hash: str) -> Path:
        return prompt_path(self._media, row.tenant_id, row.id, language, content_hash)

    async def upload(self, tenant_id: UUID, prompt_id: UUID, language: str, sound: bytes | Path) -> PromptVariantRow:
        """Make ``sound`` (wav, mp3, ogg) what the prompt says in a language.

        Raises:
            NotFound: no such prompt. An error of ``services.ivr.audio.errors.AUDIO_REFUSALS``: why it cannot.
        """
        await self._check(tenant_id, prompt_id)
        part = await self._part(tenant_id)
        try:
            done = await self._converter.convert(sound, part)
            made = await asyncio.to_thread(_made, part, done.source)
            made = Made(part, made.content_hash, done.seconds, made.size_bytes, done.source, done.loudness_lufs)
            return await self._keep(tenant_id, prompt_id, language, made)
        finally:
            part.unlink(missing_ok=True)

    async def speak(self, tenant_id: UUID, prompt_id: UUID, language: str, text: str) -> PromptVariantRow:
        """Make a spoken text what the prompt says in a language.

        Raises:
            NotFound: no such prompt. An error of ``services.ivr.audio.errors.SPEECH_REFUSALS``: why it cannot.
        """
        await self._check(tenant_id, prompt_id)
        spoken = await self._speaker.speak(text, language)
        part = await self._part(tenant_id)
        try:
            await asyncio.to_thread(shutil.copyfile, spoken, part)
            made = await asyncio.to_thread(_made, part, "speech", text)
            return await self._keep(tenant_id, prompt_id, language, made)
        finally:
            part.unlink(missing_ok=True)

    async def record(self, tenant_id: UUID, slug: str, language: str, recording: Path) -> PromptVariantRow:
        """Make a recording by phone what the prompt of that name says. Raises like `upload`."""
        async with self.reading(tenant_id) as store:
            row = await store.by_slug(slug)
        if row is None:
            raise NotFound("no such prompt")
        return await self.upload(tenant_id, row.id, language, recording)

    def path(self, variant: PromptVariantRow) -> Path:
        """Where its file stands."""
        return prompt_path(self._media, variant.tenant_id, variant.prompt_id, variant.language, variant.content_hash)

    def recording(self, tenant_id: UUID, name: str) -> Path:
        """Where a recording that a flow made stands."""
        return self._media / str(tenant_id) / f"{name}.wav"

    async def let_go(self, *variants: PromptVariantRow) -> None:
        """From now on their files are nobody's; `sweep` deletes them when no call can be playing them any more."""
        for variant in variants:
            with suppress(OSError):
                now = self._clock.now().timestamp()
                await asyncio.to_thread(os.utime, self.path(variant), (now, now))

    async def sweep(self, session: Session) -> int:
        """Delete files that have been nobody's for `KEEP`, those recorded by phone for `KEEP_RECORDED`.

        In a platform transaction; returns how many.
        """
        kept = {self.path(variant) for _, variant in await load_all(session) if variant is not None}
        now = self._clock.now()
        made = await asyncio.to_thread(self._sweep, "*/prompts/*", kept, (now - KEEP).timestamp())
        recorded = "*/prompts/recorded/*"
        return made + await asyncio.to_thread(self._sweep, recorded, kept, (now - KEEP_RECORDED).timestamp())

    def _sweep(self, pattern: str, kept: set[Path], before: float) -> int:
        deleted = 0
        for path in self._media.glob(pattern):
            with suppress(OSError):
                if path not in kept and path.stat().st_mtime < before:
                    path.unlink()
                    deleted += 1
        return deleted

    async def _check(self, tenant_id: UUID, prompt_id: UUID) -> None:
        async with self.reading(tenant_id) as store:
            if await store.get(prompt_id) is None:
                raise NotFound("no such prompt")

    async def _part(self, tenant_id: UUID) -> Path:
        folder = self._media / str(tenant_id) / "prompts"
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        return folder / f".{uuid4().hex}.part"

    async def _keep(self, tenant_id: UUID, prompt_id: UUID, language: str, made: Made) -> PromptVariantRow:
        async with self.open(tenant_id) as store:
            row = await store.get(prompt_id, lock=True)
            if row is None:
                raise NotFound("no such prompt")
            path = prompt_path(self._media, tenant_id, prompt_id, language, made.content_hash)
            now = self._clock.now()
            await asyncio.to_thread(made.path.replace, path)
            await asyncio.to_thread(os.utime, path, (now.timestamp(), now.timestamp()))
            old = await store.variant(prompt_id, language)
            if old is not None and old.content_hash != made.content_hash:
                await self.let_go(old)
            variant = old or PromptVariantRow(prompt_id=prompt_id, language=language, tenant_id=tenant_id)
            variant.content_hash, variant.seconds, variant.size_bytes = made.content_hash, made.seconds, made.size_bytes
            variant.loudness_lufs, variant.source, variant.spoken_text = made.loudness_lufs, made.source, made.text
            variant.made_at = row.updated_at = now
            await store.add(variant)
            await self.tell(store, row)
        return variant


def _made(path: Path, source: str, text: str | None = None) -> Made:
    content = path.read_bytes()
    with wave.open(str(path), "rb") as file:
        seconds = file.getnframes() / file.getframerate()
    digest = hashlib.sha256(content).hexdigest()[:24]
    return Made(path, digest, seconds, len(content), source, text=text)
