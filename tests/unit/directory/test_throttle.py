from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.directory.domain.throttle import AddressThrottle, Failures, after_failure, locked_seconds

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def failed(times: int) -> tuple[Failures, datetime]:
    failures, now = Failures(), NOON
    for _ in range(times):
        now += timedelta(seconds=locked_seconds(failures, now))
        failures = after_failure(failures, now)
    return failures, now


def test_four_typing_errors_cost_nothing():
    failures, now = failed(4)
    assert locked_seconds(failures, now) == 0


def test_each_failure_from_the_fifth_locks_twice_as_long():
    waits = [locked_seconds(*failed(times)) for times in (5, 6, 7, 8, 9, 10, 11)]
    assert waits == [31, 61, 121, 241, 481, 901, 901]


def test_a_lock_ends():
    failures, now = failed(5)
    assert locked_seconds(failures, now + timedelta(seconds=29)) == 2
    assert locked_seconds(failures, now + timedelta(seconds=30)) == 0


def test_an_hour_of_peace_forgets():
    failures, now = failed(9)
    later = after_failure(failures, now + timedelta(hours=1, seconds=1))
    assert later.count == 1


def test_a_thousand_failures_do_not_overflow():
    failures, now = failed(1000)
    assert locked_seconds(failures, now) == 901


def test_an_address_that_fails_too_often_waits_for_the_rest_of_its_window():
    throttle = AddressThrottle(limit=3, window_seconds=300)
    for second in (0, 1, 2):
        assert throttle.wait_seconds("192.0.2.1", second) == 0
        throttle.failed("192.0.2.1", second)
    assert throttle.wait_seconds("192.0.2.1", 100) == 201
    assert throttle.wait_seconds("192.0.2.2", 100) == 0
    assert throttle.wait_seconds("192.0.2.1", 300) == 0
    throttle.failed("192.0.2.1", 300)
    assert throttle.wait_seconds("192.0.2.1", 300) == 0


def test_a_flood_of_addresses_does_not_fill_the_memory():
    throttle = AddressThrottle(limit=1, window_seconds=300, capacity=100)
    for index in range(10_000):
        throttle.failed(f"2001:db8::{index:x}", 0)
    assert len(throttle._windows) == 100
    assert throttle.wait_seconds("2001:db8::270f", 0) > 0
