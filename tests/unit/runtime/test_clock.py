import asyncio

from shared.runtime.clock import SteppedClock


async def test_sleepers_wake_in_the_order_of_their_deadlines_at_their_own_instant():
    clock = SteppedClock()
    woke = []

    async def sleeper(name, seconds):
        await clock.sleep(seconds)
        woke.append((name, clock.monotonic()))

    tasks = [asyncio.create_task(sleeper("late", 5)), asyncio.create_task(sleeper("early", 2))]
    await asyncio.sleep(0)
    await clock.advance(1.9)
    assert woke == []
    await clock.advance(10)
    assert woke == [("early", 2.0), ("late", 5.0)]
    assert (clock.now() - SteppedClock().now()).total_seconds() == 11.9
    await asyncio.gather(*tasks)


async def test_a_sleeper_that_sleeps_again_is_woken_again_within_one_step():
    clock = SteppedClock()
    ticks = []

    async def ticker():
        for _ in range(3):
            await clock.sleep(1)
            ticks.append(clock.monotonic())

    task = asyncio.create_task(ticker())
    await asyncio.sleep(0)
    await clock.advance(3)
    assert ticks == [1.0, 2.0, 3.0]
    await task


async def test_a_cancelled_sleeper_does_not_stop_the_clock():
    clock = SteppedClock()
    task = asyncio.create_task(clock.sleep(1))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await clock.advance(2)
    assert clock.monotonic() == 2
