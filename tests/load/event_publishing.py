"""Events a second from the event socket to messages that JetStream has acknowledged.

The real switchlink process between a feeder that plays the switch (``event_feed``) and a real NATS server, each a
process of its own. It has ended when JetStream holds all messages; switchlink's own count must say the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import nats
import nats.js.errors
import psutil
from prometheus_client.parser import text_string_to_metric_families

from deploy.local.nats import EmbeddedNats
from services.switchlink.domain.legs import LegTable
from shared.contracts.catalogue import CALLS as STREAM
from tests.load.cores import cpu_seconds
from tests.load.event_feed import recorded
from tests.load.row import Row, at_least, at_most
from tests.support.freeswitch_node import REPOSITORY
from tests.support.ports import free_port

CALLS = 3_000
LEAST_PER_SECOND = 5_000
MOST_MEMORY_MB = 300
DEADLINE_SECONDS = 120
POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of the events."""

    messages: int
    seconds: float
    cpu_seconds: float
    peak_memory_mb: float


def run() -> list[Row]:
    """Feed, count, compare with what the pure mapping says must come out."""
    events = recorded()
    table = LegTable("bench", events[0]["Core-UUID"])
    expected = CALLS * sum(len(table.apply(event)) for event in events)
    seen = asyncio.run(_measure(expected))
    count = CALLS * len(events)
    size = sum(len(json.dumps(event)) for event in events) / len(events) / 1000
    detail = (
        f"{count:,} events of {size:.1f} kB -> {expected:,} messages;"
        f" {count / seen.cpu_seconds:,.0f} events per second of switchlink's CPU"
    )
    return [
        at_least(
            "events/s from the event socket to published messages", count / seen.seconds, "/s", LEAST_PER_SECOND, detail
        ),
        at_most("messages lost between switch and bus", expected - seen.messages, "", 0, f"of {expected:,}"),
        at_most("memory of switchlink at its peak", seen.peak_memory_mb, "MB", MOST_MEMORY_MB),
    ]


async def _measure(expected: int) -> Seen:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seda-bench-")))
        server = EmbeddedNats(folder / "nats")
        await asyncio.to_thread(server.start)
        stack.callback(server.stop)
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        feeder = await stack.enter_async_context(_process(
            "tests.load.event_feed", str(listener.fileno()), str(CALLS), stdout=asyncio.subprocess.PIPE,
            pass_fds=[listener.fileno()],
        ))  # fmt: skip
        port = free_port()
        env = {**os.environ, **_settings(folder, server.url, port, listener.getsockname()[1])}
        switchlink = await stack.enter_async_context(_process("services.switchlink", env=env))
        assert feeder.stdout is not None
        began = json.loads(await feeder.stdout.readline())["began"]
        return await _watch(psutil.Process(switchlink.pid), server.url, port, began, expected)


def _settings(folder: Path, nats_url: str, port: int, event_socket_port: int) -> dict[str, str]:
    values = {
        "NODE_ID": "bench",
        "NATS_URL": nats_url,
        "HTTP_PORT": str(port),
        "EVENT_SOCKET_PORT": str(event_socket_port),
        "EVENT_SOCKET_PASSWORD": "of-the-bench",
        "SPOOL_DIR": str(folder / "spool"),
        "LOG_LEVEL": "warning",
    }
    return {f"SWITCHLINK_{name}": value for name, value in values.items()}


@asynccontextmanager
async def _process(module: str, *arguments: str, **options: object) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *arguments, cwd=REPOSITORY, **options  # type: ignore[arg-type]
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _watch(process: psutil.Process, nats_url: str, port: int, began: float, expected: int) -> Seen:
    """Until all messages are stored, or too long. Only NATS is asked meanwhile: switchlink has better to do."""
    cpu, peak, stored = cpu_seconds(process), 0, 0
    client = await nats.connect(nats_url)
    try:
        while stored < expected and time.monotonic() - began < DEADLINE_SECONDS:
            await asyncio.sleep(POLL_SECONDS)
            peak = max(peak, process.memory_info().rss)
            with contextlib.suppress(nats.js.errors.NotFoundError):
                stored = (await client.jetstream().stream_info(STREAM.name)).state.messages
    finally:
        await client.close()
    seconds, used = time.monotonic() - began, cpu_seconds(process) - cpu
    return Seen(await _published(port, expected), seconds, used, peak / 1e6)


async def _published(port: int, expected: int) -> int:
    """What switchlink itself counts, once it has taken note of the last acknowledgements."""
    published, deadline = 0, time.monotonic() + 5
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        while published < expected and time.monotonic() < deadline:
            published = messages_in((await client.get("/metrics")).text)
            await asyncio.sleep(POLL_SECONDS)
    return published


def messages_in(metrics: str) -> int:
    """Messages about calls that were published, in a page of metrics."""
    return int(
        sum(
            sample.value
            for family in text_string_to_metric_families(metrics)
            for sample in family.samples
            if sample.name == "seda_switchlink_messages_total" and sample.labels["message"].startswith("call.")
        )
    )
