"""KPIs of a live view have one definition each."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.reporting.domain.live import AgentNow, Day, Ended, FloorNow, QueueNow, by_status, day_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SUPPORT, SALES = UUID(int=1), UUID(int=2)


def test_service_level_is_answered_in_time_of_those_offered_and_an_abandon_counts_as_missed():
    day = day_of([Ended("answered", 8, 6, 120.0), Ended("abandoned", 2, 1, 40.0)])
    assert (day.offered, day.answered, day.abandoned) == (10, 8, 2)
    assert (day.service_level, day.abandonment, day.mean_wait_seconds) == (0.6, 0.2, 15.0)


@pytest.mark.parametrize("outcome", ["short_abandoned", "moved"])
def test_short_abandons_and_moves_are_no_offered_callers(outcome):
    day = day_of([Ended("answered", 1, 1, 5.0), Ended(outcome, 9, 9, 9.0)])
    assert (day.offered, day.service_level, day.abandonment) == (1, 1.0, 0.0)


@pytest.mark.parametrize("outcome", ["overflowed", "callback", "left_by_key", "switch_lost", "removed"])
def test_who_left_otherwise_was_offered_and_did_not_abandon(outcome):
    day = day_of([Ended("answered", 1, 1, 5.0), Ended(outcome, 1, 1, 9.0)])
    assert (day.offered, day.service_level, day.abandonment) == (2, 0.5, 0.0)


def test_nobody_offered_has_no_rates():
    assert day_of([]) == Day()
    assert (Day().service_level, Day().abandonment, Day().mean_wait_seconds) == (None, None, None)


def test_agents_count_in_each_queue_they_serve():
    agents = [
        AgentNow(UUID(int=11), queue_ids=(SUPPORT, SALES), status="available"),
        AgentNow(UUID(int=12), queue_ids=(SUPPORT,), status="available"),
        AgentNow(UUID(int=13), queue_ids=(SUPPORT,), status="paused"),
    ]
    assert by_status(agents, SUPPORT) == {"available": 2, "paused": 1}
    assert by_status(agents, SALES) == {"available": 1}


def test_of_a_view_only_what_changed_is_told():
    support, sales = QueueNow(SUPPORT, "support"), QueueNow(SALES, "sales")
    sara = AgentNow(UUID(int=11), "Sara")
    before = FloorNow(NOON, {SUPPORT: support, SALES: sales}, {sara.id: sara})
    busy = QueueNow(SUPPORT, "support", waiting=1, longest_since=NOON)
    after = FloorNow(NOON + timedelta(seconds=1), {SUPPORT: busy, SALES: sales}, {sara.id: sara})
    assert after.since(before) == FloorNow(after.at, {SUPPORT: busy}, {})
