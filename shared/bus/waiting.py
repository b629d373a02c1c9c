"""Waiting for whichever comes first, and for an end."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final

_CANCEL_AGAIN_SECONDS: Final = 0.5


async def first_of(*waits: Coroutine[Any, Any, Any], timeout: float | None = None) -> bool:
    """Return true when one of ``waits`` is over, false after ``timeout`` seconds; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        return bool(done)
    finally:
        for task in tasks:
            task.cancel()


async def cancelled(task: asyncio.Task[Any]) -> None:
    """Cancel until it has ended: before Python 3.12 ``asyncio.wait_for``, by which nats-py connects, forgets a
    cancellation that comes in the moment of a result."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=_CANCEL_AGAIN_SECONDS)
