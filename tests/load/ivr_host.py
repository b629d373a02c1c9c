"""ivr's call server in a process of its own, with one flow and no database: what the figures of ivr are taken of.

python -m tests.load.ivr_host FOLDER DOCUMENT PROMPT MOST_CALLS

The flow ``DOCUMENT`` (JSON) is published as ``bench``; every prompt is the sound file ``PROMPT``. The call server,
its conversations, the interpreter, the sealing of states and the making of events are the service's own; events are
encoded for the bus, counted and thrown away. Prints its port; answers each line on standard input with its figures.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from services.ivr.metrics import IvrMetrics
from shared.runtime.metrics import Metrics
from tests.support.flow_host import FlowHost, NotedBus

SLUG = "bench"


class CountingBus(NotedBus):
    """Encodes events as NATS would get them, and keeps none."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    async def publish_many(self, events: Any, *, timeout: float = 5.0) -> None:
        for event in events:
            event.model_dump_json()
        self.count += len(events)


class SampledMetrics(IvrMetrics):
    """Keeps every own share beside the histogram."""

    def __init__(self) -> None:
        measured = Metrics("ivr")
        super().__init__(measured)
        self.registry = measured.registry
        self.steps: list[float] = []
        observe = self.step_seconds.observe

        def both(seconds: float, exemplar: dict[str, str] | None = None) -> None:
            observe(seconds, exemplar)
            self.steps.append(seconds)

        self.step_seconds.observe = both  # type: ignore[method-assign, assignment]

    def count(self, name: str, **labels: str) -> int:
        """What a counter says."""
        return int(self.registry.get_sample_value(f"seda_ivr_{name}", labels) or 0)


async def main(folder: Path, document: str, prompt: Path, most_calls: int) -> None:
    """Serve until standard input ends."""
    bus, metrics = CountingBus(), SampledMetrics()
    host = FlowHost(folder, bus=bus, metrics=metrics, max_calls=most_calls, drain_seconds=0.0)
    host.prompts.prompt_file = lambda *_: prompt  # type: ignore[method-assign]
    host.library.put(SLUG, json.loads(document))
    answers, sys.stdout = sys.stdout, sys.stderr  # the log goes elsewhere
    async with host:
        print(host.server.port, file=answers, flush=True)
        while await asyncio.to_thread(sys.stdin.readline):
            print(json.dumps(_figures(bus, metrics, host)), file=answers, flush=True)


def _figures(bus: CountingBus, metrics: SampledMetrics, host: FlowHost) -> dict[str, Any]:
    steps, metrics.steps = metrics.steps, []
    return {
        "steps": steps,
        "calls": host.server.active_calls,
        "events": bus.count,
        "keys": metrics.count("inputs_total", outcome="taken"),
        "hung_up": metrics.count("calls_left_total", reason="hung_up_by_caller"),
        "cpu": time.process_time(),
        "rss": psutil.Process().memory_info().rss,
    }


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), int(sys.argv[4])))
