"""A service that told a new stream of everything it has: what a test makes afterwards is told once."""

from __future__ import annotations

from sqlalchemy import text

from shared.db.engine import Database
from tests.support.waiting import eventually


async def everything_is_published(database: Database) -> None:
    """Wait until the republisher has seen the stream."""

    async def look() -> int:
        async with database.platform() as session:
            return int((await session.execute(text("SELECT count(*) FROM published_streams"))).scalar_one())

    await eventually(look)
