"""How fast routing answers the switch on this machine: ``python -m tests.load.bench_dialplan``.

The real process, on a real database and NATS, asked like mod_xml_curl asks: a new connection each time, a real
question of about 10 kB. The asker runs beside it, so on a small machine the rate by the process's own CPU time
(``per_cpu_second``) is what one core of its own would give.
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
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import psutil
import uvloop

from deploy.local.nats import EmbeddedNats
from shared.bus.nats import NatsBus
from shared.contracts.directory import DeviceSummary, ExtensionChanged, NumberChanged, TenantChanged, TrunkChanged
from shared.contracts.message import Event
from shared.db.provision import provision
from tests.load.samples import percentile
from tests.support.ports import free_port
from tests.support.postgres import PROJECT, embedded
from tests.unit.routing.questions import question, trunk_question
from tests.unit.routing.town import id_of

SECRET = "the-switch-secret-of-benches"
TENANTS, EXTENSIONS = 200, 50
QUESTIONS = 20_000
AT_ONCE = 16
STEADY_PER_SECOND, STEADY_SECONDS = 200, 15


def directory() -> list[Event]:
    """Tenants with extensions, each a device and a number, and a trunk for all."""
    events: list[Event] = [
        TrunkChanged(
            id=id_of("carrier"), revision=1, display_name="Carrier", kind="ip", proxy="198.51.100.7",
            source_addresses=("198.51.100.0/24",),
        )
    ]  # fmt: skip
    for tenant in range(TENANTS):
        tenant_id = id_of(f"t{tenant}")
        events.append(
            TenantChanged(
                id=tenant_id, tenant_id=tenant_id, revision=1, slug=f"t{tenant}", display_name=f"Tenant {tenant}",
                domain=f"t{tenant}.example", country="IR", time_zone="Asia/Tehran", max_calls=100,
            )
        )  # fmt: skip
        for place in range(EXTENSIONS):
            number, extension_id = str(100 + place), id_of(f"t{tenant}/{100 + place}")
            device = DeviceSummary(id=id_of(f"t{tenant}/{number}/0"), sip_username=number)
            e164 = _public(tenant, place)
            events += [
                ExtensionChanged(
                    id=extension_id, tenant_id=tenant_id, revision=1, number=number, display_name=f"Phone {number}",
                    call_class="international", devices=(device,),
                ),
                NumberChanged(
                    id=id_of(e164), tenant_id=tenant_id, revision=1, e164=e164, destination=f"extension:{number}"
                ),
            ]  # fmt: skip
    return events


def _public(tenant: int, place: int) -> str:
    return f"+9821{20_000_000 + tenant * EXTENSIONS + place}"


def bodies() -> Iterator[bytes]:
    """Questions of all kinds, for ever: mostly to extensions, some to the outside and from it."""
    while True:
        for tenant in range(TENANTS):
            slug, caller = f"t{tenant}", str(100 + tenant % EXTENSIONS)
            own = {
                "variable_seda_tenant_id": str(id_of(slug)),
                "variable_seda_extension_id": str(id_of(f"{slug}/{caller}")),
            }
            dialled = ("101", "102", "09121234567", "103")[tenant % 4]
            if tenant % 5:
                yield question(dialled, **own)
            else:
                yield trunk_question(_public(tenant, tenant % EXTENSIONS))


def wire(body: bytes) -> bytes:
    """A question as mod_xml_curl puts it on the wire."""
    credentials = base64.b64encode(f"switch:{SECRET}".encode()).decode()
    head = (
        "POST /switch/dialplan HTTP/1.1\r\nHost: 127.0.0.1\r\n"
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
    assert b"application=" in document
    writer.close()
    return took


async def flood(port: int, messages: list[bytes], process: psutil.Process) -> dict[str, float]:
    """As many as it can take, from a few askers at once."""
    waiting = iter(messages)

    async def asker() -> None:
        for message in waiting:
            await ask(port, message)

    cpu, wall = _cpu(process), time.perf_counter()
    await asyncio.gather(*(asker() for _ in range(AT_ONCE)))
    return {
        "per_second": round(len(messages) / (time.perf_counter() - wall)),
        "per_cpu_second": round(len(messages) / (_cpu(process) - cpu)),
    }


async def steady(port: int, messages: list[bytes]) -> dict[str, float]:
    """A steady stream; each is sent at its own time, whether or not those before are answered."""
    asked: list[asyncio.Task[float]] = []
    began = time.perf_counter()
    for place, message in enumerate(messages):
        await asyncio.sleep(began + place / STEADY_PER_SECOND - time.perf_counter())
        asked.append(asyncio.create_task(ask(port, message)))
    seconds = await asyncio.gather(*asked)
    return {f"p{percent}_ms": round(percentile(seconds, percent) * 1000, 2) for percent in (50, 99)}


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextlib.asynccontextmanager
async def service(folder: Path) -> AsyncIterator[tuple[int, psutil.Process]]:
    """The process, with a directory's worth of configuration."""
    nats = EmbeddedNats(folder / "nats")
    nats.start()
    try:
        with embedded() as postgres:
            roles = provision(postgres.url(), "routing", owner_password="owner", service_password="service")
            del roles
            port = free_port()
            env = {
                **os.environ,
                "ROUTING_DATABASE_URL": _as(postgres.url(), "routing", "service"),
                "ROUTING_MIGRATIONS_URL": _as(postgres.url(), "routing_owner", "owner"),
                "ROUTING_NATS_URL": nats.url,
                "ROUTING_HTTP_PORT": str(port),
                "ROUTING_SWITCH_SECRET": SECRET,
                "ROUTING_LOG_LEVEL": "warning",
            }
            await (await _python(env, "migrate")).wait()
            process = await _python(env)
            try:
                await _fill(nats.url)
                await _ready(port)
                yield port, psutil.Process(process.pid)
            finally:
                process.terminate()
                await process.wait()
    finally:
        nats.stop()


