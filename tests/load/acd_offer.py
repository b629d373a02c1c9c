"""From a caller who begins to wait to the call to an agent: Seda's queues against mod_callcenter, on one switch.

Both serve callers of the same SIPp scenario with the same agents, SIPp phones that ring and answer at once, by the same
dial strings and the same hold music; there are always idle agents. What is measured is the switch's own clock from the
event with which a caller begins to wait to ``CHANNEL_CREATE`` of the agent's leg, which then sends its INVITE.

* ``seda``: routing answers over mod_xml_curl; switchlink tells acd, which decides, stores and commands;
* ``mod_callcenter``: mod_xml_curl is unloaded, so the switch finds the static dialplan that leads into its queue.

Short rounds take turns, each from a machine at rest, and every service runs beside both; what mod_callcenter takes
without any service beside it is told at the end.
"""

from __future__ import annotations

import asyncio
import math
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path

from shared.http.client import ApiProblem, ServiceAway
from tests.load import peer_callcenter
from tests.load.bench_platform import AT_ONCE, pairs, switch, use_conf
from tests.load.cores import at_rest
from tests.load.offer_times import OfferTimes, watched
from tests.load.row import Row, at_most, told
from tests.load.samples import percentile
from tests.load.sipp import Pair, Round, Sipp
from tests.support.freeswitch_node import find_freeswitch
from tests.support.platform import LivePlatform
from tests.support.waiting import eventually

RATES = (10, 50)
ROUNDS = 3
ROUND_SECONDS = {10: 12, 50: 6}
PHONES = 100
WAY_IN = "4000"
HOLD_MS = 1000
"""From the answer, which comes before the wait: long enough to be served, short enough for so many agents."""
MOST = 0.5
PERCENTS = (50, 99)
SEDA, PEER, ALONE = "seda", "mod_callcenter", "alone"
Seen = dict[tuple[str, int], "Taken"]


@dataclass(slots=True)
class Taken:
    """All rounds of one way at one rate."""

    offer_ms: list[float] = field(default_factory=list)
    bridge_ms: list[float] = field(default_factory=list)
    calls: int = 0
    failed: int = 0

    def add(self, done: Round, times: OfferTimes) -> None:
        self.offer_ms += times.to_offer_ms()
        self.bridge_ms += times.to_bridge_ms()
        self.calls += done.counts.succeeded + done.counts.failed
        self.failed += done.counts.failed

    @property
    def not_served(self) -> int:
        """Calls that failed, or were never connected with an agent."""
        return max(self.failed, self.calls - len(self.bridge_ms))

    def ms(self, percent: int) -> float:
        return percentile(self.offer_ms, percent) if self.offer_ms else float("inf")


def run() -> list[Row]:
    """Measure, or say what is missing."""
    if missing := _missing():
        return _not_measured(missing)
    try:
        return rows(asyncio.run(_measure()))
    except peer_callcenter.NotBuilt as error:
        return _not_measured(str(error))


def _missing() -> str:
    absent = [name for name, there in {"FreeSWITCH": find_freeswitch(), "SIPp": Sipp.available()}.items() if not there]
    return f"no {' and no '.join(absent)} on this machine" if absent else ""


def _what(rate: int, percent: int) -> str:
    return f"caller waits to agent's INVITE against mod_callcenter, {rate} calls/s, p{percent}"


def _not_measured(reason: str) -> list[Row]:
    return [at_most(_what(rate, percent), None, "x", MOST, reason) for rate in RATES for percent in PERCENTS]


def rows(seen: Seen) -> list[Row]:
    """What the rounds say."""
    found: list[Row] = []
    for rate in RATES:
        seda, peer, alone = (seen[way, rate] for way in (SEDA, PEER, ALONE))
        for p in PERCENTS:
            detail = f"{seda.ms(p):.1f} ms / {peer.ms(p):.1f} ms; {len(seda.offer_ms)} and {len(peer.offer_ms)} callers"
            found.append(at_most(_what(rate, p), _ratio(seda.ms(p), peer.ms(p)), "x", MOST, detail))
        found.append(
            at_most(
                f"callers of Seda's queue who were not served, {rate} calls/s",
                seda.not_served,
                "",
                0,
                f"of {seda.calls}; mod_callcenter: {peer.not_served} of {peer.calls}",
            )
        )
        found.append(_bridged(rate, seda, peer))
        detail = f"p99 {alone.ms(99):.1f} ms; {len(alone.offer_ms)} callers"
        found.append(
            told(f"mod_callcenter without any service beside it, {rate} calls/s, p50", alone.ms(50), "ms", detail)
        )
    return found


