"""How long callers of a queue waited until an agent's leg came into being, by the switch's own clock, for any ACD.

A caller begins to wait with ``seda::queued`` or mod_callcenter's ``member-queue-start``, an agent's leg with its
``CHANNEL_CREATE``, just before its INVITE; the leg's variables name the caller.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

EVENTS = "CHANNEL_CREATE CHANNEL_BRIDGE CUSTOM seda::queued callcenter::info"


@dataclass(slots=True)
class OfferTimes:
    """Fed with events; times are those of the switch, in microseconds."""

    queued: dict[str, int] = field(default_factory=dict)
    """Caller's leg -> when it began to wait."""
    called: dict[str, int] = field(default_factory=dict)
    """Caller's leg -> when the first agent's leg for it came into being."""
    bridged: dict[str, int] = field(default_factory=dict)
    """Caller's leg -> when it was connected."""
    is_deaf: bool = False
    """Whether the switch let this listener go: what happened since is not known."""

    def take(self, event: Mapping[str, Any]) -> None:
        """One event of the switch."""
        at = int(event["Event-Date-Timestamp"])
        match event["Event-Name"], event.get("Event-Subclass"):
            case "CUSTOM", "seda::queued":
                self.queued.setdefault(event["Unique-ID"], at)
            case "CUSTOM", "callcenter::info" if event.get("CC-Action") == "member-queue-start":
                self.queued.setdefault(event["CC-Member-Session-UUID"], at)
            case "CHANNEL_CREATE", _:
                caller = event.get("variable_cc_member_session_uuid")
                if caller is None and event.get("variable_seda_agent_leg"):
                    caller = event.get("variable_seda_call_id")
                if caller is not None:
                    self.called.setdefault(caller, at)
            case "CHANNEL_BRIDGE", _:
                for leg in (event.get("Bridge-A-Unique-ID"), event.get("Bridge-B-Unique-ID")):
                    if leg in self.queued:
                        self.bridged.setdefault(leg, at)

    def to_offer_ms(self) -> list[float]:
        """Waits of those for whom an agent was called."""
        return [(self.called[leg] - at) / 1000 for leg, at in self.queued.items() if leg in self.called]

    def to_bridge_ms(self) -> list[float]:
        """Waits of those who were connected."""
        return [(self.bridged[leg] - at) / 1000 for leg, at in self.queued.items() if leg in self.bridged]

    def forget(self) -> None:
        """Begin anew."""
        for seen in (self.queued, self.called, self.bridged):
            seen.clear()


@asynccontextmanager
async def watched(host: str, port: int, password: str) -> AsyncIterator[OfferTimes]:
    """What happens on a switch from now on."""
    reader, writer = await asyncio.open_connection(host, port, limit=2**20)
    writer.write(f"auth {password}\n\nevent json {EVENTS}\n\n".encode())
    times = OfferTimes()
    reading = asyncio.create_task(_read(reader, times))
    try:
        yield times
    finally:
        reading.cancel()
        writer.close()
        await asyncio.gather(reading, return_exceptions=True)


async def _read(reader: asyncio.StreamReader, times: OfferTimes) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\n\n")).decode()
            fields = dict(line.split(": ", 1) for line in head.strip().splitlines() if ": " in line)
            body = await reader.readexactly(int(fields.get("Content-Length", 0)))
            if fields.get("Content-Type") == "text/event-json":
                times.take(orjson.loads(body))
    except (asyncio.IncompleteReadError, ConnectionError):
        times.is_deaf = True
