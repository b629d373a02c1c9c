"""Repeated wrong passwords: lock the account for a while, and slow the address down."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

__all__ = ["AddressThrottle", "Failures", "after_failure", "locked_seconds"]

FREE_FAILURES: Final = 5
"""Wrong passwords in a row before the first lock."""
FIRST_LOCK: Final = timedelta(seconds=30)
LONGEST_LOCK: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords in a row for one mail address, whether or not anybody has that address."""

    count: int = 0
    last_at: datetime | None = None
    locked_until: datetime | None = None


def locked_seconds(failures: Failures, now: datetime) -> int:
    """Seconds (rounded up) until this account may try again; 0: now."""
    if failures.locked_until is None or failures.locked_until <= now:
        return 0
    return int((failures.locked_until - now).total_seconds()) + 1


def after_failure(failures: Failures, now: datetime) -> Failures:
    """One more wrong password: from the fifth on the account is locked, for twice as long each time."""
    forgotten = failures.last_at is None or now - failures.last_at > FORGOTTEN_AFTER
    count = 1 if forgotten else failures.count + 1
    if count < FREE_FAILURES:
        return Failures(count, now, None)
    doublings = min(count - FREE_FAILURES, 16)
    return Failures(count, now, now + min(FIRST_LOCK * 2**doublings, LONGEST_LOCK))


class AddressThrottle:
    """Failures per source address in a window; the least recent addresses are forgotten when there are too many.

    Args:
        limit: failures allowed in a window.
        window_seconds: its length.
        capacity: addresses remembered.
    """

    def __init__(self, *, limit: int, window_seconds: float, capacity: int = 10_000) -> None:
        self._limit = limit
        self._window = window_seconds
        self._capacity = capacity
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def wait_seconds(self, address: str, now: float) -> int:
        """Seconds until `address` may try again; 0: now. `now` is monotonic."""
        began, count = self._windows.get(address, (now, 0))
        remaining = began + self._window - now
        return int(remaining) + 1 if count >= self._limit and remaining > 0 else 0

    def failed(self, address: str, now: float) -> None:
        """Count one failure of `address`."""
        began, count = self._windows.pop(address, (now, 0))
        if now - began >= self._window:
            began, count = now, 0
        self._windows[address] = (began, count + 1)
        while len(self._windows) > self._capacity:
            self._windows.popitem(last=False)
