"""What the owner of a tenant's queues keeps, on a real database."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from services.acd.domain.model import AgentState, AgentStatus, Membership, Requirement
from services.acd.domain.overflow import OverflowStep
from services.acd.errors import Overtaken
from services.acd.models import AgentHistoryRow, AgentRow, AgentStateRow, EntryRow, MembershipRow, QueueRow
from services.acd.records import Entry, PastStatus, Supervisor, entry_id_of
from services.acd.store import FloorStore, TenantStore
from services.acd.store_platform import forget_before
from shared.contracts.acd import QueueJoined, QueueLeft
from shared.db.outbox import Outbox
from shared.telephony.destinations import parse_destination
from shared.telephony.ids import new_id, new_leg_id

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACME, RIVAL = new_id(), new_id()


@pytest.fixture
async def database(database_for, open_database):
    return await open_database(database_for("acd"))


@pytest.fixture
def floor(database):
    return FloorStore(database, Outbox(database))


async def configured(database, tenant_id: UUID = ACME) -> tuple[QueueRow, AgentRow]:
    queue = QueueRow(
        tenant_id=tenant_id,
        slug="support",
        rings="WT<60: english>50; english>0",
        overflow=[{"when": "waited", "seconds": 90, "destination": "voicemail:101"}],
        announcements={"position": True, "estimated_wait": False, "every_seconds": 30},
    )
    agent = AgentRow(tenant_id=tenant_id, display_name="Sara", phone="extension:101", skills={"english": 80})
    async with database.tenant(tenant_id) as session:
        store = TenantStore(session, tenant_id)
        await store.add(queue, agent)
        await store.put_membership(queue.id, agent.id, level=2)
    return queue, agent


def caller(queue_id: UUID, minute: int = 0, **values: object) -> Entry:
    leg_id = str(values.pop("leg_id", new_leg_id()))
    return Entry(
        queue_id=queue_id, id=entry_id_of(leg_id, 1), leg_id=leg_id, node_id="node-1",
        joined_at=NOON + timedelta(minutes=minute), **values,  # type: ignore[arg-type]
    )  # fmt: skip


def joined(entry: Entry) -> QueueJoined:
    return QueueJoined(
        tenant_id=ACME, queue_id=entry.queue_id, queue="support", entry_id=entry.id, joined_at=entry.joined_at
    )


async def told(database) -> list[str]:
    async with await database.connect() as connection:
        await connection.execute("SET seda.scope = 'platform'")
        return [row[0] for row in await (await connection.execute("SELECT subject FROM outbox ORDER BY id")).fetchall()]


def test_every_field_of_a_value_has_its_column():
    assert {one.name for one in fields(AgentState)} | {"tenant_id"} == set(AgentStateRow.model_fields)
    assert {one.name for one in fields(Entry)} | {"tenant_id"} == set(EntryRow.model_fields)
    assert {one.name for one in fields(PastStatus)} | {"tenant_id"} == set(AgentHistoryRow.model_fields)


async def test_a_floor_is_loaded_as_it_was_configured(database, floor):
    queue, agent = await configured(database)
    await configured(database, RIVAL)
    assert await floor.tenants() == sorted([ACME, RIVAL])
    loaded = await floor.load(ACME)
    assert [*loaded.configuration.queues] == [queue.id]
    found = loaded.configuration.queues[queue.id]
    assert found.queue.rings[0].requirements == (Requirement("english", 51),)
    assert found.overflow == (OverflowStep("waited", parse_destination("voicemail:101"), 90),)
    assert found.announcements.every_seconds == 30
    assert loaded.configuration.agents[agent.id].memberships == (Membership(queue.id, level=2),)
    assert loaded.configuration.agents[agent.id].skills == {"english": 80}
    assert loaded.states == {}
    assert loaded.entries == ()
    assert await floor.configuration(ACME) == loaded.configuration


async def test_callers_come_back_in_the_order_in_which_they_joined(database, floor):
    queue, _ = await configured(database)
    first, second = caller(queue.id, 0, caller_name="Reza"), caller(queue.id, 1, requirements=(Requirement("fa", 30),))
    together = [caller(queue.id, 2) for _ in range(3)]
    kept = await floor.join(ACME, [second, first, *together], joined)
    assert [one.id for one in kept] == [second.id, first.id, *(one.id for one in together)]
    assert sorted({one.order for one in kept}) == [1, 2, 3, 4, 5]
    entries = (await floor.load(ACME)).entries
    assert [one.id for one in entries] == [first.id, second.id, *(one.id for one in together)]
    assert entries == (kept[1], kept[0], *kept[2:])
    assert entries[1].waiting().requirements == (Requirement("fa", 30),)
    assert len(await told(database)) == 5


async def test_one_joining_told_twice_is_one_entry(database, floor):
    queue, _ = await configured(database)
    entry = caller(queue.id)
    await floor.join(ACME, [entry, entry], joined)
    [kept] = await floor.join(ACME, [entry], joined)
    await floor.save(ACME, entries=[replace(kept, priority=5)])
    same_leg = replace(entry, id=new_id())
    new = caller(queue.id, 1)
    again, other = await floor.join(ACME, [same_leg, new], joined)
    assert again == replace(kept, priority=5)
    assert other.order > kept.order
    assert len(await told(database)) == 2
    at_once = caller(queue.id, 2)
    both = await asyncio.gather(*(floor.join(ACME, [at_once], joined) for _ in range(4)))
    assert len({one[0].order for one in both}) == 1
    assert len(await told(database)) == 3


async def test_who_listens_is_kept(database, floor):
    queue, agent = await configured(database)
    [entry] = await floor.join(ACME, [caller(queue.id)], joined)
    listens = Supervisor("user:leila", "leg", "extension:102", "whisper", NOON, joined=True)
    talks = replace(entry, state="connected", agent_id=agent.id, supervisors=(listens,))
    await floor.save(ACME, entries=[talks])
    assert (await floor.load(ACME)).entries == (talks,)


async def test_what_changed_is_saved_with_what_is_told_of_it(database, floor):
    queue, agent = await configured(database)
    entry, waiting = await floor.join(ACME, [caller(queue.id), caller(queue.id, 1)], joined)
    state = AgentState(agent.id, AgentStatus.ON_CONTACT, NOON, "answered", queue_id=queue.id, entry_id=entry.id)
    past = PastStatus(agent.id, AgentStatus.RINGING, "phone_ringing", NOON - timedelta(seconds=4), NOON, by="user:1")
    taken = replace(
        entry, state="left", outcome="answered", agent_id=agent.id, answered_at=NOON, left_at=NOON, caller_number="+98"
    )
    left = QueueLeft(
        tenant_id=ACME, queue_id=queue.id, queue="support", entry_id=entry.id, outcome="answered",
        joined_at=entry.joined_at, left_at=NOON, waited_seconds=0,
    )  # fmt: skip
    for _ in range(2):  # once more, as after a lost answer
        await floor.save(ACME, entries=[taken], states=[state], history=[past], events=[left])
    loaded = await floor.load(ACME)
    assert loaded.states == {agent.id: state}
    assert loaded.entries == (waiting,)
    async with database.tenant(ACME) as session:
        rows = await TenantStore(session, ACME).history_page(agent.id, limit=10, before=None)
    assert [(row.status, row.by, row.ended_at) for row in rows] == [("ringing", "user:1", NOON)]
    assert (await told(database))[-1].startswith("seda.evt.acd.queue.left.")


async def test_who_joins_is_kept_with_what_follows_or_not_at_all(database, floor):
    queue, agent = await configured(database)
    fence = await floor.take_over(ACME)
    [known] = await floor.join(ACME, [caller(queue.id)], joined, fence=fence)
    new = caller(queue.id, 1)
    undone = await floor.joining(ACME, [known, new], joined, fence=fence)
    assert [one.id for one in undone.kept] == [known.id, new.id]
    assert undone.kept[0] == known
    await undone.undo()
    assert (await floor.load(ACME)).entries == (known,)
    state = AgentState(agent.id, AgentStatus.RESERVED, NOON, "offered", queue_id=queue.id, entry_id=new.id)
    joining = await floor.joining(ACME, [new, known], joined, fence=fence)
    assert (await floor.load(ACME)).states == {}
    await joining.save(states=[state])
    await joining.undo()  # does nothing any more
    loaded = await floor.load(ACME)
    assert (loaded.entries, loaded.states) == ((known, joining.kept[0]), {agent.id: state})
    assert len(await told(database)) == 2, "each is told of once"
    broken = await floor.joining(ACME, [caller(queue.id, 2)], joined, fence=fence)
    with pytest.raises(psycopg.Error):
        await broken.save(entries=[replace(known, priority=10**12)])
    assert (await floor.load(ACME)).entries == loaded.entries
    left = replace(joining.kept[0], state="left", outcome="abandoned", left_at=NOON)
    again = await floor.joining(ACME, [caller(queue.id, 3)], joined, fence=fence)
    await again.save(entries=[left, replace(again.kept[0], priority=7)])
    assert [one.priority for one in (await floor.load(ACME)).entries] == [0, 7]


async def test_owners_with_a_connection_each_wait_for_no_other(database_for, open_database):
    """Who is told of once more is looked up in the transaction of who is new."""
    database = await open_database(database_for("acd"), pool_size=1, pool_timeout_seconds=0.1)
    floor = FloorStore(database, Outbox(database))
    queue, _ = await configured(database)
    [known] = await floor.join(ACME, [caller(queue.id)], joined)
    same_leg = replace(known, id=new_id())
    joining = await floor.joining(ACME, [same_leg, caller(queue.id, 1)], joined)
    await joining.save()
    assert joining.kept[0] == known
    assert (await floor.load(ACME)).entries == tuple(joining.kept)


async def test_a_former_owner_writes_nothing_any_more(database, floor):
    queue, _ = await configured(database)
    mine = await floor.take_over(ACME)
    [entry] = await floor.join(ACME, [caller(queue.id)], joined, fence=mine)
    theirs = await floor.take_over(ACME)
    assert theirs > mine
    with pytest.raises(Overtaken):
        await floor.save(ACME, entries=[replace(entry, priority=9)], fence=mine)
    with pytest.raises(Overtaken):
        await floor.join(ACME, [caller(queue.id)], joined, fence=mine)
    with pytest.raises(Overtaken):
        await floor.joining(ACME, [caller(queue.id)], joined, fence=mine)
    await floor.save(ACME, entries=[replace(entry, priority=1)], fence=theirs)
    assert [one.priority for one in (await floor.load(ACME)).entries] == [1]


async def test_who_served_a_caller_last_is_known(database, floor):
    queue, agent = await configured(database)
    other = new_id()
    served = [
        caller(
            queue.id, minute, caller_number="+989121234567", agent_id=who, answered_at=NOON + timedelta(minutes=minute)
        )
        for minute, who in ((0, agent.id), (5, other), (1, agent.id))
    ]
    await floor.join(ACME, served, joined)
    assert await floor.last_agent_of(ACME, queue.id, "+989121234567", NOON) == other
    assert await floor.last_agent_of(ACME, queue.id, "+989121234567", NOON + timedelta(minutes=6)) is None
    assert await floor.last_agent_of(ACME, queue.id, "", NOON) is None
    assert await floor.last_agent_of(RIVAL, queue.id, "+989121234567", NOON) is None


async def test_another_tenants_callers_and_agents_are_not_seen(database, floor):
    queue, agent = await configured(database)
    await floor.join(ACME, [caller(queue.id)], joined)
    await floor.save(ACME, states=[AgentState(agent.id, AgentStatus.AVAILABLE, NOON, "signed_in")])
    theirs = await floor.load(RIVAL)
    assert (theirs.entries, theirs.states, theirs.configuration.queues) == ((), {}, {})
    async with database.tenant(RIVAL) as session:
        store = TenantStore(session, RIVAL)
        assert await store.get(QueueRow, queue.id) is None
        assert await store.members(queue.id) == []
        assert await store.state(agent.id) is None


async def test_rings_that_cannot_be_read_ask_for_no_skill(database, floor):
    queue, _ = await configured(database)
    async with database.tenant(ACME) as session:
        row = await TenantStore(session, ACME).get(QueueRow, queue.id)
        row.rings = "of a later release"
    assert (await floor.load(ACME)).configuration.queues[queue.id].queue.rings == ()


async def test_a_member_who_is_removed_leaves_the_queue(database, floor):
    queue, agent = await configured(database)
    async with database.tenant(ACME) as session:
        store = TenantStore(session, ACME)
        await store.remove(await store.get(AgentRow, agent.id))
        assert await session.get(MembershipRow, (queue.id, agent.id)) is None
    await floor.save(ACME, states=[AgentState(agent.id, AgentStatus.AVAILABLE, NOON, "signed_in")])
    assert (await floor.load(ACME)).states == {}


async def test_what_ended_long_ago_is_forgotten_and_who_waits_is_not(database, floor):
    queue, agent = await configured(database)
    old, waiting = await floor.join(ACME, [caller(queue.id), caller(queue.id)], joined)
    await floor.save(
        ACME,
        entries=[replace(old, state="left", outcome="abandoned", left_at=NOON)],
        history=[PastStatus(agent.id, AgentStatus.AVAILABLE, "signed_in", NOON - timedelta(hours=1), NOON)],
    )
    for moment, deleted in ((NOON, 0), (NOON + timedelta(seconds=1), 2)):
        async with database.platform() as session:
            assert await forget_before(session, moment) == deleted
    assert [one.id for one in (await floor.load(ACME)).entries] == [waiting.id]


async def test_a_whole_line_is_saved_and_loaded_in_one_go(database, floor):
    queue, _ = await configured(database)
    line = await floor.join(ACME, [caller(queue.id, n % 7) for n in range(3000)], joined)
    await floor.save(ACME, entries=[replace(one, priority=1) for one in line])
    loaded = (await floor.load(ACME)).entries
    assert [one.id for one in loaded] == [one.id for one in sorted(line, key=lambda one: (one.joined_at, one.order))]
    assert {one.priority for one in loaded} == {1}


async def test_a_call_that_comes_back_brings_the_overflow_steps_it_took(database, floor):
    queue, _ = await configured(database)
    first = caller(queue.id, 0, leg_id="leg", turn=1)
    (kept,) = await floor.join(ACME, [first], joined)
    assert await floor.overflowed(ACME, "leg", 2) == ()
    gone = replace(kept, state="left", outcome="overflowed", reason="full", overflowed=("here full queue:sales",))
    await floor.save(ACME, entries=[gone])
    assert await floor.overflowed(ACME, "leg", 2) == ("here full queue:sales",)
    assert await floor.overflowed(ACME, "leg", 1) == ()
    assert await floor.overflowed(RIVAL, "leg", 2) == ()
    await floor.save(ACME, entries=[replace(gone, outcome="answered")])
    assert await floor.overflowed(ACME, "leg", 2) == (), "an agent had the call meanwhile"
