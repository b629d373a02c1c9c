import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest

from services.reporting import tracker
from services.reporting.tracker import LegTracker, fold
from shared.contracts.calls import CallAnswered, CallCreated, CallHungUp, CallRinging

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def about(leg_id, seconds):
    return {
        "tenant_id": UUID(int=1),
        "node_id": "n1",
        "core_id": "c1",
        "call_id": "a",
        "leg_id": leg_id,
        "occurred_at": NOON + timedelta(seconds=seconds),
    }


def test_events_of_a_leg_become_one_change_in_which_the_first_ringing_counts():
    changes = fold(
        [
            CallCreated(**about("a", 0), leg_direction="inbound", caller_number="101"),
            CallRinging(**about("a", 1)),
            CallRinging(**about("a", 2), early_media=True),
            CallAnswered(**about("b", 3)),
            CallHungUp(**about("a", 4), cause="USER_BUSY"),
        ]
    )
    a, b = changes
    assert a["created_at"] == NOON
    assert a["ringing_at"] == NOON + timedelta(seconds=1)
    assert (a["hung_up_at"], a["cause"]) == (NOON + timedelta(seconds=4), "USER_BUSY")
    assert b == {"leg_id": "b", "node_id": "n1", "answered_at": NOON + timedelta(seconds=3)}


class StoreThatFails:
    """Fails so many times, then writes."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.failures, self.error = failures, error
        self.written: list[str] = []

    @asynccontextmanager
    async def transaction(self):
        yield None

    async def track(self, _session, changes):
        self.failures -= 1
        if self.failures >= 0:
            raise self.error
        self.written += [change["leg_id"] for change in changes]
        return []


@pytest.fixture
async def taken(monkeypatch):
    """Runs a tracker over a store and gives what became of two events."""
    monkeypatch.setattr(tracker, "RETRY_SECONDS", 0)

    async def run(store):
        running = LegTracker(store, None, None)
        await running.start()
        events = (CallAnswered(**about("a", 1)), CallAnswered(**about("b", 1)))
        try:
            return await asyncio.gather(*map(running.take, events), return_exceptions=True)
        finally:
            await running.stop()

    return run


async def test_events_wait_for_a_database_that_restarts(taken):
    store = StoreThatFails(3, psycopg.OperationalError("the database system is starting up"))
    assert await taken(store) == [None, None]
    assert store.written == ["a", "b"]


async def test_events_are_given_back_when_the_database_stays_away(taken):
    error = psycopg.OperationalError("connection refused")
    assert await taken(StoreThatFails(tracker.ATTEMPTS, error)) == [error, error]


async def test_an_event_that_cannot_be_written_is_given_back_at_once(taken):
    error = ValueError("no such column")
    store = StoreThatFails(1, error)
    assert await taken(store) == [error, error]
