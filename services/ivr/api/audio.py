"""Recordings over REST."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Final

from fastapi.responses import FileResponse

from services.ivr.errors import RecordingGone

BYTES: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
WAV: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"audio/wav": BYTES}, "description": "the whole recording"},
    206: {"content": {"audio/wav": BYTES}, "description": "the part that `Range` asks for"},
    416: {"description": "no such part"},
}
"""``responses=`` of a route that answers with `wav`."""


async def wav(path: Path) -> FileResponse:
    """The recording. Raises RecordingGone."""
    if not await asyncio.to_thread(path.is_file):
        raise RecordingGone()
    return FileResponse(path, media_type="audio/wav", headers={"Cache-Control": "private, no-store"})
