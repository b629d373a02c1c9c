"""Texts of a flow spoken before the first caller needs them: a synthesiser takes about 0.7 s for a text."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from pydantic import ValidationError

from services.ivr.domain.flow import FlowDocument
from services.ivr.domain.rendering import texts_of
from services.ivr.performing import Speaker
from shared.runtime.logs import get_logger

log = get_logger(__name__)

MOST_WAITING: Final = 2_000
"""Texts; those of further flows are spoken when their first caller comes."""


class SpeakingAhead:
    """A component: one text after the other, so that callers whose text is being spoken now hardly notice.

    Args:
        speaker: keeps what it spoke, for every process.
    """

    name = "speaking ahead"

    def __init__(self, speaker: Speaker) -> None:
        self._speaker = speaker
        self._waiting: deque[tuple[str, str]] = deque()
        self._something = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """End; what is not spoken yet is spoken when a caller comes."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def flow(self, document: Any) -> None:
        """A flow was published: have its texts spoken. Waits for nothing."""
        try:
            texts = texts_of(FlowDocument.model_validate(document))
        except ValidationError:
            return  # cannot be published as it is
        self._add(texts)

    async def idle(self) -> None:
        """Wait until nothing is left to be spoken."""
        await self._idle.wait()

    def _add(self, texts: Iterable[tuple[str, str]]) -> None:
        for text in texts:
            if len(self._waiting) >= MOST_WAITING:
                log.warning("too many texts wait to be spoken ahead; the rest waits for its callers")
                break
            self._waiting.append(text)
        if self._waiting:
            self._idle.clear()
            self._something.set()

    async def _run(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            while self._waiting:
                language, text = self._waiting.popleft()
                try:
                    await self._speaker.speak(text, language)
                except Exception as error:  # the caller's own try says it again, and where
                    log.warning("a text cannot be spoken ahead", language=language, reason=str(error))
            self._idle.set()