def _bridged(rate: int, seda: Taken, peer: Taken) -> Row:
    ours, theirs = (
        [percentile(one.bridge_ms, p) if one.bridge_ms else float("inf") for p in PERCENTS] for one in (seda, peer)
    )
    detail = f"p50 {ours[0]:.0f} ms / {theirs[0]:.0f} ms, p99 {ours[1]:.0f} ms / {theirs[1]:.0f} ms"
    return told(
        f"caller waits to talking against mod_callcenter, {rate} calls/s, p50", _ratio(ours[0], theirs[0]), "x", detail
    )


def _ratio(ours: float, theirs: float) -> float:
    """Nobody served is as bad as can be, whatever the other did."""
    return ours if math.isinf(ours) else ours / theirs


async def _measure() -> Seen:
    with tempfile.TemporaryDirectory(prefix="seda-bench-") as folder:
        home = Path(folder)
        platform = LivePlatform(home, real=True)
        use_conf(platform, peer_callcenter.conf(home))
        async with platform:
            await peer_callcenter.load(platform)
            phones = await pairs(platform, PHONES)
            callers = Sipp(home / "callers", platform.sip, [replace(pair, callee=WAY_IN) for pair in phones])
            await _open_queue(platform, phones)
            async with Sipp(home / "agents", platform.sip, phones).phones():
                await peer_callcenter.add_agents(platform, phones)
                await peer_callcenter.on_duty(platform, phones, "Available")
                settings = platform.settings
                password = platform.secrets.event_socket_password
                async with watched("127.0.0.1", settings.event_socket_port, password) as times:
                    return await _rounds(platform, callers, times)


async def _open_queue(platform: LivePlatform, phones: list[Pair]) -> None:
    """A queue with an agent for each callee, and a number that leads to it."""
    tenant = platform.tenant_id
    queue = await platform.client.post("acd", "/v1/queues", {"slug": "bench", "max_missed": 0}, tenant_id=tenant)
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(pair: Pair) -> None:
        async with turns:
            body = {"display_name": f"Agent {pair.callee}", "phone": f"extension:{pair.callee}"}
            agent = await platform.client.post("acd", "/v1/agents", body, tenant_id=tenant)
            path = f"/v1/queues/{queue['id']}/agents/{agent['id']}"
            await _change(platform, "acd", "PUT", path, {"level": 1})
            await eventually(lambda: _signs_in(platform, agent["id"]), timeout=30)

    await asyncio.gather(*(one(pair) for pair in phones))
    way_in = await platform.extension(WAY_IN)
    path = f"/v1/extensions/{way_in['id']}/forwarding"
    await eventually(lambda: _leads(platform, path), timeout=30)


async def _signs_in(platform: LivePlatform, agent_id: str) -> bool:
    try:
        await platform.client.post("acd", f"/v1/agents/{agent_id}/sign-in", tenant_id=platform.tenant_id)
    except (ApiProblem, ServiceAway):  # the owner has not heard of the agent yet
        return False
    return True


async def _leads(platform: LivePlatform, path: str) -> bool:
    try:
        await _change(platform, "routing", "PATCH", path, {"always": "queue:bench"})
    except (ApiProblem, ServiceAway):  # routing has not heard of the extension or the queue yet
        return False
    return True


async def _change(platform: LivePlatform, service: str, method: str, path: str, body: dict[str, object]) -> None:
    await platform.client.request(service, method, path, body=body, query={"tenant_id": platform.tenant_id})


async def _rounds(platform: LivePlatform, callers: Sipp, times: OfferTimes) -> Seen:
    seen: Seen = {(way, rate): Taken() for way in (SEDA, PEER, ALONE) for rate in RATES}
    for rate in RATES:
        for _ in range(ROUNDS):
            await switch(platform, "xml_flush_cache")
            await _one_round(callers, rate, times, seen[SEDA, rate])
            await switch(platform, "unload mod_xml_curl")
            await _one_round(callers, rate, times, seen[PEER, rate])
            await switch(platform, "load mod_xml_curl")
    await _call(callers, 20, len(callers.pairs))
    await switch(platform, "unload mod_xml_curl")
    await asyncio.gather(*(service.stop() for service in platform.platform.services))
    for rate in RATES:
        for _ in range(ROUNDS // 2):
            await _one_round(callers, rate, times, seen[ALONE, rate])
    return seen


async def _one_round(callers: Sipp, rate: int, times: OfferTimes, taken: Taken) -> None:
    """One way at one rate: warm, and without what its warming up at another rate left to be done."""
    await _call(callers, 20, len(callers.pairs))  # what the change of way made cold, and every caller known
    await at_rest()
    times.forget()
    taken.add(await _call(callers, rate, rate * ROUND_SECONDS[rate]), times)
    if times.is_deaf:
        raise RuntimeError("the switch let the listener go that takes the times; this machine has no time for both")


async def _call(callers: Sipp, rate: int, calls: int) -> Round:
    return await callers.call(rate=rate, calls=calls, hold_ms=HOLD_MS)
