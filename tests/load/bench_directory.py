"""How fast directory answers the switch on this machine: ``python -m tests.load.bench_directory``.

The real process on a real database, asked like mod_xml_curl asks: a new connection each time, the question of a real
REGISTER. The asker runs beside it, so on a small machine the rate by the process's own CPU time (``per_cpu_second``)
is what one core of its own would give.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import uvloop
from cryptography.fernet import Fernet
from sqlalchemy.engine import make_url

from deploy.local.nats import EmbeddedNats
from services.directory.domain.sip_credentials import a1_hash
from services.directory.models import Device, Extension, Tenant
from shared.db.engine import Database
from shared.db.provision import provision
from tests.load.samples import percentile
from tests.support.ports import free_port
from tests.support.postgres import PROJECT, embedded

SECRET = "the-switch-secret-of-benches"
TENANTS, EXTENSIONS = 200, 50
QUESTIONS, AT_ONCE = 20_000, 16
STEADY_PER_SECOND, STEADY_SECONDS = 200, 15
CAPTURED = PROJECT / "tests" / "support" / "captured" / "directory_register.txt"


async def fill(url: str) -> None:
    """Tenants with extensions, each with a device."""
    database = Database(url, schema="directory", statement_timeout_seconds=120)
    for tenant in range(TENANTS):
        domain = f"t{tenant:04}.example"
        row = Tenant(
            slug=f"t{tenant}", display_name=f"T {tenant}", domain=domain, country="IR", time_zone="UTC", language="fa"
        )
        extensions = [
            Extension(tenant_id=row.id, number=str(100 + place), display_name=f"Phone {place}", call_class="national")
            for place in range(EXTENSIONS)
        ]
        devices = [
            Device(
                tenant_id=row.id, extension_id=one.id, sip_username=one.number,
                a1_hash=a1_hash(one.number, domain, "secret"),
            )
            for one in extensions
        ]  # fmt: skip
        async with database.platform() as session:
            for rows in ([row], extensions, devices):
                session.add_all(rows)
                await session.flush()
    await database.stop()


def messages() -> list[bytes]:
    """Questions about every tenant's phones, and now and then about one that is not there."""
    real = CAPTURED.read_bytes()
    found = []
    for place in range(TENANTS * 10):
        user = b"999" if place % 20 == 0 else str(100 + place % EXTENSIONS).encode()
        domain = f"t{place % TENANTS:04}.example".encode()
        found.append(wire(real.replace(b"demo.example", domain).replace(b"user=101", b"user=" + user)))
    return found


def wire(body: bytes) -> bytes:
    """A question as mod_xml_curl puts it on the wire."""
    credentials = base64.b64encode(f"switch:{SECRET}".encode()).decode()
    head = (
        "POST /switch/directory HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Basic {credentials}\r\nUser-Agent: freeswitch-xml/1.0\r\nAccept: */*\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def ask(port: int, message: bytes) -> float:
    """Seconds from connecting to the whole answer."""
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(message)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    document = await reader.readexactly(length)
    took = time.perf_counter() - began
    assert b"a1-hash" in document or b"not found" in document
    writer.close()
    return took


async def flood(port: int, many: list[bytes], process: psutil.Process) -> dict[str, float]:
    """As many as it can take, from a few askers at once."""
    waiting = iter(many)

    async def asker() -> None:
        for message in waiting:
            await ask(port, message)

    cpu, wall = _cpu(process), time.perf_counter()
    await asyncio.gather(*(asker() for _ in range(AT_ONCE)))
    return {
        "per_second": round(len(many) / (time.perf_counter() - wall)),
        "per_cpu_second": round(len(many) / (_cpu(process) - cpu)),
    }


async def steady(port: int, many: list[bytes]) -> dict[str, float]:
    """A steady stream; each is sent at its own time, whether or not those before are answered."""
    asked: list[asyncio.Task[float]] = []
    began = time.perf_counter()
    for place, message in enumerate(many):
        await asyncio.sleep(began + place / STEADY_PER_SECOND - time.perf_counter())
        asked.append(asyncio.create_task(ask(port, message)))
    seconds = await asyncio.gather(*asked)
    return {f"p{percent}_ms": round(percentile(seconds, percent) * 1000, 2) for percent in (50, 99)}


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextlib.asynccontextmanager
async def service(folder: Path) -> AsyncIterator[tuple[int, psutil.Process]]:
    """The process, with a directory's worth of rows."""
    nats = EmbeddedNats(folder / "nats")
    nats.start()
    try:
        with embedded() as postgres:
            provision(postgres.url(), "directory", owner_password="owner", service_password="service")
            port = free_port()
            env = {
                **os.environ,
                "DIRECTORY_DATABASE_URL": _as(postgres.url(), "directory", "service"),
                "DIRECTORY_MIGRATIONS_URL": _as(postgres.url(), "directory_owner", "owner"),
                "DIRECTORY_NATS_URL": nats.url,
                "DIRECTORY_HTTP_PORT": str(port),
                "DIRECTORY_SWITCH_SECRET": SECRET,
                "DIRECTORY_SECRETS_KEY": Fernet.generate_key().decode(),
                "DIRECTORY_SIGNING_KEY_FILE": str(folder / "signing-keys.pem"),
                "DIRECTORY_LOG_LEVEL": "warning",
            }
            await (await _python(env, "migrate")).wait()
            await fill(env["DIRECTORY_DATABASE_URL"])
            process = await _python(env)
            try:
                await _ready(port)
                yield port, psutil.Process(process.pid)
            finally:
                process.terminate()
                await process.wait()
    finally:
        nats.stop()


def _as(url: str, role: str, password: str) -> str:
    return make_url(url).set(username=role, password=password).render_as_string(hide_password=False)


async def _python(env: dict[str, str], *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.directory", *arguments, env=env, cwd=PROJECT
    )


async def _ready(port: int) -> None:
    """Wait until it answers."""
    message = messages()[0]
    async with asyncio.timeout(60):
        while True:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await ask(port, message)
                return
            await asyncio.sleep(0.05)


async def _run() -> dict[str, object]:
    some = messages()
    many = (some * (QUESTIONS // len(some) + 1))[:QUESTIONS]
    with tempfile.TemporaryDirectory() as folder:
        async with service(Path(folder)) as (port, process):
            await flood(port, some, process)  # warm, as a service that has run for a while
            return {
                "devices": TENANTS * EXTENSIONS,
                "question_bytes": len(some[1]),
                "flood": await flood(port, many, process),
                "steady_200_a_second": await steady(port, many[: STEADY_PER_SECOND * STEADY_SECONDS]),
                "resident_mb": round(process.memory_info().rss / 1e6, 1),
            }


def run_directory() -> dict[str, object]:
    """Measure. Asker and service share the machine's cores."""
    return uvloop.run(_run())


if __name__ == "__main__":
    print(json.dumps(run_directory(), indent=2))
