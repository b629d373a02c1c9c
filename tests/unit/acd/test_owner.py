"""The owner of a floor, on a bus and with tables that are away, wrong or taken over by another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
import psycopg
import pytest

from services.acd.connecting import Connecting
from services.acd.domain.model import AgentStatus
from services.acd.errors import Overtaken
from services.acd.metrics import AcdMetrics
from services.acd.nodes import Nodes
from services.acd.owner import Owners
from services.acd.reaching import Reaching
from services.acd.records import Configuration, Entry
from services.acd.records import Floor as Kept
from services.acd.ways_out import WaysOut
from shared.bus.memory import MemoryBus
from shared.contracts.acd import ChangeAgent
from shared.contracts.calls import CallHungUp, CallQueued
from shared.contracts.directory import ExtensionChanged, TenantChanged
from shared.contracts.message import Encoded, Event
from shared.contracts.nodes import NodeLost, NodeReported
from shared.contracts.switch import (
    SWITCH_COMMANDS,
    Bridge,
    HangUp,
    ListLegs,
    Originate,
    SwitchCommand,
    SwitchReply,
)
from shared.db.flushes import Flushed
from shared.runtime.clock import SystemClock
from shared.runtime.metrics import Metrics
from tests.support.waiting import eventually
from tests.unit.acd.call_centre import CORE, NODE, TENANT, Tables, agent, leg_of, queue
from tests.unit.acd.shift import caller


@dataclass
class Disk:
    """Whether what was committed early is on disk yet."""

    watch: int | None = 1
    asked: list[Flushed] = field(default_factory=list)

    def flushed(self, watch: int) -> Flushed:
        self.asked.append(asyncio.get_running_loop().create_future())
        return self.asked[-1]


@dataclass
class Store:
    """The tables as an owner sees them; ``broken`` says what is wrong with each write."""

    tables: Tables
    fence: int = 0
    broken: list[Exception] = field(default_factory=list)
    poison: set[str] = field(default_factory=set)
    commits: list[Exception] = field(default_factory=list)
    broken_after_commit: list[Exception] = field(default_factory=list)
    together: list[set[str]] = field(default_factory=list)
    flushes: Disk = field(default_factory=Disk)
    early: int = 0
    """How many saves did not wait for the disk."""
    saves: int = 0

    def _may_fail(self, fence: int | None = None) -> None:
        if self.broken:
            raise self.broken.pop(0)
        if fence not in (None, self.fence):
            raise Overtaken("another process owns it")

    async def tenants(self) -> list[UUID]:
        return [TENANT]

    async def take_over(self, tenant_id: UUID) -> int:
        self.fence += 1
        return self.fence

    async def load(self, tenant_id: UUID) -> Kept:
        return self.tables.load()

    async def configuration(self, tenant_id: UUID) -> Configuration:
        return self.tables.configuration

    async def join(
        self, tenant_id: UUID, entries: Sequence[Entry], tell: Callable[[Entry], Event], *, fence: int
    ) -> list[Entry]:
        self._may_fail(fence)
        self.together.append({entry.caller_name for entry in entries})
        if self.poison & {entry.caller_name for entry in entries}:
            raise ValueError("a text that the database does not take")
        kept = []
        for entry in entries:
            known = [e for e in self.tables.entries.values() if (e.leg_id, e.turn) == (entry.leg_id, entry.turn)]
            self.tables.entries.setdefault((known or [entry])[0].id, (known or [entry])[0])
            kept.append((known or [entry])[0])
        return kept

    async def joining(
        self, tenant_id: UUID, entries: Sequence[Entry], tell: Callable[[Entry], Event], *, fence: int
    ) -> Joined:
        before = dict(self.tables.entries)
        kept = await self.join(tenant_id, entries, tell, fence=fence)
        new = [entry for entry in kept if entry.id not in before]
        self.tables.entries = before
        return Joined(self, kept, new, [tell(entry) for entry in new], fence)

    async def save(
        self, tenant_id: UUID, *, entries: Any, states: Any, history: Any, events: Any, fence: int, early: bool = False
    ) -> None:
        self._may_fail(fence)
        self.early += early
        self.saves += 1
        self.tables.entries |= {entry.id: entry for entry in entries}
        self.tables.states |= {state.agent_id: state for state in states}
        self.tables.events += events

    async def last_agent_of(self, *_: Any) -> None:
        return None


@dataclass
class Joined:
    """An open transaction of these tables."""

    store: Store
    kept: list[Entry]
    new: list[Entry]
    events: list[Event]
    fence: int

    async def save(self, *, entries: Any, events: Any, **rows: Any) -> None:
        if self.store.commits:
            self.store.broken += self.store.broken_after_commit
            raise self.store.commits.pop(0)
        together = {entry.id: entry for entry in (*self.new, *entries)}.values()
        await self.store.save(TENANT, entries=together, events=[*self.events, *events], **rows, fence=self.fence)

    async def undo(self) -> None: ...


@dataclass
class Switch:
    """A node that does as it is told."""

    bus: MemoryBus
    legs: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[SwitchCommand] = field(default_factory=list)
    answers: dict[type[SwitchCommand], SwitchReply] = field(default_factory=dict)

    async def carry_out(self, command: SwitchCommand) -> SwitchReply:
        self.asked.append(command)
        if isinstance(command, ListLegs):
            return SwitchReply(result=orjson.dumps(list(self.legs.values())).decode())
        return self.answers.get(type(command), SwitchReply())

    def of(self, kind: type[SwitchCommand]) -> list[SwitchCommand]:
        return [command for command in self.asked if isinstance(command, kind)]


@dataclass
class World:
    bus: MemoryBus
    store: Store
    switch: Switch
    owners: Owners

    async def calls(self, name: str) -> None:
        await self.bus.publish(
            CallQueued(tenant_id=TENANT, queue_id=caller("support"), turn=1, caller_name=name, **about(name))
        )

    async def tells(self, body: bytes) -> None:
        """Something on the tenant's subjects that may be no message at all."""
        subject = CallHungUp(tenant_id=TENANT, cause="NORMAL_CLEARING", **about("x")).subject()
        await self.bus.publish_encoded([Encoded(subject, body, message_id=str(len(body)))])

    async def connects(self, name: str) -> None:
        """Wait until the caller talks with an agent."""
        await until(lambda: self.is_connected(name))

    def is_connected(self, name: str) -> bool:
        return any(e.caller_name == name and e.state == "connected" for e in self.store.tables.entries.values())


