"""What was spoken once is not spoken again."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from uuid import uuid4

from services.ivr.audio.errors import AudioFailed
from services.ivr.audio.speech import Synthesizer, speakable
from shared.runtime.logs import get_logger

__all__ = ["CachedSynthesizer"]

_MIB: Final = 1024 * 1024
_log = get_logger(__name__)


class CachedSynthesizer:
    """Keeps what `inner` speaks in `directory`, under the SHA-256 of voice, language, text and settings.

    Several processes may share the directory: files appear whole, by a rename. When they are more than `max_bytes`,
    those unused longest go, but none that was made or asked for within `keep_seconds`: a call may be playing it.
    `clock` gives seconds since 1970; a file's modification time is when it was last asked for.
    """

    def __init__(
        self,
        inner: Synthesizer,
        directory: Path,
        *,
        max_bytes: int = 512 * _MIB,
        keep_seconds: float = 3600.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._inner = inner
        self._directory = directory
        self._max_bytes = max_bytes
        self._keep_seconds = keep_seconds
        self._clock = clock
        self._speaking: dict[str, asyncio.Task[Path]] = {}

    @property
    def settings(self) -> str:
        return self._inner.settings

    async def speak(self, text: str, language: str, *, voice: str | None = None) -> Path:
        """The file that says `text`: kept, being made for somebody else, or made now. It belongs to the cache."""
        text = speakable(text)
        name = self._name(text, language, voice)
        path = self._directory / name[:2] / f"{name}.wav"
        if self._touch(path):
            return path
        task = self._speaking.get(name)
        if task is None:
            task = asyncio.create_task(self._make(path, text, language, voice))
            self._speaking[name] = task
            task.add_done_callback(lambda done: self._made(name, done))
        # Who hangs up does not take the sound from the others who wait for it.
        return await asyncio.shield(task)

    async def aclose(self) -> None:
        """Ends what is being spoken."""
        tasks = list(self._speaking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _name(self, text: str, language: str, voice: str | None) -> str:
        parts = json.dumps([self.settings, language.lower(), voice or "", text])
        return hashlib.sha256(parts.encode()).hexdigest()

    def _touch(self, path: Path) -> bool:
        """Whether the file is there; it counts as used now."""
        now = self._clock()
        try:
            os.utime(path, (now, now))
        except OSError:  # not there, or nothing can be there: `_make` says why
            return False
        return True

    def _made(self, name: str, task: asyncio.Task[Path]) -> None:
        self._speaking.pop(name, None)
        if not task.cancelled():
            task.exception()  # seen, also when nobody waits any more

    async def _make(self, path: Path, text: str, language: str, voice: str | None) -> Path:
        spoken = await self._inner.speak(text, language, voice=voice)
        try:
            await asyncio.to_thread(self._keep, spoken, path)
        except OSError as error:
            raise AudioFailed(f"the sound cannot be stored: {error.strerror}") from error
        return path

    def _keep(self, spoken: Path, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{uuid4().hex}.part")
        try:
            shutil.move(spoken, part)  # a rename on the same file system, else a copy
            now = self._clock()
            os.utime(part, (now, now))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        self._make_room()

    def _make_room(self) -> None:
        """Removes what was unused longest, until the rest fits."""
        files: list[tuple[float, int, Path]] = []
        for found in self._directory.glob("??/*"):
            with contextlib.suppress(FileNotFoundError):
                stat = found.stat()
                files.append((stat.st_mtime, stat.st_size, found))
        files.sort()
        excess = sum(size for _, size, _ in files) - self._max_bytes
        oldest_kept = self._clock() - self._keep_seconds
        for used, size, found in files:
            if excess <= 0 or used > oldest_kept:
                break
            with contextlib.suppress(FileNotFoundError):
                # Asked for since it was listed?
                if found.stat().st_mtime > oldest_kept:
                    continue
                found.unlink()
            excess -= size
        if excess > 0:
            _log.warning("speech_cache_over_size", excess_bytes=excess, max_bytes=self._max_bytes)
