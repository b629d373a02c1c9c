import pytest
from fastapi import FastAPI

from shared.runtime.app import App
from shared.runtime.health import Health


class Part:
    def __init__(self, name, diary, fails_to_start=False, fails_to_stop=False):
        self.name, self.diary = name, diary
        self.fails_to_start, self.fails_to_stop = fails_to_start, fails_to_stop

    async def start(self):
        self.diary.append(f"start {self.name}")
        if self.fails_to_start:
            raise RuntimeError(f"{self.name} is not there")

    async def stop(self):
        self.diary.append(f"stop {self.name}")
        if self.fails_to_stop:
            raise RuntimeError("stuck")


async def test_parts_start_in_order_and_stop_in_reverse_though_one_does_not_stop_cleanly():
    diary = []
    parts = [Part("db", diary), Part("bus", diary, fails_to_stop=True), Part("consumer", diary)]
    async with App(name="x", http=FastAPI(), components=parts).running():
        diary.append("serving")
    assert diary == ["start db", "start bus", "start consumer", "serving", "stop consumer", "stop bus", "stop db"]


async def test_a_part_that_cannot_start_stops_what_began_and_says_why():
    diary = []
    app = App(name="x", http=FastAPI(), components=[Part("db", diary), Part("bus", diary, fails_to_start=True)])
    with pytest.raises(RuntimeError, match="bus is not there"):
        async with app.running():
            diary.append("serving")
    assert diary == ["start db", "start bus", "stop bus", "stop db"]


async def test_readiness_names_each_check_and_its_reason():
    async def away():
        raise ConnectionError("database is away")

    async def fine():
        return None

    health = Health()
    health.add("database", away)
    health.add("bus", fine)
    assert await health.report() == {"database": "database is away", "bus": "ok"}
    health.stopping = True
    assert (await health.report())["lifecycle"] == "stopping"
