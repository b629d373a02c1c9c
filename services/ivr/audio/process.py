"""The process that works on audio, as the service sees it: started, given a deadline, killed, its answer read."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import services
from services.ivr.audio.errors import AudioBusy, AudioDamaged, AudioFailed, AudioTimeout, AudioTooCostly, refusal
from services.ivr.audio.limits import AudioLimits, ProcessLimits
from shared.runtime.logs import get_logger

__all__ = ["AudioProcess", "Converted"]

_COMMAND: Final = (sys.executable, "-P", "-s", "-m", "services.ivr.audio")
_KILLED_FOR_COST: Final = {-signal.SIGKILL, -signal.SIGXCPU}
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Converted:
    """A prompt ready to be played: mono 16-bit PCM wav, its integrated loudness (LUFS) and true peak (dBTP).

    `source` is what it was made from: ``mp3/layer-3``, ``ogg/opus``, ``wav/pcm``, ``speech``.
    """

    path: Path
    seconds: float
    sample_rate: int
    loudness_lufs: float
    true_peak_dbtp: float
    source: str


class AudioProcess:
    """Runs work on audio in processes of its own, at most `slots` at a time.

    A process gets `deadline_seconds` of wall time, the `process` limits and an environment without the service's
    secrets. Work waits at most `queue_seconds` for its turn.
    """

    def __init__(
        self,
        *,
        slots: int = 2,
        deadline_seconds: float = 60.0,
        queue_seconds: float = 30.0,
        limits: AudioLimits | None = None,
        process: ProcessLimits | None = None,
        command: Sequence[str] = _COMMAND,
    ) -> None:
        self.limits = limits or AudioLimits()
        self._process = process or ProcessLimits()
        self._slots = asyncio.Semaphore(slots)
        self._deadline_seconds = deadline_seconds
        self._queue_seconds = queue_seconds
        self._command = tuple(command)

    async def produce(self, request: Mapping[str, Any], target: Path) -> Converted:
        """Does what `request` asks; `target` is there whole or not at all. Raises an error of `errors`."""
        try:
            async with asyncio.timeout(self._queue_seconds):
                await self._slots.acquire()
        except TimeoutError as error:
            raise AudioBusy(f"no turn within {self._queue_seconds:g} seconds") from error
        part = target.with_name(f".{target.stem}.{uuid4().hex}.part")
        try:
            done = await self._ask({**request, "target": str(part.absolute())})
            part.replace(target)
        except OSError as error:
            raise AudioFailed(f"the sound cannot be stored: {error.strerror}") from error
        finally:
            self._slots.release()
            part.unlink(missing_ok=True)
        return Converted(path=target, **done)

    async def _ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        whole = {**request, "limits": asdict(self.limits), "process": asdict(self._process)}
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            cwd="/",
            env=_environment(),
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self._deadline_seconds):
                answer, _ = await process.communicate(json.dumps(whole).encode())
        except TimeoutError as error:
            raise AudioTimeout(f"it takes more than {self._deadline_seconds:g} seconds") from error
        finally:
            if process.returncode is None:
                await asyncio.shield(_end(process))
        return self._read(process.returncode, answer)

    def _read(self, status: int | None, answer: bytes) -> dict[str, Any]:
        if status in _KILLED_FOR_COST:
            raise AudioTooCostly(f"it takes more than {self._process.cpu_seconds} seconds of processor time, or memory")
        if status is not None and status < 0:
            _log.warning("audio_process_crashed", signal=-status)
            raise AudioDamaged("the decoder cannot cope with it")
        try:
            read = json.loads(answer)
        except ValueError:
            read = {"failed": f"the process ended with {status} and no answer"}
        if "refused" in read:
            raise refusal(read["refused"]["code"], read["refused"]["detail"])
        if "done" not in read:
            _log.error("audio_process_failed", detail=read.get("failed"))
            raise AudioFailed
        done: dict[str, Any] = read["done"]
        return done


async def _end(process: asyncio.subprocess.Process) -> None:
    """Kills the process with all it may have started, and waits until it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _environment() -> dict[str, str]:
    """What the process needs and nothing else: a decoder that is taken over finds no password here."""
    root = str(Path(services.__file__ or "").parent.parent)
    # One thread: more would be for matrices, and each reserves address space.
    return {"PYTHONPATH": root, "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
