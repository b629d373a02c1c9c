"""A real FreeSWITCH whose calls go to a program over the outbound socket, and the programs: ivr, and a bare one."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import psutil

from tests.load.sipp import Sipp
from tests.support.fake_xml_curl import TENANT_ID, Actions, FakeXmlCurl
from tests.support.flow_host import handed_to
from tests.support.freeswitch_node import REPOSITORY, FreeSwitchNode, find_freeswitch

PROMPT = REPOSITORY / "freeswitch" / "sounds" / "en" / "vm-menu.wav"
"""7 s of a woman's voice, 8 kHz."""
RTP_PORTS = 4000
MENU: dict[str, Any] = {
    "start": "main",
    "languages": ["en", "fa"],
    "nodes": {
        "main": {
            "type": "menu",
            "announcement": "welcome",
            "first_seconds": 60,
            "exits": {"1": "sales", "2": "support", "9": "main"},
        },
        "sales": {
            "type": "menu",
            "announcement": "sales",
            "first_seconds": 60,
            "exits": {"1": "main", "2": "note", "9": "main"},
        },
        "support": {
            "type": "menu",
            "announcement": "support",
            "first_seconds": 60,
            "exits": {"1": "main", "2": "main", "9": "main"},
        },
        "note": {"type": "set", "variables": {"seen": "{caller_number}"}, "exits": {"done": "is_known"}},
        "is_known": {
            "type": "branch",
            "conditions": [{"value": "{seen}", "test": "begins", "than": "+98", "exit": "known"}],
            "exits": {"known": "support", "otherwise": "main"},
        },
    },
}
"""Three menus; some keys lead to the next one over a variable and a branch."""


def missing() -> str:
    """What this machine lacks; empty when nothing."""
    absent = [name for name, there in {"FreeSWITCH": find_freeswitch(), "SIPp": Sipp.available()}.items() if not there]
    return f"no {' and no '.join(absent)} on this machine" if absent else ""


class Program:
    """A process that takes calls, and tells its figures when it can."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self._process, self.port = process, port
        self.watched = psutil.Process(process.pid)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def figures(self) -> dict[str, Any]:
        """What ``ivr_host`` knows of itself since it was last asked."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(b"figures\n")
        answer: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return answer


@asynccontextmanager
async def program(module: str, *arguments: object, log: Path, core: int | None = None) -> AsyncIterator[Program]:
    """Start a module of ``tests.load`` that prints its port and ends with its standard input; on one core if told."""
    pinned = () if core is None else ("taskset", "--cpu-list", str(core))
    with log.open("ab") as errors:
        process = await asyncio.create_subprocess_exec(
            *(*pinned, sys.executable, "-m", f"tests.load.{module}", *map(str, arguments)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            cwd=REPOSITORY,
            limit=64 * 1024 * 1024,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(30):
            port = (await process.stdout.readline()).strip()
        if not port:
            raise RuntimeError(f"{module} did not start; its words are in {log.name}")
        yield Program(process, int(port))
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()


def ivr(folder: Path, *, most_calls: int = 400, core: int | None = None) -> AbstractAsyncContextManager[Program]:
    """ivr's call server with a flow, in a process of its own."""
    return program("ivr_host", folder, json.dumps(MENU), PROMPT, most_calls, log=folder / "ivr.log", core=core)


def bare(folder: Path, kind: str) -> AbstractAsyncContextManager[Program]:
    """The bare server: ``prompt`` or ``menu``."""
    return program("bare_socket", kind, PROMPT, log=folder / "bare.log")


def answer_for(where: Program) -> Actions:
    """What routing says of every call; it lets the carrier press keys by SIP INFO (RFC 4733 costs SIPp raw sockets)."""
    before = [("set", f"seda_tenant_id={TENANT_ID}"), ("set", "rtp_liberal_dtmf=true")]
    return [*before, *handed_to("flow:bench", where.address, lives=1)]


class IvrBench:
    """The switch, whoever answers its questions, and SIPp as the carrier."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._services = FakeXmlCurl()
        self._stack = AsyncExitStack()
        self.node: FreeSwitchNode
        self.sipp: Sipp

    async def __aenter__(self) -> IvrBench:
        await self._services.start()
        self._stack.push_async_callback(self._services.stop)
        urls = {"directory_url": self._services.directory_url, "routing_url": self._services.dialplan_url}
        env = {
            "SEDA_SWITCH_LOG_LEVEL": "warning",
            "SEDA_RTP_FIRST_PORT": "40000",
            "SEDA_RTP_LAST_PORT": str(40000 + RTP_PORTS),
        }
        self.node = await self._stack.enter_async_context(FreeSwitchNode(self._folder / "switch", env=env, **urls))
        self.sipp = Sipp(self._folder / "sipp", self.node.trunks)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def hand_over_to(self, where: Program) -> None:
        """Calls go to that program from now on: the same answer of the dialplan, whoever it is."""
        self._services.dial = lambda _: answer_for(where)
        self._services.requests.clear()

    async def quiet(self) -> None:
        """Wait until no call is left."""
        async with asyncio.timeout(30):
            while not (await self.node.api("show channels count")).startswith("0 total"):
                await asyncio.sleep(0.1)
