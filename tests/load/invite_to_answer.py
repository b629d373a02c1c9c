"""INVITE to 200 through Seda against a static dialplan, on the same FreeSWITCH, in one run.

Both ways use the same process, profile, phones, passwords and registrations, and every service runs beside both: a
phone signs in and calls a registered one (SIPp both). The only difference is who knows where the call goes:

* ``seda``: mod_xml_curl asks routing, as in production;
* ``static``: mod_xml_curl is unloaded, so the switch finds ``static_dialplan.xml``, which stands in a copy of the
  configuration in the place of the fallback. Users stay cached in the switch, as they are for ``seda``.

Short rounds take turns, so that whatever else the machine does meets both; the percentiles are of all rounds together.
A last, separate figure compares with the switch alone: static, and every service of Seda stopped.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from tests.load.bench_platform import pairs, switch, use_conf
from tests.load.row import Row, at_most, told
from tests.load.samples import percentile
from tests.load.sipp import Round, Sipp
from tests.support.freeswitch_node import REPOSITORY, find_freeswitch
from tests.support.platform import LivePlatform

RATES = (20, 50)
ROUNDS = 4
ROUND_SECONDS = 8
PHONES = 20
HOLD_MS = 200
MOST = {50: 1.25, 99: 1.5}
WAYS = ("seda", "static")
Seen = dict[tuple[str, int], "Taken"]


@dataclass(slots=True)
class Taken:
    """All rounds of one way at one rate."""

    times_ms: list[float] = field(default_factory=list)
    failed: int = 0
    retransmissions: int = 0

    def add(self, done: Round) -> None:
        self.times_ms += done.times_ms
        self.failed += done.counts.failed
        self.retransmissions += done.counts.retransmissions

    def ms(self, percent: int) -> float:
        return percentile(self.times_ms, percent) if self.times_ms else float("inf")


def run() -> list[Row]:
    """Measure, or say what is missing."""
    if missing := _missing():
        return [
            at_most(f"INVITE to 200 against a static dialplan, {rate} calls/s, p{p}", None, "x", most, missing)
            for rate in RATES
            for p, most in MOST.items()
        ]
    return rows(asyncio.run(_measure()))


def _missing() -> str:
    absent = [name for name, there in {"FreeSWITCH": find_freeswitch(), "SIPp": Sipp.available()}.items() if not there]
    return f"no {' and no '.join(absent)} on this machine" if absent else ""


def rows(seen: Seen) -> list[Row]:
    """What the rounds say."""
    found: list[Row] = []
    for rate in RATES:
        seda, static, alone = (seen[way, rate] for way in (*WAYS, "alone"))
        for p, most in MOST.items():
            found.append(
                _ratio(f"INVITE to 200 against a static dialplan, {rate} calls/s, p{p}", p, seda, static, most)
            )
        found.append(
            at_most(
                f"failed calls through Seda, {rate} calls/s",
                seda.failed,
                "",
                0,
                f"of {len(seda.times_ms) + seda.failed}; static: {static.failed};"
                f" SIP retransmissions {seda.retransmissions}, static {static.retransmissions}",
            )
        )
        for p in MOST:
            what = f"the same against the switch without any service running, {rate} calls/s, p{p}"
            found.append(_ratio(what, p, seda, alone, None))
    return found


def _ratio(what: str, percent: int, seda: Taken, against: Taken, most: float | None) -> Row:
    ratio = seda.ms(percent) / against.ms(percent)
    calls = f"{len(seda.times_ms)} and {len(against.times_ms)} calls"
    detail = f"{seda.ms(percent):.1f} ms / {against.ms(percent):.1f} ms; {calls}"
    return told(what, ratio, "x", detail) if most is None else at_most(what, ratio, "x", most, detail)


async def _measure() -> Seen:
    with tempfile.TemporaryDirectory(prefix="seda-bench-") as folder:
        home = Path(folder)
        platform = LivePlatform(home, real=True)
        use_conf(platform, _static_conf(home))
        async with platform:
            sipp = Sipp(home / "sipp", platform.sip, await pairs(platform, PHONES))
            async with sipp.phones():
                return await _rounds(platform, sipp)


def _static_conf(home: Path) -> Path:
    conf = home / "conf"
    shutil.copytree(REPOSITORY / "freeswitch" / "conf", conf)
    shutil.copy(Path(__file__).parent / "static_dialplan.xml", conf / "dialplan" / "fallback.xml")
    return conf


async def _rounds(platform: LivePlatform, sipp: Sipp) -> Seen:
    seen: Seen = {(way, rate): Taken() for way in (*WAYS, "alone") for rate in RATES}
    for rate in RATES:
        for _ in range(ROUNDS):
            await _warm_up(platform, sipp)
            seen["seda", rate].add(await _one_round(sipp, rate))
            await switch(platform, "unload mod_xml_curl")
            seen["static", rate].add(await _one_round(sipp, rate))
            await switch(platform, "load mod_xml_curl")
    await _warm_up(platform, sipp)
    await switch(platform, "unload mod_xml_curl")
    await asyncio.gather(*(service.stop() for service in platform.platform.services))
    for rate in RATES:
        for _ in range(ROUNDS // 2):
            seen["alone", rate].add(await _one_round(sipp, rate))
    return seen


async def _warm_up(platform: LivePlatform, sipp: Sipp) -> None:
    """Users anew into the switch's cache, where they stay for longer than the rounds until the next time."""
    await switch(platform, "xml_flush_cache")
    await sipp.call(rate=20, calls=len(sipp.pairs), hold_ms=0)


async def _one_round(sipp: Sipp, rate: int) -> Round:
    await sipp.call(rate=20, calls=len(sipp.pairs), hold_ms=0)  # whatever the change of way made cold
    return await sipp.call(rate=rate, calls=rate * ROUND_SECONDS, hold_ms=HOLD_MS)
