"""What one owner of 200 queues can do on one core: the real acd process, PostgreSQL and NATS, without a switch.

acd is kept to one core; PostgreSQL, NATS and who plays the switch (``fake_switch``) get the others. Callers join at a
steady rate, each at its own time, one queue after another; of a match acd takes in the caller, decides, stores, calls
the agent, hears the phone ring, joins the two and hears both hang up: five transactions, as in production.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psutil

import services.acd
from deploy.local.nats import EmbeddedNats
from services.acd.models import AgentRow, AgentStateRow, MembershipRow, QueueRow
from shared.bus.nats import NatsBus
from shared.bus.port import BusError
from shared.contracts.acd import FloorReply, ShowFloor
from shared.contracts.directory import DeviceSummary, ExtensionChanged, TenantChanged
from shared.telephony.ids import new_id
from tests.load.cores import cpu_seconds, keep_to, one_and_others
from tests.load.fake_switch import FakeSwitch
from tests.load.row import Row, at_least, at_most, told
from tests.load.samples import percentile
from tests.support.freeswitch_node import REPOSITORY
from tests.support.ports import free_port
from tests.support.postgres import Templates, TestDatabase, embedded
from tests.support.waiting import eventually

QUEUES = 200
AGENTS = 400
QUEUES_OF_AN_AGENT = 2
MUST = 50
RATE = 52
"""Callers a second: more than must be matched, since those of the last second are still being served at the end."""
WARM_SECONDS = 4
SECONDS = 20
SETTLE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened while it was measured."""

    matches: int
    seconds: float
    cpu_seconds: float
    late_ms: list[float]
    waiting: int
    memory_mb: float


def run() -> list[Row]:
    """Measure."""
    return rows(asyncio.run(_measure()))


def rows(seen: Seen) -> list[Row]:
    """What was seen."""
    late = seen.late_ms or [float("inf")]
    share = 100 * seen.cpu_seconds / seen.seconds
    per_second = seen.matches / seen.seconds
    detail = f"{seen.matches:,} in {seen.seconds:.0f} s, offered {RATE}/s; acd used {share:.0f}% of its core"
    per_match = 1e3 * seen.cpu_seconds / max(1, seen.matches)
    return [
        at_least(f"matches of one owner with {QUEUES} queues on one core", per_second, "/s", MUST, detail),
        at_most(f"callers of {QUEUES} queues who were not matched", seen.waiting, "", 0),
        told(
            "CPU of acd for a match, from joining to hanging up", per_match, "ms", f"{seen.memory_mb:.0f} MB resident"
        ),
        told(
            f"caller told to agent called at {RATE} matches/s, p50",
            percentile(late, 50),
            "ms",
            f"p90 {percentile(late, 90):.1f} ms, p99 {percentile(late, 99):.1f} ms, by the asker's clock",
        ),
    ]


async def _measure() -> Seen:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seda-bench-")))
        nats = EmbeddedNats(folder / "nats")
        await asyncio.to_thread(nats.start)
        stack.callback(nats.stop)
        postgres = stack.enter_context(embedded(durable=True))
        migrations = Path(services.acd.__file__).parent / "migrations"
        database = await asyncio.to_thread(Templates(postgres).copy, "acd", migrations)
        tenant_id = new_id()
        queues = await _configure(database, tenant_id)
        bus = NatsBus(nats.url, "bench")
        await bus.start()
        stack.push_async_callback(bus.stop)
        await bus.ensure_streams()
        await bus.publish_many(_directory(tenant_id), timeout=60)
        switch = FakeSwitch(bus, tenant_id)
        await switch.start()
        stack.push_async_callback(switch.stop)
        core, others = one_and_others()
        os.sched_setaffinity(0, others)
        process = psutil.Process((await stack.enter_async_context(_acd(database, nats.url))).pid)
        await eventually(lambda: _is_ready(bus, tenant_id), timeout=60)
        keep_to(process.pid, [core])
        await _callers(switch, queues, RATE * WARM_SECONDS)
        return await _watched(switch, queues, process)


