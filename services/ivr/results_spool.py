"""Results that PostgreSQL did not take: files beside the recordings until it does, so that no caller's answer is lost.

Every replica sees the folder and tries all of it; that several write the same result, or one writes it twice, changes
nothing (``store.results.save``: once for a leg, node and kind).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

import orjson

from services.ivr.domain.actions import FlowRef
from services.ivr.domain.node import CallFacts
from services.ivr.domain.writes import CallbackRequest, RecordedMessage, SurveyAnswer
from services.ivr.store.results import Call, What
from shared.runtime.logs import get_logger

log = get_logger(__name__)

FOLDER: Final = "waiting"
RETRY_SECONDS: Final = 2.0
_KINDS: Final[dict[str, type[Any]]] = {kind.__name__: kind for kind in (SurveyAnswer, CallbackRequest, RecordedMessage)}


@dataclass(frozen=True, slots=True)
class WaitingFlow:
    """The version of a flow, by name."""

    ref: FlowRef
    slug: str


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """What a result tells of its call."""

    facts: CallFacts
    flow: WaitingFlow
    node: str
    language: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A result that is to be written."""

    tenant_id: UUID
    call: WaitingCall
    what: What
    at: datetime


class Keep(Protocol):
    """Writes a result into its table."""

    def __call__(self, tenant_id: UUID, call: Call, what: What, at: datetime) -> Awaitable[object]: ...


class ResultsSpool:
    """A component: keeps results in files, and brings them to the table as soon as that works.

    Args:
        media_dir: where recordings stand; the same for every replica.
        keep: writes into the table.
        is_away: whether an error of ``keep`` says that the database is away; after any other, the file is set aside.
    """

    name = "results spool"

    def __init__(self, media_dir: Path, keep: Keep, is_away: Callable[[Exception], bool]) -> None:
        self._folder = media_dir / FOLDER
        self._keep, self._is_away = keep, is_away
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Try what is there, again and again."""
        self._task = asyncio.create_task(self._run(), name=self.name)

    async def stop(self) -> None:
        """What still waits is tried by the next process."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def put(self, tenant_id: UUID, call: Call, what: What, at: datetime) -> None:
        """Keep it; returns when it is on the disk. Raises OSError."""
        await asyncio.to_thread(self._write, written(tenant_id, call, what, at))

    async def flush(self) -> int:
        """Try each once; how many are left."""
        paths = await asyncio.to_thread(lambda: sorted(self._folder.glob("*.json")))
        for place, path in enumerate(paths):
            try:
                waiting = read(await asyncio.to_thread(path.read_bytes))
                await self._keep(waiting.tenant_id, waiting.call, waiting.what, waiting.at)
            except FileNotFoundError:
                continue  # another replica was quicker
            except Exception as error:
                if self._is_away(error):
                    return len(paths) - place
                log.exception("a result that waited cannot be kept", file=str(path))
                await asyncio.to_thread(_set_aside, path)
            else:
                await asyncio.to_thread(path.unlink, missing_ok=True)
        return 0

    async def _run(self) -> None:
        while True:
            try:
                await self.flush()
            except OSError as error:
                log.warning("results that wait cannot be read", reason=str(error))
            await asyncio.sleep(RETRY_SECONDS)

    def _write(self, text: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{sha256(text).hexdigest()[:40]}.json"
        part = path.with_suffix(f".{os.getpid()}")
        with part.open("wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)


def written(tenant_id: UUID, call: Call, what: What, at: datetime) -> bytes:
    """A result as it stands in its file."""
    facts, flow = call.facts, call.flow
    return orjson.dumps(
        {
            "tenant_id": str(tenant_id),
            "at": at.isoformat(),
            "kind": type(what).__name__,
            "what": asdict(what),
            "facts": {name: getattr(facts, name) for name in ("tenant_id", "call_id", "leg_id", "caller_number")},
            "flow": [str(flow.ref.id), flow.ref.version, flow.slug],
            "node": call.node,
            "language": call.language,
        }
    )


def read(text: bytes) -> Waiting:
    """What ``written`` wrote. Raises ValueError, KeyError or TypeError: it is something else."""
    told = orjson.loads(text)
    flow_id, version, slug = told["flow"]
    flow = WaitingFlow(FlowRef(UUID(flow_id), int(version)), slug)
    call = WaitingCall(CallFacts(**told["facts"]), flow, told["node"], told["language"])
    what = _KINDS[told["kind"]](**told["what"])
    return Waiting(UUID(told["tenant_id"]), call, what, datetime.fromisoformat(told["at"]))


def _set_aside(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.replace(path.with_suffix(".refused"))
