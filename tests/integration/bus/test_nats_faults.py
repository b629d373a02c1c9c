"""What only a real server can do to us."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from pathlib import Path
from uuid import uuid4

import pytest

from deploy.local.nats import EmbeddedNats
from shared.bus.connection import Connection
from shared.bus.measures import Measures
from shared.bus.nats import NatsBus
from shared.bus.port import BusUnavailable, ConnectionLost
from shared.bus.requests import CLOCKS_MAY_DIFFER_SECONDS, GIVEN_UP_AT
from shared.contracts.calls import CallCreated
from shared.contracts.catalogue import CALLS
from shared.contracts.directory import NumberChanged
from shared.contracts.switch import HangUp, SwitchReply
from tests.support.bus_messages import Inbox, created, hang_up, number
from tests.support.bus_world import NatsWorld
from tests.support.nats_server import until
from tests.support.ports import free_port


@pytest.fixture
async def real(nats_server: EmbeddedNats):  # type: ignore[no-untyped-def]
    """Buses on a server of the test's own."""
    world = NatsWorld(nats_server)
    yield world
    await world.close()


async def test_no_acknowledged_event_is_lost_or_doubled_by_kill_9(real: NatsWorld) -> None:
    bus = await real.bus()
    await bus.ensure_streams()
    acknowledged: list[str] = []

    async def publish() -> None:
        for batch in range(40):
            events = [created(f"call-{batch}-{place}") for place in range(25)]
            await bus.publish_many(events, timeout=30)
            acknowledged.extend(event.call_id for event in events)

    publishing = asyncio.create_task(publish())
    for done in (125, 500):
        await until(lambda done=done: len(acknowledged) >= done)  # type: ignore[misc]
        await asyncio.to_thread(real.server.restart)
    await publishing
    inbox = Inbox()
    await bus.consume("records", CALLS, [CallCreated], inbox, max_in_flight=1)
    got = await inbox.wait(1000, timeout=30)
    assert [event.call_id for event in got] == acknowledged


async def test_consumer_loses_nothing_while_the_server_is_killed_again_and_again(real: NatsWorld) -> None:
    bus, worker = await real.bus(), await real.bus("worker")
    await bus.ensure_streams()
    inbox = Inbox()
    await worker.consume("records", CALLS, [CallCreated], inbox, max_in_flight=50, ack_wait_seconds=2)
    for batch in range(3):
        await bus.publish_many([created(f"call-{batch}-{place}") for place in range(500)], timeout=30)
        await asyncio.to_thread(real.server.restart)
    await until(lambda: len({event.call_id for event in inbox.messages}) == 1500, timeout=30)


async def test_bus_started_before_the_server_connects_by_itself(real: NatsWorld) -> None:
    real.server.kill()
    bus = NatsBus(real.server.url, "early", start_timeout=0.1)
    await bus.start()
    inbox = Inbox()
    await bus.serve(HangUp, _answer, key="n1")
    await bus.consume("records", CALLS, [CallCreated], inbox)
    assert not bus.connected
    with pytest.raises(BusUnavailable):
        await bus.ping()
    await asyncio.to_thread(real.server.start)
    await until(lambda: bus.connected)
    await bus.ensure_streams()
    await bus.publish(created("call-1"))
    assert len(await inbox.wait()) == 1
    assert (await bus.request(hang_up())).ok
    await bus.stop()


async def test_bus_that_never_connected_stops(real: NatsWorld) -> None:
    bus = NatsBus(f"nats://127.0.0.1:{free_port()}", "never", start_timeout=0.1)
    await bus.start()
    await bus.consume("records", CALLS, [CallCreated], Inbox())
    await bus.stop()
    assert not bus.connected


async def test_client_that_gave_up_is_replaced(real: NatsWorld) -> None:
    bus = await real.bus()
    await bus.ensure_streams()
    events, states = Inbox(), Inbox()
    await bus.serve(HangUp, _answer, key="n1")
    await bus.consume("records", CALLS, [CallCreated], events)
    await (await bus.replicate([NumberChanged], states)).caught_up(5)
    # What the client library does for good on most errors that a server reports.
    await bus._connection.client.close()
    await until(lambda: not bus.connected)
    await until(lambda: bus.connected)
    await bus.publish(created("call-1"))
    await bus.publish(number())
    assert (await bus.request(hang_up())).ok
    assert len(await events.wait()) == len(await states.wait()) == 1