def _as(url: str, role: str, password: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(url).set(username=role, password=password).render_as_string(hide_password=False)


async def _python(env: dict[str, str], *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.routing", *arguments, env=env, cwd=PROJECT
    )


async def _fill(nats_url: str) -> None:
    bus = NatsBus(nats_url, "bench")
    await bus.start()
    await bus.ensure_streams()
    await bus.publish_many(directory(), timeout=60)
    await bus.stop()


async def _ready(port: int) -> None:
    """Wait until the last of the directory has arrived."""
    last = {
        "variable_seda_tenant_id": str(id_of(f"t{TENANTS - 1}")),
        "variable_seda_extension_id": str(id_of(f"t{TENANTS - 1}/100")),
    }
    message = question(str(100 + EXTENSIONS - 1), **last)
    credentials = base64.b64encode(f"switch:{SECRET}".encode()).decode()
    request = Request(f"http://127.0.0.1:{port}/switch/dialplan", message, {"Authorization": f"Basic {credentials}"})

    def look() -> bool:
        with contextlib.suppress(OSError), urlopen(request, timeout=2) as answer:  # noqa: S310
            return b"bridge" in answer.read()
        return False

    async with asyncio.timeout(60):
        while not await asyncio.to_thread(look):
            await asyncio.sleep(0.1)


async def _run() -> dict[str, object]:
    source = bodies()
    messages = [wire(next(source)) for _ in range(TENANTS * 10)]
    many = (messages * (QUESTIONS // len(messages) + 1))[:QUESTIONS]
    with tempfile.TemporaryDirectory() as folder:
        async with service(Path(folder)) as (port, process):
            await flood(port, messages, process)  # warm caches, as in a service that has run for a while
            return {
                "extensions": TENANTS * EXTENSIONS,
                "question_bytes": len(messages[1]),
                "flood": await flood(port, many, process),
                "steady_200_a_second": await steady(port, many[: STEADY_PER_SECOND * STEADY_SECONDS]),
                "resident_mb": round(process.memory_info().rss / 1e6, 1),
            }


def run() -> dict[str, object]:
    """Measure. Asker and service share the machine's cores."""
    return uvloop.run(_run())


if __name__ == "__main__":
    measure: Callable[[], dict[str, object]] = run
    print(json.dumps(measure(), indent=2))
