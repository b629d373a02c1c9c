"""A key pressed to the next prompt: what of that time is ivr's own, with 200 calls in menus.

**Own share**: from the moment ivr's socket reader has the switch's answer (``CHANNEL_EXECUTE_COMPLETE`` with the key)
in its hands to the moment the next command stands in the socket's buffer. It covers reading and decoding the event, the
wait for the call's turn among 200, the decision, sealing the state, finding the sounds, writing. It is what the service
shows as ``seda_ivr_step_seconds``; here every single value is kept, the end of a step (``set``, ``hangup``) included.

Checked from outside, by the switch's own clock: from the key (``DTMF``) to the next ``PLAYBACK_START`` of that leg. The
bare server asks for one key again and again in the same way, so what it shows is the switch's share and the wire's;
the difference of the percentiles is ivr's as the switch sees it. The switch looks for commands every 20 ms: what comes
a moment too late waits for the next look, so a percentile may be 20 ms more for half a millisecond; means tell more.

Calls come from SIPp at 40 a second; each presses a key every 2 to 4 s, by SIP INFO.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from tests.load import ivr_bench
from tests.load.ivr_bench import IvrBench, Program
from tests.load.ivr_callers import Pressed, call_and_press
from tests.load.row import Row, at_most, told
from tests.load.samples import percentile
from tests.load.switch_marks import each_to_next, marks

CALLS = 200
RATE = 40
KEYS = 6
MOST_MS = 30
WHAT = f"key to next prompt, ivr's own share with {CALLS} calls in menus, p99"


@dataclass(frozen=True, slots=True)
class Seen:
    """One program's calls."""

    pressed: Pressed
    to_prompt_ms: list[float]
    own_ms: list[float]
    keys_taken: int


def run() -> list[Row]:
    """Measure, or say what is missing."""
    if missing := ivr_bench.missing():
        return [at_most(WHAT, None, "ms", MOST_MS, missing)]
    return rows(*asyncio.run(_measure()))


def rows(ivr: Seen, bare: Seen) -> list[Row]:
    """What the callers met."""
    own = ivr.own_ms
    spread = ", ".join(f"p{p} {percentile(own, p):.1f} ms" for p in (50, 90))
    found = [
        at_most(WHAT, percentile(own, 99), "ms", MOST_MS, f"{spread}, most {max(own):.1f} ms; {len(own)} steps"),
        at_most(
            f"calls and keys lost with {CALLS} calls in menus",
            ivr.pressed.counts.failed + abs(ivr.pressed.keys - ivr.keys_taken),
            "",
            0,
            f"{ivr.pressed.keys} keys, {ivr.keys_taken} taken; {ivr.pressed.counts.failed} calls failed",
        ),
    ]
    means = f"means {mean(ivr.to_prompt_ms):.1f} and {mean(bare.to_prompt_ms):.1f} ms"
    for p in (50, 99):
        one, other = percentile(ivr.to_prompt_ms, p), percentile(bare.to_prompt_ms, p)
        detail = f"{one:.1f} ms, bare asyncio server {other:.1f} ms; {means}; {len(ivr.to_prompt_ms)} keys"
        found.append(told(f"the same by the switch's clock, over the bare server's, p{p}", one - other, "ms", detail))
    return found


async def _measure() -> tuple[Seen, Seen]:
    with tempfile.TemporaryDirectory(prefix="seda-bench-") as name:
        folder = Path(name)
        async with IvrBench(folder) as bench:
            async with ivr_bench.ivr(folder) as ivr:
                seen = await _press(bench, ivr, tells=True)
            async with ivr_bench.bare(folder, "menu") as bare:
                return seen, await _press(bench, bare, tells=False)


async def _press(bench: IvrBench, program: Program, *, tells: bool) -> Seen:
    async with marks(bench.node, "DTMF", "PLAYBACK_START") as found:
        pressed = await call_and_press(bench, program, calls=CALLS, rate=RATE, keys=KEYS)
    figures: dict[str, Any] = await program.figures() if tells else {"steps": [], "keys": 0}
    own = [seconds * 1000 for seconds in figures["steps"]]
    return Seen(pressed, each_to_next(found, "DTMF", "PLAYBACK_START"), own, int(figures["keys"]))
