"""The launcher behind `make run`, as a newcomer meets it, on the simulator: start, first call, stop, start again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
import pytest_asyncio

from deploy.local import ports
from deploy.local.settings import LocalSettings
from tests.support.freeswitch_node import REPOSITORY
from tests.support.platform import local_settings

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

READY = "Seda is ready"
PATIENCE_SECONDS = 90.0


@dataclass
class Launcher:
    """One `make run`, and everything it said so far."""

    process: asyncio.subprocess.Process
    said: list[str] = field(default_factory=list)

    async def hears(self, words: str) -> None:
        """Wait until it says that."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for line in self.process.stdout:
                self.said.append(line.decode().rstrip())
                if words in self.said[-1]:
                    return
        raise AssertionError(f"it ended without {words!r}:\n" + self.text)

    async def ends(self) -> int:
        """Wait until it has ended; its exit status."""
        assert self.process.stdout is not None
        async with asyncio.timeout(PATIENCE_SECONDS):
            self.said += (await self.process.stdout.read()).decode().splitlines()
            return await self.process.wait()

    @property
    def text(self) -> str:
        return "\n".join(self.said)

    def service(self, name: str) -> psutil.Process:
        """The process of a service."""
        below = psutil.Process(self.process.pid).children(recursive=True)
        return next(process for process in below if f"services.{name}" in process.cmdline())


@dataclass
class Machine:
    """A machine with free ports and a folder for the data."""

    settings: LocalSettings

    @contextlib.asynccontextmanager
    async def run(self, *arguments: str) -> AsyncIterator[Launcher]:
        """`make run ARGS=...`; killed when a test fails before it ended."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "deploy.local", *arguments, cwd=REPOSITORY, env=self.environment(),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        try:
            yield Launcher(process)
        finally:
            if process.returncode is None:
                process.terminate()
                await process.communicate()

    async def once(self, *arguments: str) -> tuple[int, str]:
        """One that ends by itself: its status and its words."""
        async with self.run(*arguments) as launcher:
            return await launcher.ends(), launcher.text

    async def seda(self, *words: str) -> Any:
        """What the command line answers."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "services.cli", *words, "--json", cwd=REPOSITORY,
            env={**os.environ, "SEDA_PROFILE": str(self.settings.var / "cli.json")},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, errors = await process.communicate()
        assert process.returncode == 0, errors.decode()
        return json.loads(output)

    def environment(self) -> dict[str, str]:
        settings = self.settings
        given = {f"SEDA_{name.upper()}_PORT": str(port) for name, port in settings.ports.items()}
        return {**os.environ, **given, "SEDA_VAR": str(settings.var), "SEDA_FREESWITCH": "none"}

    def is_quiet(self) -> bool:
        """Whether nothing of it listens any more."""
        ports.check(self.settings.ports)
        return True


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def first_time(tmp_path_factory: pytest.TempPathFactory) -> tuple[Machine, int, str]:
    """`make run ARGS=--once` on a machine that has nothing yet."""
    machine = Machine(local_settings(tmp_path_factory.mktemp("machine") / "var"))
    return machine, *await machine.once("--once")


@pytest.fixture
def machine(first_time: tuple[Machine, int, str], tmp_path: Path) -> Machine:
    """A machine on which Seda ran once: a copy of its data, the same ports."""
    subprocess.run(["cp", "-a", first_time[0].settings.var, tmp_path / "var"], check=True)  # owners and all
    return Machine(first_time[0].settings.model_copy(update={"var": tmp_path / "var"}))


async def test_once_shows_the_first_call_and_its_record_then_stops_everything(
    first_time: tuple[Machine, int, str],
) -> None:
    machine, status, said = first_time
    assert status == 0, said
    steps = ("starting with the simulator", "placing the first call", "102 is ringing", "answered", "101 hung up")
    told = (*steps, "The first call's record", "Sara Ahmadi <101>", "hung up by the caller", READY, "stopping")
    order = [said.index(words) for words in told]
    assert order == sorted(order)
    assert machine.is_quiet()


async def test_a_restart_keeps_the_data_and_ctrl_c_ends_everything(machine: Machine) -> None:
    async with machine.run() as launcher:
        await launcher.hears(READY)
        records = await machine.seda("record", "list")
        assert [record["called_number"] for record in records] == ["102", "102"]
        status, said = await machine.once()
        assert status == 1
        assert f"Seda runs here already (process {launcher.process.pid})" in said
        launcher.process.send_signal(signal.SIGINT)
        assert await launcher.ends() == 0
    assert "Traceback" not in launcher.text
    assert machine.is_quiet()


async def test_fresh_starts_over_and_a_process_that_dies_is_told_with_its_last_lines(machine: Machine) -> None:
    async with machine.run("--fresh") as launcher:
        await launcher.hears(READY)
        assert len(await machine.seda("record", "list")) == 1
        await machine.seda("extension", "update", "102", "enabled=false")
        launcher.service("routing").kill()
        assert await launcher.ends() == 1
    assert "Seda cannot run: routing ended by signal SIGKILL." in launcher.text
    assert machine.is_quiet()

    status, said = await machine.once("--once")
    assert status == 1
    assert "Seda cannot run: 102 was not let in: SIP status 403" in said
    assert READY not in said
    assert machine.is_quiet()


async def test_stopping_while_it_starts_leaves_nothing_behind(machine: Machine) -> None:
    async with machine.run() as launcher:
        await launcher.hears("PostgreSQL and NATS are up")
        assert await machine.once("stop") == (0, "      seda | stopped")
        assert await launcher.ends() == 130
    assert machine.is_quiet()
    assert await machine.once("stop") == (0, "      seda | nothing runs")


async def test_a_port_that_is_taken_stops_it_before_anything_is_forgotten(machine: Machine) -> None:
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", machine.settings.nats_port)
    async with server:
        status, said = await machine.once("--fresh")
    assert status == 1
    assert f"port {machine.settings.nats_port} (nats) is taken by " in said
    assert "set SEDA_NATS_PORT to another" in said
    assert (machine.settings.var / "secrets.json").exists()
