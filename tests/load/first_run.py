"""``make run`` from nothing to the first call's record, packages already there."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.load.row import Row, at_most
from tests.support.freeswitch_node import REPOSITORY, find_freeswitch
from tests.support.platform import local_settings

MOST_SECONDS = 20
READY = b"Seda is ready"


def run() -> list[Row]:
    """With the simulator, and with FreeSWITCH where there is one."""
    found = find_freeswitch()
    rows = [asyncio.run(_run("the simulator", "none"))]
    what = "make run to the first call's record, with FreeSWITCH"
    if found is None:
        return [*rows, at_most(what, None, "s", MOST_SECONDS, "no FreeSWITCH on this machine")]
    return [*rows, asyncio.run(_run("FreeSWITCH", str(found)))]


async def _run(name: str, freeswitch: str) -> Row:
    with tempfile.TemporaryDirectory(prefix="seda-bench-") as folder:
        env = {**os.environ, **_environment(Path(folder)), "SEDA_FREESWITCH": freeswitch}
        began, cpu = time.perf_counter(), _children_cpu()
        launcher = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "deploy.local", "--once", cwd=REPOSITORY, env=env,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        assert launcher.stdout is not None
        lines, seconds = [], None
        async for line in launcher.stdout:
            lines.append(line.decode(errors="replace").rstrip())
            if READY in line:
                seconds = time.perf_counter() - began
        status = await launcher.wait()
        used = _children_cpu() - cpu
    what = f"make run to the first call's record, with {name}"
    if seconds is None or status:
        return at_most(what, float("inf"), "s", MOST_SECONDS, f"status {status}: " + " | ".join(lines[-3:]))
    return at_most(what, seconds, "s", MOST_SECONDS, f"{used:.1f} s of CPU until it had stopped again")


def _environment(var: Path) -> dict[str, str]:
    settings = local_settings(var)
    ports = {f"SEDA_{name.upper()}_PORT": str(port) for name, port in settings.ports.items()}
    media = {"SEDA_RTP_FIRST_PORT": str(settings.rtp_first_port), "SEDA_RTP_LAST_PORT": str(settings.rtp_last_port)}
    return {"SEDA_VAR": str(var), **ports, **media}


def _children_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system
