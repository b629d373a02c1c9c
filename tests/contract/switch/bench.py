"""A switch under test with all that stands round it, and the trace of one scenario."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.contract.switch.drivers import DOMAIN, PASSWORD, Driver, Phone
from tests.contract.switch.normalise import Normaliser, event_name
from tests.contract.switch.read_headers import READ_EVENTS, READ_SUBCLASSES
from tests.support.esl_probe import EslProbe, Headers
from tests.support.fake_xml_curl import Actions, FakeXmlCurl

SECONDS = 10.0
SOUNDS = Path(__file__).resolve().parents[3] / "freeswitch" / "sounds"
GATEWAY = "5e0c8d06-0d5a-4f4e-8a5c-6a4d2c3b1a00"
CARRIER_NUMBER = "2025550100"
_TALKING = frozenset({"CS_EXECUTE", "CS_EXCHANGE_MEDIA"})
_CF_BRIDGED = "9=1"  # switch_types.h: the ninth flag of a channel
_ROOM_ACTIONS = frozenset({"conference-create", "add-member", "del-member", "conference-destroy", "kick-member"})


@dataclass(frozen=True)
class SwitchUnderTest:
    """Where a switch is reached, and how its far ends are driven."""

    kind: str
    host: str
    port: int
    password: str
    spool: Path
    services: FakeXmlCurl
    driver: Driver


@dataclass
class Bench:
    """One scenario's hands on a switch; it notes what the switch said."""

    switch: SwitchUnderTest
    folder: Path
    events: EslProbe
    commands: EslProbe
    replies: list[list[str]] = field(default_factory=list)
    phones: dict[str, Phone] = field(default_factory=dict)
    _first_question: int = 0

    @classmethod
    async def open(
        cls, switch: SwitchUnderTest, folder: Path, default_route: Callable[[dict[str, str]], Actions | None]
    ) -> Bench:
        """Clean the switch of earlier scenarios and listen."""
        events = await EslProbe.connect(switch.host, switch.port, switch.password)
        commands = await EslProbe.connect(switch.host, switch.port, switch.password)
        bench = cls(switch, folder, events, commands)
        await bench._subscribe()
        await bench.settle()
        events.events.clear()
        for path in switch.spool.iterdir():
            path.unlink()
        switch.services.dial = default_route
        bench._first_question = len(switch.services.requests)
        return bench

    async def close(self) -> None:
        """Leave nothing behind for the next scenario."""
        await self.commands.api("hupall")
        await self.switch.driver.close()
        await self.settle()
        await self.events.close()
        await self.commands.close()

    async def settle(self) -> None:
        """Wait until no leg is left and every event sent so far is here."""
        async with asyncio.timeout(SECONDS):
            while await self._live_legs():
                await asyncio.sleep(0.02)

    async def _live_legs(self) -> int:
        channels = json.loads(await self.commands.api("show channels as json"))["row_count"]
        job = str(uuid4())
        await self.commands.send(f"bgapi status\nJob-UUID: {job}")
        await self.event("BACKGROUND_JOB", Job_UUID=job)  # comes after the events before it
        ended = {event["Unique-ID"] for event in self.events.events if event["Event-Name"] == "CHANNEL_DESTROY"}
        return int(channels) + len(set(self.legs()) - ended)

    # -- what scenarios do

    @property
    def driver(self) -> Driver:
        return self.switch.driver

    async def register(self, phone: Phone, user: str) -> None:
        """Register a phone and wait until the switch has told of it."""
        assert await phone.register() == 200
        await self.event("sofia::register", from_user=user)
        self.phones[user] = phone

    def route(self, decide: Callable[[dict[str, str]], Actions | None]) -> None:
        """Let `decide` answer dialplan questions."""
        self.switch.services.dial = decide

    @property
    def tenant(self) -> str:
        """The tenant of the scenarios' users."""
        return self.switch.services.tenant_id

    async def api(self, command: str) -> str:
        """An API command whose answer belongs to the trace."""
        answer = await self.commands.api(command)
        self.replies.append([command, answer])
        return answer

    async def send(self, command: str) -> str:
        """Any other command whose reply belongs to the trace."""
        answer = (await self.commands.send(command)).reply
        self.replies.append([command, answer])
        return answer

    def note(self, what: str, said: Any) -> None:
        """Something the switch said elsewhere that belongs to the trace."""
        self.replies.append([what, said if isinstance(said, str) else json.dumps(said)])

    async def reconnect(self) -> None:
        """Lose both connections without a word and come back; events meanwhile are gone."""
        for probe in (self.events, self.commands):
            await probe.close()
        switch, seen = self.switch, self.events.events
        self.events = await EslProbe.connect(switch.host, switch.port, switch.password)
        self.events.events.extend(seen)
        self.commands = await EslProbe.connect(switch.host, switch.port, switch.password)
        await self._subscribe()

    async def _subscribe(self) -> None:
        names = " ".join(name for name in READ_EVENTS if name != "HEARTBEAT")
        await self.events.send(f"event json {names} CUSTOM {' '.join(READ_SUBCLASSES)}")

    async def event(self, name: str, leg: str = "", **headers: str) -> Headers:
        """Wait for an event by name (for CUSTOM its subclass), leg and headers (`_` for `-`)."""
        wanted = {key.replace("_", "-"): value for key, value in headers.items()}

        def matches(event: Headers) -> bool:
            named = name in {event.get("Event-Name"), event.get("Event-Subclass")}
            rest = all(event.get(key) == value for key, value in wanted.items())
            return named and rest and (not leg or event.get("Unique-ID") == leg)

        return await self.events.wait_event(matches)

    async def times(self, name: str, count: int) -> None:
        """Wait until an event came `count` times."""
        seen: list[Headers] = []

        def matches(event: Headers) -> bool:
            if event.get("Event-Name") == name and event not in seen:
                seen.append(event)
            return len(seen) >= count

        await self.events.wait_event(matches)

    async def shown(self, legs: list[str]) -> list[dict[str, str]]:
        """Rows of `show channels` for legs once they show a bridged call; the table lags behind the events."""
        async with asyncio.timeout(SECONDS):
            while True:
                rows = json.loads(await self.commands.api("show channels as json")).get("rows", [])
                found = {row["uuid"]: row for row in rows if row["callstate"] == "ACTIVE" and row["state"] in _TALKING}
                if set(found) == set(legs):
                    return [found[leg] for leg in legs]
                await asyncio.sleep(0.02)

    def legs(self) -> list[str]:
        """Legs in the order they began."""
        return list(dict.fromkeys(event["Unique-ID"] for event in self.events.events if "Unique-ID" in event))

    async def leg(self, number: str, direction: str = "") -> str:
        """The leg whose destination (or SIP user) is `number`, once it exists."""

        def matches(event: Headers) -> bool:
            destination = event.get("Caller-Destination-Number", "").partition("%")[0]
            right_way = not direction or event.get("Call-Direction") == direction
            return event.get("Event-Name") == "CHANNEL_CREATE" and destination == number and right_way

        return (await self.events.wait_event(matches))["Unique-ID"]

    async def wait_variable(self, leg: str, name: str, value: str | None = None) -> None:
        """Wait until a leg has a variable (of that value); the asking is not part of the trace."""
        async with asyncio.timeout(SECONDS):
            while True:
                found = await self.commands.api(f"uuid_getvar {leg} {name}")
                if found == value or (value is None and found != "_undef_" and not found.startswith("-ERR")):
                    return
                await asyncio.sleep(0.02)

    async def wait_bridged(self, one: str, other: str) -> None:
        """Wait until two legs talk with each other; their phones must send."""
        await self.wait_variable(one, "bridge_to", other)
        await self.wait_variable(other, "bridge_to", one)
        if self.switch.kind == "freeswitch":
            await self._wait_carried(one, other)

    async def _wait_carried(self, *legs: str) -> None:
        """Wait until the threads of both legs carry what they hear to the other.

        Until then a leg that leaves takes the other with it (DESTINATION_OUT_OF_ORDER), whatever that should do after
        the bridge (switch_ivr_bridge.c: audio_bridge_thread waits for the other's CF_BRIDGED, then for its own leg's
        packets).
        """
        async with asyncio.timeout(SECONDS):
            for leg in legs:
                while _CF_BRIDGED not in (await self._channel(leg))["channel_data"]["flags"].split(";"):
                    await asyncio.sleep(0.01)
            sent = [await self._sent(leg) for leg in legs]
            for leg, before in zip(legs, sent, strict=True):
                while await self._sent(leg) <= before:
                    await asyncio.sleep(0.01)

    async def _sent(self, leg: str) -> int:
        return int((await self._channel(leg))["callStats"]["audio"]["outbound"]["packet_count"])

    async def _channel(self, leg: str) -> Any:
        """What the real switch alone tells of a live leg: flags and packets, as in a record."""
        asked = json.dumps({"command": "channelData", "data": {"uuid": leg}})
        return json.loads(await self.commands.api(f"json {asked}"))["response"]["channelData"]

    # -- the trace

    async def trace(self, except_for: tuple[str, ...] = ()) -> dict[str, Any]:
        """All that Seda reads of what happened, once every leg is gone and its record written; normalised.

        Data of the applications in `except_for` is replaced: it holds a port of this run.
        """
        await self.settle()
        records = {leg: self._record(leg) for leg in self.legs()}
        killed = frozenset(
            words[1]
            for words in (command.split() for command, _ in self.replies)
            if words[:1] == ["uuid_kill"] and len(words) > 1
        )
        normal = Normaliser({str(self.folder): "<folder>", str(SOUNDS): "<sounds>"}, except_for, killed)
        for leg in self.legs():
            normal.leg(leg)
        legs = {
            normal.leg(leg): {
                "events": normal.changes([event for event in self._kept() if event.get("Unique-ID") == leg]),
                "record": normal.record(record) if record else None,
            }
            for leg, record in records.items()
        }
        asked = self.switch.services.requests[self._first_question :]
        return {
            "legs": legs,
            "other_events": [
                [event_name(event), normal.event(event)] for event in self._kept() if "Unique-ID" not in event
            ],
            "replies": [[normal.text(command), normal.text(answer)] for command, answer in self.replies],
            "questions": [normal.question(request.form) for request in asked],
        }

    def _kept(self) -> list[Headers]:
        return [
            event
            for event in self.events.events
            if event.get("Job-Command") != "status"
            and (event.get("Event-Subclass") != "conference::maintenance" or event.get("Action") in _ROOM_ACTIONS)
        ]

    def record_text(self, leg: str) -> str:
        """A leg's call record as it was written, times and ids apart: they may hold any digits."""
        text = (self.switch.spool / f"{leg}.cdr.json").read_text()
        return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{10,}", "", text)

    def _record(self, leg: str) -> dict[str, Any] | None:
        """A leg's call record; it is written before the leg's last event. A leg that never began has none."""
        path = self.switch.spool / f"{leg}.cdr.json"
        return json.loads(path.read_text()) if path.exists() else None


__all__ = ["CARRIER_NUMBER", "DOMAIN", "GATEWAY", "PASSWORD", "Bench", "SwitchUnderTest"]