async def test_client_that_is_closed_as_it_fails_to_reconnect_tries_no_more(
    real: NatsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = (await real.bus())._connection.client
    closing: list[asyncio.Task[None]] = []

    async def refused(**_: object) -> None:
        if not closing:  # cancels what called this in the moment in which it fails
            closing.append(asyncio.create_task(client.close()))
        raise ConnectionRefusedError

    monkeypatch.setattr("asyncio.open_connection", refused)
    await real.go_down()
    await until(lambda: bool(closing))
    await closing[0]
    assert client._reconnection_task is not None
    assert client._reconnection_task.done()


async def test_server_that_hangs_is_noticed_by_the_deadline(real: NatsWorld) -> None:
    bus = await real.bus()
    await bus.ensure_streams()
    pid = real.server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    stat = Path(f"/proc/{pid}/stat")
    await until(lambda: stat.read_text().rsplit(")", 1)[1].split()[0] == "T")
    try:
        with pytest.raises(BusUnavailable):
            await bus.publish(created("call-1"), timeout=0.3)
        with pytest.raises(BusUnavailable):
            await bus.ping()
    finally:
        os.kill(pid, signal.SIGCONT)
    # The late pong of that ping must not end the client's reading, which would cost 15 seconds.
    await bus.publish(created("call-2"), timeout=10)
    assert bus.connected


async def test_replica_is_rebuilt_when_the_server_lost_its_streams(real: NatsWorld) -> None:
    bus = await real.bus()
    first = await bus.ensure_streams()
    entity, inbox = uuid4(), Inbox()
    for revision in range(1, 11):
        await bus.publish(number(entity, revision))
    replica = await bus.replicate([NumberChanged], inbox)
    await replica.caught_up(5)
    await real.go_down()
    shutil.rmtree(real.server.data_dir / "streams")
    await real.come_up()
    await until(lambda: bus.connected)
    second = await bus.ensure_streams()
    assert "SEDA_STATE" in second.created
    assert second.identity["SEDA_STATE"] != first.identity["SEDA_STATE"]
    await bus.publish(number(entity, 10))
    got = await inbox.wait(len(inbox.messages) + 1)
    assert got[-1].revision == 10


async def test_command_that_nobody_waits_for_any_more_is_not_carried_out(real: NatsWorld) -> None:
    bus, served = await real.bus(), Inbox()

    async def answer(command: HangUp) -> SwitchReply:
        await served(command.leg_id)
        return SwitchReply()

    await bus.serve(HangUp, answer, key="n1")
    long_ago = int((time.time() - CLOCKS_MAY_DIFFER_SECONDS - 1) * 1000)
    late = hang_up(leg_id="late")
    await bus._connection.client.publish(late.subject(), late.encode(), headers={GIVEN_UP_AT: str(long_ago)})
    await bus.request(hang_up(leg_id="in-time"))
    assert served.messages == ["in-time"]


async def test_request_is_not_waited_for_when_the_connection_ended_under_it(real: NatsWorld) -> None:
    bus, begun, over, asked = await real.bus(), asyncio.Event(), asyncio.Event(), []

    async def never_answers_the_first(command: HangUp) -> SwitchReply:
        asked.append(command.leg_id)
        begun.set()
        if len(asked) == 1:
            await over.wait()
        return SwitchReply()

    await bus.serve(HangUp, never_answers_the_first, key="n1")
    request = asyncio.create_task(bus.request(hang_up(), timeout=600))
    await begun.wait()
    real.server.kill()
    with pytest.raises(ConnectionLost):
        await request
    await asyncio.to_thread(real.server.start)
    assert (await bus.request(hang_up(), timeout=30)).ok
    over.set()


async def test_stream_that_differs_is_brought_up_to_date_and_keeps_what_newer_services_gave_it(
    real: NatsWorld,
) -> None:
    connection = Connection(real.server.url, "old", Measures(None))
    await connection.start()
    subjects = [*CALLS.subjects[:3], "seda.evt.acd.offer.made.*.*"]
    await connection.call(
        "STREAM.CREATE.SEDA_CALLS", {"name": "SEDA_CALLS", "subjects": subjects, "max_age": 60 * 10**9}
    )
    bus = await real.bus()
    assert (await bus.ensure_streams()).created == {"SEDA_STATE"}
    config = (await connection.call("STREAM.INFO.SEDA_CALLS"))["config"]
    assert set(config["subjects"]) == {*CALLS.subjects, *subjects}
    assert config["max_age"] == CALLS.max_age_seconds * 10**9
    assert config["duplicate_window"] >= 120 * 10**9
    await connection.stop()


async def _answer(_: HangUp) -> SwitchReply:
    return SwitchReply()
