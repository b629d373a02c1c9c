"""PINs of mailboxes as argon2id hashes, made and checked in threads.

A PIN has few digits: what keeps it is the lock-out, not the hash, so the hash may be cheaper than a password's.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argon2 import PasswordHasher

THREADS: Final = 2
MEMORY_KIB: Final = 19 * 1024
TIME_COST: Final = 2


class PinHashing:
    """Hashes and verifies PINs. A component; nothing is loaded before the first PIN."""

    name = "PIN hashing"

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="pins")

    async def start(self) -> None:
        """Nothing to do."""

    async def stop(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def hash(self, pin: str) -> str:
        """The hash of a PIN, with its salt and parameters."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hash, pin)

    async def verify(self, pin_hash: str | None, pin: str) -> bool:
        """Whether the PIN has that hash; without a hash (no such box, no PIN) false, after the same time."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._verify, pin_hash, pin)

    def _hash(self, pin: str) -> str:
        return str(self._argon2.hash(pin))

    def _verify(self, pin_hash: str | None, pin: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            self._argon2.verify(pin_hash or self._nobodys, pin)
        except (VerificationError, InvalidHashError):
            return False
        return pin_hash is not None

    @cached_property
    def _argon2(self) -> PasswordHasher:
        from argon2 import PasswordHasher

        return PasswordHasher(time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=1)

    @cached_property
    def _nobodys(self) -> str:
        return self._hash("nobody has this PIN")
