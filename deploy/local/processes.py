"""Processes of the platform: started, watched, their output prefixed, stopped in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

TAIL_LINES: Final = 20
STOP_SECONDS: Final = 15.0
_PR_SET_PDEATHSIG: Final = 1
_AUTOGROUP_TRIES: Final = 20
_AUTOGROUP_WAIT_SECONDS: Final = 0.1
_COLOURS: Final = (36, 32, 33, 35, 34, 96, 92, 93)


class ProcessDied(Exception):
    """A process ended that should not have, or was never ready; the text has its last lines."""


@dataclass(slots=True)
class ManagedProcess:
    """One process.

    Args:
        name: shown before each of its lines.
        command: what to run.
        env: added to the environment.
        ready: returns true once it works; asked again and again.
        log: file that gets all its output.
        quiet: do not show its output on the terminal.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    ready: Callable[[], Awaitable[bool]]
    log: Path
    cwd: Path | None = None
    quiet: bool = False
    colour: int = 0
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL_LINES))
    process: asyncio.subprocess.Process | None = None
    _reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it; does not wait until it is ready."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.process = await asyncio.create_subprocess_exec(
            *self.command,
            env={**os.environ, **self.env},
            cwd=self.cwd,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the launcher, which stops them in order
            preexec_fn=_die_with_parent,
        )
        self._reader = asyncio.create_task(self._read(), name=f"output of {self.name}")

    async def wait_ready(self, timeout_seconds: float) -> float:
        """Wait until it works; returns how many seconds that took.

        Raises:
            ProcessDied: it ended, or was not ready in time.
        """
        began = time.monotonic()
        while not await self.ready():
            if self.ended:
                raise ProcessDied(self.obituary())
            if time.monotonic() - began > timeout_seconds:
                raise ProcessDied(f"{self.name} was not ready within {timeout_seconds:g} s.{self._last_lines()}")
            await asyncio.sleep(0.05)
        return time.monotonic() - began

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return None if self.process is None or self.ended else self.process.pid

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        return self.process is not None and self.process.returncode is not None

    def obituary(self) -> str:
        """How it ended, with its last lines."""
        code = self.process.returncode if self.process else None
        how = f"by signal {signal.Signals(-code).name}" if code is not None and code < 0 else f"with status {code}"
        return f"{self.name} ended {how}.{self._last_lines()}"

    def _last_lines(self) -> str:
        lines = "\n".join(f"    {line}" for line in self.tail)
        return f" Its last lines ({self.log}):\n{lines}" if lines else f" It said nothing ({self.log})."

    async def stop(self) -> None:
        """Ask it to end, wait, and kill it if it does not."""
        if self.process is None:
            return
        if self.process.returncode is None:
            self.process.terminate()
            try:
                await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    self.process.kill()
                await self.process.wait()
        if self._reader is not None:
            await asyncio.wait([self._reader], timeout=1)

    async def _read(self) -> None:
        assert self.process is not None  # noqa: S101 -- called by start
        assert self.process.stdout is not None  # noqa: S101 -- a pipe was asked for
        with self.log.open("ab", buffering=0) as log:
            while line := await _line(self.process.stdout):
                log.write(line)
                text = line.decode(errors="replace").rstrip()
                self.tail.append(text)
                if not self.quiet:
                    print(f"{self._prefix()} {text}", flush=True)
        await self.process.wait()

    def _prefix(self) -> str:
        label = f"{self.name:>10} |"
        return f"\033[{_COLOURS[self.colour % len(_COLOURS)]}m{label}\033[0m" if sys.stdout.isatty() else label


async def stand_back(pid: int, niceness: int) -> None:
    """Let a process that was just started, in a session of its own, leave cores that are short to others.

    Where the kernel groups processes by session (autogroup, sched(7)), sessions are weighed against each other, and
    niceness counts only within one: so the session gets it too. A process that has ended stands back anyway.

    Args:
        niceness: 0 (not at all) to 19.
    """
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, niceness)
    for _ in range(_AUTOGROUP_TRIES):
        try:
            Path(f"/proc/{pid}/autogroup").write_text(str(niceness))  # noqa: ASYNC240 -- no disk
        except BlockingIOError:  # the kernel takes ten a second
            await asyncio.sleep(_AUTOGROUP_WAIT_SECONDS)
        except OSError:
            return
        else:
            return


async def _line(stream: asyncio.StreamReader) -> bytes:
    """The next line; of one that is longer than the buffer a piece; nothing at the end."""
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as error:
        return error.partial
    except asyncio.LimitOverrunError as error:
        return await stream.read(error.consumed)


def _die_with_parent() -> None:
    """In the child: end when the launcher is killed, so that nothing is left behind (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
