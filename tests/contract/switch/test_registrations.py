"""Phones that register, unregister and are refused."""

from __future__ import annotations

import pytest

from tests.contract.switch.bench import Bench
from tests.contract.switch.scenes import Compare, phone

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_register_and_unregister(bench: Bench, compare: Compare) -> None:
    alice = await phone(bench, "101")
    assert await alice.unregister() == 200
    await bench.event("sofia::unregister")
    await compare()


async def test_register_with_wrong_password(bench: Bench, compare: Compare) -> None:
    thief = await bench.driver.phone("101", password="guess")
    assert await thief.register() == 403
    await bench.event("sofia::register_failure")
    await compare()


async def test_register_unknown_user(bench: Bench, compare: Compare) -> None:
    stranger = await bench.driver.phone("555")
    assert await stranger.register() == 403
    await bench.event("sofia::register_failure")
    await compare()


async def test_call_with_wrong_password(bench: Bench, compare: Compare) -> None:
    thief = await bench.driver.phone("101", password="guess")
    assert await (await thief.dial("102")).ended() == 403
    await compare()
