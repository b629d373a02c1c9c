"""With sign-in on, every service can do its own work and nobody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.local.nats import EmbeddedNats
from shared.bus.nats import NatsBus
from shared.bus.permissions import SERVICES, all_permissions
from shared.bus.port import BusTimeout, BusUnavailable
from shared.contracts.calls import CallCreated
from shared.contracts.catalogue import CALLS
from shared.contracts.directory import NumberChanged
from shared.contracts.records import StoreCallRecords, StoreCallRecordsReply
from shared.contracts.switch import ANY_NODE, HangUp, SwitchReply
from tests.support.bus_messages import TENANT, Inbox, QueueBoard, created, hang_up, number
from tests.support.bus_world import NatsWorld
from tests.support.ports import free_port


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[NatsWorld]:
    """A server that lets in known services only."""
    server = EmbeddedNats(tmp_path / "nats", free_port(), users=all_permissions())
    server.start()
    world = NatsWorld(server)
    yield world
    await world.close()
    server.kill()


@pytest.mark.parametrize("service", SERVICES)
async def test_any_service_may_come_first_and_hold_leases(guarded: NatsWorld, service: str) -> None:
    bus = await guarded.bus(service)
    assert (await bus.ensure_streams()).created
    lease = bus.lease("job", service, 30)
    assert await lease.acquire()
    assert await lease.holder() == service
    await lease.release()
    assert await lease.holder() is None


async def test_services_reach_each_other_as_designed(guarded: NatsWorld) -> None:
    directory, routing, reporting, switchlink, cli = [
        await guarded.bus(name) for name in ("directory", "routing", "reporting", "switchlink", "cli")
    ]
    await directory.ensure_streams()
    calls, states, boards = Inbox(), Inbox(), Inbox()
    await reporting.consume("reporting-calls", CALLS, [CallCreated], calls)
    replica = await routing.replicate([NumberChanged], states)
    await replica.caught_up(5)
    await cli.watch(QueueBoard, TENANT, boards)

    async def hang(_: HangUp) -> SwitchReply:
        return SwitchReply()

    async def store(_: StoreCallRecords) -> StoreCallRecordsReply:
        return StoreCallRecordsReply(stored=("leg",))

    await switchlink.serve(HangUp, hang, key=ANY_NODE)
    await reporting.serve(StoreCallRecords, store, queue="reporting")
    await switchlink.publish(created("call-1"))
    await directory.publish(number())
    await reporting.publish_live(QueueBoard(tenant_id=TENANT, queue="sales"))
    assert (await routing.request(hang_up(ANY_NODE))).ok
    assert (await switchlink.request(StoreCallRecords(node_id="n1", records=()))).ok
    assert len(await calls.wait()) == len(await states.wait()) == len(await boards.wait()) == 1


async def test_service_cannot_speak_for_another(guarded: NatsWorld) -> None:
    switchlink, directory = await guarded.bus("switchlink"), await guarded.bus("directory")
    await directory.ensure_streams()
    with pytest.raises(BusUnavailable):
        await switchlink.publish(number(), timeout=0.3)
    with pytest.raises((BusTimeout, BusUnavailable)):
        await directory.request(hang_up(), timeout=0.3)
    await directory.publish(number())


async def test_service_cannot_carry_out_anothers_commands(guarded: NatsWorld) -> None:
    directory, routing = await guarded.bus("directory"), await guarded.bus("routing")

    async def steal(_: HangUp) -> SwitchReply:
        return SwitchReply(node_id="stolen")

    await directory.serve(HangUp, steal)
    with pytest.raises(Exception, match="nobody serves"):
        await routing.request(hang_up(), timeout=0.3)


async def test_passwords_are_private_and_stay(guarded: NatsWorld) -> None:
    server = guarded.server
    again = EmbeddedNats(server.data_dir, server.port, users=all_permissions())
    assert again.url_for("directory") == server.url_for("directory")
    assert server.url_for("directory") != server.url_for("routing")
    assert (server.data_dir / "users.json").stat().st_mode & 0o077 == 0
    assert (server.data_dir / "nats.conf").stat().st_mode & 0o077 == 0


async def test_wrong_password_is_not_let_in(guarded: NatsWorld) -> None:
    bus = NatsBus(f"nats://directory:wrong@127.0.0.1:{guarded.server.port}", "directory", start_timeout=0.3)
    await bus.start()
    assert not bus.connected
    await bus.stop()