async def until(holds: Callable[[], bool]) -> None:
    async def check() -> bool:
        return holds()

    await eventually(check)


def about(name: str) -> dict[str, Any]:
    return {"node_id": NODE, "core_id": CORE, "call_id": leg_of(name), "leg_id": leg_of(name)}


@asynccontextmanager
async def world(*, agents: Sequence[str] = ("maryam",), devices: Sequence[str] = ("d1",)) -> AsyncIterator[World]:
    configuration = Configuration(
        {caller("support"): queue(wrap_up_seconds=0)}, {caller(name): agent(name) for name in agents}
    )
    bus = MemoryBus()
    await bus.start()
    switch, store, nodes = Switch(bus), Store(Tables(configuration)), Nodes(bus)
    for command in SWITCH_COMMANDS:
        await bus.serve(command, switch.carry_out, key=NODE)
    await bus.ensure_streams()
    await bus.publish_many(directory(devices))
    reaching = Reaching(nodes, WaysOut(bus), SystemClock(), switch_secret="s" * 40)
    connecting = Connecting(bus, nodes, reaching, AcdMetrics(Metrics("acd")), switch_secret="s" * 40)
    owners = Owners(bus, store, nodes, connecting, SystemClock())  # type: ignore[arg-type]
    await nodes.start()
    await until(lambda: nodes.is_ready)
    await owners.start()
    try:
        await until(lambda: owners.owned == 1)
        yield World(bus, store, switch, owners)
    finally:
        await owners.stop()
        await nodes.stop()
        await bus.stop()


