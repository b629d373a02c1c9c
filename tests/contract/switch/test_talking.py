"""What happens while people talk: hold, keys, transfers."""

from __future__ import annotations

import asyncio

import pytest

from tests.contract.switch.bench import Bench
from tests.contract.switch.scenes import Compare, answered_call, phone

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_hold(bench: Bench, compare: Compare) -> None:
    outgoing, incoming = await answered_call(bench)
    await incoming.hold()
    await bench.event("CHANNEL_HOLD")
    await bench.event("PLAYBACK_START")
    await incoming.resume()
    await bench.event("CHANNEL_UNHOLD")
    await bench.event("PLAYBACK_STOP")
    await outgoing.hang_up()
    assert await incoming.ended() == 200
    await compare()


async def test_hang_up_while_holding(bench: Bench, compare: Compare) -> None:
    outgoing, incoming = await answered_call(bench)
    await outgoing.hold()
    await bench.event("CHANNEL_HOLD")
    await bench.event("PLAYBACK_START")
    await outgoing.hang_up()
    assert await incoming.ended() == 200
    await compare()


async def test_dtmf(bench: Bench, compare: Compare) -> None:
    outgoing, incoming = await answered_call(bench)
    for digit in "5#":
        await outgoing.dtmf(digit)
        await bench.event("DTMF", DTMF_Digit=digit)
    await incoming.hang_up()
    assert await outgoing.ended() == 200
    await compare()


async def test_transfer_blind(bench: Bench, compare: Compare) -> None:
    carol = await phone(bench, "103")
    outgoing, incoming = await answered_call(bench)
    transfer = asyncio.create_task(incoming.transfer("103"))
    third = await carol.incoming()
    await third.ring()
    await third.answer()
    await transfer
    assert await incoming.ended() == 200
    await bench.event("CHANNEL_BRIDGE", Bridge_B_Unique_ID=await bench.leg("103"))
    await bench.wait_bridged(await bench.leg("102", "inbound"), await bench.leg("103"))
    await outgoing.hang_up()
    assert await third.ended() == 200
    await compare()


async def test_transfer_blind_by_caller(bench: Bench, compare: Compare) -> None:
    carol = await phone(bench, "103")
    outgoing, incoming = await answered_call(bench)
    transfer = asyncio.create_task(outgoing.transfer("103"))
    third = await carol.incoming()
    await third.ring()
    await third.answer()
    await transfer
    assert await outgoing.ended() == 200
    await bench.event("CHANNEL_BRIDGE", Bridge_B_Unique_ID=await bench.leg("103"))
    await bench.wait_bridged(await bench.leg("102", "outbound"), await bench.leg("103"))
    await third.hang_up()
    assert await incoming.ended() == 200
    await compare()


async def test_transfer_attended(bench: Bench, compare: Compare) -> None:
    carol = await phone(bench, "103")
    outgoing, incoming = await answered_call(bench)
    bob = bench.phones["102"]
    await incoming.hold()
    await bench.event("CHANNEL_HOLD")
    await bench.event("PLAYBACK_START")
    consult = await bob.dial("103")
    third = await carol.incoming()
    await third.ring()
    await consult.ringing()
    await bench.event("CHANNEL_PROGRESS", await bench.leg("103", "inbound"))
    await third.answer()
    await consult.answered()
    await bench.event("CHANNEL_BRIDGE", await bench.leg("103", "inbound"))
    await bench.wait_bridged(await bench.leg("103", "inbound"), await bench.leg("103", "outbound"))
    await incoming.transfer_attended(consult)
    assert await incoming.ended() == 200
    await bench.event("CHANNEL_EXECUTE", Application="uuid_bridge")
    await bench.wait_bridged(await bench.leg("102", "inbound"), await bench.leg("103", "outbound"))
    await outgoing.hang_up()
    assert await third.ended() == 200
    await compare()
