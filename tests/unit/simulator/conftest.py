"""A simulated switch whose time stands still until a test moves it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from freeswitch.simulator.app import Simulator
from freeswitch.simulator.clock import SteppedClock
from freeswitch.simulator.domain.event import Event
from freeswitch.simulator.settings import Settings


class Ears:
    """Hears every event."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def wants_name(self, name: str, subclass: str) -> bool:
        del name, subclass
        return True

    def offer(self, event: Event) -> None:
        self.events.append(event)

    def names(self, leg: str = "") -> list[str]:
        return [event.name for event in self.events if not leg or event.headers.get("Unique-ID") == leg]


class Stage:
    """A stepped simulator without services: dialplan by `inline` transfers and `originate`."""

    def __init__(self, simulator: Simulator, clock: SteppedClock, spool: Path) -> None:
        self.simulator, self.clock, self.spool = simulator, clock, spool
        self.switch = simulator.switch
        self.ears = Ears()
        self.switch.listeners.add(self.ears)

    async def sim(self, verb: str, **given: Any) -> Any:
        answer = await self.simulator.api.run(f"sim {verb} {json.dumps(given)}")
        assert not answer.startswith("-ERR"), answer
        return json.loads(answer)

    async def api(self, command: str) -> str:
        return await self.simulator.api.run(command)

    def phone(self, user: str, script: str | dict[str, Any] = "manual") -> None:
        """A phone that is registered already."""
        from freeswitch.simulator.domain.far_script import parse_script
        from freeswitch.simulator.far_end.phones import Account

        phone = self.switch.phones.get(Account(user, "acme.test", "secret"))
        phone.expires_at = self.clock.now() + 3_600_000_000
        phone.script = parse_script(script)

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text())["variables"] for path in sorted(self.spool.iterdir())]


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    clock = SteppedClock()
    async with Simulator(Settings(port=0, cdr_spool=tmp_path), clock) as simulator:
        yield Stage(simulator, clock, tmp_path)
