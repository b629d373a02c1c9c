"""SIPp as callers and callees (Debian package sip-tester)."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.load.sipp_output import CallCounts, answer_times_ms, call_counts
from tests.support.ports import free_port

SCENARIOS = Path(__file__).parent / "sipp"
HOST = "127.0.0.1"
MARGIN_SECONDS = 60
PAUSE = "<pause/>"


class SippFailed(Exception):
    """SIPp ended before its work was done; the text has its last words."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A caller and whom it calls; both have the same password."""

    caller: str
    password: str
    domain: str
    callee: str


@dataclass(frozen=True, slots=True)
class Round:
    """What one run of the callers gave."""

    times_ms: Sequence[float]
    counts: CallCounts


@dataclass(slots=True)
class Sipp:
    """SIPp against one switch.

    Args:
        folder: for its files; private.
        switch: where the phones' profile listens.
        pairs: who calls whom, in turn; none where the scenario says it itself.
    """

    folder: Path
    switch: tuple[str, int]
    pairs: Sequence[Pair] = ()
    _runs: int = field(default=0)

    @staticmethod
    def available() -> bool:
        """Whether the program is there."""
        return shutil.which("sipp") is not None

    async def call(self, *, rate: float, calls: int, hold_ms: int) -> Round:
        """Place so many calls at that rate, each held so long after its answer.

        Raises:
            SippFailed: it ended by itself.
        """
        folder = await self.run(
            "caller", ["-r", str(rate), "-m", str(calls), "-d", str(hold_ms)], calls / rate + hold_ms / 1000
        )
        with next(folder.glob("caller_*_shortmessages.log")).open() as lines:
            return Round(answer_times_ms(lines), call_counts(folder / "stat.csv"))

    async def register(self, port: int | None = None) -> CallCounts:
        """Register the callees, from that port; how many were let in.

        Raises:
            SippFailed: it ended by itself.
        """
        arguments = ["-p", str(port or free_port()), "-r", "20", "-m", str(len(self.pairs))]
        return call_counts(await self.run("register", arguments, len(self.pairs) / 20) / "stat.csv")

    @asynccontextmanager
    async def phones(self) -> AsyncIterator[None]:
        """The callees: registered, then answering on the port they registered from.

        Raises:
            SippFailed: not all were let in.
        """
        port = free_port()
        registered = await self.register(port)
        if registered.failed:
            raise SippFailed(f"{registered.failed} of {len(self.pairs)} phones were not let in")
        folder = self._folder("callee")
        _write("callee", folder)
        process = await self._start("callee", folder, ["-p", str(port), "-aa"], callers=False)
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def run(self, scenario: str, arguments: Sequence[str], seconds: float, *, pause: str = PAUSE) -> Path:
        """One run of callers to its end; the folder with what it wrote.

        Args:
            scenario: the file of ``sipp`` without its ending.
            seconds: how long it should take.
            pause: what callers do instead of waiting: elements in place of the scenario's pause.

        Raises:
            SippFailed: it ended by itself.
        """
        folder = self._folder(scenario)
        _write(scenario, folder, pause)
        traces = ["-trace_stat", "-stf", "stat.csv", "-fd", "1", "-trace_shortmsg"]
        if "-p" not in arguments:
            arguments = [*arguments, "-p", str(free_port())]
        process = await self._start(scenario, folder, [*traces, *arguments])
        try:
            async with asyncio.timeout(seconds + MARGIN_SECONDS):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        if process.returncode not in (0, 1):  # 1: at least one call failed, which the counts tell
            words = (folder / "output.txt").read_text(errors="replace").splitlines()[-15:]
            raise SippFailed(f"sipp {scenario} ended with {process.returncode}:\n" + "\n".join(words))
        return folder

    async def _start(
        self, scenario: str, folder: Path, arguments: Sequence[str], *, callers: bool = True
    ) -> asyncio.subprocess.Process:
        command = ["sipp", "-sf", f"{scenario}.xml", "-i", HOST, "-mi", HOST, "-t", "u1", "-nostdin", *arguments]
        if callers:
            if self.pairs:
                (folder / "pairs.csv").write_text(_injection(self.pairs))
                command += ["-inf", "pairs.csv"]
            command.append(f"{self.switch[0]}:{self.switch[1]}")
        with (folder / "output.txt").open("wb") as output:
            return await asyncio.create_subprocess_exec(
                *command, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
            )

    def _folder(self, name: str) -> Path:
        self._runs += 1
        folder = self.folder / f"{self._runs:03d}-{name}"
        folder.mkdir(parents=True)
        return folder


def _write(scenario: str, folder: Path, pause: str = PAUSE) -> None:
    text = (SCENARIOS / f"{scenario}.xml").read_text()
    (folder / f"{scenario}.xml").write_text(text.replace(PAUSE, pause))


def _injection(pairs: Sequence[Pair]) -> str:
    """Fields 0 to 4 of the scenarios: caller, its credentials, domain, callee, its credentials."""
    return "SEQUENTIAL\n" + "".join(
        f"{p.caller};{_sign_in(p.caller, p.password)};{p.domain};{p.callee};{_sign_in(p.callee, p.password)}\n"
        for p in pairs
    )


def _sign_in(user: str, password: str) -> str:
    # SIPp fills in keywords of a field, but no field inside of a keyword
    return f"[authentication username={user} password={password}]"
