"""Waiting for a condition, never for a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T]], found: Callable[[T], object] = bool, timeout: float = 10) -> T:
    """Look until what is seen is what is wanted, and return it.

    Raises:
        AssertionError: not within ``timeout`` seconds; says what was seen last.
    """
    seen: object = None
    try:
        async with asyncio.timeout(timeout):
            while True:
                seen = last = await look()
                if found(last):
                    return last
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not within {timeout} s; last seen: {seen!r}") from None
