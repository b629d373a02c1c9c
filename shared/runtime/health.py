"""Is this process fit to work? Named checks behind ``/readyz``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Check = Callable[[], Awaitable[None]]
"""Returns when all is well, raises with the reason when not."""


class Health:
    """The readiness of a process: every check passes, and it is not stopping."""

    def __init__(self, *, timeout_seconds: float = 2.0) -> None:
        self._checks: dict[str, Check] = {}
        self._timeout = timeout_seconds
        self.stopping = False

    def add(self, name: str, check: Check) -> None:
        """Add a check under a name that an operator understands."""
        self._checks[name] = check

    async def report(self) -> dict[str, str]:
        """Each check's name with ``ok`` or the reason."""
        results = await asyncio.gather(*(self._run(check) for check in self._checks.values()))
        report = dict(zip(self._checks, results, strict=True))
        if self.stopping:
            report["lifecycle"] = "stopping"
        return report

    async def _run(self, check: Check) -> str:
        try:
            await asyncio.wait_for(check(), self._timeout)
        except Exception as error:  # a check that fails in any way is a reason, not a crash
            return str(error) or type(error).__name__
        return "ok"