def directory(devices: Sequence[str]) -> list[Event]:
    known = [{"id": caller(f"device {one}"), "sip_username": one, "enabled": True} for one in devices]
    of_tenant: dict[str, Any] = {"tenant_id": TENANT, "revision": 1}
    tenant = {"slug": "acme", "display_name": "Acme", "country": "IR", "time_zone": "UTC", "domain": "acme.example"}
    extension = {"number": "101", "display_name": "Maryam", "call_class": "internal", "devices": known}
    return [
        NodeReported(node_id=NODE, core_id=CORE, state="up", revision=1),
        TenantChanged(id=TENANT, **of_tenant, **tenant),
        ExtensionChanged(id=caller("extension"), **of_tenant, **extension),
    ]


async def signs_in(world: World, name: str = "maryam") -> None:
    reply = await world.bus.request(ChangeAgent(tenant_id=TENANT, agent_id=caller(name), action="sign_in"))
    assert reply.ok, reply


async def test_caller_is_connected_with_an_agent() -> None:
    async with world() as here:
        await signs_in(here)
        await here.calls("ali")
        await here.connects("ali")
        [originate], [bridge] = here.switch.of(Originate), here.switch.of(Bridge)
        assert bridge.other_leg_id == originate.leg_id  # type: ignore[attr-defined]


async def test_of_several_devices_the_first_that_is_registered_rings() -> None:
    """A leg id names one leg: the devices are tried in a row, and only one that is not registered is passed over."""
    async with world(devices=("d1", "d2", "d3")) as here:
        await signs_in(here)
        await here.calls("ali")
        await here.connects("ali")
        [originate] = here.switch.of(Originate)
        dialled = originate.dial_string  # type: ignore[attr-defined]
        variables, _, attempts = dialled.partition("}")
        assert [one.rpartition("/")[2] for one in attempts.split("|")] == [
            "d1%acme.example", "d2%acme.example", "d3%acme.example"
        ]  # fmt: skip
        assert "fail_on_single_reject=!USER_NOT_REGISTERED" in variables
        assert originate.ring_timeout_seconds == queue().queue.ring_seconds  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b'{"type": "call.hung_up"}', b'{"type": 5}', b"\xff"])
async def test_a_message_that_cannot_be_read_harms_nobody(body: bytes) -> None:
    async with world() as here:
        await signs_in(here)
        await here.tells(body)
        await here.calls("ali")
        await here.connects("ali")
        assert here.store.fence == 1


async def test_what_cannot_be_taken_in_does_not_stop_the_tenant() -> None:
    async with world() as here:
        await signs_in(here)
        here.store.poison.add("poison")
        await here.calls("poison")
        await here.calls("ali")
        await here.connects("ali")
        assert here.store.fence == 1, "the owner went on"


async def test_callers_who_come_together_are_kept_together_and_one_who_cannot_be_kept_costs_nobody_else() -> None:
    async with world() as here:
        await signs_in(here)
        here.store.poison.add("poison")
        here.store.broken.append(psycopg.OperationalError("away"))
        for name in ("omid", "poison", "ali"):  # the last two come while the first cannot be kept yet
            await here.calls(name)
        await here.connects("omid")
        await until(lambda: any(one.caller_name == "ali" for one in here.store.tables.entries.values()))
        assert {"poison", "ali"} in here.store.together
        assert here.store.fence == 1, "the owner went on"


async def test_callers_are_connected_once_the_database_is_back() -> None:
    async with world() as here:
        await signs_in(here)
        here.store.broken += [psycopg.OperationalError("away")] * 3
        await here.calls("ali")
        await here.connects("ali")
        assert len(here.switch.of(Originate)) == 1
        assert here.store.fence == 1


async def test_what_happens_to_a_caller_who_cannot_be_kept_yet_comes_after_the_joining() -> None:
    async with world() as here:
        here.store.broken += [psycopg.OperationalError("away")] * 2
        await here.calls("omid")
        await here.calls("ali")  # with the rest while the first cannot be kept
        await here.bus.publish(NodeLost(node_id=NODE, core_id=CORE))
        await until(lambda: [one.outcome for one in here.store.tables.entries.values()] == ["switch_lost"] * 2)
        assert here.store.fence == 1, "the owner went on"


