"""Wait for a condition that someone else's step makes true, within simulated time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from freeswitch.simulator.clock import Clock


class Waiting:
    """Futures woken by `poke`; conditions are looked at again each time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiters: list[asyncio.Future[None]] = []

    def poke(self) -> None:
        """Something changed: let whoever waits look again."""
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait(
        self,
        until: Callable[[], bool],
        timeout: float | None = None,
        meanwhile: Callable[[], Awaitable[bool]] | None = None,
    ) -> bool:
        """Wait until the condition holds or `timeout` simulated seconds pass; True when it holds.

        `meanwhile` is run at every wake-up and says whether it did something: the condition is then looked at again.
        """
        expired = False

        def expire() -> None:
            nonlocal expired
            expired = True
            self.poke()

        timer = self._clock.call_later(timeout, expire) if timeout is not None else None
        try:
            while not until():
                if expired:
                    return False
                if meanwhile is not None and await meanwhile():
                    continue
                waiter = asyncio.get_running_loop().create_future()
                self._waiters.append(waiter)
                await waiter
            return True
        finally:
            if timer:
                timer.cancel()
