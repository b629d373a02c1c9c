"""Queries about prompts. A `PromptStore` sees one tenant; ``load_all`` is the platform's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, tuple_
from sqlalchemy.exc import IntegrityError

from services.ivr.errors import CONFLICTS
from services.ivr.models_prompts import PromptRow, PromptVariantRow
from shared.db.engine import Session
from shared.db.errors import constraint_name

PROMPT: Any = PromptRow
VARIANT: Any = PromptVariantRow


class PromptStore:
    """Queries of one tenant in one transaction, opened for that tenant."""

    def __init__(self, session: Session, tenant_id: UUID) -> None:
        self.session = session
        self.tenant_id = tenant_id

    async def get(self, prompt_id: UUID, *, lock: bool = False) -> PromptRow | None:
        """A prompt, locked until the end of the transaction on request."""
        return await self._one(PROMPT.id == prompt_id, lock)

    async def by_slug(self, slug: str, *, lock: bool = False) -> PromptRow | None:
        """The prompt of that name."""
        return await self._one(PROMPT.slug == slug, lock)

    async def page(self, *, limit: int, after: tuple[Any, ...] | None, slug: str | None = None) -> list[PromptRow]:
        """Up to ``limit`` + 1 prompts past ``after``, by id; with a slug only that one."""
        query = select(PromptRow).where(PROMPT.tenant_id == self.tenant_id)
        if slug is not None:
            query = query.where(PROMPT.slug == slug)
        if after is not None:
            query = query.where(tuple_(PROMPT.id) > after)
        return list((await self.session.execute(query.order_by(PROMPT.id).limit(limit + 1))).scalars())

    async def count(self) -> int:
        """How many prompts the tenant has."""
        query = select(func.count()).select_from(PromptRow).where(PROMPT.tenant_id == self.tenant_id)
        return int((await self.session.execute(query)).scalar_one())

    async def variants(self, *prompt_ids: UUID) -> dict[UUID, list[PromptVariantRow]]:
        """The variants of prompts, by language."""
        query = select(PromptVariantRow).where(VARIANT.tenant_id == self.tenant_id, VARIANT.prompt_id.in_(prompt_ids))
        found: dict[UUID, list[PromptVariantRow]] = {prompt_id: [] for prompt_id in prompt_ids}
        for row in (await self.session.execute(query.order_by(VARIANT.language))).scalars():
            found[row.prompt_id].append(row)
        return found

    async def variant(self, prompt_id: UUID, language: str) -> PromptVariantRow | None:
        """A prompt in a language."""
        query = select(PromptVariantRow).where(
            VARIANT.prompt_id == prompt_id, VARIANT.language == language, VARIANT.tenant_id == self.tenant_id
        )
        found: PromptVariantRow | None = (await self.session.execute(query)).scalar_one_or_none()
        return found

    async def all(self) -> Sequence[tuple[PromptRow, PromptVariantRow | None]]:
        """Every prompt with each of its variants."""
        return await _all(self.session, [PROMPT.tenant_id == self.tenant_id])

    async def add(self, row: PromptRow | PromptVariantRow) -> None:
        """Insert a row now. Raises the Conflict of the constraint it breaks."""
        self.session.add(row)
        await self.flush()

    async def remove(self, row: PromptRow | PromptVariantRow) -> None:
        """Delete a row now; a prompt with its variants."""
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

    async def _one(self, condition: Any, lock: bool) -> PromptRow | None:
        query = select(PromptRow).where(condition, PROMPT.tenant_id == self.tenant_id)
        found: PromptRow | None = (
            await self.session.execute(query.with_for_update() if lock else query)
        ).scalar_one_or_none()
        return found


async def load_all(session: Session) -> Sequence[tuple[PromptRow, PromptVariantRow | None]]:
    """Every tenant's prompts with their variants, in a platform transaction."""
    return await _all(session, [])


async def _all(session: Session, where: list[Any]) -> Sequence[tuple[PromptRow, PromptVariantRow | None]]:
    query = select(PromptRow, PromptVariantRow).outerjoin(PromptVariantRow, VARIANT.prompt_id == PROMPT.id)
    return [(prompt, variant) for prompt, variant in await session.execute(query.where(*where))]
