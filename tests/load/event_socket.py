"""Events a second from the socket to asyncio: ``shared.esl`` against greenswitch as it is (see ``bench_esl``)."""

from __future__ import annotations

from tests.load import bench_esl
from tests.load.row import Row, at_least, at_most

MOST_MEMORY_MB = 200
"""Both ends of 30,000 events of 5 kB are 150 MB on the wire; nothing near that may pile up."""


def run() -> list[Row]:
    """Both in one run, in turn."""
    told = bench_esl.run()
    seda, peer = told["seda"], told["greenswitch"]
    size = told["event_bytes"] / 1000
    return [
        at_least(
            "events/s through shared.esl against greenswitch as it is",
            told["ratio"],
            "x",
            bench_esl.TARGET_RATIO,
            f"{seda['events_per_second']:,} / {peer['events_per_second']:,} events/s of {size:.1f} kB;"
            f" by CPU time {told['cpu_ratio']:.3g} x",
        ),
        at_most("events lost on the way", seda["lost"], "", 0, f"of {told['events'] * 3:,}"),
        at_most("memory of the receiver at its peak", seda["peak_memory_mb"], "MB", MOST_MEMORY_MB),
    ]
