"""What a transaction tells the others leaves exactly when it is committed, and in order."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from shared.bus.port import BusError, BusUnavailable
from shared.contracts.message import Encoded
from shared.db.engine import Database
from shared.db.migrations import upgrade
from shared.db.outbox import MAX_BODY_BYTES, Outbox, OutboxRelay
from shared.db.provision import provision, roles_of
from shared.runtime.metrics import Metrics
from shared.runtime.tracing import new_traceparent, use_traceparent
from shared.telephony.ids import new_id
from tests.integration.db.conftest import SCRIPTS
from tests.integration.db.models import Extension, ExtensionProbed, RecordingBus
from tests.support.postgres import Server, TestDatabase

ANN = new_id()
StartRelay = Callable[..., Awaitable[OutboxRelay]]


def probed(entity: UUID, revision: int = 1, tenant_id: UUID = ANN, text: str = "") -> ExtensionProbed:
    return ExtensionProbed(id=entity, revision=revision, tenant_id=tenant_id, text=text)


@pytest.fixture
def outbox(db: Database) -> Outbox:
    return Outbox(db)


@pytest.fixture
def bus() -> RecordingBus:
    return RecordingBus()


@pytest.fixture
async def start_relay(db: Database, bus: RecordingBus) -> AsyncIterator[StartRelay]:
    relays: list[OutboxRelay] = []

    async def start(**options: object) -> OutboxRelay:
        relay = OutboxRelay(options.pop("database", db), options.pop("bus", bus), standby_seconds=0.02, **options)  # type: ignore[arg-type]
        relays.append(relay)
        await relay.start()
        return relay

    yield start
    for relay in relays:
        await relay.stop()


async def leave(db: Database, outbox: Outbox, *events: ExtensionProbed) -> list[str]:
    async with db.tenant(ANN) as session:
        await outbox.add(session, *events)
    return [str(event.message_id) for event in events]


async def waiting(db: Database) -> int:
    async with db.platform() as session:
        return int((await session.execute(text("SELECT count(*) FROM outbox"))).scalar_one())


async def test_message_leaves_only_when_its_transaction_commits(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay
) -> None:
    await start_relay()
    with pytest.raises(RuntimeError):
        await fail_after_adding(db, outbox)
    (sent,) = await leave(db, outbox, probed(new_id()))
    await bus.until(lambda: bool(bus.arrived))
    assert bus.ids() == [sent]


async def fail_after_adding(db: Database, outbox: Outbox) -> None:
    async with db.tenant(ANN) as session:
        session.add(Extension(tenant_id=ANN, number="101"))
        await outbox.add(session, probed(new_id()))
        raise RuntimeError


async def test_message_travels_unchanged_and_the_outbox_is_empty_afterwards(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay
) -> None:
    event = probed(new_id(), text='صدا " \\ \n {}')
    trace = new_traceparent()
    with use_traceparent(trace):
        await leave(db, outbox, event)
    relay = await start_relay()
    await bus.until(lambda: bool(bus.arrived))
    await relay.stop()
    assert bus.arrived == [Encoded(event.subject(), event.encode(), str(event.message_id), {"traceparent": trace})]
    assert await waiting(db) == 0


async def test_adding_flushes_the_changes_it_tells_of(db: Database, outbox: Outbox) -> None:
    async with db.tenant(ANN) as session:
        extension = Extension(tenant_id=ANN, number="101")
        session.add(extension)
        await outbox.add(session, probed(extension.id))
        assert not session.new


async def test_tenant_cannot_read_what_waits_in_the_outbox(db: Database, outbox: Outbox) -> None:
    await leave(db, outbox, probed(new_id()))
    async with db.tenant(ANN) as session:
        assert (await session.execute(text("SELECT count(*) FROM outbox"))).scalar_one() == 0
        assert (await session.execute(text("DELETE FROM outbox"))).rowcount == 0
    assert await waiting(db) == 1


async def test_message_that_the_bus_could_never_take_is_refused_at_once(db: Database, outbox: Outbox) -> None:
    with pytest.raises(ValueError, match="bytes"):
        await leave(db, outbox, probed(new_id()), probed(new_id(), text="x" * MAX_BODY_BYTES))
    assert await waiting(db) == 0


async def test_bulk_of_thousands_keeps_its_order(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay
) -> None:
    entities = [new_id() for _ in range(1000)]
    sent = await leave(db, outbox, *(probed(entity, revision) for revision in (1, 2, 3) for entity in entities))
    await start_relay()
    await bus.until(lambda: len(bus.arrived) == len(sent))
    assert sorted(bus.ids()) == sorted(sent)
    assert revisions_by_entity(bus) == {str(entity): [1, 2, 3] for entity in entities}


def revisions_by_entity(bus: RecordingBus) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    seen: set[str] = set()
    for message in bus.arrived:
        if message.message_id not in seen:  # what a stream does within its window of duplicates
            seen.add(message.message_id)
            event = ExtensionProbed.decode(message.body)
            found[str(event.id)].append(event.revision)
    return dict(found)


async def change_one_number_repeatedly(db: Database, outbox: Outbox, extension_id: UUID, times: int) -> None:
    for _ in range(times):
        async with db.tenant(ANN) as session:
            extension = await session.get_one(Extension, extension_id, with_for_update=True)
            extension.number += "0"
            await session.flush()
            await outbox.add(session, probed(extension_id, extension.revision))


async def test_concurrent_changes_of_one_entity_leave_in_the_order_of_their_commits(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay
) -> None:
    await start_relay(batch=7)
    ids = []
    for number in ("101", "102"):
        async with db.tenant(ANN) as session:
            extension = Extension(tenant_id=ANN, number=number)
            session.add(extension)
        ids.append(extension.id)
    await asyncio.gather(*(change_one_number_repeatedly(db, outbox, i, 10) for i in ids for _ in range(4)))
    await bus.until(lambda: len(bus.arrived) >= 80)
    assert revisions_by_entity(bus) == {str(i): list(range(2, 42)) for i in ids}


async def test_later_number_of_an_entity_is_never_committed_before_an_earlier_one(db: Database, outbox: Outbox) -> None:
    entity, order = new_id(), []

    async def second() -> None:
        async with db.tenant(ANN) as session:
            await outbox.add(session, probed(entity, 2))
            order.append("second has its number")

    async with db.tenant(ANN) as session:
        await outbox.add(session, probed(entity, 1))
        task = asyncio.create_task(second())
        await blocked_on_advisory_lock(db)
        order.append("first commits")
    await task
    assert order == ["first commits", "second has its number"]


async def blocked_on_advisory_lock(db: Database) -> None:
    query = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with asyncio.timeout(10):
        while True:
            async with db.platform() as session:
                if (await session.execute(query)).scalar_one():
                    return


async def test_bus_that_fails_and_heals_gets_everything_in_order(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay
) -> None:
    entities = [new_id() for _ in range(5)]
    bus.broken = ConnectionError("no bus")
    relay = await start_relay()
    for revision in range(1, 6):
        await leave(db, outbox, *(probed(entity, revision) for entity in entities))
    await bus.until(lambda: bus.attempts >= 3)
    assert relay.sending
    assert await waiting(db) == 25
    bus.broken = None
    await bus.until(lambda: len(bus.arrived) >= 25)
    assert revisions_by_entity(bus) == {str(entity): [1, 2, 3, 4, 5] for entity in entities}


async def test_half_arrived_batch_never_lets_an_entity_go_backwards(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay
) -> None:
    """Every third message is lost on its first way; those beside it arrive."""
    entities = [new_id() for _ in range(4)]
    sent = await leave(db, outbox, *(probed(entity, revision) for revision in range(1, 8) for entity in entities))
    lost: set[str] = set()

    def lose(messages: list[Encoded]) -> None:
        identity = messages[0].message_id
        if sent.index(identity) % 3 == 0 and identity not in lost:
            lost.add(identity)
            raise TimeoutError("no acknowledgement")

    bus.before_ack = lose
    await start_relay()
    await bus.until(lambda: set(bus.ids()) == set(sent))
    assert len(lost) == 10
    assert revisions_by_entity(bus) == {str(entity): list(range(1, 8)) for entity in entities}


async def test_what_arrived_before_the_bus_failed_is_not_sent_again(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay
) -> None:
    entity, tried = new_id(), list[str]()
    sent = await leave(db, outbox, *(probed(entity, revision) for revision in (1, 2, 3)))

    def fail_once(messages: list[Encoded]) -> None:
        tried.extend(message.message_id for message in messages)
        if tried == sent[:2]:
            raise TimeoutError("no acknowledgement")

    bus.before_ack = fail_once
    await start_relay()
    await bus.until(lambda: len(tried) == 4)
    assert tried == [sent[0], sent[1], sent[1], sent[2]]


async def test_message_leaves_within_milliseconds_of_its_commit(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay
) -> None:
    relay = await start_relay()
    relay._standby_seconds = 60  # only NOTIFY can wake it
    await leave(db, outbox, probed(new_id()))
    await bus.until(lambda: len(bus.arrived) == 1)
    await leave(db, outbox, probed(new_id()))
    await bus.until(lambda: len(bus.arrived) == 2, seconds=5)


async def test_one_of_several_relays_sends_and_another_takes_over(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay, probe: TestDatabase
) -> None:
    first = await start_relay()
    await leave(db, outbox, probed(new_id()))
    await bus.until(lambda: len(bus.arrived) == 1)
    others = [await start_relay(), await start_relay()]
    await leave(db, outbox, *(probed(new_id()) for _ in range(50)))
    await bus.until(lambda: len(bus.arrived) == 51)
    assert first.sending
    assert not any(relay.sending for relay in others)
    assert len(set(bus.ids())) == 51

    await first.stop()
    await leave(db, outbox, probed(new_id()))
    await bus.until(lambda: len(bus.arrived) == 52)
    assert [relay.sending for relay in (first, *others)].count(True) == 1


async def test_relay_whose_connection_is_cut_loses_nothing(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay, probe: TestDatabase
) -> None:
    await start_relay()
    await start_relay()
    entity, sent = new_id(), []
    for revision in range(1, 31):
        sent += await leave(db, outbox, probed(entity, revision))
        if revision % 10 == 0:
            cut_sender(probe)
    await bus.until(lambda: set(bus.ids()) == set(sent))
    assert revisions_by_entity(bus) == {str(entity): list(range(1, 31))}


def cut_sender(probe: TestDatabase) -> None:
    query = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with psycopg.connect(probe.admin_url, autocommit=True) as connection:
        connection.execute(query)


async def test_relay_that_dies_before_deleting_sends_again_under_the_same_id(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay, probe: TestDatabase
) -> None:
    (sent,) = await leave(db, outbox, probed(new_id()))
    cuts = iter([True])

    def cut_once(_: list[Encoded]) -> None:
        if next(cuts, False):
            cut_sender(probe)

    bus.before_ack = cut_once
    await start_relay()
    await bus.until(lambda: len(bus.arrived) == 2)
    assert bus.ids() == [sent, sent]


async def test_waiting_messages_show_in_the_metrics(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay
) -> None:
    metrics = Metrics("probe")
    bus.broken = ConnectionError("no bus")
    await leave(db, outbox, probed(new_id()), probed(new_id()))
    await start_relay(metrics=metrics)
    await bus.until(lambda: bus.attempts >= 2)
    assert b"seda_probe_outbox_waiting 2.0" in metrics.render()
    bus.broken = None
    await bus.until(lambda: len(bus.arrived) == 2)
    assert b"seda_probe_outbox_oldest_seconds" in metrics.render()


async def test_message_refused_for_good_is_set_aside_and_holds_up_nobody(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay
) -> None:
    entity = new_id()
    sent = await leave(db, outbox, probed(new_id()), probed(entity, 1), probed(entity, 2), probed(new_id()))

    def refuse_one(messages: list[Encoded]) -> None:
        if messages[0].message_id == sent[1]:
            raise BusError("too large")

    bus.before_ack = refuse_one
    metrics = Metrics("probe")
    relay = await start_relay(metrics=metrics)
    await bus.until(lambda: set(bus.ids()) == {sent[0], sent[2], sent[3]})
    await relay.stop()
    async with db.platform() as session:
        left = (await session.execute(text("SELECT message_id, refused FROM outbox"))).all()
    assert left == [(sent[1], "too large")]
    assert b"seda_probe_outbox_refused 1.0" in metrics.render()


async def test_what_is_committed_while_others_are_sent_is_sent_before_a_stop(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[str] = []
    stopping: list[asyncio.Task[None]] = []

    send = bus.publish_encoded

    async def publish(messages: Sequence[Encoded]) -> None:
        if not late:
            late.extend(await leave(db, outbox, probed(new_id())))
            stopping.append(asyncio.create_task(relay.stop()))
            await asyncio.sleep(0)  # it has begun, and what was read before is still being sent
        await send(messages)

    monkeypatch.setattr(bus, "publish_encoded", publish)
    relay = await start_relay(grace_seconds=60)
    await leave(db, outbox, probed(new_id()))
    await bus.until(lambda: bool(stopping))
    await stopping[0]
    assert bus.ids()[1:] == late
    assert await waiting(db) == 0


async def test_stopping_relay_sends_what_was_committed_before(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay
) -> None:
    relay = await start_relay(grace_seconds=60)
    await leave(db, outbox, probed(new_id()))
    await bus.until(lambda: len(bus.arrived) == 1)
    sent = await leave(db, outbox, *(probed(new_id()) for _ in range(3)))
    await relay.stop()
    assert bus.ids()[1:] == sent
    assert await waiting(db) == 0


async def test_stopping_relay_does_not_wait_for_a_bus_that_is_away(
    db: Database, outbox: Outbox, bus: RecordingBus, start_relay: StartRelay
) -> None:
    bus.broken = BusUnavailable("no bus")
    relay = await start_relay(grace_seconds=60)
    await leave(db, outbox, probed(new_id()))
    await bus.until(lambda: bus.attempts >= 1)
    async with asyncio.timeout(10):
        await relay.stop()
    assert await waiting(db) == 1


@pytest.fixture
async def second(postgres: Server, probe: TestDatabase) -> AsyncIterator[Database]:
    """Another service in the same database."""
    roles = roles_of("second")
    provision(
        probe.admin_url,
        "second",
        owner_password=postgres.password(roles.owner),
        service_password=postgres.password(roles.service),
    )
    name = make_url(probe.url).database or ""
    upgrade(postgres.url(roles.owner, database=name), "second", roles.service, SCRIPTS)
    database = Database(postgres.url(roles.service, database=name), schema="second")
    yield database
    await database.stop()


async def test_two_services_in_one_database_keep_their_outboxes_apart(
    db: Database, bus: RecordingBus, start_relay: StartRelay, second: Database
) -> None:
    other_bus = RecordingBus()
    relays = [await start_relay(), await start_relay(database=second, bus=other_bus)]
    (mine,) = await leave(db, Outbox(db), probed(new_id()))
    (theirs,) = await leave(second, Outbox(second), probed(new_id()))
    await bus.until(lambda: bool(bus.arrived))
    await other_bus.until(lambda: bool(other_bus.arrived))
    assert (bus.ids(), other_bus.ids()) == ([mine], [theirs])
    assert all(relay.sending for relay in relays)
