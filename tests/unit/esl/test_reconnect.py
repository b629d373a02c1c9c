"""The supervisor connects again by itself, but never silently."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from shared.esl import (
    AuthRefused,
    DownReason,
    InboundLink,
    LinkDown,
    LinkSupervisor,
    SwitchDisconnected,
    SwitchTimeout,
    jittered_backoff,
)

TRIES = [
    SwitchDisconnected(DownReason.REFUSED, "nobody listens"),
    SwitchTimeout("no answer"),
    AuthRefused("-ERR invalid"),
]


class FakeLink:
    """A link that is up until a test ends it."""

    def __init__(self) -> None:
        self.ended: asyncio.Future[DownReason] = asyncio.get_running_loop().create_future()
        self.closed = False
        self.down_detail = "the switch closed the connection"

    async def wait_down(self) -> DownReason:
        return await self.ended

    async def close(self) -> None:
        self.closed = True


class Owner:
    """Whoever owns the supervisor; notes what it is told."""

    def __init__(self) -> None:
        self.ups: asyncio.Queue[InboundLink] = asyncio.Queue()
        self.downs: asyncio.Queue[LinkDown] = asyncio.Queue()
        self.waits: list[float] = []
        self.fail_once: Exception | None = None

    async def up(self, link: InboundLink) -> None:
        self.ups.put_nowait(link)
        if self.fail_once:
            error, self.fail_once = self.fail_once, None
            raise error

    async def down(self, why: LinkDown) -> None:
        self.downs.put_nowait(why)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        await asyncio.sleep(0)


@asynccontextmanager
async def supervised(owner: Owner, connect: Callable[[], object]) -> AsyncIterator[LinkSupervisor]:
    async def connecting() -> object:
        outcome = connect()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    supervisor = LinkSupervisor(connecting, owner.up, owner.down, lambda: itertools.count(1), owner.sleep)
    running = asyncio.create_task(supervisor.run())
    yield supervisor
    running.cancel()
    await asyncio.wait([running])


async def test_every_failed_try_is_told_with_its_reason():
    owner, outcomes = Owner(), iter(TRIES)
    async with supervised(owner, lambda: next(outcomes, None) or FakeLink()):
        await owner.ups.get()
        told = [owner.downs.get_nowait() for _ in range(3)]
        assert [(down.reason, down.attempt) for down in told] == [
            (DownReason.REFUSED, 1),
            (DownReason.TIMEOUT, 2),
            (DownReason.AUTH, 3),
        ]
        assert owner.waits == [down.retry_in_seconds for down in told] == [1, 2, 3]


async def test_a_loss_is_told_and_the_waits_begin_anew():
    owner = Owner()
    async with supervised(owner, FakeLink) as supervisor:
        for _ in range(2):
            link = await owner.ups.get()
            assert supervisor.link is link
            link.ended.set_result(DownReason.EOF)
            down = await owner.downs.get()
            assert (down.reason, down.attempt, down.detail) == (DownReason.EOF, 0, "the switch closed the connection")
            assert (supervisor.link, link.closed) == (None, True)
        assert owner.waits == [1, 1]


@pytest.mark.parametrize(
    ("error", "reason"), [(SwitchTimeout("reconciling"), DownReason.TIMEOUT), (KeyError("a bug"), DownReason.FAILED)]
)
async def test_a_link_that_cannot_be_taken_up_is_closed_and_tried_again(error, reason):
    owner = Owner()
    owner.fail_once = error
    async with supervised(owner, FakeLink):
        first = await owner.ups.get()
        assert (await owner.downs.get()).reason is reason
        assert first.closed
        await owner.ups.get()


async def test_cancelling_closes_the_link():
    owner = Owner()
    async with supervised(owner, FakeLink):
        link = await owner.ups.get()
    assert link.closed


@pytest.mark.parametrize(
    ("draw", "expected"), [(0.0, [0.025, 0.05, 0.1, 0.2, 0.4, 0.5]), (1.0, [0.05, 0.1, 0.2, 0.4, 0.8, 1.0])]
)
def test_waits_double_up_to_a_second_with_jitter(draw, expected):
    assert list(itertools.islice(jittered_backoff(draw=lambda: draw), 6)) == pytest.approx(expected)