async def _watched(switch: FakeSwitch, queues: list[UUID], process: psutil.Process) -> Seen:
    before = set(switch.queued)
    began, cpu, matches = time.monotonic(), cpu_seconds(process), len(switch.joined)
    await _callers(switch, queues, RATE * SECONDS)
    seconds, used, matches = time.monotonic() - began, cpu_seconds(process) - cpu, len(switch.joined) - matches
    mine = [leg for leg in switch.queued if leg not in before]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_SECONDS):
            while any(leg not in switch.joined for leg in mine):
                await asyncio.sleep(0.05)
    late = [1e3 * (switch.called[leg] - switch.queued[leg]) for leg in mine if leg in switch.called]
    waiting = sum(leg not in switch.joined for leg in mine)
    return Seen(matches, seconds, used, late, waiting, process.memory_info().rss / 1e6)


async def _callers(switch: FakeSwitch, queues: list[UUID], count: int) -> None:
    """One after another, each at its own time."""
    began = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
        await switch.queue(queues[number % len(queues)])


async def _configure(database: TestDatabase, tenant_id: UUID) -> list[UUID]:
    """Queues, and agents who are available, as rows."""
    now = datetime.now(UTC)
    queues = [QueueRow(tenant_id=tenant_id, slug=f"queue-{number}", display_name="") for number in range(QUEUES)]
    phones = [f"extension:{1000 + number}" for number in range(AGENTS)]
    agents = [AgentRow(tenant_id=tenant_id, display_name=phone, phone=phone) for phone in phones]
    members = [
        MembershipRow(queue_id=queues[(number + turn * 7) % QUEUES].id, agent_id=agent.id, tenant_id=tenant_id)
        for number, agent in enumerate(agents)
        for turn in range(QUEUES_OF_AN_AGENT)
    ]
    states = [
        AgentStateRow(
            agent_id=agent.id, tenant_id=tenant_id, status="available", since=now, reason="signed_in",
            signed_in_at=now, idle_since=now,
        )
        for agent in agents
    ]  # fmt: skip
    opened = database.open()
    await opened.start()
    try:
        for rows_of_a_kind in (queues, agents, members, states):
            async with opened.tenant(tenant_id) as session:
                session.add_all(rows_of_a_kind)
    finally:
        await opened.stop()
    return [queue.id for queue in queues]


def _directory(tenant_id: UUID) -> list[TenantChanged | ExtensionChanged]:
    """The tenant and the agents' phones, as the directory tells of them."""
    tenant = TenantChanged(
        revision=1, tenant_id=tenant_id, id=tenant_id, slug="bench", display_name="bench", domain="bench.example",
        country="IR", time_zone="Asia/Tehran",
    )  # fmt: skip
    numbers = [str(1000 + number) for number in range(AGENTS)]
    return [tenant] + [
        ExtensionChanged(
            revision=1, tenant_id=tenant_id, id=new_id(), number=number, display_name=number, call_class="premium",
            devices=(DeviceSummary(id=new_id(), sip_username=number),),
        )
        for number in numbers
    ]  # fmt: skip


@asynccontextmanager
async def _acd(database: TestDatabase, nats_url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    env = {
        **os.environ,
        "ACD_DATABASE_URL": database.url,
        "ACD_HTTP_PORT": str(free_port()),
        "ACD_NATS_URL": nats_url,
        "ACD_SWITCH_SECRET": "the-switch-secret-of-the-bench",
        "ACD_LOG_LEVEL": "warning",
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "services.acd", env=env, cwd=REPOSITORY)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _is_ready(bus: NatsBus, tenant_id: UUID) -> bool:
    """Whether somebody owns the floor."""
    try:
        reply = await bus.request(ShowFloor(tenant_id=tenant_id), timeout=2)
    except BusError:
        return False
    return isinstance(reply, FloorReply) and reply.ok
