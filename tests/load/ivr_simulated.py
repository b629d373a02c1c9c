"""The simulated switch in a process of its own, with calls from a carrier to a program."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from pathlib import Path
from typing import Any

from tests.load.cores import keep_to
from tests.load.ivr_bench import Program, answer_for
from tests.support.esl_probe import EslProbe
from tests.support.fake_xml_curl import FakeXmlCurl

PASSWORD = "bench-bench"
SECONDS = 120.0


class SimulatedSwitch:
    """A switch on these cores that hands every call over to ``program``."""

    def __init__(self, folder: Path, program: Program, cores: list[int]) -> None:
        self._folder, self._program, self._cores = folder, program, cores
        self._services = FakeXmlCurl(dial=lambda _: answer_for(program))
        self._process: asyncio.subprocess.Process
        self._probe: EslProbe

    async def __aenter__(self) -> SimulatedSwitch:
        await self._services.start()
        spool = self._folder / "spool"
        spool.mkdir()
        options = {
            "port": 0,
            "password": PASSWORD,
            "dialplan-url": self._services.dialplan_url,
            "directory-url": self._services.directory_url,
            "secret": PASSWORD,
            "cdr-spool": spool,
        }
        words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
        with (self._folder / "simulator.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "freeswitch.simulator", *words), stdout=asyncio.subprocess.PIPE, stderr=log
            )
        assert self._process.stdout is not None
        said = (await self._process.stdout.readline()).decode()
        found = re.search(r"listening on [^:]+:(\d+)", said)
        if found is None:
            raise RuntimeError(f"the simulator did not start: {said!r}")
        keep_to(self._process.pid, self._cores)
        self._probe = await EslProbe.connect("127.0.0.1", int(found[1]), PASSWORD)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._probe.close()
        self._process.terminate()
        await self._process.wait()
        await self._services.stop()

    async def call(self, caller: str, script: dict[str, Any]) -> None:
        """A call from a carrier, whose far end does what the script says."""
        given = {"carrier": "192.0.2.1", "number": "700", "caller": caller, "script": script}
        answer = await self._probe.api(f"sim trunk_call {json.dumps(given)}")
        if answer.startswith("-ERR"):
            raise RuntimeError(answer)

    async def quiet(self) -> None:
        """Wait until no call is left."""
        async with asyncio.timeout(SECONDS):
            while not (await self._probe.api("show channels count")).strip().startswith("0 total"):
                await asyncio.sleep(0.2)
