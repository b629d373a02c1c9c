"""Passwords of people, as argon2id hashes, made and checked in threads: one takes some 200 ms and 64 MB."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING

from services.directory.errors import SignInBusy

if TYPE_CHECKING:
    from argon2 import PasswordHasher as Argon2

WAITING_PER_THREAD = 16


class PasswordHashing:
    """Hashes and verifies, a few at once; more than can be served in some seconds are refused.

    Args:
        concurrency: how many at once.
    """

    name = "password hashing"

    def __init__(self, *, concurrency: int) -> None:
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="argon2")
        self._room = concurrency * WAITING_PER_THREAD
        self._under_way = 0

    async def start(self) -> None:
        """Nothing to do: the library is loaded by the first password."""

    async def stop(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def hash(self, password: str) -> str:
        """The hash of `password`, with its salt and parameters.

        Raises:
            SignInBusy: too many wait already.
        """
        return str(await self._in_thread(lambda: self._argon2.hash(password)))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether `password` has that hash; without a hash (no such person) false, after the same time.

        Raises:
            SignInBusy: too many wait already.
        """
        return bool(await self._in_thread(lambda: self._verify(password_hash, password)))

    def _verify(self, password_hash: str | None, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            self._argon2.verify(password_hash or self._nobodys_hash, password)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None

    async def _in_thread(self, work: object) -> object:
        if self._under_way >= self._room:
            raise SignInBusy(headers={"Retry-After": "2"})
        self._under_way += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)  # type: ignore[arg-type]
        finally:
            self._under_way -= 1

    @cached_property
    def _argon2(self) -> Argon2:
        from argon2 import PasswordHasher

        return PasswordHasher(parallelism=1)

    @cached_property
    def _nobodys_hash(self) -> str:
        return self._argon2.hash("nobody has this password")
