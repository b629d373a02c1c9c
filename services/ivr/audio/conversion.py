"""An upload becomes a prompt."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from services.ivr.audio.errors import AudioEmpty, AudioFailed, AudioTooLarge
from services.ivr.audio.process import AudioProcess, Converted

__all__ = ["AudioConverter"]


class AudioConverter:
    """Checks, converts and levels uploads in an `AudioProcess`."""

    def __init__(self, process: AudioProcess) -> None:
        self._process = process

    async def convert(self, source: bytes | Path, target: Path) -> Converted:
        """The sound of `source` (wav, mp3 or ogg) as the prompt file `target`, whose folder exists.

        An existing `target` is replaced at once and only by a whole file. Raises an error of `AUDIO_REFUSALS`.
        """
        if isinstance(source, Path):
            return await self._convert(source, target)
        # Here already, so that nothing is written for what will not be taken.
        if not source:
            raise AudioEmpty("the file is empty")
        if len(source) > self._process.limits.max_bytes:
            raise AudioTooLarge(f"{len(source):,} bytes; at most {self._process.limits.max_bytes:,} are taken")
        with tempfile.TemporaryDirectory(prefix="seda-upload-") as folder:
            upload = Path(folder) / "upload"
            try:
                await asyncio.to_thread(upload.write_bytes, source)
            except OSError as error:
                raise AudioFailed(f"the upload cannot be stored: {error.strerror}") from error
            return await self._convert(upload, target)

    async def _convert(self, source: Path, target: Path) -> Converted:
        return await self._process.produce(_request(source), target)


def _request(source: Path) -> dict[str, str]:
    return {"work": "convert", "source": str(source.absolute())}
