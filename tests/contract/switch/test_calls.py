"""Calls between two phones: how they begin and how they end."""

from __future__ import annotations

import pytest

from tests.contract.switch.bench import Bench
from tests.contract.switch.scenes import Compare, answered_call, phone, ringing_call, to_extension

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_answered_caller_hangs_up(bench: Bench, compare: Compare) -> None:
    outgoing, incoming = await answered_call(bench)
    await outgoing.hang_up()
    assert await incoming.ended() == 200
    await compare()


async def test_answered_callee_hangs_up(bench: Bench, compare: Compare) -> None:
    outgoing, incoming = await answered_call(bench)
    await incoming.hang_up()
    assert await outgoing.ended() == 200
    await compare()


async def test_busy(bench: Bench, compare: Compare) -> None:
    alice, bob = await phone(bench, "101"), await phone(bench, "102")
    outgoing = await alice.dial("102")
    await (await bob.incoming()).reject(486)
    assert await outgoing.ended() == 486
    await compare()


async def test_rejected(bench: Bench, compare: Compare) -> None:
    outgoing, incoming = await ringing_call(bench)
    await incoming.reject(603)
    assert await outgoing.ended() == 603
    await compare()


async def test_no_answer(bench: Bench, compare: Compare) -> None:
    bench.route(lambda form: to_extension(form, ring_seconds=2))
    outgoing, incoming = await ringing_call(bench)
    assert await incoming.ended() == 487
    assert await outgoing.ended() == 480
    await compare()


async def test_cancel(bench: Bench, compare: Compare) -> None:
    outgoing, incoming = await ringing_call(bench)
    await outgoing.cancel()
    assert await incoming.ended() == 487
    await compare()


async def test_unregistered(bench: Bench, compare: Compare) -> None:
    alice = await phone(bench, "101")
    outgoing = await alice.dial("104")
    assert await outgoing.ended() == 480
    await compare()
