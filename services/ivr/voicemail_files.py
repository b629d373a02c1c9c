"""Recordings of mailboxes, as files in the tenants' media folders."""

from __future__ import annotations

import asyncio
import re
import shutil
from pathlib import Path
from typing import Final
from uuid import UUID

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,80}(?:/[A-Za-z0-9_-]{1,160}){1,3}")


class UnsafeName(ValueError):
    """The name could lead out of the tenant's folder."""


class VoicemailFiles:
    """Finds, copies and deletes recordings. Names have no ending: ``voicemail/<leg>-<number>``.

    Args:
        media_dir: one folder a tenant.
    """

    def __init__(self, media_dir: Path) -> None:
        self.media_dir = media_dir

    def path(self, tenant_id: UUID, name: str) -> Path:
        """Where a recording stands, or will. Raises UnsafeName."""
        if not _NAME.fullmatch(name):
            raise UnsafeName("a recording's name is words of letters, digits, _ and -, with / between them")
        return self.media_dir / str(tenant_id) / f"{name}.wav"

    async def copy(self, tenant_id: UUID, name: str, new_name: str) -> None:
        """A copy under another name. Raises OSError: the first is gone, or there is no room."""
        source, target = self.path(tenant_id, name), self.path(tenant_id, new_name)
        await asyncio.to_thread(_copy, source, target)

    async def remove(self, tenant_id: UUID, name: str) -> None:
        """Delete a recording; one that is gone already is let be. Raises OSError: it cannot be deleted."""
        await asyncio.to_thread(self.path(tenant_id, name).unlink, missing_ok=True)

    async def read(self, tenant_id: UUID, name: str) -> bytes | None:
        """A recording's bytes; none: it is gone."""
        try:
            return await asyncio.to_thread(self.path(tenant_id, name).read_bytes)
        except OSError:
            return None


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)  # a new file with a time of its own: the orphans' sweep goes by it
