"""Who owns which tenant's floor: a lease each, taken by whichever replica comes first, and by another within seconds.

An owner loads the floor from the tables, compares it with what is really up on the switches, and from then on takes in
what happens, in one task a tenant: first everything that is waiting, then one decision, one transaction, and only then
the switch. While the database is away nothing is done and callers hear music; without the lease nothing is done either.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from services.acd.arrivals import Arrivals
from services.acd.commands import Commands
from services.acd.connecting import Connecting
from services.acd.domain.phones_in_use import PhoneLeg
from services.acd.errors import Overtaken
from services.acd.floor import Floor
from services.acd.floor_changes import CallAgent, CallStanding, Changes
from services.acd.nodes import Look, Nodes
from services.acd.store import FloorStore
from shared.bus.port import Bus, BusError, Lease, Subscription
from shared.contracts.acd import ACD_COMMANDS, AgentChanged, QueueChanged
from shared.contracts.calls import (
    CallAnswered,
    CallBridged,
    CallCreated,
    CallDigitReceived,
    CallHeld,
    CallHungUp,
    CallParked,
    CallQueued,
    CallResumed,
    CallRinging,
)
from shared.contracts.message import Event
from shared.contracts.nodes import NodeLost
from shared.db.errors import is_unavailable
from shared.runtime.clock import Clock
from shared.runtime.logs import get_logger
from shared.telephony.ids import new_id

log = get_logger(__name__)

LEASE_SECONDS = 2.0
RENEW_SECONDS = 0.5
LOOK_FOR_TENANTS_SECONDS = 1.0
RECONCILE_SECONDS = 10.0
RETRY_SECONDS = 0.25
FINISH_SECONDS = 1.0
GATHER_SECONDS = 0.05
"""What nobody waits for is kept with what follows within this time; the live view promises a second."""
SILENT_SECONDS = 60.0
"""A switchlink that merely starts anew is back by then, and its callers still wait."""
LOOKS_BETWEEN_READING = 6

FOLLOWED: tuple[type[Event], ...] = (
    CallCreated,
    CallQueued,
    CallRinging,
    CallBridged,
    CallParked,
    CallHungUp,
    CallAnswered,
    CallDigitReceived,
    CallHeld,
    CallResumed,
    QueueChanged,
    AgentChanged,
)
LEFT_TO_THE_NEXT = frozenset({CallAgent.__name__, CallStanding.__name__})
Happening = Callable[[datetime], Any]


class Owners:
    """A component: the tenants this process owns.

    Args:
        nodes: which switches there are, and what is up on them.
        connecting: does on the switch what follows.
    """

    name = "owners"

    def __init__(self, bus: Bus, store: FloorStore, nodes: Nodes, connecting: Connecting, clock: Clock) -> None:
        self._bus, self._store, self._nodes, self._connecting, self._clock = bus, store, nodes, connecting, clock
        self._holder = str(new_id())
        self._owned: dict[UUID, Owner] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._platform: Subscription | None = None

    @property
    def owned(self) -> int:
        """Tenants whose floor this process owns now."""
        return sum(owner.is_ready for owner in self._owned.values())

    async def start(self) -> None:
        self._platform = await self._bus.follow_events(None, [NodeLost], self._hear_platform)
        self._looking = asyncio.create_task(self._look_forever(), name="look for tenants")

    async def stop(self) -> None:
        tasks = [task for task in (self._looking, *self._tasks.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._platform is not None:
            await self._platform.stop()

    async def _look_forever(self) -> None:
        while True:
            try:  # who does not know the nodes and phones yet could reach no agent
                for tenant_id in await self._store.tenants() if self._nodes.is_ready else ():
                    if tenant_id not in self._tasks:
                        self._tasks[tenant_id] = asyncio.create_task(self._own(tenant_id), name=f"floor {tenant_id}")
            except Exception as error:
                if not is_unavailable(error):
                    log.exception("cannot look for tenants")
            await self._clock.sleep(LOOK_FOR_TENANTS_SECONDS if self._nodes.is_ready else RETRY_SECONDS)

    async def _own(self, tenant_id: UUID) -> None:
        """Become the owner whenever nobody is, for as long as the process lives."""
        lease = self._bus.lease(f"acd-{tenant_id}", self._holder, LEASE_SECONDS)
        while True:
            try:
                if await lease.acquire():
                    owner = Owner(tenant_id, self._bus, self._store, self._nodes, self._connecting, self._clock)
                    self._owned[tenant_id] = owner
                    await self._hold(owner, lease)
            except BusError as error:
                log.warning("no lease without the bus", tenant_id=str(tenant_id), reason=str(error))
            except Overtaken as error:
                log.warning("overtaken", tenant_id=str(tenant_id), reason=str(error))
            except Exception:
                log.exception("a floor failed; taking over anew", tenant_id=str(tenant_id))
            finally:
                self._owned.pop(tenant_id, None)
                with contextlib.suppress(BusError):
                    await lease.release()
            await self._clock.sleep(RENEW_SECONDS)

    async def _hold(self, owner: Owner, lease: Lease) -> None:
        running = asyncio.create_task(owner.run(), name=f"own {owner.tenant_id}")
        try:
            while lease.held:
                done, _ = await asyncio.wait([running], timeout=RENEW_SECONDS)
                if done:
                    running.result()
                    return
                with contextlib.suppress(BusError):  # without NATS it ends by its own clock
                    await lease.renew()
            log.warning("lease lost", tenant_id=str(owner.tenant_id))
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    async def _hear_platform(self, event: NodeLost) -> None:
        for owner in self._owned.values():
            owner.put(_lost(owner, event))


def _lost(owner: Owner, event: NodeLost) -> Happening:
    return lambda now: owner.floor.node_lost(event.node_id, event.core_id, event.occurred_at, now)


def _somebody_came(_: datetime) -> None:
    """Has the owner take in whoever came."""


@dataclass
class Owner:
    """One tenant's floor while it is ours."""

    tenant_id: UUID
    bus: Bus
    store: FloorStore
    nodes: Nodes
    connecting: Connecting
    clock: Clock
    is_ready: bool = False
    _inbox: asyncio.Queue[Happening] = field(default_factory=asyncio.Queue)
    _subscriptions: list[Subscription] = field(default_factory=list)
    _fence: int = 0
    _floor: Floor | None = None
    _doing: set[asyncio.Task[None]] = field(default_factory=set)
    _saved: list[Callable[[], None]] = field(default_factory=list)
    _silent: dict[str, datetime] = field(default_factory=dict)
    _is_stale: bool = False
    _gathers_until: float | None = None

    def __post_init__(self) -> None:
        self._arrivals = Arrivals(self)

    @property
    def floor(self) -> Floor:
        """The floor. Raises RuntimeError before it is loaded."""
        if self._floor is None:
            raise RuntimeError("the floor is not loaded")
        return self._floor

    @property
    def fence(self) -> int:
        """The number with which this process writes."""
        return self._fence

    def put(self, happening: Happening) -> None:
        """Something happened: called with the moment it is taken in, in order."""
        self._inbox.put_nowait(happening)

    def after_save(self, done: Callable[[], None]) -> None:
        """Call that once what changed up to now is in the tables."""
        self._saved.append(done)

    def has_extension(self, number: str) -> bool:
        """Whether the tenant has this extension, enabled."""
        return self.nodes.has_extension(self.tenant_id, number)

    async def run(self) -> None:
        """Take over, then go on until cancelled. Raises Overtaken."""
        try:
            self._fence = await self.store.take_over(self.tenant_id)
            # Events first, then what is kept: what happens in between is taken in afterwards.
            self._subscriptions.append(await self.bus.follow_events(self.tenant_id, FOLLOWED, self._hear))
            kept = await self.store.load(self.tenant_id)
            self._floor = Floor(self.tenant_id, kept, self.clock.now(), Random())  # noqa: S311 -- fairness, no secret
            self._floor.country = self.nodes.country(self.tenant_id)
            self.put(self._seen(self.clock.now(), await self.nodes.look(self.tenant_id)))
            commands = Commands(self, self.connecting.supervising)
            for command in ACD_COMMANDS:
                self._subscriptions.append(
                    await self.bus.serve(command, commands.carry_out, key=str(self.tenant_id), queue="acd")
                )
            self.is_ready = True
            log.info("floor taken over", tenant_id=str(self.tenant_id), callers=len(self.floor.entries))
            watching = asyncio.create_task(self._watch(), name="reconcile")
            try:
                await self._go_on()
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
        finally:
            self.is_ready = False
            for subscription in self._subscriptions:
                await subscription.stop()
            await self._finish()

    async def _finish(self) -> None:
        """What ends or connects calls is quickly done, and is; calls to agents are left to whoever comes next."""
        if self._gathers_until is not None:
            with contextlib.suppress(Exception):  # whoever comes next finds it out from the switches
                await asyncio.wait_for(self._arrivals.save(self.floor.take()), FINISH_SECONDS)
        quick = {task for task in self._doing if task.get_name() not in LEFT_TO_THE_NEXT}
        if quick:
            await asyncio.wait(quick, timeout=FINISH_SECONDS)
        for task in self._doing:
            task.cancel()
        await asyncio.gather(*self._doing, return_exceptions=True)

    async def _go_on(self) -> None:
        while True:
            happenings = await self._next()
            for happening in happenings:
                await self._happen(happening)
            try:
                if happenings and happenings[-1] is _somebody_came:
                    await self._happen(lambda _: self._arrivals.begin())
                await self._happen(self.floor.tick)
                await self._happen(self.floor.decide)
                if self._gathers():
                    continue
                changes = self.floor.take()
                if changes or self._arrivals.is_due:
                    # Who asked for something is answered once it is on disk.
                    await self._arrivals.save(changes, early=not self._saved)
            finally:
                await self._arrivals.give_up()
            self._do(changes)
            saved, self._saved = self._saved, []
            for done in saved:
                done()

    def _gathers(self) -> bool:
        """Whether what changed waits for more, to be one transaction: for a moment, and if nothing is to be done."""
        pending, now = self.floor.pending, asyncio.get_running_loop().time()
        if pending and not (pending.actions or self._saved or self._arrivals.is_due):
            self._gathers_until = self._gathers_until or now + GATHER_SECONDS
            if now < self._gathers_until:
                return True
        self._gathers_until = None
        return False

    async def _happen(self, happening: Happening) -> None:
        """Take one thing in. What fails is logged and over: the tenant's other callers go on."""
        try:
            work = happening(self.clock.now())
            if asyncio.iscoroutine(work):
                await work
        except Overtaken:
            raise
        except Exception:
            log.exception("something could not be taken in", tenant_id=str(self.tenant_id))
            await asyncio.sleep(RETRY_SECONDS)  # what is due stays due: no busy loop

    async def _next(self) -> list[Happening]:
        """What waits, up to callers who came: what happened to them afterwards is next; empty when something is due."""
        due = self.floor.next_due(self.clock.now())
        timeout = None if due is None else max(0.0, (due - self.clock.now()).total_seconds())
        if self._gathers_until is not None:
            left = max(0.0, self._gathers_until - asyncio.get_running_loop().time())
            timeout = left if timeout is None else min(timeout, left)
        first: list[Happening] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                first = [await self._inbox.get()]
        while not self._inbox.empty() and first[-1:] != [_somebody_came]:
            first.append(self._inbox.get_nowait())
        return first

    async def patiently(self, work: Callable[[], Any]) -> Any:
        """Do it; while the database is away, again."""
        warned = False
        while True:
            try:
                return await work()
            except Exception as error:
                if not is_unavailable(error):
                    raise
                if not warned:
                    log.warning("the database is away; callers wait", tenant_id=str(self.tenant_id), reason=str(error))
                warned = True
                await asyncio.sleep(RETRY_SECONDS)

    def _do(self, changes: Changes) -> None:
        for action in changes.actions:
            task = asyncio.create_task(self.connecting.do(self, action), name=type(action).__name__)
            self._doing.add(task)
            task.add_done_callback(self._doing.discard)

    # What happens

    async def _hear(self, event: Event) -> None:
        match event:
            case CallQueued():
                if self._arrivals.told(event):  # who comes meanwhile is kept in the same transaction
                    self.put(_somebody_came)
            case CallCreated(leg_id=leg_id, node_id=node, extension=str(number), call_id=call_id):
                self.put(lambda now: self.floor.phone_used(PhoneLeg(leg_id, node, number, call_id, now), now))
            case CallRinging(leg_id=leg_id):
                self.put(lambda now: self.floor.rings(leg_id, now))
            case CallBridged(leg_id=leg_id, node_id=node_id) | CallParked(leg_id=leg_id, node_id=node_id):
                if isinstance(event, CallParked):
                    self.put(lambda now: self.floor.parked(leg_id, node_id, now))
                if self.floor.is_asking(leg_id):
                    self.look_soon()
            case CallHungUp(leg_id=leg_id, occurred_at=at, cause=cause):
                self.put(lambda now: self.floor.hung_up(leg_id, at, now, cause))
            case CallAnswered(call_id=call_id, leg_id=leg_id, node_id=node_id):
                self.put(lambda now: self.floor.customer_answered(call_id, leg_id, node_id, now))
            case CallHeld(leg_id=leg_id, occurred_at=at) | CallResumed(leg_id=leg_id, occurred_at=at):
                is_held = isinstance(event, CallHeld)
                self.put(lambda now: self.floor.held_by_phone(leg_id, at, now, on=is_held))
            case CallDigitReceived(leg_id=leg_id, digit=digit):
                self.put(lambda now: self.floor.pressed(leg_id, digit, now))
            case QueueChanged() | AgentChanged():
                self._configure_soon()

    def _configure_soon(self) -> None:
        """However many changes were told, what is configured is read once."""
        if not self._is_stale:
            self._is_stale = True
            self.put(self._configure)

    async def _configure(self, now: datetime) -> None:
        self._is_stale = False
        configuration = await self.patiently(lambda: self.store.configuration(self.tenant_id))
        self.floor.configure(configuration, now)

    async def configure(self) -> None:
        """Read what is configured, now."""
        await self._configure(self.clock.now())

    # Reality

    async def _watch(self) -> None:
        """What was missed on the bus is found on the switches, and in the tables."""
        for look in count(1):
            await self.clock.sleep(RECONCILE_SECONDS)
            try:
                began = self.clock.now()
                self.put(self._seen(began, await self.nodes.look(self.tenant_id)))
            except Exception:
                log.exception("cannot look at the switches", tenant_id=str(self.tenant_id))
            if look % LOOKS_BETWEEN_READING == 0:
                self._configure_soon()

    def look_soon(self) -> None:
        """See what the switches are really like, beside what goes on."""

        async def look() -> None:
            began = self.clock.now()
            self.put(self._seen(began, await self.nodes.look(self.tenant_id)))

        task = asyncio.create_task(look(), name="look")
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    def _seen(self, began: datetime, look: Look) -> Happening:
        async def happen(now: datetime) -> None:
            for node_id in self._silent_for_long(look, now):
                self.floor.node_lost(node_id, None, now, now)
            self.floor.reconcile(look.legs, look.cores, began, now)
            for entry in await self._arrivals.found(look.waiting):
                self.floor.found_waiting(entry, began, now)

        return happen

    def _silent_for_long(self, look: Look, now: datetime) -> list[str]:
        """Nodes for which nobody has answered for so long that the whole machine must be gone."""
        self._silent = {node_id: self._silent.get(node_id, now) for node_id in look.absent}
        return [node_id for node_id, since in self._silent.items() if now - since >= timedelta(seconds=SILENT_SECONDS)]