async def test_a_caller_whose_keeping_got_no_answer_is_kept_with_the_offer_once_the_database_is_back() -> None:
    async with world() as here:
        await signs_in(here)
        here.store.commits += [psycopg.OperationalError("away")]
        here.store.broken_after_commit = [psycopg.OperationalError("away")] * 2
        await here.calls("ali")
        await here.connects("ali")
        assert len(here.switch.of(Originate)) == 1
        assert here.store.fence == 1, "the owner went on"
        assert [event.name for event in here.store.tables.events].count("queue.joined") == 1


async def test_changes_that_cannot_be_stored_are_given_up_and_the_floor_is_loaded_anew() -> None:
    async with world() as here:
        await signs_in(here)
        here.switch.legs[leg_of("ali")] = {
            **about("ali"),
            "tenant_id": str(TENANT),
            "queue_id": str(caller("support")),
            "queue_turn": 1,
            "queued_at": "2026-03-14T08:00:00Z",
            "caller_name": "ali",
            "other_leg_id": None,
        }
        here.store.tables.entries.clear()
        here.store.fence += 1  # somebody else took over, and is gone again
        await here.calls("ali")
        await here.connects("ali")
        assert here.store.fence == 3


async def test_agents_call_ends_when_the_caller_hangs_up() -> None:
    async with world() as here:
        await signs_in(here)
        await here.calls("ali")
        await here.connects("ali")
        await here.bus.publish(CallHungUp(tenant_id=TENANT, cause="NORMAL_CLEARING", **about("ali")))
        await until(lambda: bool(here.switch.of(HangUp)))


async def test_caller_of_whom_nothing_was_heard_is_found_as_the_floor_is_taken_over() -> None:
    """Told while nobody owned the floor; beside a leg that cannot be read."""
    async with world() as here:
        await signs_in(here)
        here.switch.legs["broken"] = {**about("broken"), "tenant_id": str(TENANT), "queue_id": "?", "queued_at": "?"}
        here.switch.legs[leg_of("ali")] = {
            **about("ali"),
            "tenant_id": str(TENANT),
            "queue_id": str(caller("support")),
            "queue_turn": 1,
            "queued_at": "2026-03-14T08:00:00Z",
            "caller_name": "ali",
        }
        here.store.fence += 1  # somebody else takes over, and is gone again
        await here.calls("sara")
        await here.connects("ali")


async def test_an_agents_phone_rings_before_the_disk_has_it_and_a_command_is_answered_after() -> None:
    async with world() as here:
        await signs_in(here)
        assert here.store.early == 0
        await here.calls("ali")
        await here.connects("ali")
        assert here.store.early == len(here.store.flushes.asked) > 1


async def test_what_the_database_lost_is_kept_again_as_it_is_by_now() -> None:
    async with world() as here:
        await signs_in(here)
        before = deepcopy(here.store.tables)
        await here.calls("ali")
        await here.connects("ali")
        told = [event.message_id for event in here.store.tables.events]
        here.store.tables, early = before, here.store.early
        here.store.broken += [psycopg.OperationalError("starting up")] * 2
        for flushed in here.store.flushes.asked:
            flushed.set_result(False)
        await here.connects("ali")
        assert [event.message_id for event in here.store.tables.events] == told
        assert here.store.early == early, "what was lost is on disk before anything goes on"
        assert here.store.tables.states[caller("maryam")].status is AgentStatus.ON_CONTACT
        assert here.store.fence == 1, "the owner went on"


async def test_what_is_on_disk_is_not_kept_again() -> None:
    async with world() as here:
        await signs_in(here)
        await here.calls("ali")
        await here.connects("ali")
        for flushed in here.store.flushes.asked:
            flushed.set_result(True)
        told = len(here.store.tables.events)
        await here.bus.publish(CallHungUp(tenant_id=TENANT, cause="NORMAL_CLEARING", **about("ali")))
        await until(lambda: here.store.tables.states[caller("maryam")].status is AgentStatus.AVAILABLE)
        here.store.flushes.asked[-1].set_result(False)
        again = here.store.tables.events
        await until(lambda: [event.name for event in again].count("queue.contact_ended") == 2)
        assert "queue.joined" not in [event.name for event in again[told:]]
