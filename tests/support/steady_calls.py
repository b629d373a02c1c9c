"""Pairs of real phones that call each other again and again, and what became of every call."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from dataclasses import dataclass, field

from freeswitch.phone import IncomingCall, NoAnswerError, OutgoingCall, SipPhone

PATIENCE_SECONDS = 30.0
TALK_PACKETS = 20
_numbers = itertools.count(1)
_run = secrets.token_hex(2)


@dataclass
class Placed:
    """One call. Its name is what the caller's phone says of itself, so that its record can be told from others."""

    caller: str
    callee: str
    name: str
    began: float = field(default_factory=time.monotonic)
    talked: bool = False
    status: int = 0
    """How it ended: 200 when it was hung up, else the status that refused it; 0: it hung in the air."""

    def __str__(self) -> str:
        return f"{self.name} {self.caller}->{self.callee} {'talked' if self.talked else 'failed'} ({self.status})"


async def place_call(caller: SipPhone, callee: SipPhone) -> Placed:
    """A short call: dialled, answered, voice both ways, hung up by the caller. Whatever happens is told, not raised."""
    placed = Placed(caller.user, callee.user, f"call {_run} {next(_numbers)}")
    call = await caller.dial(callee.user, display=placed.name)
    ending = asyncio.create_task(call.ended(2 * PATIENCE_SECONDS))
    coming = asyncio.create_task(_coming(callee))
    try:
        await asyncio.wait({ending, coming}, timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        if coming.done():
            answer = coming.result()
            answer.answer()
            await call.answered(PATIENCE_SECONDS)
            await _talk(call, answer)
            placed.talked = True
            await call.hang_up()
            await answer.ended(PATIENCE_SECONDS)
        placed.status = (await asyncio.wait_for(asyncio.shield(ending), 0.1)).status
    except (TimeoutError, NoAnswerError):
        pass
    except Exception as error:  # refused in the middle: how it ended says so
        placed.status = getattr(getattr(error, "end", None), "status", 0)
    finally:
        ending.cancel()
        coming.cancel()
        await asyncio.gather(ending, coming, return_exceptions=True)
    return placed


async def _coming(callee: SipPhone) -> IncomingCall:
    """The next call that is still there: one that was given up before is over."""
    while True:
        answer = await callee.incoming(10 * PATIENCE_SECONDS)
        if not answer._ended.done():
            return answer


async def _talk(*calls: OutgoingCall | IncomingCall) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        for call in calls:
            await call.stream.heard(packets=TALK_PACKETS)


class SteadyCalls:
    """Calls without a pause between `pairs` of phones, from entering to `stop`."""

    def __init__(self, *pairs: tuple[SipPhone, SipPhone]) -> None:
        self._pairs = pairs
        self._going_on = True
        self._tasks: list[asyncio.Task[None]] = []
        self.placed: list[Placed] = []
        """Calls that are over, in the order they ended."""
        self._changed = asyncio.Condition()

    async def __aenter__(self) -> SteadyCalls:
        self._tasks = [asyncio.create_task(self._go_on(*pair)) for pair in self._pairs]
        await self.some(len(self._pairs))
        return self

    async def __aexit__(self, *_exc: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def stop(self) -> list[Placed]:
        """Let the calls that are up end, and return all."""
        self._going_on = False
        await asyncio.gather(*self._tasks)
        return self.placed

    async def some(self, count: int, *, since: float = 0.0) -> list[Placed]:
        """Wait for so many calls that were placed after `since` and worked."""

        def worked() -> list[Placed]:
            return [call for call in self.placed if call.began > since and call.talked]

        async with self._changed, asyncio.timeout(4 * PATIENCE_SECONDS):
            await self._changed.wait_for(lambda: len(worked()) >= count)
        return worked()

    async def _go_on(self, caller: SipPhone, callee: SipPhone) -> None:
        while self._going_on:
            placed = await place_call(caller, callee)
            async with self._changed:
                self.placed.append(placed)
                self._changed.notify_all()
