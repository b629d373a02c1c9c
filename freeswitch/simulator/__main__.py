"""`seda-switch-sim`: run the simulated switch until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from freeswitch.simulator.app import Simulator
from freeswitch.simulator.settings import Settings, parse_settings


def main() -> None:
    """Console entry: settings, run."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    asyncio.run(run(parse_settings()))


async def run(settings: Settings) -> None:
    """Serve until told to stop; one line on standard output says when it listens."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    simulator = Simulator(settings)
    await simulator.start()
    sys.stdout.write(
        f"SIMULATOR (not FreeSWITCH): node {settings.node} listening on {settings.host}:{simulator.port}, "
        f"speed {settings.speed:g}\n"
    )
    sys.stdout.flush()
    waits = {asyncio.create_task(stop.wait()), asyncio.create_task(simulator.switch.stopping.wait())}
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in waits:
        task.cancel()
    await simulator.stop()


if __name__ == "__main__":
    main()
