"""INVITE to the first prompt: calls to a menu of ivr against calls to a bare asyncio server that plays the same file.

Both run on the same FreeSWITCH with the same answer of the dialplan (``socket``, asked of the same fake of routing);
rounds take turns, so that whatever else the machine does meets both. SIPp is the carrier, 20 calls/s.

Measured inside the switch: from a leg's ``CHANNEL_CREATE`` to its first ``PLAYBACK_START``, by the events' own
``Event-Date-Timestamp`` (microseconds), over a listener that is subscribed to these two names alone.

Checked from outside: from SIPp's INVITE to the first RTP packet, which all callers let send to one socket of ours; the
n-th INVITE of a round and the n-th stream that begins belong together. FreeSWITCH sends nothing before the prompt.
"""

from __future__ import annotations

import asyncio
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.load import ivr_bench
from tests.load.ivr_bench import IvrBench, Program
from tests.load.row import Row, at_most, told
from tests.load.samples import percentile
from tests.load.sipp_output import call_counts, invite_times
from tests.load.switch_marks import first_to_first, marks

RATE = 20
ROUNDS = 6
ROUND_SECONDS = 4
HOLD_MS = 1000
MOST = {50: 1.25, 99: 1.5}
WHAT = "INVITE to first prompt audio against a bare asyncio server, 20 calls/s, p{}"
WAYS = ("ivr", "bare")


@dataclass(slots=True)
class Taken:
    """All rounds of one way."""

    inside_ms: list[float] = field(default_factory=list)
    outside_ms: list[float] = field(default_factory=list)
    failed: int = 0


def run() -> list[Row]:
    """Measure, or say what is missing."""
    if missing := ivr_bench.missing():
        return [at_most(WHAT.format(p), None, "x", most, missing) for p, most in MOST.items()]
    return rows(asyncio.run(_measure()))


def rows(seen: dict[str, Taken]) -> list[Row]:
    """What the rounds say."""
    ivr, bare = (seen[way] for way in WAYS)
    calls = f"{len(ivr.inside_ms)} and {len(bare.inside_ms)} calls"
    found = []
    for p, most in MOST.items():
        one, other = percentile(ivr.inside_ms, p), percentile(bare.inside_ms, p)
        found.append(at_most(WHAT.format(p), one / other, "x", most, f"{one:.1f} ms / {other:.1f} ms; {calls}"))
    heard = len(ivr.inside_ms)
    detail = f"of {heard + ivr.failed}; bare: {bare.failed}"
    found.append(at_most("calls to a menu that failed or heard nothing", ivr.failed, "", 0, detail))
    for p in MOST:
        if ivr.outside_ms and bare.outside_ms:
            one, other = percentile(ivr.outside_ms, p), percentile(bare.outside_ms, p)
            what = f"the same from outside, INVITE to first RTP packet, p{p}"
            found.append(told(what, one / other, "x", f"{one:.1f} ms / {other:.1f} ms"))
    return found


async def _measure() -> dict[str, Taken]:
    seen = {way: Taken() for way in WAYS}
    with tempfile.TemporaryDirectory(prefix="seda-bench-") as name:
        folder = Path(name)
        async with (
            IvrBench(folder) as bench,
            ivr_bench.ivr(folder) as ivr,
            ivr_bench.bare(folder, "prompt") as bare,
        ):
            for program in (ivr, bare):
                await _round(bench, program, 1, Taken())  # whatever is cold
            for _ in range(ROUNDS):
                for way, program in zip(WAYS, (ivr, bare), strict=True):
                    await _round(bench, program, ROUND_SECONDS, seen[way])
    return seen


async def _round(bench: IvrBench, program: Program, seconds: int, taken: Taken) -> None:
    bench.hand_over_to(program)
    calls = RATE * seconds
    with _sink() as (port, heard):
        async with marks(bench.node, "CHANNEL_CREATE", "PLAYBACK_START") as found:
            keys = ["-key", "number", "700", "-key", "sink", str(port)]
            arguments = [*keys, "-r", str(RATE), "-m", str(calls), "-d", str(HOLD_MS)]
            folder = await bench.sipp.run("menu_caller", arguments, seconds + HOLD_MS / 1000)
            await bench.quiet()
    inside = first_to_first(found, "CHANNEL_CREATE", "PLAYBACK_START")
    taken.inside_ms += inside
    taken.failed += max(call_counts(folder / "stat.csv").failed, calls - len(inside))
    with next(folder.glob("menu_caller_*_shortmessages.log")).open() as lines:
        sent = sorted(invite_times(lines).values())
    if len(sent) == len(heard):
        taken.outside_ms += [(began - at) * 1000 for at, began in zip(sent, sorted(heard.values()), strict=True)]


@contextmanager
def _sink() -> Iterator[tuple[int, dict[bytes, float]]]:
    """A port for everybody's RTP; when each stream (its SSRC) began."""
    heard: dict[bytes, float] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.setblocking(False)

        def read() -> None:
            now = time.time()
            try:
                while True:
                    packet = sock.recv(2048)
                    heard.setdefault(packet[8:12], now)
            except BlockingIOError:
                pass

        loop = asyncio.get_running_loop()
        loop.add_reader(sock, read)
        try:
            yield sock.getsockname()[1], heard
        finally:
            loop.remove_reader(sock)
