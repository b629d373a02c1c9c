"""Speech to text by a program of the operator's: what a caller said is sent to it, and it answers with words.

The one thing Seda asks of a recogniser, so that any can be put behind it: ``POST`` of a WAV file (mono, 8 kHz, 16 bits)
with ``Content-Language`` and ``X-Phrases`` (JSON, percent-encoded: what is likely to be said); the answer is JSON,
``{"text": "..."}``, empty for nothing understood.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import quote

import orjson

if TYPE_CHECKING:
    import httpcore

ANSWER_SECONDS: Final = 4.0
MOST_BYTES: Final = 64 * 1024


class NotRecognised(Exception):
    """The recogniser did not answer, or not as it should."""


class Recogniser(Protocol):
    """Writes down what was said."""

    async def recognise(self, path: Path, language: str, phrases: Iterable[str]) -> str:
        """The words in a recording; empty: none. Raises NotRecognised."""
        ...


class HttpRecogniser:
    """Asks a program over HTTP.

    Args:
        url: where it listens; the operator's own, so private addresses are fine.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._pool: httpcore.AsyncConnectionPool | None = None

    async def recognise(self, path: Path, language: str, phrases: Iterable[str]) -> str:
        """As `Recogniser.recognise`, within four seconds."""
        import httpcore  # only a process with a recogniser pays for it

        audio = await asyncio.to_thread(path.read_bytes)
        headers = {
            "Content-Type": "audio/wav",
            "Content-Language": language,
            "X-Phrases": quote(json.dumps(list(phrases), ensure_ascii=False)),
        }
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                status, body = await self._post(headers, audio)
            document: Any = orjson.loads(body)
        except (TimeoutError, httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
            raise NotRecognised(str(error) or type(error).__name__) from error
        if status != 200 or not isinstance(document, dict) or not isinstance(document.get("text"), str):
            raise NotRecognised(f"status {status}, or no text")
        return str(document["text"])

    async def _post(self, headers: dict[str, str], audio: bytes) -> tuple[int, bytes]:
        import httpcore

        if self._pool is None:
            self._pool = httpcore.AsyncConnectionPool(max_connections=50, keepalive_expiry=30)
        async with self._pool.stream("POST", self._url, headers=headers, content=audio) as response:
            received = bytearray()
            async for chunk in response.aiter_stream():
                received += chunk
                if len(received) > MOST_BYTES:
                    raise ValueError("the answer is too long")
            return response.status, bytes(received)
