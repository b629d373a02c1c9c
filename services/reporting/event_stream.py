"""Events as they happen, as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

import orjson

from shared.bus.port import Bus
from shared.http.errors import TooMany

MAX_FOLLOWERS = 200
MAX_WAITING = 1000
KEEP_ALIVE_SECONDS = 15.0


class TooManyFollowers(TooMany):
    """This process follows for as many as it may."""

    code = "too_many_followers"
    title = "Too many are following events"


class EventStreams:
    """The open streams of this process. A reader that is too slow is let go: it missed events anyway."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._open = 0

    def admit(self) -> None:
        """Take one more follower.

        Raises:
            TooManyFollowers: there are enough.
        """
        if self._open >= MAX_FOLLOWERS:
            raise TooManyFollowers(headers={"Retry-After": "5"})
        self._open += 1

    def release(self) -> None:
        """A follower is gone."""
        self._open -= 1

    async def lines(self, tenant_id: UUID | None, only: str) -> AsyncIterator[str]:
        """The stream of an admitted follower: events whose name begins with ``only``."""
        waiting: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_WAITING)

        async def hear(body: bytes) -> None:
            if only and not orjson.loads(body).get("type", "").startswith(only):
                return
            if waiting.full():
                waiting.get_nowait()
                waiting.put_nowait(None)
            else:
                waiting.put_nowait(body)

        subscription = await self._bus.follow(tenant_id, hear)
        try:
            yield ": following\n\n"
            while True:
                try:
                    body = await asyncio.wait_for(waiting.get(), KEEP_ALIVE_SECONDS)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                if body is None:
                    return
                yield f"data: {body.decode()}\n\n"
        finally:
            self.release()
            await subscription.stop()
