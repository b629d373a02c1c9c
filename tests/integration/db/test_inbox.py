"""A message delivered twice is done once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from shared.db.engine import Database
from shared.db.inbox import first_time, forget_old
from shared.telephony.ids import new_id


async def receive(db: Database, message_id, consumer: str = "records") -> bool:  # type: ignore[no-untyped-def]
    async with db.platform() as session:
        return await first_time(session, message_id, consumer)


async def test_message_is_new_once_for_each_consumer(db: Database) -> None:
    message = new_id()
    assert await receive(db, message)
    assert not await receive(db, message)
    assert await receive(db, message, "usage")
    assert await receive(db, new_id())


async def test_message_whose_work_was_rolled_back_is_new_again(db: Database) -> None:
    message = new_id()
    with pytest.raises(RuntimeError):
        await receive_and_fail(db, message)
    assert await receive(db, message)


async def receive_and_fail(db: Database, message) -> None:  # type: ignore[no-untyped-def]
    async with db.platform() as session:
        assert await first_time(session, message, "records")
        raise RuntimeError


async def test_of_many_deliveries_at_once_exactly_one_is_the_first(db: Database) -> None:
    message = new_id()
    answers = await asyncio.gather(*(receive(db, message) for _ in range(10)))
    assert sorted(answers) == [False] * 9 + [True]


async def test_old_entries_are_forgotten_and_young_ones_kept(db: Database) -> None:
    message = new_id()
    assert await receive(db, message)
    async with db.platform() as session:
        assert await forget_old(session) == 0
        assert await forget_old(session, timedelta(0)) == 1
    assert await receive(db, message)
