"""Keeps a link to a switch up, in the open: whoever owns it is told of every loss and every recovery, with the reason.

Events between the two are gone, so ``on_up`` is the place to reconcile.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

from shared.esl.errors import DownReason, EslError
from shared.esl.inbound import InboundLink

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LinkDown:
    """Why there is no link. ``attempt`` counts tries without success: 0 is the loss of a link that was up."""

    reason: DownReason
    detail: str
    attempt: int
    retry_in_seconds: float


def jittered_backoff(
    first_seconds: float = 0.05, cap_seconds: float = 1.0, draw: Callable[[], float] = random.random
) -> Iterator[float]:
    """Waits that double from ``first_seconds`` to ``cap_seconds``, each drawn between half of it and all of it.

    The cap keeps recovery well within 10 s; the jitter keeps many services from knocking at once.
    """
    ceiling = first_seconds
    while True:
        yield ceiling * (0.5 + draw() / 2)
        ceiling = min(cap_seconds, ceiling * 2)


class LinkSupervisor:
    """Connects, and connects again.

    Args:
        connect: makes and connects a new link (a link is used once).
        on_up: called with each new link; the supervisor waits for it, then for the link's end. If it raises, the link
            is closed and counts as down.
        on_down: called with each failed try and each loss.
        backoff: makes the waits for one outage.
        sleep: waits (for tests).
    """

    def __init__(
        self,
        connect: Callable[[], Awaitable[InboundLink]],
        on_up: Callable[[InboundLink], Awaitable[None]],
        on_down: Callable[[LinkDown], Awaitable[None]],
        backoff: Callable[[], Iterator[float]] = jittered_backoff,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._connect, self._on_up, self._on_down = connect, on_up, on_down
        self._backoff, self._sleep = backoff, sleep
        self.link: InboundLink | None = None  # the one that is up, for whoever wants to send

    async def run(self) -> None:
        """Runs until cancelled; closes the link then."""
        waits, attempt = self._backoff(), 0
        while True:
            try:
                link = await self._connect()
            except EslError as error:
                attempt += 1
                reason, detail = error.reason, error.detail
            else:
                waits, attempt = self._backoff(), 0
                reason, detail = await self._attend(link)
            wait = next(waits)
            await self._on_down(LinkDown(reason, detail, attempt, wait))
            await self._sleep(wait)

    async def _attend(self, link: InboundLink) -> tuple[DownReason, str]:
        self.link = link
        try:
            await self._on_up(link)
            reason = await link.wait_down()
            return reason, link.down_detail
        except EslError as error:
            return error.reason, error.detail
        except Exception as error:
            log.exception("taking up a link to the switch failed")
            return DownReason.FAILED, repr(error)
        finally:
            self.link = None
            await link.close()
