"""Commands: an answer, or the honest reason why there is none."""

from __future__ import annotations

import asyncio

import pytest

from shared.bus.memory import MemoryBus
from shared.bus.nats import NatsBus
from shared.bus.port import BusTimeout, NoResponder
from shared.contracts.records import StoreCallRecords, StoreCallRecordsReply
from shared.contracts.switch import ANY_NODE, HangUp, SwitchReply
from tests.support.bus_messages import Inbox, hang_up
from tests.support.bus_world import World

AnyBus = MemoryBus | NatsBus


def answering(node_id: str) -> object:
    """A handler that says who it is."""

    async def answer(command: HangUp) -> SwitchReply:
        return SwitchReply(node_id=node_id, leg_id=command.leg_id)

    return answer


async def test_reply_has_the_class_that_the_command_names(world: World, bus: AnyBus) -> None:
    server = await world.bus("reporting")

    async def store(command: StoreCallRecords) -> StoreCallRecordsReply:
        return StoreCallRecordsReply(stored=(command.node_id,))

    await server.serve(StoreCallRecords, store, queue="reporting")
    reply = await bus.request(StoreCallRecords(node_id="n1", records=()))
    assert reply == StoreCallRecordsReply(stored=("n1",))


async def test_sender_learns_at_once_that_nobody_serves_a_command(bus: AnyBus) -> None:
    await bus.serve(HangUp, answering("n2"), key="n2")  # type: ignore[arg-type]
    with pytest.raises(NoResponder):
        await bus.request(hang_up("n1"), timeout=60)


async def test_sender_stops_waiting_at_its_deadline(bus: AnyBus) -> None:
    async def never(_: HangUp) -> SwitchReply:
        await asyncio.Event().wait()
        return SwitchReply()

    serving = await bus.serve(HangUp, never, key="n1")
    with pytest.raises(BusTimeout):
        await bus.request(hang_up(), timeout=0.1)
    await serving.abort()  # type: ignore[attr-defined]


async def test_command_that_fails_is_answered_with_internal(bus: AnyBus) -> None:
    async def fail(_: HangUp) -> SwitchReply:
        raise RuntimeError("password=secret")

    await bus.serve(HangUp, fail, key="n1")
    reply = await bus.request(hang_up())
    assert (reply.ok, reply.code, type(reply)) == (False, "internal", SwitchReply)
    assert "secret" not in reply.detail


async def test_command_that_cannot_be_read_is_answered_with_invalid(bus: AnyBus) -> None:
    class OldHangUp(HangUp):
        leg_id: str | None = None  # type: ignore[assignment]

    await bus.serve(HangUp, answering("n1"), key="n1")  # type: ignore[arg-type]
    reply = await bus.request(OldHangUp(node_id="n1"))
    assert (reply.ok, reply.code) == (False, "invalid")
    assert reply.detail.startswith("leg_id: ")


async def test_of_all_nodes_only_the_one_that_has_the_call_answers(world: World, bus: AnyBus) -> None:
    asked = Inbox()
    for node in ("n1", "n2", "n3"):
        switchlink = await world.bus(f"switchlink-{node}")

        async def answer(command: HangUp, node: str = node) -> SwitchReply | None:
            await asked(node)
            return SwitchReply(node_id=node) if command.leg_id == f"leg-of-{node}" else None

        await switchlink.serve(HangUp, answer, key=ANY_NODE)
    reply = await bus.request(hang_up(ANY_NODE, "leg-of-n2"))
    assert isinstance(reply, SwitchReply)
    assert reply.node_id == "n2"
    assert sorted(await asked.wait(3)) == ["n1", "n2", "n3"]


async def test_call_that_no_node_has_is_a_timeout(world: World, bus: AnyBus) -> None:
    async def silent(_: HangUp) -> None:
        return None

    await (await world.bus("n1")).serve(HangUp, silent, key=ANY_NODE)
    with pytest.raises(BusTimeout):
        await bus.request(hang_up(ANY_NODE), timeout=0.2)


async def test_one_of_a_group_carries_a_command_out(world: World, bus: AnyBus) -> None:
    served = Inbox()

    async def answer(command: HangUp) -> SwitchReply:
        await served(command.leg_id)
        return SwitchReply()

    for name in ("a", "b", "c"):
        await (await world.bus(name)).serve(HangUp, answer, queue="group")
    legs = [f"leg-{place}" for place in range(20)]
    await asyncio.gather(*(bus.request(hang_up(leg_id=leg)) for leg in legs))
    assert sorted(served.messages) == sorted(legs)


async def test_server_of_all_keys_gets_every_key(bus: AnyBus) -> None:
    async def answer(command: HangUp) -> SwitchReply:
        return SwitchReply(node_id=command.node_id)

    await bus.serve(HangUp, answer)
    replies = [await bus.request(hang_up(node)) for node in ("n1", "n2")]
    assert [reply.node_id for reply in replies if isinstance(reply, SwitchReply)] == ["n1", "n2"]


async def test_a_slow_command_does_not_hold_up_others(bus: AnyBus) -> None:
    release = asyncio.Event()

    async def answer(command: HangUp) -> SwitchReply:
        if command.leg_id == "slow":
            await release.wait()
        return SwitchReply(leg_id=command.leg_id)

    await bus.serve(HangUp, answer, key="n1")
    slow = asyncio.create_task(bus.request(hang_up(leg_id="slow"), timeout=10))
    await bus.request(hang_up(leg_id="fast"))
    assert not slow.done()
    release.set()
    assert (await slow).ok


async def test_stopping_server_answers_what_it_has_and_takes_no_more(world: World, bus: AnyBus) -> None:
    server = await world.bus("server")
    started, release = asyncio.Event(), asyncio.Event()

    async def answer(_: HangUp) -> SwitchReply:
        started.set()
        await release.wait()
        return SwitchReply(node_id="n1")

    await server.serve(HangUp, answer, key="n1")
    under_way = asyncio.create_task(bus.request(hang_up(), timeout=10))
    await started.wait()
    stopping = asyncio.create_task(server.stop())
    await asyncio.sleep(0.05)
    with pytest.raises(NoResponder):
        await bus.request(hang_up())
    release.set()
    assert (await under_way).ok
    await stopping
