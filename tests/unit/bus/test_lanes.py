"""Work in order within a lane, side by side between lanes."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from shared.bus.lanes import Lanes, Outcome, until_handled
from shared.bus.port import Poison


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=30))
def test_order_within_each_lane_holds_whatever_the_work_takes(items: list[tuple[str, int]]) -> None:
    done: list[tuple[str, int, int]] = []

    async def work(item: tuple[str, int, int]) -> None:
        for _ in range(item[1]):
            await asyncio.sleep(0)
        done.append(item)

    async def run() -> None:
        lanes = Lanes(work)
        for place, (lane, turns) in enumerate(items):
            lanes.put(lane, (lane, turns, place))
        await lanes.finished()
        assert lanes.size == 0

    asyncio.run(run())
    for lane in "abc":
        places = [place for name, _, place in done if name == lane]
        assert places == sorted(places)
    assert len(done) == len(items)


async def test_lanes_do_not_wait_for_each_other() -> None:
    blocked, passed = asyncio.Event(), asyncio.Event()

    async def work(item: str) -> None:
        if item == "slow":
            await blocked.wait()
        else:
            passed.set()

    lanes = Lanes(work)
    lanes.put("a", "slow")
    lanes.put("b", "quick")
    await passed.wait()
    assert lanes.size == 1
    blocked.set()
    await lanes.finished()


async def test_item_put_while_its_lane_ends_is_not_forgotten() -> None:
    done: list[int] = []
    lanes: Lanes[int]

    async def work(item: int) -> None:
        done.append(item)
        if item < 5:
            lanes.put("a", item + 1)

    lanes = Lanes(work)
    lanes.put("a", 0)
    await lanes.finished()
    assert done == [0, 1, 2, 3, 4, 5]


async def test_work_is_done_again_until_it_succeeds() -> None:
    failures, counted = iter([True, True, False]), []

    async def work() -> None:
        if next(failures):
            raise RuntimeError("not yet")

    outcome = await until_handled("c", work, (0, 0.001), asyncio.Event(), lambda: counted.append(1))
    assert (outcome, len(counted)) == (Outcome.HANDLED, 2)


async def test_hopeless_work_is_not_repeated() -> None:
    async def work() -> None:
        raise Poison("never")

    assert await until_handled("c", work, (60,), asyncio.Event(), lambda: None) is Outcome.POISON


async def test_waiting_work_is_given_back_at_a_stop() -> None:
    stopping = asyncio.Event()

    async def work() -> None:
        raise RuntimeError("not yet")

    outcome = await until_handled("c", work, (60,), stopping, stopping.set)
    assert outcome is Outcome.GIVEN_BACK


async def test_handler_that_awaited_something_cancelled_only_failed() -> None:
    failures = iter([True, False])

    async def work() -> None:
        if next(failures):
            raise asyncio.CancelledError

    assert await until_handled("c", work, (0,), asyncio.Event(), lambda: None) is Outcome.HANDLED


async def test_lanes_that_are_cancelled_end() -> None:
    begun = asyncio.Event()

    async def work(_: int) -> None:
        begun.set()
        await asyncio.Event().wait()

    lanes = Lanes(work)
    lanes.put("a", 1)
    await begun.wait()
    await lanes.cancel()
    await lanes.finished()
