"""What 200 callers in line notice while parts of the platform die, on a real FreeSWITCH.

SIPp's callers wait in a queue whose agents are on a break. The owner is killed (``kill -9``) while a second acd process
stands by: an agent is taken back as soon as somebody answers for the floor, and the time from the kill to the agent's
leg is the time to the first match. Then PostgreSQL, and then NATS, is killed and stays away for 30 s. Each time the
switch is asked who hears music, and afterwards acd who waits, in which order.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from deploy.local.demo import ADMIN_EMAIL
from deploy.local.platform import http_ready
from deploy.local.processes import TAIL_LINES, ManagedProcess
from shared.http.client import ApiClient, ApiProblem, ServiceAway
from tests.load.bench_platform import pairs, switch
from tests.load.offer_times import OfferTimes, watched
from tests.load.row import Row, at_most, told
from tests.load.sipp import Sipp
from tests.support.freeswitch_node import find_freeswitch
from tests.support.platform import LivePlatform
from tests.support.ports import free_port
from tests.support.waiting import eventually

CALLERS = 200
CALLS_PER_SECOND = 20
HOLD_SECONDS = 240
PHONES = 20
WAY_IN = "4000"
AWAY_SECONDS = 30.0
MOST_SECONDS = 3.0
PATIENCE_SECONDS = 60.0
ROOM_FOR_RTP = 1_200
KINDS = {"postgres": "PostgreSQL", "nats": "NATS"}


@dataclass(frozen=True, slots=True)
class Fault:
    """What callers noticed of one fault.

    Args:
        lost: callers who do not wait any more.
        moved: callers who have another place than before.
        silent: callers who heard no music while the part was away.
        match_seconds: from the kill to the agent's leg; none: nobody was to be matched.
    """

    lost: int
    moved: int
    silent: int
    match_seconds: float | None = None


def run() -> list[Row]:
    """Break things, or say what is missing."""
    if find_freeswitch() is None or not Sipp.available():
        reason = "needs FreeSWITCH and SIPp on this machine"
        return [at_most("owner killed to first match on another replica", None, "s", MOST_SECONDS, reason)]
    return rows(asyncio.run(_break()))


def rows(seen: dict[str, Fault]) -> list[Row]:
    """What was seen."""
    owner = seen["acd"]
    seconds = float("inf") if owner.match_seconds is None else owner.match_seconds
    found = [at_most(f"owner killed with {CALLERS} waiting to first match elsewhere", seconds, "s", MOST_SECONDS)]
    found.append(_kept("owner killed", owner))
    for part, name in KINDS.items():
        found.append(_kept(f"{name} away for {AWAY_SECONDS:.0f} s", seen[part]))
        back = seen[part].match_seconds
        if back is not None:
            found.append(told(f"{name} back to first match", back, "s"))
    return found


def _kept(what: str, fault: Fault) -> Row:
    detail = f"{fault.lost} lost, {fault.moved} in another place, {fault.silent} without music; of {CALLERS}"
    harmed = fault.lost + fault.moved + fault.silent
    return at_most(f"{what}: callers lost, in another place or without music", harmed, "", 0, detail)


async def _break() -> dict[str, Fault]:
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="seda-bench-")))
        platform = LivePlatform(home, real=True)
        first = platform.settings.rtp_first_port
        platform.platform.switch.env["SEDA_RTP_LAST_PORT"] = str(first + ROOM_FOR_RTP)
        await stack.enter_async_context(platform)
        phones = await pairs(platform, PHONES)
        room = _Room(platform, await stack.enter_async_context(_client(platform, platform.settings.url("acd"))))
        await room.open([pair.callee for pair in phones[: 1 + len(KINDS)]])
        twin = _twin(platform)
        platform.platform.services.append(twin)
        await twin.start()
        await twin.wait_ready(platform.settings.start_seconds)
        room.client = await stack.enter_async_context(
            _client(platform, f"http://127.0.0.1:{twin.env['ACD_HTTP_PORT']}")
        )
        await stack.enter_async_context(Sipp(home / "agents", platform.sip, phones).phones())
        callers = Sipp(home / "callers", platform.sip, [replace(pair, callee=WAY_IN) for pair in phones])
        calling = asyncio.create_task(
            callers.call(rate=CALLS_PER_SECOND, calls=CALLERS, hold_ms=HOLD_SECONDS * 1000), name="callers"
        )
        stack.callback(calling.cancel)
        password = platform.secrets.event_socket_password
        port = platform.settings.event_socket_port
        times = await stack.enter_async_context(watched("127.0.0.1", port, password))
        await eventually(room.line, lambda line: len(line) == CALLERS, timeout=PATIENCE_SECONDS)
        seen = {}
        for part in ("acd", *KINDS):
            seen[part] = await room.loses(part, times)
        return seen


def _twin(platform: LivePlatform) -> ManagedProcess:
    """A second acd process, not started."""
    first, port = platform.process("acd"), free_port()
    return replace(
        first,
        name="acd-twin",
        env={**first.env, "ACD_HTTP_PORT": str(port)},
        ready=http_ready(f"http://127.0.0.1:{port}/readyz"),
        log=first.log.with_name("acd-twin.log"),
        tail=deque(maxlen=TAIL_LINES),
        process=None,
    )


def _client(platform: LivePlatform, acd: str) -> ApiClient:
    urls = {name: platform.settings.url(name) for name in ("directory", "routing")} | {"acd": acd}
    return ApiClient(urls, {"email": ADMIN_EMAIL, "password": platform.secrets.admin_password})


@dataclass
class _Room:
    """A queue with one agent, and who waits in it."""

    platform: LivePlatform
    client: ApiClient
    queue_id: str = ""
    agent_id: str = ""
    on_break: list[str] = field(default_factory=list)

    async def open(self, numbers: Sequence[str]) -> None:
        """The queue, its agents on a break, and a number that leads to it."""
        tenant = self.platform.tenant_id
        made = await self.client.post("acd", "/v1/queues", {"slug": "chaos", "wrap_up_seconds": 3600}, tenant_id=tenant)
        self.queue_id = made["id"]
        for number in numbers:
            agent = {"display_name": f"Agent {number}", "phone": f"extension:{number}"}
            self.agent_id = (await self.client.post("acd", "/v1/agents", agent, tenant_id=tenant))["id"]
            await self._change("acd", "PUT", f"/v1/queues/{self.queue_id}/agents/{self.agent_id}", {"level": 1})
            await eventually(lambda: self._agent("sign-in"), timeout=PATIENCE_SECONDS)
            await eventually(lambda: self._agent("pause", {"reason": "break"}), timeout=PATIENCE_SECONDS)
            self.on_break.append(self.agent_id)
        way_in = await self.platform.extension(WAY_IN)
        path = f"/v1/extensions/{way_in['id']}/forwarding"
        await eventually(
            lambda: self._try(self._change("routing", "PATCH", path, {"always": "queue:chaos"})), timeout=30
        )

    async def loses(self, part: str, times: OfferTimes) -> Fault:
        """A part is killed; the database and the bus come back after a while, of acd the other process goes on."""
        before = await self.line()
        # Who came last is in line a moment before the music begins, which the switch shows another moment later.
        await eventually(self._hearing_music, lambda hearing: hearing >= len(before), timeout=PATIENCE_SECONDS)
        times.forget()
        self.agent_id = self.on_break.pop()
        began = time.monotonic()
        await self.platform.kill(part)
        if part in KINDS:
            await asyncio.sleep(AWAY_SECONDS)
        silent = len(before) - await self._hearing_music()
        if part in KINDS:
            began = time.monotonic()
            await self.platform.start_again(part)
        await eventually(lambda: self._agent("unpause"), timeout=PATIENCE_SECONDS)
        await eventually(lambda: _seen(bool(times.called)), timeout=PATIENCE_SECONDS)
        matched = time.monotonic() - began
        served = next(iter(times.called))
        after = await eventually(self.line, lambda line: len(line) == len(before) - 1, timeout=PATIENCE_SECONDS)
        expected = before[1:] if before and before[0] == served else before
        moved = sum(one != other for one, other in zip(after, expected, strict=False))
        lost = len(set(expected) - set(after))
        return Fault(lost, moved, max(0, silent), matched)

    async def line(self) -> list[str]:
        """The calls of those who wait, in order; empty while nobody says."""
        path = f"/v1/queues/{self.queue_id}/waiting"
        try:
            page = await self.client.get("acd", path, tenant_id=self.platform.tenant_id)
        except (ApiProblem, ServiceAway):
            return []
        return [one["call_id"] for one in page["items"]]

    async def _hearing_music(self) -> int:
        shown = orjson.loads(await switch(self.platform, "show channels as json"))
        return sum(row.get("application") == "playback" for row in shown.get("rows", []))

    async def _agent(self, action: str, body: dict[str, Any] | None = None) -> bool:
        path = f"/v1/agents/{self.agent_id}/{action}"
        return await self._try(self.client.post("acd", path, body, tenant_id=self.platform.tenant_id))

    async def _try(self, asking: Any) -> bool:
        try:
            await asking
        except (ApiProblem, ServiceAway):
            return False
        return True

    async def _change(self, service: str, method: str, path: str, body: dict[str, Any]) -> None:
        await self.client.request(service, method, path, body=body, query={"tenant_id": self.platform.tenant_id})


async def _seen(holds: bool) -> bool:
    return holds
