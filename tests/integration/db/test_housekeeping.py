"""What has served its time is deleted, now and every hour."""

from __future__ import annotations

from sqlalchemy import text

from shared.db.engine import Database, Session
from shared.db.housekeeping import Housekeeping
from shared.db.inbox import first_time, forget_old
from shared.runtime.clock import SteppedClock
from shared.telephony.ids import new_id
from tests.support.waiting import eventually


async def test_old_inbox_entries_go_at_the_start_and_every_hour_even_after_a_failure(db: Database) -> None:
    clock, failures = SteppedClock(), []

    async def fails(_: Session) -> int:
        failures.append(clock.monotonic())
        raise RuntimeError("no")

    async def entries() -> int:
        async with db.platform() as session:
            return int((await session.execute(text("SELECT count(*) FROM inbox"))).scalar_one())

    async def receive_eight_days_ago() -> None:
        async with db.platform() as session:
            await first_time(session, new_id(), "records")
            await session.execute(text("UPDATE inbox SET received_at = received_at - interval '8 days'"))

    async def no_entries() -> bool:
        return await entries() == 0

    await receive_eight_days_ago()
    housekeeping = Housekeeping(db, fails, forget_old, clock=clock)
    await housekeeping.start()
    await eventually(no_entries)
    await receive_eight_days_ago()
    await clock.advance(3599)
    assert await entries() == 1
    await clock.advance(1)
    await eventually(no_entries)
    assert failures == [0, 3600]
    await housekeeping.stop()
