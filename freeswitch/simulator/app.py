"""Composition root of the simulator: build the switch, serve the event socket, stop both."""

from __future__ import annotations

from freeswitch.simulator.api import ApiCommands
from freeswitch.simulator.clock import Clock, SteppedClock, WallClock
from freeswitch.simulator.esl.server import EventSocketServer
from freeswitch.simulator.settings import Settings
from freeswitch.simulator.switch import Switch


class Simulator:
    """A switch and its event socket. Nothing happens before `start`."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        self.settings = settings
        self.clock = clock or (SteppedClock() if settings.stepped else WallClock(settings.speed))
        self.switch = Switch(settings, self.clock)
        self.api = ApiCommands(self.switch)
        self.server = EventSocketServer(self.switch, self.api, settings)

    @property
    def port(self) -> int:
        """The event socket's port, once started."""
        return self.server.port

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: the port is taken.
        """
        await self.server.start()
        await self.switch.start()

    async def stop(self) -> None:
        """Hang up, close connections."""
        await self.switch.stop()
        await self.server.stop()

    async def __aenter__(self) -> Simulator:
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop()
