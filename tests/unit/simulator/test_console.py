"""`seda-switch-sim` as a process."""

from __future__ import annotations

import asyncio
import signal
import sys

from tests.support.esl_probe import EslProbe


async def start(*arguments: str) -> tuple[asyncio.subprocess.Process, str]:
    command = [sys.executable, "-m", "freeswitch.simulator", "--port", "0", "--password", "p", *arguments]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(60):
        return process, (await process.stdout.readline()).decode()


async def test_says_what_it_is_and_stops_cleanly() -> None:
    process, ready = await start("--node", "n1")
    assert ready.startswith("SIMULATOR (not FreeSWITCH): node n1 listening on 127.0.0.1:")
    port = int(ready.split("127.0.0.1:")[1].split(",")[0])
    probe = await EslProbe.connect("127.0.0.1", port, "p")
    assert await probe.api("hostname") == "n1"
    assert "SIMULATOR" in await probe.api("version")
    process.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 30) == 0
    await asyncio.wait_for(probe.disconnected.wait(), 10)


async def test_fsctl_shutdown_ends_it() -> None:
    process, ready = await start()
    probe = await EslProbe.connect("127.0.0.1", int(ready.split("127.0.0.1:")[1].split(",")[0]), "p")
    assert await probe.api("fsctl shutdown asap") == "+OK\n"
    assert await asyncio.wait_for(process.wait(), 30) == 0


async def test_a_wrong_setting_is_named() -> None:
    command = [sys.executable, "-m", "freeswitch.simulator", "--speed", "0"]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, error = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 2
    assert b"--speed" in error
