"""Resident memory of each service, started and asked once."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import httpx
import psutil

from tests.load.row import Row, at_most
from tests.support.platform import LivePlatform

MOST_MB = 110
FIRST_REQUEST = {
    "directory": "/v1/extensions",
    "routing": "/v1/ring-groups",
    "reporting": "/v1/call-records",
    "acd": "/v1/queues",
    "ivr": "/v1/flows",
}
MEGABYTE = 1_000_000


def run() -> list[Row]:
    """The services of a platform with the demo tenant, on the simulator: the switch is no part of it."""
    return asyncio.run(_run())


async def _run() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="seda-bench-") as folder:
        async with LivePlatform(Path(folder), real=False) as platform:
            rows = [await _row(platform, service.name) for service in platform.platform.services]
    return rows


async def _row(platform: LivePlatform, name: str) -> Row:
    if path := FIRST_REQUEST.get(name):
        await platform.client.get(name, path, tenant_id=platform.tenant_id)
    async with httpx.AsyncClient(trust_env=False) as client:
        (await client.get(platform.settings.url(name) + "/metrics")).raise_for_status()
    process = platform.process(name).process
    assert process is not None
    memory = psutil.Process(process.pid).memory_full_info()
    detail = f"{memory.uss / MEGABYTE:.0f} MB of it are its own; the rest are pages shared with the other services"
    return at_most(f"resident memory of an idle {name}", memory.rss / MEGABYTE, "MB", MOST_MB, detail)
