"""The simulated switch: its legs, registrations, gateways, listeners; what is true of the whole node."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol
from uuid import uuid4

from freeswitch.simulator import call_records
from freeswitch.simulator.apps import APPLICATIONS
from freeswitch.simulator.clock import Clock
from freeswitch.simulator.domain.channel import VERBOSE_EVENTS, Channel, Value
from freeswitch.simulator.domain.event import Event, Node
from freeswitch.simulator.far_end.phones import Phones
from freeswitch.simulator.far_end.trunks import Trunks
from freeswitch.simulator.limits import Limits
from freeswitch.simulator.lookups import Lookups
from freeswitch.simulator.rooms import Rooms
from freeswitch.simulator.session import Session
from freeswitch.simulator.settings import Settings
from freeswitch.simulator.static_conf import read_globals, read_static_dialplan

if TYPE_CHECKING:
    from freeswitch.simulator.api import ApiCommands

VERSION = "1.11.1"
HEARTBEAT_SECONDS = 10.0  # freeswitch/conf: event-heartbeat-interval


class Listener(Protocol):
    """Who wants events: an event-socket connection."""

    def wants_name(self, name: str, subclass: str) -> bool:
        """Whether an event of this name might be wanted."""

    def offer(self, event: Event) -> None:
        """Take the event, or not."""


class Switch:
    """Everything the node knows. One instance a process; nothing here is shared between instances."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.log = logging.getLogger("seda.switch-sim")
        self.node = Node(core_uuid=str(uuid4()), hostname=settings.node, ipv4=settings.sip_address)
        known = {"hostname": settings.node, "local_ip_v4": settings.sip_address, "core_uuid": self.node.core_uuid}
        known["sounds_dir"] = str(settings.conf.resolve().parent / "sounds")
        self.globals = read_globals(settings.conf, known)
        self.static_dialplan = read_static_dialplan(settings.conf, self.globals)
        self.sessions: dict[str, Session] = {}
        self.listeners: set[Listener] = set()
        self.leg_listeners: dict[str, set[Listener]] = {}
        """Those of one leg's events alone, by the leg: a thousand programs must not each be asked of every event."""
        self.api: ApiCommands | None = None
        self.applications: dict[str, Callable[[Session, str], Awaitable[None]]] = dict(APPLICATIONS)
        self.lookups = Lookups(
            self, directory_url=settings.directory_url, dialplan_url=settings.dialplan_url, secret=settings.secret
        )
        self.phones = Phones(self)
        self.trunks = Trunks(self)
        self.limits = Limits(self)
        self.rooms = Rooms(self)
        self.started = clock.now()
        self.sessions_since_start = 0
        self.sessions_peak = 0
        self.paused: set[str] = set()
        self.stopping = asyncio.Event()
        self._sequence = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    # -- life

    async def start(self) -> None:
        """Load gateways and begin the heartbeat."""
        self.background(self._heartbeat())
        await self.trunks.rescan()

    async def stop(self) -> None:
        """Hang up what is up, write its records, stop."""
        for session in list(self.sessions.values()):
            session.hangup("SYSTEM_SHUTDOWN")
            for program in list(session.programs):
                program.disconnect("The system is being shut down.\n")
        tasks = [session.task for session in self.sessions.values() if session.task]
        if tasks:
            await asyncio.wait(tasks, timeout=5)
        for task in [*self._tasks, *(task for task in tasks if not task.done())]:
            task.cancel()

    def background(self, work: Any) -> asyncio.Task[Any]:
        """Run a coroutine beside; it is cancelled when the switch stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _heartbeat(self) -> None:
        while True:
            self.fire("HEARTBEAT", extra=self.load_headers())
            await self.clock.sleep(HEARTBEAT_SECONDS)

    def load_headers(self) -> dict[str, str]:
        """What a HEARTBEAT tells about the node's load."""
        uptime_ms = (self.clock.now() - self.started) // 1000
        return {
            "Event-Info": "System Ready",
            "Up-Time": uptime_text(uptime_ms),
            "FreeSWITCH-Version": f"{VERSION}-simulator",
            "Uptime-msec": str(uptime_ms),
            "Session-Count": str(len(self.sessions)),
            "Max-Sessions": str(self.settings.max_sessions),
            "Session-Per-Sec": "1000",
            "Session-Per-Sec-Last": "0",
            "Session-Per-Sec-Max": "0",
            "Session-Per-Sec-FiveMin": "0",
            "Session-Since-Startup": str(self.sessions_since_start),
            "Session-Peak-Max": str(self.sessions_peak),
            "Session-Peak-FiveMin": str(self.sessions_peak),
            "Idle-CPU": "100.000000",
        }

    # -- events

    def common_headers(self) -> dict[str, Any]:
        """Headers of every event; each call takes the next sequence number."""
        self._sequence += 1
        return self.node.headers(self.clock.now(), self._sequence)

    def fire(
        self,
        name: str,
        channel: Channel | None = None,
        extra: Mapping[str, Value] | None = None,
        subclass: str = "",
        body: str | None = None,
    ) -> None:
        """Send an event to whoever wants it; nothing is built when nobody does."""
        leg = (extra or {}).get("Unique-ID") or (channel.uuid if channel else "")
        listeners = (*self.listeners, *self.leg_listeners.get(str(leg), ()))
        wanting = [listener for listener in listeners if listener.wants_name(name, subclass)]
        if not wanting:
            self._sequence += 1
            return
        event = self.build_event(name, channel, extra, subclass, body)
        for listener in wanting:
            listener.offer(event)

    def build_event(
        self,
        name: str,
        channel: Channel | None = None,
        extra: Mapping[str, Value] | None = None,
        subclass: str = "",
        body: str | None = None,
    ) -> Event:
        """An event with its headers as they are now."""
        headers: dict[str, Any] = {"Event-Subclass": subclass} if subclass else {}
        headers["Event-Name"] = name
        headers.update(self.common_headers())
        if channel is not None:
            headers.update(channel.basic_headers())
            if name in VERBOSE_EVENTS:
                headers.update(channel.variable_headers())
        if extra:
            headers.update(extra)
        return Event(name, headers, subclass, body)

    # -- legs

    def new_session_number(self) -> int:
        """Count a new leg; its `session_id`."""
        self.sessions_since_start += 1
        self.sessions_peak = max(self.sessions_peak, len(self.sessions) + 1)
        return self.sessions_since_start

    def poke_all(self, session: Session) -> None:
        """A leg changed: it and whoever is tied to it look again."""
        session.poke()
        for tied in (session.partner, session.bridge_peer):
            if tied is not None:
                tied.poke()

    def leg_ended(self, session: Session) -> None:
        """Free what the leg held: limits, conference seats, recordings."""
        self.limits.release(session)
        for stop in list(session.media_bugs.values()):
            stop.close()
        session.media_bugs.clear()

    def write_record(self, session: Session) -> None:
        """Write the leg's call record to the spool."""
        call_records.write(self.settings.cdr_spool, session.channel, self.node)


def uptime_text(milliseconds: int) -> str:
    """`Up-Time` as the switch words it."""
    seconds, ms = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = ((0, "year"), (days, "day"), (hours, "hour"), (minutes, "minute"), (seconds, "second"), (ms, "millisecond"))
    words = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts]
    return ", ".join([*words, "0 microseconds"])
