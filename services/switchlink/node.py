"""The switch beside this process: its event socket kept up, its events told, its state reconciled after every loss."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import orjson

from services.switchlink.domain.devices import device_message, registrations_of
from services.switchlink.domain.headers import Headers, Reader
from services.switchlink.domain.legs import SUBSCRIBED, SUBSCRIBED_CUSTOM, LegTable, is_end_of_fallback
from services.switchlink.domain.queues import unreadable
from services.switchlink.metrics import SwitchlinkMetrics
from services.switchlink.publisher import Publisher
from services.switchlink.settings import SwitchlinkSettings
from shared.contracts.nodes import (
    DeviceEvent,
    DeviceRegistered,
    DeviceRegistrationRefused,
    DeviceUnregistered,
    NodeLost,
    NodeReconciled,
    NodeReported,
    NodeStarted,
)
from shared.esl import DownReason, EslError, InboundLink, LinkDown, LinkSupervisor, SwitchDisconnected, UnsafeValue
from shared.esl import api_commands as api
from shared.esl.commands import ApiCommand, Command
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger
from shared.telephony.queueing import QUEUED

log = get_logger(__name__)

SWEEP_AFTER_SECONDS = 1.0
"""Events that were under way while the snapshot was taken have arrived by then."""

DUMPS_AT_ONCE = 32
TAKE_AT_ONCE = 64

NodeState = Literal["up", "draining", "drained", "down"]


@dataclass(slots=True)
class Load:
    """What the switch last said of itself in a HEARTBEAT."""

    version: str = ""
    sessions: int = 0
    max_sessions: int = 0
    sessions_per_second: int = 0
    max_sessions_per_second: int = 0
    idle_cpu_percent: float = 0.0

    def read(self, event: Reader) -> None:
        self.version = event.text("FreeSWITCH-Version") or self.version
        self.sessions = event.number("Session-Count") or 0
        self.max_sessions = event.number("Max-Sessions") or 0
        self.sessions_per_second = event.number("Session-Per-Sec-Last") or 0
        self.max_sessions_per_second = event.number("Session-Per-Sec") or 0
        try:
            self.idle_cpu_percent = min(100.0, max(0.0, float(event.text("Idle-CPU") or 0)))
        except ValueError:
            self.idle_cpu_percent = 0.0


@dataclass(slots=True)
class Outage:
    """Since when there is no link, and why."""

    since: float
    reason: DownReason
    told: bool = False


@dataclass(slots=True)
class SwitchNode:
    """A component: one node, from its event socket to the bus.

    Args:
        settings: which node, and how long it may be silent.
        publisher: where messages go.
        tenant_of_domain: SIP domain -> tenant, kept fresh by the consumers.
        waiting_records: how many call records stand in the spool, for the node's report.
        registrations: user@domain of every phone that is registered, and when that expires.
        sip_address: host:port where other nodes call phones registered here; empty before the first connection.
        on_registered: told of every phone that registers.
        on_unregistered: told of every registration that ends.
        on_connected: told when the switch is there (again) and its registrations are known.
        connect: makes a connected link; replaced in tests.
    """

    settings: SwitchlinkSettings
    publisher: Publisher
    metrics: SwitchlinkMetrics
    clock: Clock
    tenant_of_domain: dict[str, UUID] = field(default_factory=dict)
    waiting_records: Callable[[], int] = lambda: 0
    connect: Callable[[], Any] | None = None
    name: str = "node"
    table: LegTable | None = None
    draining: bool = False
    load: Load = field(default_factory=Load)
    registrations: dict[str, datetime] = field(default_factory=dict)
    sip_address: str = ""
    on_registered: list[Callable[[DeviceRegistered], None]] = field(default_factory=list)
    on_unregistered: list[Callable[[DeviceUnregistered], None]] = field(default_factory=list)
    on_connected: list[Callable[[], None]] = field(default_factory=list)
    _supervisor: LinkSupervisor | None = None
    _outage: Outage | None = None
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _pump: asyncio.Task[None] | None = None
    _last_state: NodeState | None = None
    _watched: dict[str, list[asyncio.Event]] = field(default_factory=dict)

    @property
    def node_id(self) -> str:
        return self.settings.node_id

    # life

    async def start(self) -> None:
        self.metrics.legs.set_function(lambda: len(self.table.live) if self.table else 0)
        self._supervisor = LinkSupervisor(self.connect or self._connect, self._up, self._down)
        self._tasks = [
            asyncio.create_task(self._supervisor.run(), name="link"),
            asyncio.create_task(self._report_forever(), name="report"),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connect(self) -> InboundLink:
        settings = self.settings
        link = InboundLink(
            settings.event_socket_host,
            settings.event_socket_port,
            settings.event_socket_password.get_secret_value(),
            events=SUBSCRIBED,
            subclasses=SUBSCRIBED_CUSTOM,
        )
        return await link.connect()

    # commands

    async def api(self, command: ApiCommand, timeout: float = 5.0) -> str:
        """Run a quick command. Raises the errors of ``shared.esl``."""
        return await self._link().api(command, timeout)

    async def bgapi(self, command: ApiCommand, timeout: float) -> str:
        """Run a long command. Raises the errors of ``shared.esl``."""
        return await self._link().bgapi(command, timeout)

    async def send(self, command: Command) -> None:
        """Send a command of the event socket itself. Raises the errors of ``shared.esl``, also when it is refused."""
        (await self._link().send(command)).or_refused()

    def _link(self) -> InboundLink:
        link = self._supervisor.link if self._supervisor else None
        if link is None:
            raise SwitchDisconnected(DownReason.FAILED, "the event socket is not connected")
        return link

    async def until(self, leg_ids: tuple[str, ...], holds: Callable[[], bool], timeout: float) -> bool:
        """Wait for what events of these legs make true; whether it came in time."""
        changed = asyncio.Event()
        for leg_id in leg_ids:
            self._watched.setdefault(leg_id, []).append(changed)
        try:
            async with asyncio.timeout(timeout):
                while not holds():
                    changed.clear()
                    await changed.wait()
        except TimeoutError:
            return False
        finally:
            for leg_id in leg_ids:
                self._watched[leg_id].remove(changed)
                if not self._watched[leg_id]:
                    del self._watched[leg_id]
        return True

    async def drain(self, on: bool) -> None:
        """Take no new calls, or take them again."""
        await self.api(api.FsctlPauseInbound() if on else api.FsctlResumeInbound())
        self.draining = on
        self._report()

    async def check(self) -> None:
        """Health: the event socket is connected.

        Raises:
            SwitchDisconnected: it is not.
        """
        self._link()

    # the link comes and goes

    async def _up(self, link: InboundLink) -> None:
        core_id = (await link.api(api.GlobalGetVar("core_uuid"))).strip()
        host, port = [await link.api(api.GlobalGetVar(name)) for name in ("seda_sip_address", "seda_sip_trunks_port")]
        self.sip_address = f"{host.strip()}:{port.strip()}"
        self.draining = (await link.api(api.FsctlPauseCheck())).strip() == "true"
        began = self.clock.now()
        self._take_up(core_id)
        await self._reconcile(link, began, again=True)
        await self._refresh_switch(link)
        self._outage = None
        self.metrics.link_up.set(1)
        log.info("switch connected", node=self.node_id, core=core_id, legs=len(self._require_table().live))
        self._pump = asyncio.create_task(self._pump_events(link), name="events")
        for told in self.on_connected:
            told()
        self._report()

    def _take_up(self, core_id: str) -> None:
        """Begin or go on with a life of the switch process; an earlier life is over."""
        table = self.table
        if table is not None and table.core_id == core_id:
            return
        if table is not None and not (self._outage and self._outage.told):
            self._tell_lost(table)
        self.table = LegTable(self.node_id, core_id)
        self.publisher.put([NodeStarted(node_id=self.node_id, core_id=core_id)])

    async def _reconcile(self, link: InboundLink, began: datetime, *, again: bool = False) -> None:
        """Compare with what is really up, and tell it: events of the time without a link are gone."""
        table = self._require_table()
        rows = orjson.loads(await link.api(api.ShowChannels(), timeout=10.0)).get("rows") or []
        # the list is read from a database that lags behind the calls: what was known and is missing is asked for itself
        asked = dict.fromkeys([*(str(row["uuid"]) for row in rows if row.get("uuid")), *table.live])
        channels = [headers for headers in await self._dump(link, list(asked)) if headers]
        leg_ids = [leg_id for headers in channels if (leg_id := Reader(headers).leg_id)]
        for headers in channels:
            self._note_unreadable(Reader(headers))
        self.publisher.put(table.adopt(channels))
        self.publisher.put(
            [
                NodeReconciled(
                    occurred_at=began, node_id=self.node_id, core_id=table.core_id, live_leg_ids=tuple(leg_ids)
                )
            ]
        )
        await self._read_registrations(link)
        sweep = asyncio.create_task(self._sweep(table, leg_ids, began, again=again), name="sweep")
        self._tasks = [task for task in self._tasks if not task.done()] + [sweep]

    async def _refresh_switch(self, link: InboundLink) -> None:
        """Changes of users and trunks may have been missed: what the switch remembers of them is read anew."""
        await link.api(api.XmlFlushCache())
        await link.api(api.SofiaRescan("trunks"))

    async def _dump(self, link: InboundLink, leg_ids: list[str]) -> list[Headers | None]:
        limit = asyncio.Semaphore(DUMPS_AT_ONCE)

        async def one(leg_id: str) -> Headers | None:
            async with limit:
                try:
                    answer = await link.api(api.UuidDump(leg_id))
                    dumped: Headers = orjson.loads(answer)
                except (UnsafeValue, orjson.JSONDecodeError):
                    return None
                except EslError as error:
                    if isinstance(error, SwitchDisconnected):
                        raise
                    return None  # it ended between the list and this question
            return dumped

        return await asyncio.gather(*(one(leg_id) for leg_id in leg_ids))

    async def _sweep(self, table: LegTable, leg_ids: list[str], began: datetime, *, again: bool) -> None:
        """Forget what ended unseen, and look once more: a call that had just begun may not have been listed."""
        await self.clock.sleep(SWEEP_AFTER_SECONDS)
        lost = table.sweep(leg_ids, before=began)
        if lost:
            log.info("legs ended while the switch was out of reach", legs=len(lost))
        if again and self._supervisor and self._supervisor.link and table is self.table:
            await self._reconcile_again(self._supervisor.link)

    async def _read_registrations(self, link: InboundLink) -> None:
        rows = orjson.loads(await link.api(api.ShowRegistrations(), timeout=10.0)).get("rows") or []
        self.registrations = registrations_of(rows)

    async def _down(self, down: LinkDown) -> None:
        self.metrics.link_up.set(0)
        if self._pump is not None:
            await asyncio.gather(self._pump, return_exceptions=True)
            self._pump = None
        if self._outage is None:
            self._outage = Outage(since=self.clock.monotonic(), reason=down.reason)
            log.warning("switch out of reach", node=self.node_id, reason=down.reason.value, detail=down.detail)
        if down.attempt == 0:
            self.metrics.link_losses.labels(down.reason.value).inc()
        self._outage.reason = down.reason
        self._judge(self._outage)
        self._report()

    def _judge(self, outage: Outage) -> None:
        """When nobody listens any more the process is gone; when it merely does not answer it may come back."""
        settings = self.settings
        patience = {
            DownReason.REFUSED: settings.lost_after_seconds,
            DownReason.TIMEOUT: settings.unanswering_after_seconds,
        }.get(outage.reason)
        if patience is None or outage.told or self.table is None:
            return
        if self.clock.monotonic() - outage.since >= patience:
            outage.told = True
            self._tell_lost(self.table)

    def _tell_lost(self, table: LegTable) -> None:
        log.error("switch lost; its calls are over", node=self.node_id, core=table.core_id, legs=len(table.live))
        for leg_id in list(table.live):
            table.forget(leg_id)
        self.registrations.clear()
        self.publisher.put([NodeLost(node_id=self.node_id, core_id=table.core_id)])

    # events

    async def _pump_events(self, link: InboundLink) -> None:
        try:
            taken = 0
            async for event in link.events():
                try:
                    self.take(event.headers)
                except Exception:  # one strange event must not cost all that follow
                    log.exception("event not understood", event_name=event.name)
                taken += 1
                if taken % TAKE_AT_ONCE == 0:
                    await asyncio.sleep(0)  # commands and messages under way get their turn in a flood of events
        except SwitchDisconnected:
            return

    def take(self, headers: Headers) -> None:
        """Take in one event of the switch."""
        event = Reader(headers)
        name = event.name
        self.metrics.events(name).inc()
        if name == "HEARTBEAT":
            self.load.read(event)
        elif name.startswith("sofia::"):
            self._take_registration(headers)
        elif self.table is not None:
            if name == QUEUED:
                self._note_unreadable(event)
            before = self.table.live.get(event.leg_id or "")
            if messages := self.table.apply(headers):
                leg = self.table.live.get(event.leg_id or "") or before
                self.publisher.put(messages, urgent=leg is not None and leg.is_waited_for)
            if is_end_of_fallback(event):
                self.metrics.fallback_calls.inc()
            for changed in self._watched.get(event.leg_id or "", ()):
                changed.set()
            if self.draining and not self.table.live:
                self._report()

    def _note_unreadable(self, event: Reader) -> None:
        for variable, value in unreadable(event).items():
            log.warning("value of a queue passed over", leg_id=event.leg_id, variable=variable, value=value[:128])

    def _take_registration(self, headers: Headers) -> None:
        message: DeviceEvent | None = device_message(
            headers, node_id=self.node_id, tenant_of_domain=self.tenant_of_domain
        )
        if message is None:
            return
        who = f"{message.sip_username}@{message.domain}"
        if isinstance(message, DeviceRegistered):
            self.registrations[who] = message.occurred_at + timedelta(seconds=message.expires_seconds)
            for told in self.on_registered:
                told(message)
        elif isinstance(message, DeviceUnregistered):
            self.registrations.pop(who, None)
            for ended in self.on_unregistered:
                ended(message)
        elif isinstance(message, DeviceRegistrationRefused):
            self.metrics.refused_registrations.inc()
        self.publisher.put([message])

    # report

    @property
    def state(self) -> NodeState:
        """The node as others should see it."""
        if self._outage is not None or self.table is None:
            return "down"
        if self.draining:
            return "draining" if self.table.live else "drained"
        return "up"

    def _report(self) -> None:
        state = self.state
        if state != self._last_state:
            log.info("node state", node=self.node_id, state=state)
        self._last_state = state
        load = self.load
        self.publisher.put(
            [
                NodeReported(
                    revision=time.time_ns() // 1000,
                    occurred_at=datetime.now(UTC),
                    node_id=self.node_id,
                    core_id=self.table.core_id if self.table else "",
                    state=state,
                    switch_version=load.version,
                    sessions=len(self.table.live) if self.table else 0,
                    max_sessions=load.max_sessions,
                    sessions_per_second=load.sessions_per_second,
                    max_sessions_per_second=load.max_sessions_per_second,
                    idle_cpu_percent=load.idle_cpu_percent,
                    registrations=len(self.registrations),
                    spooled_records=self.waiting_records(),
                    sip_address=self.sip_address,
                    lost=self._outage is not None and self._outage.told,
                )
            ]
        )

    async def _report_forever(self) -> None:
        while True:
            await self.clock.sleep(self.settings.report_seconds)
            if self._outage is None and self.publisher.overflowed and self._supervisor and self._supervisor.link:
                self.publisher.overflowed = False
                await self._reconcile_again(self._supervisor.link)
            self._report()

    async def _reconcile_again(self, link: InboundLink) -> None:
        """Tell once more what is really up."""
        try:
            await self._reconcile(link, self.clock.now())
        except EslError as error:
            log.warning("could not reconcile", reason=str(error))
            self.publisher.overflowed = True

    def _require_table(self) -> LegTable:
        if self.table is None:
            raise RuntimeError("no life of the switch has begun")
        return self.table
